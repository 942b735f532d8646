"""Files of rows are read strictly, kept once, and applied once or not at all."""

from __future__ import annotations

import csv
import io
import threading

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import IntakeKind
from tests.corpus import outcome
from training import intakes
from training.models import Intake, IntakeApplied

COLUMNS = ("badge", "day")
HEAD = b"badge,day\n"


def read(data: bytes, **kwargs):
    return intakes.read_table(data, columns=COLUMNS, **kwargs)


class TestReadTable:
    @pytest.mark.parametrize(
        "data",
        [
            b"badge,day\nA1,monday\n",
            b"\xef\xbb\xbfbadge,day\r\nA1,monday\r\n",
            b"badge;day\nA1;monday\n",
            b"badge\tday\nA1\tmonday",
            b" Badge , DAY \nA1,monday\n",
            b'"badge","day"\n"A1","monday"\n',
            b"day,badge\nmonday,A1\n",
            b"\n\nbadge,day\n\n,\nA1,monday\n\n",
            b"badge,day,,\nA1,monday,,\n",
        ],
    )
    def test_however_a_spreadsheet_wrote_it(self, data):
        assert read(data) == [{"badge": "A1", "day": "monday"}]

    def test_a_short_row_is_filled(self):
        assert read(HEAD + b"A1\n") == [{"badge": "A1", "day": ""}]

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "file.empty"),
            (b" \n\n", "file.empty"),
            (b"badge,day\n", "file.no_rows"),
            (HEAD + b"\xff\xfe", "file.not_text"),
            ("badge,day\nA1,é\n".encode("latin-1"), "file.not_text"),
            ("badge,day\nA1,x\n".encode("utf-16"), "file.not_text"),
            (HEAD + b"A1,\0\n", "file.not_text"),
            (b"badge\nA1\n", "file.missing_column"),
            (b"badge,day,name\nA1,x,y\n", "file.unknown_column"),
            (b"badge,day,Badge\nA1,x,y\n", "file.duplicate_column"),
            (HEAD + b"A1,x,y\n", "file.too_many_cells"),
            (HEAD + b"A1," + b"x" * 3000 + b"\n", "file.too_long"),
            (HEAD + b'A1,"x\n', "file.quotes"),
            (HEAD + b'A1,"x"y\n', "file.quotes"),
            (HEAD + b"A1,x\n" * 2001, "file.too_many_rows"),
            (HEAD + b"A1,x\n" * 500_000, "file.too_large"),
        ],
    )
    def test_what_cannot_be_read_is_said_and_never_repeated(self, data, code):
        assert outcome(read, data) == ("reject", code)

    def test_the_line_is_named(self):
        with pytest.raises(BadInput, match="Line 3: "):
            read(HEAD + b"A1,x\nA1,x,y\n")

    @given(st.binary(max_size=300))
    def test_whatever_comes_is_read_or_refused(self, data):
        for text in (data, HEAD + data):
            kind, found = outcome(read, text)
            assert kind == "reject" or all(set(row) == set(COLUMNS) for row in found)

    cell = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=40)

    @given(st.lists(st.tuples(cell, cell), min_size=1, max_size=20), st.sampled_from(",;\t"))
    def test_what_a_writer_wrote_is_what_is_read(self, rows, delimiter):
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([COLUMNS, *rows])
        told = [dict(zip(COLUMNS, row, strict=True)) for row in rows if any(cell.strip() for cell in row)]
        kind, found = outcome(read, out.getvalue().encode())
        assert found == (told if told else "file.no_rows")


def taken_in(by, data: bytes = HEAD + b"A1,x\n", name: str = "../roster march.xlsx"):
    return intakes.receive(IntakeKind.ROSTER, name, data, columns=COLUMNS, by=by)


@pytest.mark.usefixtures("db")
class TestReceive:
    def test_the_file_is_kept_as_it_came(self, training_officer):
        intake = taken_in(training_officer)
        assert (intake.name, intake.rows, intake.by) == ("roster march.xlsx.csv", 1, training_officer)
        assert intakes.rows(intake, COLUMNS) == [(2, {"badge": "A1", "day": "x"})]

    def test_the_same_file_again_is_the_earlier_intake(self, training_officer, administrator):
        intake = taken_in(training_officer)
        assert taken_in(administrator) == intake
        assert taken_in(administrator, HEAD + b"A2,x\n") != intake
        assert Intake.objects.count() == 2

    def test_of_another_kind_it_is_another_one(self, training_officer):
        intake = taken_in(training_officer)
        other = intakes.receive(IntakeKind.PERSONNEL, "x", HEAD + b"A1,x\n", columns=COLUMNS, by=training_officer)
        assert other != intake

    def test_what_cannot_be_read_is_not_kept(self, training_officer):
        with pytest.raises(BadInput):
            taken_in(training_officer, b"badge\nA1\n")
        assert not Intake.objects.exists()

    def test_line_numbers_are_those_of_the_file(self, training_officer):
        intake = taken_in(training_officer, b'badge,day\n\nA1,"two\nlines"\nA2,x\n')
        assert [number for number, _ in intakes.rows(intake, COLUMNS)] == [3, 5]

    def test_it_is_applied_once(self, training_officer):
        intake = taken_in(training_officer)
        assert intakes.apply_once(intake, by=training_officer, counts={"new": 1}).counts == {"new": 1}
        with pytest.raises(Refused) as refused:
            intakes.apply_once(intake, by=training_officer, counts={})
        assert refused.value.refusal.code == "intake.applied"
        assert IntakeApplied.objects.count() == 1


def test_of_two_uploads_at_once_one_file_is_kept(committed, training_officer):
    found: list[Intake] = []

    def send():
        try:
            found.append(taken_in(training_officer))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({intake.pk for intake in found}) == 1
    assert Intake.objects.count() == 1
