"""C.3.b: who sees which members, how they stand, and every step in the life of an account on one page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import cast, make
from tests.training.people import decide, join, propose, selects
from training import members
from training.models import AccountLock, Member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.3.b")]
LIST = "/members/"


def names(answer):
    return {row.record.name for row in answer.context["table"].rows}


class TestWhoSeesWhom:
    def test_a_supervisor_their_unit_and_their_people(
        self, supervisor, officer, other_supervisor, designated, client_of
    ):
        make.under(designated, supervisor)
        assert names(client_of(supervisor).get(LIST)) == {"Ola Okoro", "Sam Silva", "Aino Aalto"}
        client = client_of(other_supervisor)
        assert client.get(reverse("view_member", args=[officer.pk])).status_code == 404

    def test_two_without_a_unit_are_not_of_one_unit(self, supervisor, coordinator, client_of):
        Member.objects.filter(pk=supervisor.pk).update(unit="")
        assert names(client_of(supervisor).get(LIST)) == set()
        assert client_of(supervisor).get(reverse("view_member", args=[coordinator.pk])).status_code == 404

    @pytest.mark.parametrize("person", ["administrator", "coordinator", "chief", "auditor", "system_administrator"])
    def test_the_others_everybody(self, person, officer, other_supervisor, client_of, request):
        client = client_of(request.getfixturevalue(person))
        assert {"Ola Okoro", "Toru Tanaka"} <= names(client.get(LIST))
        assert client.get(reverse("view_member", args=[officer.pk])).status_code == 200

    def test_a_supervisor_with_another_such_role_everybody(self, supervisor, other_supervisor, client_of):
        make.role(supervisor, "training_officer")
        assert "Toru Tanaka" in names(client_of(supervisor).get(LIST))

    def test_proposals_about_others_are_not_there(self, supervisor, other_supervisor, officer, client_of):
        proposal = propose("role", officer, by=supervisor, roles=["extractor"])
        address = reverse("view_proposal", args=[proposal.pk])
        assert client_of(supervisor).get(address).status_code == 200
        assert client_of(other_supervisor).get(address).status_code == 404
        assert "Ola Okoro" not in client_of(other_supervisor).get("/members/proposals/").content.decode()


class TestFilters:
    @pytest.fixture
    def listed(self, administrator, supervisor, officer, untrained_officer, undesignated, leaver, client_of):
        """Who is listed under a filter."""
        make.under(officer, supervisor)
        AccountLock.objects.write(by=None, member=undesignated, failures=5)
        client = client_of(administrator)
        return lambda **said: names(client.get(LIST, said))

    def test_by_state(self, listed):
        assert listed(state="closed") == {"Lea Lund"}
        assert listed(state="locked") == {"Una Unwin"}
        assert listed(state="untrained") == {"Uli Urban", "Una Unwin"}
        assert "Ola Okoro" in listed(state="active")
        assert "Ola Okoro" not in listed(state="unsupervised")
        assert "Uli Urban" in listed(state="unsupervised")

    def test_by_role_unit_and_category(self, listed):
        assert listed(role="supervisor") == {"Sam Silva"}
        assert "Ola Okoro" in listed(unit="Patrol 3")
        assert listed(category="other") == {"Una Unwin"}

    def test_a_filter_that_cannot_be_read_shows_nothing(self, listed):
        assert listed(role="emperor") == set()

    def test_an_unknown_sort_is_refused(self, administrator, client_of):
        assert client_of(administrator).get(LIST, {"sort": "password"}).status_code == 400

    def test_the_chief_needs_no_supervisor(self, chief, officer):
        found = set(members.without_supervisor())
        assert officer in found
        assert chief not in found


class TestFind:
    def test_a_name_stays_out_of_the_address(self, administrator, officer, client_of):
        client = client_of(administrator)
        answer = client.post("/members/find/", {"q": "okor"})
        assert "Ola Okoro" in answer.content.decode()
        assert 'method="post" action="/members/find/"' in client.get(LIST).content.decode()
        assert names(client.get(LIST, {"q": "okor"})) == names(client.get(LIST))
        assert client.get("/members/find/", {"q": "okor"}).status_code == 405

    def test_nobody_is_found_whom_one_may_not_see(self, other_supervisor, officer, client_of):
        answer = client_of(other_supervisor).post("/members/find/", {"q": "okoro"})
        assert "Ola Okoro" not in answer.content.decode()
        assert "No member whom you may see" in answer.content.decode()


class TestQueries:
    def count(self, client, address):
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return selects(seen)

    @pytest.mark.parametrize(
        "address", [LIST, "/members/proposals/", "/members/designations/", "/members/reviews/", "/members/changes/"]
    )
    def test_more_members_cost_no_more_queries(
        self, address, administrator, supervisor, system_administrator, officer, client_of
    ):
        client = client_of(administrator)
        decide(propose("role", officer, by=supervisor, roles=["extractor"]), by=system_administrator)
        before = self.count(client, address)
        for number in range(4):
            person = make.under(cast.member(f"more{number}", f"More {number}", "officer", unit="Patrol 3"), supervisor)
            decide(propose("role", person, by=supervisor, roles=["extractor"]), by=system_administrator)
            propose("category", person, by=supervisor, category="pst")
        assert self.count(client, address) == before

    def test_a_members_page_costs_the_same_however_long_the_life(
        self, administrator, supervisor, system_administrator, officer, client_of
    ):
        client, address = client_of(administrator), reverse("view_member", args=[officer.pk])
        decide(propose("role", officer, by=supervisor, roles=["extractor"]), by=system_administrator)
        members.edit_member(officer, reason="One", by=system_administrator, now=timezone.now(), rank="Sergeant")
        before = self.count(client, address)
        for role in ("training_officer", "request_clerk", "commissioner"):
            decide(propose("role", officer, by=supervisor, roles=[role]), by=system_administrator)
            members.edit_member(officer, reason=role, by=system_administrator, now=timezone.now(), rank=role)
        assert self.count(client, address) == before


class TestThePage:
    def test_every_step_by_whom(self, supervisor, system_administrator, administrator, client_of):
        decide(join(supervisor), by=system_administrator)
        member = Member.objects.get(username="newton")
        decide(propose("role", member, by=supervisor, roles=["extractor"]), by=system_administrator, approved=False)
        page = client_of(administrator).get(reverse("view_member", args=[member.pk])).content.decode()
        for words in (
            *("Proposed: A new member", "Approved: A new member", "Role granted: Officer", "Proposed by Sam Silva"),
            *("Invited by letter", "Not approved: More roles: Extractor", "Checked", "May not use the readers"),
        ):
            assert words in page, words

    def test_acts_are_offered_to_who_may(self, officer, supervisor, system_administrator, administrator, client_of):
        address = reverse("view_member", args=[officer.pk])
        offered = {
            supervisor: {"propose_role", "propose_category", "close_account"},
            system_administrator: {"edit_member", "renew_invitation", "propose_factor_reset", "close_account"},
            administrator: {"close_account"},
        }
        every = set().union(*offered.values())
        for person, acts in offered.items():
            page = client_of(person).get(address).content.decode()
            assert {act for act in every if reverse(act, args=[officer.pk]) in page} == acts
