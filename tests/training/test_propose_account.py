"""C.3.b: a supervisor proposes for their own people; what must not be is refused before anybody has to decide it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.roles import ROLES
from tests import make
from tests.corpus import table
from tests.training.people import join, propose, through
from training import account_rules as rules
from training.models import AccountProposal, Member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.3.b")]


@pytest.mark.parametrize(("roles", "clause", "why"), table("role_conflicts.csv"))
def test_nobody_oversees_their_own_acts(roles, clause, why):
    said = rules.may_hold(roles.split())
    assert (said.clause if said else "free") == clause, why


def test_the_table_of_conflicts_names_every_pair():
    rows = {frozenset(row.values[0].split()) for row in table("role_conflicts.csv")}
    assert {frozenset({o, a}) for o in rules.OVERSEES for a in rules.ACTS} <= rows
    assert set(ROLES) >= rules.OVERSEES | rules.ACTS


class TestWhoProposes:
    def test_a_supervisor_for_their_unit(self, supervisor, officer):
        assert propose("role", officer, by=supervisor, roles=["training_officer"]).by == supervisor

    def test_a_supervisor_for_whom_they_supervise_in_another_unit(self, other_supervisor, officer):
        make.under(officer, other_supervisor)
        assert propose("role", officer, by=other_supervisor, roles=["training_officer"])

    def test_not_for_another_supervisors_people(self, other_supervisor, officer):
        with pytest.raises(Refused, match="own people"):
            propose("role", officer, by=other_supervisor, roles=["training_officer"])

    def test_not_for_oneself(self, supervisor):
        with pytest.raises(Refused, match="for themself"):
            propose("role", supervisor, by=supervisor, roles=["training_officer"])

    def test_two_without_a_unit_are_not_of_one_unit(self, supervisor, coordinator):
        Member.objects.filter(pk=supervisor.pk).update(unit="")
        supervisor.refresh_from_db()
        with pytest.raises(Refused, match="own people"):
            propose("role", coordinator, by=supervisor, roles=["training_officer"])


class TestWhatIsProposed:
    def test_a_role_that_is_held_is_not_proposed(self, supervisor, officer):
        with pytest.raises(Refused, match="already"):
            propose("role", officer, by=supervisor, roles=["officer"])

    def test_a_role_in_conflict_with_one_held(self, supervisor, officer):
        with pytest.raises(Refused, match="oversees"):
            propose("role", officer, by=supervisor, roles=["auditor"])

    def test_the_same_twice_waits_once(self, supervisor, officer):
        propose("category", officer, by=supervisor, category="pst")
        with pytest.raises(Refused, match="waits"):
            propose("category", officer, by=supervisor, category="other")

    def test_other_roles_may_wait_beside(self, supervisor, officer):
        propose("role", officer, by=supervisor, roles=["training_officer"])
        assert propose("role", officer, by=supervisor, roles=["extractor"])

    def test_the_category_of_today_is_no_change(self, supervisor, officer):
        with pytest.raises(Refused, match="already"):
            propose("category", officer, by=supervisor, category="sworn")

    def test_an_open_account_is_not_opened(self, supervisor, officer):
        with pytest.raises(Refused, match="is open"):
            propose("reopen", officer, by=supervisor)

    def test_a_closed_account_gets_no_roles(self, supervisor, officer):
        make.closed(officer)
        with pytest.raises(Refused, match="closed"):
            propose("role", officer, by=supervisor, roles=["training_officer"])


class TestSomebodyNew:
    def test_is_no_member_yet(self, supervisor):
        proposal = join(supervisor)
        assert proposal.member is None
        assert proposal.details["supervisor"] == str(supervisor.pk)
        assert not Member.objects.filter(username="newton").exists()

    @pytest.mark.parametrize("field", ["username", "email", "badge"])
    def test_what_is_another_members_is_not_given_twice(self, supervisor, officer, field):
        Member.objects.filter(pk=officer.pk).update(email="okoro@example.org")
        taken = {"username": "okoro", "email": "OKORO@example.org", "badge": officer.badge}
        with pytest.raises(BadInput, match="another member") as error:
            join(supervisor, **{field: taken[field]})
        assert error.value.code == f"{field}.taken"

    def test_of_another_unit_and_under_another_supervisor_is_anothers(self, supervisor, other_supervisor):
        with pytest.raises(Refused, match="own people"):
            join(supervisor, supervisor=other_supervisor, unit="Robbery")

    def test_stands_under_a_supervisor_who_can_be_one(self, supervisor, officer):
        with pytest.raises(Refused, match="role of supervisor"):
            join(supervisor, supervisor=officer)

    def test_is_not_proposed_twice(self, supervisor):
        join(supervisor)
        with pytest.raises(Refused, match="waits"):
            join(supervisor)


FORM = {"name": "Nia Newton", "username": "newton", "email": "newton@example.org", "badge": "N-77", "unit": "Patrol 3"}


@pytest.fixture
def form(supervisor):
    """What a supervisor types about somebody new."""
    return {
        **FORM,
        "rank": "",
        "category": "sworn",
        "supervisor": str(supervisor.pk),
        "roles": ["officer"],
        "reason": "Joins",
    }


class TestThePages:
    def test_form_check_receipt(self, supervisor, client_of, form):
        client = client_of(supervisor)
        address = reverse("propose_member")
        assert client.get(address).status_code == 200
        checked = through(client, address, form, confirmed=False)
        assert b"Nothing is done yet" in checked.content
        assert not AccountProposal.objects.exists()
        done = through(client, address, form)
        proposal = AccountProposal.objects.get()
        assert done["Location"] == reverse("view_receipt", args=[proposal.pk])
        receipt = client.get(done["Location"]).content.decode()
        assert str(proposal.pk)[:8].upper() in receipt

    def test_a_receipt_is_only_for_who_acted(self, supervisor, system_administrator, client_of):
        address = reverse("view_receipt", args=[join(supervisor).pk])
        assert client_of(supervisor).get(address).status_code == 200
        assert client_of(system_administrator).get(address).status_code == 404

    def test_answers_can_be_changed_and_stay(self, supervisor, client_of, form):
        answer = client_of(supervisor).post(reverse("propose_member"), {**form, "change": "yes"})
        assert answer.status_code == 200
        assert b'value="Nia Newton"' in answer.content
        assert not AccountProposal.objects.exists()

    def test_errors_stand_at_their_fields_and_nothing_is_recorded(self, supervisor, client_of, form):
        wrong = {**form, "username": "N", "email": "nobody", "reason": "", "supervisor": ""}
        answer = client_of(supervisor).post(reverse("propose_member"), {**wrong, "confirmed": "yes"})
        said = answer.content.decode()
        assert answer.status_code == 422
        assert "<title>Error:" in said
        for message in (
            "User name: 3 to 60",
            "E-mail: give one address",
            "Reason: fill it in",
            "Supervisor: choose one",
        ):
            assert message in said
        assert not AccountProposal.objects.exists()

    def test_a_refusal_comes_before_the_answers_are_confirmed(self, supervisor, officer, client_of):
        address = reverse("propose_role", args=[officer.pk])
        answer = client_of(supervisor).post(address, {"roles": ["auditor"], "reason": "Asked"})
        assert answer.status_code == 403
        assert "Nobody oversees their own acts" in answer.content.decode()

    def test_a_member_one_may_not_see_is_not_there(self, other_supervisor, officer, client_of):
        client = client_of(other_supervisor)
        for name in ("propose_role", "propose_category", "propose_reopening"):
            assert client.get(reverse(name, args=[officer.pk])).status_code == 404
