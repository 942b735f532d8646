"""C.3.b: the database itself refuses one person's word where two are needed, whatever the application asks of it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests import make
from tests.training.people import decide, join, propose
from training import members
from training.models import (
    AccountClosed,
    AccountDecision,
    AccountProposal,
    AccountReopened,
    CategoryChanged,
    CompletionWithdrawn,
    Designation,
    FactorReset,
    Loan,
    Member,
    RoleEnd,
    RoleGrant,
)

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.3.b")]


@pytest.fixture
def approved(supervisor, system_administrator, officer):
    """Decisions of two people: one about more roles, one about another category, one about a new member."""
    return {
        "role": decide(propose("role", officer, by=supervisor, roles=["extractor"]), by=system_administrator),
        "category": decide(propose("category", officer, by=supervisor, category="pst"), by=system_administrator),
        "join": decide(join(supervisor), by=system_administrator),
    }


def grant(member, role, *, by, **values):
    return RoleGrant.objects.write(by=by, member=member, role=role, **values)


def proposal(by, member, step="role", **values):
    return AccountProposal.objects.write(by=by, member=member, step=step, reason="Tried", **values)


def decision(asked, by, **values):
    said = {"proposed_by": asked.by, "member": asked.member, "approved": True, **values}
    return AccountDecision.objects.write(by=by, proposal=asked, **said)


def span():
    return {"starts_at": timezone.now(), "ends_at": timezone.now() + timedelta(days=1)}


# What is tried → what the database names; each as the application's own role, past every rule of ours.
TRIES = {
    "a role without a decision": (
        "role_granted_by_decision",
        lambda p: grant(p["officer"], "chief", by=p["admin"]),
    ),
    "a role without a decision, by the portal": (
        "role_granted_by_decision",
        lambda p: grant(p["officer"], "chief", by=None),
    ),
    "a role to oneself": (
        "role_granted_by_decision",
        lambda p: grant(p["admin"], "chief", by=p["admin"], decision=p["role"], proposed_by=p["supervisor"]),
    ),
    "a role that was not decided": (
        "role_granted_by_decision",
        lambda p: grant(p["officer"], "chief", by=p["admin"], decision=p["role"], proposed_by=p["supervisor"]),
    ),
    "another's decision": (
        "role_granted_by_decision",
        lambda p: grant(p["other"], "extractor", by=p["admin"], decision=p["role"], proposed_by=p["supervisor"]),
    ),
    "a decision that another took": (
        "role_granted_by_decision",
        lambda p: grant(p["officer"], "extractor", by=p["chief"], decision=p["role"], proposed_by=p["supervisor"]),
    ),
    "a role of a decision about the category": (
        "role_granted_by_decision",
        lambda p: grant(p["officer"], "extractor", by=p["admin"], decision=p["category"], proposed_by=p["supervisor"]),
    ),
    "a role that does not exist": (
        "role_known",
        lambda p: grant(p["officer"], "emperor", by=p["admin"], decision=p["role"], proposed_by=p["supervisor"]),
    ),
    "one person who proposes and decides": (
        "decision_by_a_second_person",
        lambda p: decision(proposal(p["admin"], p["officer"], roles=["chief"]), p["admin"]),
    ),
    "one person under another's name": (
        "decision_of_its_proposal",
        lambda p: decision(
            proposal(p["admin"], p["officer"], roles=["chief"]), p["admin"], proposed_by=p["supervisor"]
        ),
    ),
    "a decision about oneself": (
        "decision_about_someone_else",
        lambda p: decision(proposal(p["supervisor"], p["admin"], roles=["chief"]), p["admin"]),
    ),
    "a decision about oneself under another's name": (
        "decision_of_its_proposal",
        lambda p: decision(proposal(p["supervisor"], p["admin"], roles=["chief"]), p["admin"], member=p["officer"]),
    ),
    "a second decision": (
        "training_accountdecision_proposal_id_key",
        lambda p: decision(p["role"].proposal, p["chief"], approved=False, reason="No"),
    ),
    "a no without a reason": (
        "decision_no_has_a_reason",
        lambda p: decision(proposal(p["supervisor"], p["officer"]), p["admin"], approved=False),
    ),
    "a proposal for oneself": ("proposal_for_someone_else", lambda p: proposal(p["supervisor"], p["supervisor"])),
    "a proposal by nobody": ("proposal_by_a_member", lambda p: proposal(None, p["officer"])),
    "a proposal about nobody": ("proposal_names_its_member", lambda p: proposal(p["supervisor"], None)),
    "opening by a decision about roles": (
        "step_by_decision",
        lambda p: AccountReopened.objects.write(by=p["admin"], member=p["officer"], decision=p["role"]),
    ),
    "another category than was decided": (
        "step_by_decision",
        lambda p: CategoryChanged.objects.write(
            by=p["admin"],
            member=p["officer"],
            category="sworn",
            decision=decision(proposal(p["supervisor"], p["officer"], "category", category="other"), p["admin"]),
        ),
    ),
    "a category by a decision about roles": (
        "step_by_decision",
        lambda p: CategoryChanged.objects.write(
            by=p["admin"], member=p["officer"], category="other", decision=p["role"]
        ),
    ),
    "a factor removed by a decision about roles": (
        "step_by_decision",
        lambda p: FactorReset.objects.write(by=p["admin"], member=p["officer"], decision=p["role"]),
    ),
    "an account closed by its member": (
        "closed_by_someone_else",
        lambda p: AccountClosed.objects.write(by=p["officer"], member=p["officer"], because="left"),
    ),
    "a designation of oneself": (
        "designation_by_someone_else",
        lambda p: Designation.objects.write(by=p["chief"], member=p["chief"], scope="All", **span()),
    ),
    "a designation by nobody": (
        "act_by_a_member",
        lambda p: Designation.objects.write(by=None, member=p["officer"], scope="All", **span()),
    ),
    "a withdrawal by nobody": (
        "act_by_a_member",
        lambda p: CompletionWithdrawn.objects.write(by=None, completion=p["officer"].completions.get(), reason="Wrong"),
    ),
    "a loan to oneself": (
        "loan_to_someone_else",
        lambda p: Loan.objects.write(
            by=p["chief"], designee=p["chief"], verb="training.designate", reason="Mine", **span()
        ),
    ),
    "an account opened by hand": (
        "member_changed_by_record",
        lambda p: Member.objects.filter(pk=p["leaver"].pk).update(is_active=True),
    ),
    "an account closed by hand": (
        "member_changed_by_record",
        lambda p: Member.objects.filter(pk=p["officer"].pk).update(is_active=False),
    ),
    "a category by hand": (
        "member_changed_by_record",
        lambda p: Member.objects.filter(pk=p["officer"].pk).update(category="other"),
    ),
    "a superuser": (
        "member_is_never_superuser",
        lambda p: Member.objects.filter(pk=p["officer"].pk).update(is_superuser=True),
    ),
    "a role by hand": ("", lambda p: p["officer"].groups.add(Group.objects.get(name="chief"))),
    "a role taken away by hand": ("", lambda p: p["officer"].groups.clear()),
    "a verb given to a role": ("", lambda p: Group.objects.get(name="officer").permissions.clear()),
    "a new role": ("", lambda p: Group.objects.create(name="emperor")),
    "a record changed": ("", lambda p: RoleGrant.objects.filter(member=p["officer"]).update(role="chief")),
    "a record undone": ("", lambda p: RoleEnd.objects.all().delete()),
    "a member deleted": ("", lambda p: Member.objects.filter(pk=p["officer"].pk)._raw_delete("default")),
}


@pytest.fixture
def people(approved, officer, other_officer, supervisor, system_administrator, chief, leaver):
    cast = {"officer": officer, "other": other_officer, "supervisor": supervisor, "admin": system_administrator}
    return {**cast, "chief": chief, "leaver": leaver, **approved}


def refused(act):
    """The name of the constraint or guard that refused an act; "" for a privilege that is not held."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        act()
    return getattr(error.value.__cause__.diag, "constraint_name", None) or ""


@pytest.mark.parametrize("what", TRIES)
def test_the_database_refuses(what, people):
    name, act = TRIES[what]
    assert refused(lambda: act(people)) == name


class TestWhatItGuards:
    """Each guard is taken away, and what it refused goes through: the tests above would be red without it."""

    @pytest.mark.parametrize(
        ("guard", "what"),
        [
            ("training_guard_grant ON training_rolegrant", "a role without a decision"),
            ("training_guard_grant ON training_rolegrant", "a role that was not decided"),
            ("training_guard_decision ON training_accountdecision", "one person under another's name"),
            ("training_guard_step ON training_accountreopened", "opening by a decision about roles"),
            ("training_guard_step ON training_categorychanged", "a category by a decision about roles"),
            ("training_guard_step ON training_factorreset", "a factor removed by a decision about roles"),
            ("training_guard_actor ON training_designation", "a designation by nobody"),
            ("training_guard_actor ON training_completionwithdrawn", "a withdrawal by nobody"),
            ("training_guard_member ON training_member", "an account opened by hand"),
            ("training_guard_member ON training_member", "a category by hand"),
        ],
    )
    def test_without_the_guard_it_would_happen(self, guard, what, people):
        with transaction.atomic():
            with make.as_owner(), connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"DROP TRIGGER {guard}")
            TRIES[what][1](people)
            transaction.set_rollback(True)

    def test_a_grant_by_decision_is_the_way_into_the_group(self, people):
        assert members.roles_of(people["officer"]) == ["extractor", "officer"]

    def test_a_role_stays_while_another_grant_of_it_stands(self, people):
        first = RoleGrant.objects.get(member=people["officer"], role="extractor")
        make.role(people["officer"], "extractor")
        RoleEnd.objects.write(by=people["admin"], grant=first, reason="Twice")
        assert members.roles_of(people["officer"]) == ["extractor", "officer"]

    def test_the_first_two_come_from_the_portal_itself_and_no_third(self, people):
        assert Member.objects.count() > 2
        newcomer = Member.objects.create_user(f"third-{uuid.uuid4().hex[:6]}", None, name="Thea Third")
        assert refused(lambda: grant(newcomer, "system_administrator", by=None)) == "role_granted_by_decision"
