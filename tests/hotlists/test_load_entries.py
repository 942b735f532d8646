"""C.2.B.2, C.2.B.2-min: several entries from a file: judged row by row by the form's readers, proposed whole or not at all."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput
from hotlists import entry_files
from hotlists.models import Entry, EntryVersion, WatchRow
from tests import make
from tests.counting import statements

from .propose import typed

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.2.B.2", "C.2.B.2-min")]
PAGE = "/hot-lists/entries/file/"


def line(**values):
    """A row that can be proposed, by column."""
    said = {entry_files.NAMES.get(name, name): value for name, value in typed().items()}
    return {"urgent": "", **said, **values}


def file(*lines, head=entry_files.COLUMNS):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([[each.get(name, "") for name in head] for each in lines])
    return out.getvalue()


@pytest.fixture(autouse=True)
def lists(db):
    return make.bolo(), make.bolo("amber", kind="amber"), make.hot_list()


@pytest.fixture
def client(client_of, officer):
    return client_of(officer)


def send(client, text):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(PAGE, {"file": SimpleUploadedFile("entries.csv", data, "text/csv")})


def said(answer):
    return [(row.line, column, code) for row in answer.context["rows"] for column, code, _ in row.faults]


def test_it_is_shown_then_proposed_and_waits(client, officer):
    text = file(line(), line(plate="9ZZZ999", color="Red"), line(watched="vehicle", plate="", list="AMBER", purpose=""))
    answer = send(client, text)
    assert answer.status_code == 200
    assert not Entry.objects.exists()
    content = answer.context["content"]
    done = client.post(PAGE, {"content": content.replace("\n", "\r\n")}, follow=True)
    assert [status for _, status in done.redirect_chain] == [302]  # sent again by a reload, it proposes nothing more
    assert "3 proposals recorded" in done.content.decode()
    assert list(EntryVersion.objects.order_by("plate").values_list("plate", "by")) == [
        ("", officer.pk),
        ("8ABC123", officer.pk),
        ("9ZZZ999", officer.pk),
    ]
    assert not WatchRow.objects.exists()


@pytest.mark.parametrize(
    ("values", "column", "code"),
    [
        ({"list": "svs"}, "list", "list.not_listed"),
        ({"list": ""}, "list", "list.missing"),
        ({"watched": "car"}, "watched", "watched.not_listed"),
        ({"plate": ""}, "plate", "plate.empty"),
        ({"plate": "8ABC?23"}, "plate", "plate.bad_char"),
        ({"color": "mauve"}, "color", "color.not_listed"),
        ({"purpose": "court_order"}, "purpose", "purpose.not_listed"),
        ({"justification": "suspicious"}, "justification", "just.too_vague"),
        ({"justification": "Immigration enforcement: ICE wants deportation"}, "justification", "entry.screened"),
        ({"case_number": "1"}, "case_number", "case.format"),
        ({"case_number": "26-123456"}, "", "case.pattern.case_number"),
        ({"report_number": ""}, "report_number", "case.missing"),
        ({"ends": "31"}, "ends", "expiry.too_late"),
        ({"confidentiality": ""}, "confidentiality", "confidentiality.missing"),
        ({"instructions": ""}, "instructions", "instructions.missing"),
        ({"urgent": "yes"}, "urgent", "urgent.list"),
        ({"urgent": "perhaps"}, "urgent", "urgent.format"),
    ],
)
def test_one_error_and_nothing_is_proposed(client, values, column, code):
    text = file(line(), line(**values), line(plate="9ZZZ999"))
    answer = send(client, text)
    assert answer.status_code == 422
    assert said(answer) == [(3, column, code)]
    assert answer.context["content"] == ""
    assert client.post(PAGE, {"content": text}).status_code == 422
    assert not Entry.objects.exists()


def test_a_fault_never_repeats_the_cell(client):
    answer = send(client, file(line(plate="7HID777!", case_number="SECRET-CASE")))
    assert answer.status_code == 422
    assert "7HID777" not in answer.content.decode()
    assert "SECRET-CASE" not in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "required"),
        (b"\xff\xfe\x00", "file.not_text"),
        (b"plate\n8ABC123\n", "file.missing_column"),
        (file().encode(), "file.no_rows"),
        (file(line(), head=(*entry_files.COLUMNS, "other")).encode(), "file.unknown_column"),
        (file(*[line()] * 501).encode(), "file.too_many_rows"),
        (b"x" * 1_000_001, "file.too_large"),
        (file(line(justification="x " * 5000)).encode(), "file.too_long"),
        (file(line()).encode() + b'"bolo,plate', "file.quotes"),
    ],
)
def test_a_file_that_cannot_be_read(client, data, code):
    answer = send(client, data)
    assert answer.status_code == 422
    found = {error.code for error in answer.context["form"].errors.as_data()["file"]}
    assert found == ({code} if code != "required" else found & {"required", "empty"})
    assert found


@pytest.mark.parametrize("content", ["", "x", "\0"])
def test_what_is_confirmed_is_read_anew(client, content):
    assert client.post(PAGE, {"content": content}).status_code == 400
    assert not Entry.objects.exists()


def test_all_or_none(officer, monkeypatch):
    from hotlists import entries

    asked = []

    def propose(*args, **values):
        asked.append(args)
        if len(asked) == 3:
            raise RuntimeError
        return real(*args, **values)

    real = entries.propose_entry
    monkeypatch.setattr(entries, "propose_entry", propose)
    with pytest.raises(RuntimeError):
        entry_files.load_entries(file(*[line()] * 4), by=officer, now=timezone.now())
    assert not Entry.objects.exists()


def test_a_constant_number_of_queries_to_judge(officer):
    def judge(count):
        return statements(entry_files.judged, file(*[line()] * count), by=officer, now=timezone.now())

    assert judge(1) == judge(40)


def test_the_head_line_may_be_in_any_order(officer):
    text = file(line(), head=tuple(reversed(entry_files.COLUMNS)))
    assert len(entry_files.load_entries(text, by=officer, now=timezone.now())) == 1
    with pytest.raises(BadInput):
        entry_files.load_entries("", by=officer, now=timezone.now())
