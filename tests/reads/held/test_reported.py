"""A held read that was reported wrong says so wherever it is shown, also when its day and the right plate beside it are gone."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from django.db import OperationalError, ProgrammingError, connection, connections, transaction

from reads.models import Access
from tests import holding, make
from tests.counting import statements
from tests.reads.corrections import reported
from tests.reads.files import text_of

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("C.2.A.1-age", "G")]
RIGHT = "8ABC128"


def owner(sql, *values):
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else None


def day_gone(read_id):
    """The read and its right plate have left with their day."""
    owner("DELETE FROM reads_rightplate WHERE read_id = %s", read_id)
    owner("DELETE FROM reads_read WHERE id = %s", read_id)


@pytest.fixture
def shown(client_of):
    """Everything that shows a held read, as text: the list, its page, the PDF, and of the ZIP the data and the history."""

    def show(member, hold, *reads):
        client, base = client_of(member), f"/held/{hold.pk}/"
        said = {"reads": [str(one) for one in reads], "outside": "no"}
        found = {"list": client.get(base), "page": client.get(f"{base}reads/{reads[0]}/")}
        found = {name: answer.content.decode() for name, answer in found.items()}
        found["pdf"] = text_of(client.post(f"{base}package/", {**said, "format": "pdf"}).content)
        body = client.post(f"{base}package/", {**said, "format": "zip"}).content
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            found["data"], found["custody"] = (archive.read(name).decode() for name in ("data.json", "custody.csv"))
        return found

    return show


def plain(text):
    return " ".join(text.split())


class TestShown:
    def test_one_that_was_confirmed_wrong_says_so_everywhere_with_who_when_and_the_right_plate(
        self, officer, supervisor, administrator, shown
    ):
        read = make.read()
        report = reported.report(officer, read, right=RIGHT)
        decision = reported.decision(report, supervisor, right=RIGHT)
        hold = holding.held(officer, administrator, read)
        day_gone(read)
        found = shown(officer, hold, read)
        for name in ("list", "page", "pdf", "data", "custody"):
            text = plain(found[name])
            assert (name, "Reported wrong: plate misread" in text) == (name, True)
            assert (name, "Confirmed wrong: its picture shows it" in text) == (name, True)
            assert (name, officer.name in text, supervisor.name in text) == (name, True, True)
            assert (name, RIGHT in text) == (name, name != "custody")
            assert "8ABC123" in text or name == "custody"
        one = json.loads(found["data"])["reads"][0]["reported"]
        assert (one["stands_as_wrong"], one["reads_right"]) == (True, {"plate": RIGHT, "state": "CA"})
        assert [step["record"] for step in one["said"]] == [str(report.pk), str(decision.pk)]
        assert one["said"][1]["at"] == decision.at.isoformat()
        rows = {row["record"]: row for row in csv.DictReader(io.StringIO(found["custody"].lstrip("\ufeff")))}
        assert rows[str(report.pk)]["rests_on"] == f"query {report.access.query.number}"
        assert rows[str(decision.pk)]["at"] == decision.at.isoformat()

    def test_a_report_that_was_rejected_is_told_and_marks_nothing(self, officer, supervisor, administrator, shown):
        read = make.read()
        reported.decision(reported.report(officer, read, right=RIGHT), supervisor, confirmed=False)
        found = shown(officer, holding.held(officer, administrator, read), read)
        for name, text in found.items():
            assert (name, "Report rejected, the read stands" in plain(text)) == (name, True)
            assert (name, RIGHT in text) == (name, False)
        assert json.loads(found["data"])["reads"][0]["reported"]["stands_as_wrong"] is False
        assert "Marked as wrong" not in found["pdf"]

    def test_one_that_nobody_reported_says_nothing(self, officer, administrator, shown):
        read = make.read()
        found = shown(officer, holding.held(officer, administrator, read), read)
        assert [name for name, text in found.items() if "eported wrong" in text] == []

    def test_a_page_costs_the_same_however_many_are_marked(self, officer, supervisor, administrator, client_of):
        def hold(case, count):
            reads = [make.read() for _ in range(count)]
            query = make.query(officer)
            for read in reads:
                reported.decision(reported.report(officer, read, right=RIGHT, query=query), supervisor, right=RIGHT)
            return holding.held(officer, administrator, *reads, case_number=case)

        few, many = hold("26-000001", 1), hold("26-000002", 5)
        client = client_of(officer)
        assert client.get(f"/held/{many.pk}/").content.decode().count("Wrong read") == 5
        assert statements(client.get, f"/held/{few.pk}/") == statements(client.get, f"/held/{many.pk}/")


class TestRightPlate:
    def test_what_is_said_while_it_is_held_is_kept_too(self, officer, supervisor, administrator, shown):
        read, other = make.read(), make.read()
        hold = holding.held(officer, administrator, read, other)
        report = reported.report(officer, read, right="8ABC129")
        day = shown(officer, hold, read)
        assert "8ABC129" in day["page"]
        reported.decision(report, supervisor, right=RIGHT)
        day_gone(read)
        found = shown(officer, hold, read)
        assert [RIGHT in found[name] and "8ABC129" not in found[name] for name in ("list", "page", "pdf")] == [True] * 3
        assert shown(officer, hold, other)["page"].count(RIGHT) == 0

    def test_it_waits_for_an_approval_under_way(self, officer, administrator):
        read = make.read()
        hold = holding.asked(officer, read)
        connection.cursor().execute("SET lock_timeout = '50ms'")
        try:
            with transaction.atomic("owner"):
                owner("SELECT reads_lock_hold(%s)", hold.pk)
                with pytest.raises(OperationalError, match="lock timeout"):
                    reported.report(officer, read, right=RIGHT)
        finally:
            connection.cursor().execute("RESET lock_timeout")
        reported.report(officer, read, right=RIGHT)
        holding.decided(hold, administrator)
        assert owner("SELECT hold_id, read_id, plate, state FROM reads_heldright") == [(hold.pk, read, RIGHT, "CA")]

    def test_it_is_shown_within_its_case_only(self, officer, other_officer, administrator):
        read, theirs = make.read(), make.read()
        reported.report(officer, theirs, right=RIGHT)
        hold = holding.held(officer, administrator, read)
        other = holding.held(other_officer, administrator, theirs, case_number="26-054321")
        for member, of, rights in ((officer, hold, None), (other_officer, other, [RIGHT, "CA"])):
            access = Access.objects.write(by=member, kind="held", hold=of)
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(access.pk)])
                cursor.execute("SELECT rights FROM reads_held_window")
                ((found,),) = cursor.fetchall()
            assert (list(json.loads(found).values()) if found else [None]) == [rights]
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.cursor().execute("SELECT plate FROM reads_heldright")
        with pytest.raises(ProgrammingError, match="no recorded access"):
            connection.cursor().execute("SELECT rights FROM reads_held_window")

    def test_it_goes_with_its_hold_and_no_other_does(self, officer, administrator):
        read = make.read()
        reported.report(officer, read, right=RIGHT)
        goes, stays = (holding.held(officer, administrator, read, case_number=f"26-00000{n}") for n in (1, 2))
        file = owner("SELECT pg_relation_filenode('reads_heldright')")
        holding.released(goes, administrator)
        owner("SELECT * FROM reads_dispose_held()")
        assert owner("SELECT hold_id, plate FROM reads_heldright") == [(stays.pk, RIGHT)]
        assert owner("SELECT pg_relation_filenode('reads_heldright')") != file


def test_the_copy_of_a_read_has_all_its_columns(officer, administrator):
    read = make.read(make="Honda", model="Civic", colour="blue", images=1)
    hold = holding.held(officer, administrator, read)
    copied = "SELECT to_jsonb(h) - 'hold_id' - 'held_at' = to_jsonb(r) FROM reads_heldread h, reads_read r"
    assert owner(f"{copied} WHERE h.id = r.id AND h.hold_id = %s", hold.pk) == [(True,)]
