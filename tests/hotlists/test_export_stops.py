"""C.2.A.2: the spreadsheet, its six columns first and in the order's sequence; itself on record."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from hotlists import stop_sheet
from reads.models import ListExport
from tests import make
from tests.counting import statements

from .stopped import PLATE, keep, late

pytestmark = [pytest.mark.clause("C.2.A.2", "F.1"), pytest.mark.django_db]
URL = "/stops/export/csv/"
SIX = [
    "a) Member who responded",
    "b) Justification",
    "c) Case number",
    "d) Disposition code",
    "e) Date and time of the response",
    "f) Next steps",
]


@pytest.fixture
def stop(officer):
    return keep(officer, seen=PLATE, justification="=HYPERLINK(1)", people={"stopped": 2}, steps=[("Call", None)])


def rows(answer):
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_orders_columns_come_first(client_of, supervisor, stop):
    head, row = rows(client_of(supervisor).post(URL))
    assert head[:6] == SIX
    assert row[:4] == ["Ola Okoro (OKORO)", "'=HYPERLINK(1)", "26-012345", "Vehicle recovered"]
    assert row[5] == "Tow"
    said = dict(zip(head, row, strict=True))
    assert (said["List version"], said["List age"], said["Verification"]) == ("3", "2 h", "None")
    assert said["Not verified"].startswith("CLETS inquiry")
    assert (said["People stopped"], said["Plate"], said["Steps open"]) == ("2", "8ABC123", "1")


def test_no_sheet_runs_what_was_typed(client_of, supervisor, stop):
    answer = client_of(supervisor).post("/stops/export/xlsx/")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert texts.index(SIX[0]) < texts.index(SIX[5])
    assert "'=HYPERLINK(1)" in texts


def test_it_is_on_record(client_of, supervisor, stop):
    client_of(supervisor).post(f"{URL}?disposition=recovery")
    record = ListExport.objects.get()
    assert (record.by, record.list_name, record.rows, record.format) == (supervisor, "stops", 1, "csv")
    assert record.filters == {"disposition": "recovery"}


def test_filters_hold(client_of, supervisor, stop):
    assert len(rows(client_of(supervisor).post(f"{URL}?disposition=arrest"))) == 1


def test_auditors_get_no_plate(client_of, auditor, stop):
    body = client_of(auditor).post(URL).content.decode()
    assert "8ABC123" not in body
    assert "withheld" in body


def test_a_supervisor_gets_the_unit_only(client_of, other_supervisor, stop):
    assert len(rows(client_of(other_supervisor).post(URL))) == 1


def test_nothing_is_left_out_in_silence(client_of, supervisor, officer, stop, monkeypatch):
    keep(officer)
    monkeypatch.setattr(stop_sheet, "MOST_ROWS", 1)
    answer = client_of(supervisor).post(URL, follow=True)
    assert "choose a shorter period" in answer.content.decode()
    assert not ListExport.objects.exists()


def test_it_confirms_who_asks(supervisor, stop):
    from django.test import Client

    client = Client()
    client.force_login(supervisor, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post(URL).status_code == 302
    assert not ListExport.objects.exists()


def test_an_unknown_format_is_not_there(client_of, supervisor):
    assert client_of(supervisor).post("/stops/export/pdf/").status_code == 404


def test_the_same_number_of_queries_for_many(client_of, supervisor, officer, stop):
    client = client_of(supervisor)
    client.post(URL)
    few = statements(client.post, URL)
    [late(keep(officer), officer) for _ in range(5)]
    assert statements(client.post, URL) == few
    assert make.hot_list().stops.count() == 6
