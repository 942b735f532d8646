"""The results of a query as CSV and XLSX: the same rows, nothing that runs, on record with their digest before they leave."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from reads.models import Access, Answer
from reads.result_files import COLUMNS
from reads.views import read as views
from tests import make
from tests.reads.files import sheets_of

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("F.1", "C.2.B-log")]
FORMATS = pytest.mark.parametrize("format", ["csv", "xlsx"])


@pytest.fixture
def export(client_of):
    """The answer to an export, and its rows as whoever opens the file sees them."""

    def get(member, query, format):
        answer = client_of(member).post(f"/searches/{query.pk}/export/{format}/")
        if answer.status_code != 200:
            return answer, []
        if format == "xlsx":
            return answer, sheets_of(answer.content)[0]
        return answer, list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))

    return get


@FORMATS
class TestRows:
    def test_both_hold_the_same_columns_and_the_query_in_every_row(self, officer, export, format):
        uploaded = datetime.now(UTC)
        first = make.read("8ABC123", uploaded_at=uploaded, direction="N", model="camry", body="sedan")
        make.read("BABC123", uploaded_at=uploaded - timedelta(hours=1))
        query = make.query(officer, criteria={"approximate": True})
        _, rows = export(officer, query, format)
        assert rows[0] == list(COLUMNS)
        assert [row[0] for row in rows[1:]] == [query.number] * 2
        captured = (uploaded - timedelta(minutes=1)).isoformat()
        rows[1][6] = f"{float(rows[1][6]):.6g}"  # a workbook keeps 16 digits
        assert rows[1] == [
            query.number, captured, uploaded.isoformat(), "8ABC123", "exact", "CA", "0.94", "cam-1", "4", "37.79",
            "-122.21", "N", "toyota", "camry", "silver", "sedan", "", "", str(first),
        ]  # fmt: skip
        assert captured.endswith("+00:00")
        assert [row[4] for row in rows[1:]] == ["exact", "approximate"]

    def test_a_search_that_found_nothing_leaves_the_head(self, officer, export, format):
        _, rows = export(officer, make.query(officer), format)
        assert rows == [list(COLUMNS)]
        assert Answer.objects.get().rows == 0

    def test_a_cell_like_a_formula_is_text(self, officer, export, format):
        make.read(make="=cmd|' /C calc'!A0", model="+1", camera=make.camera("@SUM(1)"))
        _, rows = export(officer, make.query(officer), format)
        assert (rows[1][12], rows[1][13], rows[1][7]) == ("'=cmd|' /C calc'!A0", "'+1", "'@SUM(1)")

    def test_the_cap_holds_and_is_on_record(self, officer, export, monkeypatch, format):
        from reads import search

        monkeypatch.setattr(search.RESULT_CAP, "values", {next(iter(search.RESULT_CAP.values)): 2})
        for _ in range(3):
            make.read()
        answer, rows = export(officer, make.query(officer), format)
        assert len(rows) == 3
        assert (Answer.objects.get().rows, Answer.objects.get().truncated) == (2, True)
        if format == "xlsx":
            assert dict(sheets_of(answer.content)[1])["All that match"].startswith("No: more than 2 reads match")


@FORMATS
class TestRecord:
    def test_its_digest_is_on_record_before_the_first_byte_leaves(self, officer, export, monkeypatch, format):
        make.read()
        query, seen, download = make.query(officer), [], views.download

        def leaving(body, *args):
            seen.append((Access.objects.get(), Answer.objects.get(), body))
            return download(body, *args)

        monkeypatch.setattr(views, "download", leaving)
        left, _ = export(officer, query, format)
        ((record, answer, body),) = seen
        assert left.content == body
        assert (record.kind, record.read_id, record.query, record.by) == ("export", None, query, officer)
        assert (answer.access, answer.rows, answer.truncated) == (record, 1, False)
        assert answer.digest == hashlib.sha256(body).hexdigest()

    def test_the_timeline_shows_it(self, officer, client_of, export, format):
        make.read()
        query = make.query(officer)
        answer, _ = export(officer, query, format)
        page = client_of(officer).get(f"/searches/{query.pk}/").content.decode()
        assert "Export of 1 read" in page
        assert f"SHA-256 {hashlib.sha256(answer.content).hexdigest()}" in page

    def test_its_name_holds_no_plate(self, officer, export, format):
        query = make.query(officer)
        answer, _ = export(officer, query, format)
        assert answer["Content-Disposition"] == f'attachment; filename="query-{query.number}.{format}"'


@pytest.mark.clause("C.3.b")
@FORMATS
class TestWhoGetsIt:
    @pytest.mark.parametrize(("who", "status"), [("other_officer", 404), ("supervisor", 403), ("auditor", 403)])
    def test_nobody_else(self, request, officer, export, who, status, format):
        make.read()
        query = make.query(officer)
        answer, _ = export(request.getfixturevalue(who), query, format)
        assert answer.status_code == status
        assert "8ABC123" not in answer.content.decode()
        assert not Access.objects.exists()

    @pytest.mark.clause("C.3.a")
    def test_nobody_untrained(self, untrained_officer, export, format):
        assert export(untrained_officer, make.query(untrained_officer), format)[0].status_code == 403
        assert not Access.objects.exists()


def test_there_is_no_other_format(officer, client_of):
    query = make.query(officer)
    for format in ("exe", "CSV", "pdf"):
        assert client_of(officer).post(f"/searches/{query.pk}/export/{format}/").status_code == 404
    assert not Access.objects.exists()


class TestWorkbook:
    def test_the_second_sheet_says_what_it_is(self, officer, export):
        make.read()
        query = make.query(officer, criteria={"areas": ["4"], "colour": "silver"})
        answer, _ = export(officer, query, "xlsx")
        about, record = dict(sheets_of(answer.content)[1]), Access.objects.get()
        assert about["Query"] == query.number
        assert (about["Query record"], about["Export record"]) == (str(query.pk), str(record.pk))
        assert about["Taken by"] == f"{officer.name} ({officer.badge})"
        assert record.at.isoformat() in about["Taken at"]
        assert about["Purpose"] == "Violent crime"
        assert (about["Asked for: plate"], about["Asked for: police areas"]) == ("8ABC123", "4")
        assert about["Asked for: vehicle"] == "silver"
        assert (about["Reads"], about["All that match"]) == ("1", "Yes")
        assert "C.2(B)" in about["Kept under"]

    def test_what_was_asked_for_is_no_formula_either(self, officer, export):
        camera = make.camera("=1+1")
        query = make.query(officer, criteria={"cameras": [str(camera.pk)], "plate": "", "make": "-x"}, plate="")
        answer, _ = export(officer, query, "xlsx")
        about = dict(sheets_of(answer.content)[1])
        assert about["Asked for: cameras"] == "'=1+1 Foothill and 35th"
        assert about["Asked for: vehicle"] == "'-x"

    def test_the_head_stays_in_sight_and_columns_are_as_wide_as_they_need(self, officer, export):
        make.read()
        answer, _ = export(officer, make.query(officer), "xlsx")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            first, second = (book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
            names = re.findall(r'<sheet name="(\w+)"', book.read("xl/workbook.xml").decode())
        assert names == ["Results", "About"]
        assert 'ySplit="1" topLeftCell="A2"' in first
        columns = re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', first)
        assert sum(int(last) - int(first) + 1 for first, last, _ in columns) == len(COLUMNS)
        widths = [float(width) for width in re.findall(r'<col [^>]*width="([\d.]+)"', first + second)]
        assert 4 <= min(widths) <= max(widths) <= 61  # characters

    def test_numbers_are_numbers(self, officer, export):
        make.read()
        answer, _ = export(officer, make.query(officer), "xlsx")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert re.search(r'<c r="G2"( s="\d+")?><v>0.9[34]\d*</v>', sheet)
        assert re.search(r'<c r="D2"( s="\d+")? t="s">', sheet)
