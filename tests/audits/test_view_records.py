"""K.report: the pages of records, tried as those who keep them, decide, or may only look."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from alpr_portal.worklist import worklist
from audits import disposal
from audits.models import (
    DisposalDecision,
    DisposalProposed,
    RecordsHold,
    RecordsHoldEndAsked,
    RecordsHoldEndDecision,
    ReportIssued,
)
from reads.models import Query
from tests import make
from tests.counting import statements

from . import old

pytestmark = [pytest.mark.django_db, pytest.mark.clause("F.1")]
CONFIRMED = {"confirmed": "yes"}


def text(answer):
    return answer.content.decode()


def done(client, url, said):
    """Send a form, check the answers, confirm them: the receipt's page."""
    checked = client.post(url, said)
    assert (checked.status_code, "Check your answers" in text(checked)) == (200, True), text(checked)
    answer = client.post(url, {**said, **CONFIRMED})
    assert answer.status_code == 302
    return text(client.get(answer.headers["Location"]))


def labels(member):
    return [item.label for item in worklist(member)]


class TestOverview:
    @pytest.mark.parametrize("who", ["administrator", "coordinator", "chief", "auditor", "commissioner"])
    def test_who_may_look(self, request, client_of, who, officer):
        old.issued(2019)
        old.search(officer)
        shown = text(client_of(request.getfixturevalue(who)).get(reverse("view_records")))
        for words in ("Query records", "Sharing records", "Audit records", "5 years", "Issued for 2019", "never go"):
            assert words in shown
        assert "8ABC123" not in shown

    def test_its_figures(self, officer):
        old.search(officer)
        old.search(officer, old.LONG_AGO.replace(year=2025))
        said = disposal.overview()["query"]
        assert (said["records"], said["over_term"], said["oldest_at"]) == (12, 1, old.LONG_AGO)
        assert disposal.overview()["sharing"] == {"records": 0, "oldest_at": None, "over_term": 0}

    @pytest.mark.parametrize("page", ["view_records", "list_records_holds", "list_disposals"])
    def test_constant_queries(self, client_of, coordinator, officer, page):
        old.issued()
        old.search(officer)
        old.proposed()
        old.held(coordinator)
        client = client_of(coordinator)
        few = statements(client.get, reverse(page))
        for _ in range(5):
            old.held(coordinator)
        disposal.cache.clear()
        assert statements(client.get, reverse(page)) <= few


class TestReport:
    def test_the_administrator_issues_it(self, client_of, administrator):
        paper = make.document(administrator, kind="annual_report", title="Report 2023", version="final")
        said = {"publication": str(paper.pk), "year": "2023"}
        receipt = done(client_of(administrator), reverse("issue_report"), said)
        assert "The annual report of 2023 is issued" in receipt
        assert ReportIssued.objects.get().publication == paper

    @pytest.mark.parametrize("year", ["2999", "1999", "x", ""])
    def test_years_that_are_none(self, client_of, administrator, year):
        paper = make.document(administrator, kind="annual_report", title="Report 2023", version="final")
        answer = client_of(administrator).post(reverse("issue_report"), {"publication": str(paper.pk), "year": year})
        assert answer.status_code == 422
        assert not ReportIssued.objects.exists()

    def test_another_document_is_no_report(self, client_of, administrator):
        paper = make.document(administrator)
        answer = client_of(administrator).post(reverse("issue_report"), {"publication": str(paper.pk), "year": "2023"})
        assert answer.status_code == 422


class TestHolds:
    SAID = {
        "classes": ["query", "hot_list"],
        "matter": "Doe v. City",
        "reason": "Litigation",
        "case_number": "19-012345",
    }

    def test_placed_and_ended_by_two(self, client_of, coordinator, administrator):
        done(client_of(coordinator), reverse("hold_records"), self.SAID)
        hold = RecordsHold.objects.get()
        assert (hold.classes, hold.case_number, hold.by) == (["query", "hot_list"], "19-012345", coordinator)
        page = reverse("view_records_hold", args=[hold.pk])
        assert "In force" in text(client_of(administrator).get(page))
        done(client_of(coordinator), reverse("end_records_hold", args=[hold.pk]), {"reason": "Settled in court"})
        assert RecordsHoldEndAsked.objects.get().by == coordinator
        line = "Legal holds over records whose end awaits your decision"
        assert line in labels(administrator)
        assert line not in labels(coordinator)
        decide = reverse("decide_records_hold_end", args=[hold.pk])
        said = {"decision": "approve", "reason": "Seen the judgment"}
        assert client_of(coordinator).post(decide, {**said, **CONFIRMED}).status_code == 403
        assert not RecordsHoldEndDecision.objects.exists()
        assert "The legal hold ended" in done(client_of(administrator), decide, said)
        assert line not in labels(administrator)
        assert "Ended" in text(client_of(administrator).get(page))

    @pytest.mark.parametrize(
        "values",
        [
            {"classes": []},
            {"matter": ""},
            {"reason": " "},
            {"from_on": "2019-01-01"},
            {"from_on": "2019-02-01", "to_on": "2019-01-01"},
            {"case_number": "nonsense"},
            {"classes": ["gossip"]},
        ],
    )
    def test_wrong_answers(self, client_of, coordinator, values):
        answer = client_of(coordinator).post(reverse("hold_records"), {**self.SAID, **values})
        assert answer.status_code == 422
        assert not RecordsHold.objects.exists()

    def test_it_asks_who_it_is(self, coordinator):
        client = Client()
        client.force_login(coordinator, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.post(reverse("hold_records"), {**self.SAID, **CONFIRMED}).status_code == 302
        assert not RecordsHold.objects.exists()


class TestDisposal:
    @pytest.fixture
    def searched(self, officer):
        old.issued()
        return old.search(officer)

    def test_proposed_decided_carried_out(self, client_of, searched, coordinator, administrator, commissioner):
        said = {"kind": "query", "up_to": "2020-12-31", "reason": "Over their term"}
        assert "6 records in 1 stories" in done(client_of(coordinator), reverse("propose_disposal"), said)
        batch = DisposalProposed.objects.get()
        line = "Disposals of records that await your decision"
        assert line in labels(administrator)
        assert line not in labels(coordinator)
        decide = reverse("decide_disposal", args=[batch.pk])
        shown = text(client_of(administrator).get(decide))
        assert batch.digest in shown
        word = {"decision": "approve", "reason": "Checked with counsel", "digest": batch.digest}
        assert "Approved" in done(client_of(administrator), decide, word)
        page = reverse("view_disposal", args=[batch.pk])
        assert "0 of 6 records done" in text(client_of(commissioner).get(page))
        disposal.dispose_all()
        receipt = text(client_of(commissioner).get(page))
        assert "6 records are gone" in receipt
        assert batch.disposed.get(table="reads_query").digest in receipt
        assert not Query.objects.exists()
        assert line not in labels(administrator)

    def test_not_ones_own(self, client_of, searched, coordinator):
        make.role(coordinator, "administrator")
        batch = old.proposed(by=coordinator)
        word = {"decision": "approve", "reason": "Checked", "digest": batch.digest, **CONFIRMED}
        answer = client_of(coordinator).post(reverse("decide_disposal", args=[batch.pk]), word)
        assert (answer.status_code, "two persons" in text(answer)) == (403, True)
        assert not DisposalDecision.objects.exists()

    def test_what_was_not_seen_is_not_decided(self, client_of, searched, administrator):
        batch = old.proposed()
        word = {"decision": "approve", "reason": "Checked", "digest": "0" * 64, **CONFIRMED}
        answer = client_of(administrator).post(reverse("decide_disposal", args=[batch.pk]), word)
        assert answer.status_code == 403
        assert not DisposalDecision.objects.exists()

    def test_decided_once(self, client_of, searched, administrator):
        batch = old.proposed()
        old.approved(batch)
        word = {"decision": "deny", "reason": "Changed my mind", "digest": batch.digest, **CONFIRMED}
        answer = client_of(administrator).post(reverse("decide_disposal", args=[batch.pk]), word)
        assert (answer.status_code, "decided once" in text(answer)) == (403, True)

    @pytest.mark.parametrize("values", [{"kind": ""}, {"kind": "sharing"}, {"up_to": "2999-01-01"}, {"reason": ""}])
    def test_wrong_answers(self, client_of, searched, coordinator, values):
        said = {"kind": "query", "up_to": "2020-12-31", "reason": "Over their term", **values}
        assert client_of(coordinator).post(reverse("propose_disposal"), said).status_code == 422
        assert not DisposalProposed.objects.exists()

    def test_nothing_to_propose_is_said_kindly(self, client_of, coordinator):
        said = {"kind": "query", "up_to": "2020-12-31", "reason": "Over their term"}
        answer = client_of(coordinator).post(reverse("propose_disposal"), said)
        assert (answer.status_code, "No record of this class may go" in text(answer)) == (403, True)
