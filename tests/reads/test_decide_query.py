"""C.2.B: a search that waits is decided once, by a supervisor who neither asked it nor is the one it is for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from reads import actions
from reads.models import Access, Query, QueryDecision, QueryRun
from tests import make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("C.2.B")]


def decide(query, by, approved=True):
    return actions.decide_query(
        query, approved=approved, reason="The report names the offence.", by=by, now=timezone.now()
    )


class TestDecideQuery:
    def test_a_supervisor_lets_it_run_and_the_member_runs_it_once(self, officer, supervisor, client_of):
        make.read("8ABC123")
        query = make.waiting_query(officer)
        client_of(supervisor).post(
            f"/searches/{query.pk}/decide/", {"decision": "approve", "reason": "The report names a robbery."}
        )
        client = client_of(officer)
        assert "ready to run" in client.get("/home/").content.decode()
        answer = client.post(f"/searches/{query.pk}/run/", follow=True)
        assert "8ABC123" in answer.content.decode()
        assert client.post(f"/searches/{query.pk}/run/").status_code == 403
        assert QueryRun.objects.count() == 1

    def test_one_that_is_not_approved_does_not_run(self, officer, supervisor, client_of):
        query = make.waiting_query(officer)
        decide(query, supervisor, approved=False)
        client = client_of(officer)
        assert "Searches that were not approved" in client.get("/home/").content.decode()
        assert client.post(f"/searches/{query.pk}/run/").status_code == 403
        assert not Access.objects.exists()

    def test_once_decided_by_another_unit_it_leaves_this_ones_sight(
        self, officer, supervisor, other_supervisor, client_of
    ):
        query = make.waiting_query(officer)
        assert client_of(other_supervisor).get(f"/searches/{query.pk}/").status_code == 200
        decide(query, supervisor)
        assert client_of(other_supervisor).get(f"/searches/{query.pk}/").status_code == 404

    def test_its_asker_may_not_decide_it(self, supervisor):
        query = make.waiting_query(supervisor)
        with pytest.raises(Refused, match=r"C\.2\.B"):
            decide(query, supervisor)

    def test_the_one_it_is_for_may_not_decide_it(self, officer, supervisor):
        query = make.waiting_query(officer, for_whom=supervisor, for_whom_name=supervisor.name)
        with pytest.raises(Refused):
            decide(query, supervisor)

    def test_an_incomplete_decision_shows_nothing_of_what_another_unit_decided(
        self, officer, supervisor, other_supervisor, client_of
    ):
        query = make.waiting_query(officer)
        decide(query, supervisor)
        client, url = client_of(other_supervisor), f"/searches/{query.pk}/decide/"
        assert client.post(url, {}).status_code == 404
        late = client.post(url, {"decision": "deny", "reason": "Not this unit's case."})
        assert late.status_code == 403
        assert "8ABC123" not in late.content.decode()

    def test_an_officer_may_not_decide(self, officer, other_officer, client_of):
        query = make.waiting_query(officer)
        with pytest.raises(Refused):
            decide(query, other_officer)
        assert client_of(other_officer).get(f"/searches/{query.pk}/decide/").status_code == 403

    def test_an_undecided_search_does_not_run(self, officer, client_of):
        query = make.waiting_query(officer)
        assert client_of(officer).post(f"/searches/{query.pk}/run/").status_code == 403
        assert not QueryRun.objects.exists()

    def test_an_approval_is_good_for_a_day(self, officer, supervisor):
        query = make.waiting_query(officer)
        decide(query, supervisor)
        with pytest.raises(Refused, match="older than a day"):
            actions.run_approved(Query.objects.get(), by=officer, now=timezone.now() + timedelta(hours=24, minutes=1))

    def test_eight_deciders_at_once_make_one_decision(self, officer, supervisor):
        query = make.waiting_query(officer)

        def attempt(_):
            try:
                decide(Query.objects.get(pk=query.pk), supervisor)
                return "decided"
            except Refused as refused:
                return refused.refusal.clause
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            outcomes = sorted(pool.map(attempt, range(8)))
        assert outcomes == ["C.2.B"] * 7 + ["decided"]
        assert QueryDecision.objects.count() == 1

    def test_two_runs_at_once_are_one_run(self, officer, supervisor):
        query = make.waiting_query(officer)
        decide(query, supervisor)

        def attempt(_):
            try:
                actions.run_approved(Query.objects.get(pk=query.pk), by=officer, now=timezone.now())
                return "ran"
            except Refused:
                return "refused"
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(attempt, range(4))) == ["ran", "refused", "refused", "refused"]
