"""C.3.b, K.login: a second person decides, once; an approval does at once what was proposed, and nothing else does."""

from __future__ import annotations

import threading
import time

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput, Refused
from tests import cast, make
from tests.training.people import decide, join, propose, through
from training import accounts, invitations, members
from training.models import (
    AccountDecision,
    AccountProposal,
    AccountReopened,
    CategoryChanged,
    Invitation,
    LiveSession,
    Member,
    RoleGrant,
    SignIn,
)

pytestmark = pytest.mark.clause("C.3.b", "K.login")


@pytest.mark.django_db
class TestWhoDecides:
    def test_another_than_who_proposed(self, supervisor, system_administrator, officer):
        make.role(system_administrator, "supervisor")
        Member.objects.filter(pk=system_administrator.pk).update(unit="Patrol 3")
        system_administrator.refresh_from_db()
        proposal = propose("role", officer, by=system_administrator, roles=["training_officer"])
        with pytest.raises(Refused, match="a second one decides"):
            decide(proposal, by=system_administrator)

    def test_not_the_member_concerned(self, supervisor, system_administrator):
        make.under(system_administrator, supervisor)
        proposal = propose("role", system_administrator, by=supervisor, roles=["coordinator"])
        with pytest.raises(Refused, match="own account"):
            decide(proposal, by=system_administrator)

    @pytest.mark.parametrize("person", ["administrator", "chief", "coordinator", "other_supervisor"])
    def test_nobody_without_the_permission(self, supervisor, officer, person, request):
        proposal = propose("role", officer, by=supervisor, roles=["training_officer"])
        with pytest.raises(Refused, match="another's"):
            decide(proposal, by=request.getfixturevalue(person))

    def test_once(self, supervisor, system_administrator, officer):
        proposal = propose("role", officer, by=supervisor, roles=["training_officer"])
        decide(proposal, by=system_administrator)
        with pytest.raises(Refused, match="once"):
            decide(AccountProposal.objects.get(), by=system_administrator)

    def test_a_no_says_why_and_changes_nothing(self, supervisor, system_administrator, officer):
        proposal = propose("role", officer, by=supervisor, roles=["training_officer"])
        with pytest.raises(BadInput, match="why"):
            decide(proposal, by=system_administrator, approved=False, reason="")
        decide(proposal, by=system_administrator, approved=False, reason="Not trained for it")
        assert members.roles_of(officer) == ["officer"]

    def test_what_waits_is_counted_for_who_may_decide_it(
        self, supervisor, system_administrator, administrator, officer
    ):
        proposal = join(supervisor)
        propose("role", officer, by=supervisor, roles=["training_officer"])
        assert accounts.to_decide(system_administrator) == (2, proposal.at)
        assert accounts.to_decide(administrator) == (0, None)
        assert accounts.to_decide(supervisor) == (0, None)


@pytest.mark.django_db
class TestJoin:
    def test_the_member_is_made_as_proposed(self, supervisor, system_administrator):
        decision = decide(join(supervisor, roles=["officer", "training_officer"]), by=system_administrator)
        member = Member.objects.get(username="newton")
        assert decision.member == member
        assert (member.name, member.unit, member.category, member.supervisor) == (
            "Nia Newton",
            "Patrol 3",
            "sworn",
            supervisor,
        )
        assert not member.has_usable_password()
        assert members.roles_of(member) == ["officer", "training_officer"]
        grant = RoleGrant.objects.filter(member=member).first()
        assert (grant.by, grant.proposed_by, grant.decision) == (system_administrator, supervisor, decision)

    def test_the_link_goes_to_the_member_and_nobody_else_sees_it(
        self, supervisor, system_administrator, client_of, django_capture_on_commit_callbacks
    ):
        proposal, client = join(supervisor), client_of(system_administrator)
        address = reverse("decide_account", args=[proposal.pk])
        with django_capture_on_commit_callbacks(execute=True):
            done = through(client, address, {"decision": "approve", "reason": ""})
        letter = mail.outbox[0]
        token = letter.body.split("/accounts/invitation/")[1].split("/")[0]
        assert (len(mail.outbox), letter.to) == (1, ["newton@example.org"])
        assert invitations.usable(token, now=timezone.now()).member.username == "newton"
        pages = [done["Location"], reverse("view_proposal", args=[proposal.pk])]
        pages.append(reverse("view_member", args=[Member.objects.get(username="newton").pk]))
        for page in pages:
            answer = client.get(page)
            assert answer.status_code == 200
            assert token not in answer.content.decode()
        assert token not in Invitation.objects.get().canonical()

    def test_a_user_name_taken_meanwhile_makes_nobody(self, supervisor, system_administrator):
        proposal = join(supervisor)
        Member.objects.create_user("newton", None, name="Another Newton")
        with pytest.raises(Refused, match="another member"):
            decide(proposal, by=system_administrator)
        assert not AccountDecision.objects.exists()
        assert not Invitation.objects.exists()

    def test_a_supervisor_who_left_meanwhile_answers_for_nobody(self, supervisor, system_administrator):
        proposal = join(supervisor)
        make.closed(supervisor)
        with pytest.raises(Refused, match="supervisor"):
            decide(proposal, by=system_administrator)


@pytest.mark.django_db
class TestRole:
    def test_it_is_held_at_once(self, supervisor, system_administrator, officer, client_of):
        client = client_of(officer)
        assert client.get(reverse("list_members")).status_code == 403
        decide(propose("role", officer, by=supervisor, roles=["training_officer"]), by=system_administrator)
        assert client.get(reverse("list_members")).status_code == 200

    def test_a_conflict_that_came_meanwhile(self, supervisor, system_administrator, coordinator):
        make.under(coordinator, supervisor)
        first = propose("role", coordinator, by=supervisor, roles=["auditor"])
        second = propose("role", coordinator, by=supervisor, roles=["officer"])
        decide(first, by=system_administrator)
        with pytest.raises(Refused, match="oversees"):
            decide(second, by=system_administrator)
        assert members.roles_of(coordinator) == ["auditor", "coordinator"]

    def test_an_account_closed_meanwhile(self, supervisor, system_administrator, officer):
        proposal = propose("role", officer, by=supervisor, roles=["training_officer"])
        make.closed(officer)
        with pytest.raises(Refused, match="closed"):
            decide(proposal, by=system_administrator)

    def test_it_asks_for_the_second_factor_again(self, supervisor, system_administrator, officer, client_of):
        proposal = propose("role", officer, by=supervisor, roles=["training_officer"])
        client, address = client_of(system_administrator), reverse("decide_account", args=[proposal.pk])
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": time.time() - 601}]
        session.save()
        answer = client.post(address, {"decision": "approve", "reason": "", "confirmed": "yes"})
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
        assert not AccountDecision.objects.exists()


@pytest.mark.django_db
class TestCategory:
    @pytest.mark.clause("C.1")
    def test_another_category_needs_a_designation_at_once(self, supervisor, system_administrator, officer, client_of):
        client = client_of(officer)
        assert client.get("/searches/new/").status_code == 200
        decide(propose("category", officer, by=supervisor, category="other"), by=system_administrator)
        officer.refresh_from_db()
        assert (officer.category, CategoryChanged.objects.get().category) == ("other", "other")
        assert client.get("/searches/new/").status_code == 403


@pytest.mark.django_db
class TestReopen:
    @pytest.fixture
    def gone(self, officer, supervisor):
        """An officer under a supervisor, whose account was closed."""
        make.under(officer, supervisor)
        make.closed(officer)
        return officer

    def test_with_a_supervisor_and_current_training(self, supervisor, system_administrator, gone):
        decide(propose("reopen", gone, by=supervisor), by=system_administrator)
        gone.refresh_from_db()
        assert gone.is_active
        assert AccountReopened.objects.get().member == gone

    @pytest.mark.clause("C.3.a")
    def test_not_without_current_training(self, supervisor, system_administrator, untrained_officer):
        make.under(untrained_officer, supervisor)
        make.closed(untrained_officer)
        with pytest.raises(Refused, match="current training"):
            propose("reopen", untrained_officer, by=supervisor)

    @pytest.mark.clause("C.3.a")
    def test_training_that_lapsed_while_it_waited(self, supervisor, system_administrator, gone):
        proposal = propose("reopen", gone, by=supervisor)
        later = gone.completions.get().expires_at
        with pytest.raises(Refused, match="current training"):
            accounts.decide(proposal, approved=True, reason="", by=system_administrator, now=later)
        gone.refresh_from_db()
        assert not gone.is_active

    @pytest.mark.clause("C.1")
    def test_not_without_the_designation_that_the_category_needs(self, supervisor, undesignated):
        make.under(undesignated, supervisor)
        make.closed(undesignated)
        with pytest.raises(Refused, match="designation"):
            propose("reopen", undesignated, by=supervisor)

    def test_a_role_without_data_needs_no_training(self, supervisor, system_administrator, commissioner):
        make.under(commissioner, supervisor)
        make.closed(commissioner)
        assert decide(propose("reopen", commissioner, by=supervisor), by=system_administrator)

    def test_not_without_a_supervisor_who_answers(self, supervisor, system_administrator, gone):
        proposal = propose("reopen", gone, by=supervisor)
        make.no_role(supervisor)
        with pytest.raises(Refused, match="supervisor"):
            decide(proposal, by=system_administrator)


@pytest.mark.django_db
@pytest.mark.clause("F.1")
class TestFactor:
    def test_it_is_removed_and_the_session_is_over(
        self, system_administrator, supervisor, officer, client_of, django_capture_on_commit_callbacks
    ):
        Member.objects.filter(pk=officer.pk).update(email="okoro@example.org")
        client = client_of(officer)
        proposal = propose("factor", officer, by=system_administrator)
        with django_capture_on_commit_callbacks(execute=True):
            decide(proposal, by=supervisor)
        assert not Authenticator.objects.filter(user=officer).exists()
        assert not LiveSession.objects.filter(member=officer).exists()
        assert client.get("/home/").status_code == 302
        assert SignIn.objects.filter(by=officer, kind=SignIn.Kind.FACTOR_REMOVED).exists()
        assert mail.outbox[0].to == ["okoro@example.org"]

    @pytest.mark.parametrize(
        ("person", "may"),
        [("supervisor", True), ("administrator", True), ("other_supervisor", False), ("chief", False)],
    )
    def test_the_supervisor_of_the_unit_or_an_administrator(self, system_administrator, officer, person, may, request):
        proposal, by = propose("factor", officer, by=system_administrator), request.getfixturevalue(person)
        assert accounts.to_decide(by)[0] == int(may)
        if may:
            assert decide(proposal, by=by).approved
        else:
            with pytest.raises(Refused):
                decide(proposal, by=by)

    def test_never_by_who_lost_it(self, system_administrator, supervisor):
        proposal = propose("factor", supervisor, by=system_administrator)
        with pytest.raises(Refused, match="own account"):
            decide(proposal, by=supervisor)

    def test_the_pages_lead_there(self, system_administrator, supervisor, officer, client_of):
        asking, deciding = client_of(system_administrator), client_of(supervisor)
        through(asking, reverse("propose_factor_reset", args=[officer.pk]), {"reason": "Phone lost"})
        proposal = AccountProposal.objects.get()
        page = reverse("view_proposal", args=[proposal.pk])
        address = reverse("decide_factor", args=[proposal.pk])
        assert address in deciding.get(page).content.decode()
        assert address not in asking.get(page).content.decode()
        assert asking.get(address).status_code == 403
        assert deciding.get(reverse("decide_account", args=[proposal.pk])).status_code == 403
        assert through(deciding, address, {"decision": "approve", "reason": "I spoke to Ola"}).status_code == 302
        assert not Authenticator.objects.filter(user=officer).exists()


@pytest.mark.usefixtures("committed")
class TestCommitted:
    def together(self, *acts):
        said: list[str] = []

        def run(act):
            try:
                act()
                said.append("decided")
            except Refused as refused:
                said.append(refused.refusal.code or refused.refusal.clause)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(said)

    def test_eight_at_once_decide_once(self):
        supervisor, deciders = cast.CAST["supervisor"](), []
        for number in range(8):
            deciders.append(cast.member(f"admin{number}", f"Admin {number}", "system_administrator", trained=False))
        proposal = join(supervisor)
        said = self.together(
            *(lambda by=by: decide(AccountProposal.objects.get(pk=proposal.pk), by=by) for by in deciders)
        )
        assert said == ["decided"] + ["decision.once"] * 7
        assert Member.objects.filter(username="newton").count() == 1
        assert Invitation.objects.count() == 1

    def test_two_roles_in_conflict_are_not_granted_at_once(self):
        supervisor, coordinator = cast.CAST["supervisor"](), cast.CAST["coordinator"]()
        by = [cast.member(f"admin{n}", f"Admin {n}", "system_administrator", trained=False) for n in range(2)]
        make.under(coordinator, supervisor)
        pair = [propose("role", coordinator, by=supervisor, roles=[role]) for role in ("auditor", "officer")]
        said = self.together(*(lambda p=p, b=b: decide(p, by=b) for p, b in zip(pair, by, strict=True)))
        assert said == ["decided", "roles.conflict"]
