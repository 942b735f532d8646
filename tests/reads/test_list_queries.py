"""F.1: the query log: who sees which searches, what auditors do not see, what leaves as a file, and a steady cost."""

from __future__ import annotations

import csv
import io
import zipfile

import pypdfium2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reads.models import ListExport, QueryDecision
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.clause("F.1", "C.2.B-log")]


def numbers(client, **filters):
    page = client.get("/searches/", filters)
    return {row.record.number for row in page.context["table"].rows}


class TestWhoSeesWhich:
    def test_an_officer_sees_their_own(self, officer, other_officer, client_of):
        own, other = make.query(officer), make.query(other_officer)
        assert numbers(client_of(officer)) == {own.number}
        assert client_of(officer).get(f"/searches/{other.pk}/").status_code == 404

    def test_a_supervisor_sees_the_units_and_those_that_wait(self, officer, supervisor, other_supervisor, client_of):
        ran, waits = make.query(officer), make.waiting_query(officer)
        assert numbers(client_of(supervisor)) == {ran.number, waits.number}
        assert numbers(client_of(other_supervisor)) == {waits.number}

    def test_an_auditor_sees_all_and_no_plate(self, officer, auditor, client_of):
        query = make.query(officer, facts="Robbery, the clerk gave 8abc-123 as the plate")
        client = client_of(auditor)
        assert numbers(client) == {query.number}
        for url in ("/searches/", f"/searches/{query.pk}/"):
            page = client.get(url).content.decode()
            assert "8ABC123" not in page
            assert "8abc-123" not in page
        assert "[plate withheld]" in client.get(f"/searches/{query.pk}/").content.decode()

    @pytest.mark.parametrize("asked", ["8OLM518", "8OL*", ""])
    def test_no_free_text_shows_an_auditor_a_plate(self, officer, supervisor, auditor, client_of, asked):
        typed = {
            "facts": "Clerk gave 8OLM518, a friend drove 7IKB 204",
            "need_to_know": "Case of 8olm518",
            "offence": "211 PC 8OLM518",
        }
        query = make.waiting_query(officer, **typed, court_document="Warrant for 8OLM518", criteria={"plate": asked})
        QueryDecision.objects.write(
            by=supervisor,
            query=query,
            approved=False,
            reason="8OLM518 is on another case",
            asked_by=officer,
            asked_for=officer,
        )
        client = client_of(auditor)
        pages = [client.get(url).content.decode() for url in ("/searches/", f"/searches/{query.pk}/")]
        pages.append(client.post("/searches/export/csv/").content.decode())
        for page in pages:
            for plate in ("8OLM518", "8olm518", "M518", "7IKB 204"):
                assert plate not in page
        assert "211 PC" in pages[1]

    def test_an_auditor_opens_no_results(self, officer, auditor, client_of):
        query = make.query(officer)
        client = client_of(auditor)
        assert client.post(f"/searches/{query.pk}/export/csv/").status_code == 403
        assert not query.accesses.exists()

    @pytest.mark.parametrize("who", ["commissioner", "chief", "training_officer", "system_administrator"])
    def test_others_do_not_see_the_log(self, request, who, client_of):
        assert client_of(request.getfixturevalue(who)).get("/searches/").status_code == 403


class TestFilters:
    def test_by_state_and_purpose(self, officer, supervisor, client_of):
        ran = make.query(officer)
        waits = make.waiting_query(officer, purpose="burglary")
        refused = make.query(officer, outcome="refuse", clause="E.3")
        client = client_of(officer)
        assert numbers(client, state="waiting") == {waits.number}
        assert numbers(client, state="refused") == {refused.number}
        assert numbers(client, state="ran") == {ran.number}
        assert numbers(client, purpose="burglary") == {waits.number}

    def test_a_filter_in_force_is_a_chip_that_takes_it_away(self, officer, client_of):
        chips = client_of(officer).get("/searches/?state=ran&purpose=burglary").context["chips"]
        assert [(chip["label"], chip["remove_url"]) for chip in chips] == [
            ("State", "?purpose=burglary"),
            ("Purpose", "?state=ran"),
        ]


def test_the_list_costs_the_same_number_of_queries_for_two_rows_and_for_forty(officer, client_of):
    client = client_of(officer)
    client.get("/searches/")  # what is cached once per process is not the list's cost

    def cost(rows):
        for _ in range(rows):
            make.waiting_query(officer)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get("/searches/?sort=-at")
        return len(captured)

    assert cost(2) == cost(38)


class TestExport:
    @pytest.mark.parametrize("format", ["csv", "xlsx"])
    def test_it_holds_what_is_shown_and_is_recorded(self, officer, auditor, client_of, format):
        query = make.query(officer)
        make.waiting_query(officer)
        answer = client_of(auditor).post(f"/searches/export/{format}/?state=ran")
        record = ListExport.objects.get()
        assert (record.by, record.rows, record.filters, record.format) == (auditor, 1, {"state": "ran"}, format)
        if format == "csv":
            rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
            assert rows[1][1] == query.number
            assert "withheld" in rows[1]
        else:
            with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
                text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
            assert query.number in text
            assert "8ABC123" not in text
            assert "<f>" not in text

    def test_it_asks_first_whether_it_is_still_you(self, auditor, client_of):
        client = client_of(auditor)
        session = client.session
        session["account_authentication_methods"] = []
        session.save()
        answer = client.post("/searches/export/csv/")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("mfa_reauthenticate"))
        assert not ListExport.objects.exists()

    def test_another_format_is_not_there(self, officer, client_of):
        assert client_of(officer).post("/searches/export/exe/").status_code == 404


class TestRecordAsPdf:
    def text(self, answer):
        pdf = pypdfium2.PdfDocument(answer.content)
        try:
            return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)
        finally:
            pdf.close()

    def test_it_holds_what_the_order_asks_of_a_query(self, officer, client_of):
        query = make.query(officer)
        text = self.text(client_of(officer).get(f"/searches/{query.pk}/record.pdf"))
        for said in (query.number, "8ABC123", officer.name, "Violent crime", "26-012345", "Robbery at a shop"):
            assert said in text

    def test_a_cell_taller_than_a_page_is_split(self, officer, client_of):
        query = make.query(officer, facts="Robbery at a shop, plate seen.\n" + "x\n" * 1500)
        assert client_of(officer).get(f"/searches/{query.pk}/record.pdf").status_code == 200

    def test_an_auditors_holds_no_plate(self, officer, auditor, client_of):
        query = make.query(officer)
        text = self.text(client_of(auditor).get(f"/searches/{query.pk}/record.pdf"))
        assert "8ABC123" not in text
        assert auditor.name in text
