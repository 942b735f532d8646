"""The life of an account: one person proposes, a second one decides, and the decision does what was proposed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput, Refusal, Refused, require
from alpr_portal.policy.vocabulary import AccountStep
from alpr_portal.records import Record, broken_constraint
from alpr_portal.roles import data_roles

from . import account_rules as rules
from . import mail, members
from .changes import Change, changes_since
from .models import (
    AccountDecision,
    AccountProposal,
    AccountReopened,
    CategoryChanged,
    FactorReset,
    LiveSession,
    Member,
    RoleGrant,
    SignIn,
)
from .standing import standing

__all__ = ["Change", "Proposed", "changes_since", "decide", "propose", "to_decide", "visible_to", "waiting"]

R = TypeVar("R", bound=Record)
TAKEN = Refusal(
    "F.1",
    "The user name was given to another member meanwhile.",
    "Do not approve it; the supervisor proposes another.",
    code="username.taken",
)
# What the database refuses, in our words.
SAID = {
    "proposal_for_someone_else": Refusal("C.3.b", "Nobody proposes something for themself.", "Ask your supervisor."),
    "proposal_by_a_member": rules.BY_A_SECOND,
    "decision_by_a_member": rules.BY_A_SECOND,
    "decision_by_a_second_person": rules.BY_A_SECOND,
    "decision_about_someone_else": rules.ABOUT_ANOTHER,
    "training_accountdecision_proposal_id_key": rules.DECIDED,
    "role_granted_by_someone_else": rules.ABOUT_ANOTHER,
    "role_granted_by_two": rules.BY_A_SECOND,
    "role_proposed_by_someone_else": Refusal("C.3.b", "Nobody proposes a role for themself.", "Ask your supervisor."),
    "training_member_username_key": TAKEN,
}


@dataclass(frozen=True)
class Proposed:
    """What is proposed: the step, for whom (None: a new member, whose ``facts`` are given), and why.

    ``facts``: username, name, email, badge, unit, rank as text, supervisor as Member.
    """

    step: AccountStep
    reason: str
    member: Member | None = None
    roles: Sequence[str] = ()
    category: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def written(model: type[R], **values: Any) -> R:
    """Write a record; what the database refuses by a known name is a Refusal of ours."""
    try:
        with transaction.atomic():
            return model.objects.write(**values)
    except IntegrityError as error:
        name = broken_constraint(error)
        if name not in SAID:
            raise
        raise Refused(SAID[name]) from None


@clause("C.3.b", "K.login")
def propose(what: Proposed, *, by: Member, now: datetime) -> AccountProposal:
    """The first of two people puts something forward. Raises Refused, and BadInput for facts that are another member's."""
    member = Member.objects.get(pk=what.member.pk) if what.member else None
    with transaction.atomic():
        require(
            rules.may_propose(
                step=what.step,
                by=by.pk,
                member=member.pk if member else None,
                is_theirs=for_them(what, member, by),
                is_active=member.is_active if member else True,
                waits=_waits(what, member),
                held=members.roles_of(member) if member else (),
                roles=what.roles,
                category=what.category,
                category_now=member.category if member else "",
            )
        )
        if member is None:
            members.check_supervisor(None, what.facts["supervisor"])
            members.free(member=None, **{name: what.facts[name] for name in ("username", "email", "badge")})
        if what.step == AccountStep.REOPEN and member:
            require(reopening(member, now))
        return written(
            AccountProposal,
            by=by,
            step=what.step.value,
            member=member,
            roles=list(what.roles),
            category=what.category,
            details=_plain(what.facts),
            reason=what.reason,
        )


def for_them(what: Proposed, member: Member | None, by: Member) -> bool:
    """Whether what is proposed is about ``by``'s own people; a lost second factor is anybody's."""
    if what.step == AccountStep.FACTOR:
        return True
    if member is not None:
        return members.is_theirs(by, member)
    supervisor, unit = what.facts["supervisor"], what.facts["unit"]
    return supervisor.pk == by.pk or bool(by.unit and unit == by.unit)


def _waits(what: Proposed, member: Member | None) -> bool:
    """Whether the same waits already. More roles may wait beside other roles."""
    same = waiting().filter(step=what.step.value)
    if member is None:
        return same.filter(details__username=what.facts["username"]).exists()
    same = same.filter(member=member)
    return (same.filter(roles__overlap=list(what.roles)) if what.step == AccountStep.ROLE else same).exists()


def _plain(facts: dict[str, Any]) -> dict[str, str]:
    return {name: str(value.pk) if isinstance(value, Member) else value for name, value in facts.items()}


def waiting() -> QuerySet[AccountProposal]:
    """Proposals that nobody decided yet."""
    return AccountProposal.objects.filter(decision__isnull=True)


def visible_to(by: Member) -> QuerySet[AccountProposal]:
    """The proposals that ``by`` may see: all, or a supervisor's own and those about their people."""
    if members.sees_everybody(by):
        return AccountProposal.objects.all()
    theirs = Q(by=by) | Q(member__in=Member.objects.filter(members.people_of(by)).values("pk"))
    return AccountProposal.objects.filter(theirs | Q(details__unit=by.unit) if by.unit else theirs)


def decidable_by(by: Member) -> QuerySet[AccountProposal]:
    """The proposals that wait for this member's word."""
    mine = Q(pk__isnull=True)
    if by.has_perm("training.decide_account"):
        mine |= ~Q(step=AccountStep.FACTOR.value)
    if by.has_perm("training.decide_factor"):
        theirs = Member.objects.filter(members.people_of(by)).exclude(pk__in=members.above(by))
        reached = members.visible_to(by) if members.sees_everybody(by) else theirs
        mine |= Q(step=AccountStep.FACTOR.value, member__in=reached.values("pk"))
    # an exclude() over a NULL member would lose the new ones
    return waiting().filter(mine).exclude(by=by).filter(Q(member__isnull=True) | ~Q(member=by))


def to_decide(by: Member) -> tuple[int, datetime | None]:
    """How many proposals wait for this member's decision, and since when the oldest."""
    times = list(decidable_by(by).order_by("at").values_list("at", flat=True)[:1000])
    return len(times), times[0] if times else None


@clause("C.3.b", "K.login")
def decide(proposal: AccountProposal, *, approved: bool, reason: str, by: Member, now: datetime) -> AccountDecision:
    """The second person decides, once; an approval does at once what was proposed, in the same transaction.

    Raises Refused: by the wrong person, a second time, or where the law stands against it today.
    """
    verb = "training.decide_factor" if proposal.step == AccountStep.FACTOR else "training.decide_account"
    member = proposal.member
    require(
        rules.may_decide(
            by=by.pk,
            proposed_by=proposal.by_id,
            member=proposal.member_id,
            is_theirs=by.has_perm(verb) and (member is None or members.reaches(by, member, verb)),
            decided=hasattr(proposal, "decision"),
        )
    )
    if not approved and not reason:
        raise BadInput("reason.missing", "Reason: say why it is not approved.", "reason")
    with transaction.atomic():
        if member is not None:
            members.hold(members.OF_MEMBER, str(member.pk))
            member = Member.objects.get(pk=member.pk)
        else:
            members.hold(members.OF_MEMBER, str(proposal.pk))
        again = AccountDecision.objects.filter(proposal=proposal).exists()
        require(rules.DECIDED if again else None)
        if approved and member is None:
            member = _create(proposal, by=by, now=now)
        decision = written(
            AccountDecision,
            by=by,
            proposal=proposal,
            proposed_by=proposal.by,
            member=member,
            approved=approved,
            reason=reason,
        )
        if approved and member is not None:
            STEPS[proposal.step](decision, member, now)
    return decision


def _create(proposal: AccountProposal, *, by: Member, now: datetime) -> Member:
    """The new member of an approved proposal: facts as proposed, and no password."""
    said = proposal.details
    supervisor = Member.objects.filter(pk=uuid.UUID(said["supervisor"])).first()
    if supervisor is None:
        raise Refused(rules.NO_SUPERVISOR)
    members.check_supervisor(None, supervisor)
    try:
        members.free(member=None, username=said["username"], email=said["email"], badge=said["badge"])
    except BadInput as error:
        raise Refused(Refusal("F.1", error.message, "Do not approve it.", code=error.code)) from None
    facts = {name: said[name] for name in ("username", "name", "email", "badge", "unit", "rank")}
    member = Member(supervisor=supervisor, category=proposal.category, **facts)
    member.set_unusable_password()
    member._history_user = by  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            member.save(force_insert=True)
    except IntegrityError as error:
        if broken_constraint(error) != "training_member_username_key":
            raise
        raise Refused(TAKEN) from None
    return member


def _joined(decision: AccountDecision, member: Member, now: datetime) -> None:
    _grant(decision, member, now)
    members.send_invitation(member, reason="New member", by=decision.by, now=now)  # type: ignore[arg-type]


def _grant(decision: AccountDecision, member: Member, now: datetime) -> None:
    """The roles of an approved proposal that the member does not hold yet."""
    held, asked = members.roles_of(member), decision.proposal.roles
    require(rules.may_hold({*held, *asked}))
    if decision.proposal.step == AccountStep.ROLE and not member.is_active:
        require(Refusal("C.3.b", "This account is closed.", "Propose first that it is opened again."))
    for role in asked:
        if role not in held:
            written(
                RoleGrant, by=decision.by, member=member, role=role, decision=decision, proposed_by=decision.proposed_by
            )


def reopening(member: Member, now: datetime) -> Refusal | None:
    """What stands today against opening a closed account again."""
    papers, over = standing(member, now), member.supervisor
    fit = over is not None and over.is_active and bool(rules.SUPERVISES & set(members.roles_of(over)))
    return rules.may_reopen(
        is_active=member.is_active,
        supervisor_fit=fit,
        opens_data=bool(data_roles(members.roles_of(member))),
        topics=papers.topics,
        category=member.category,
        designated=papers.designated,
    )


def _reopen(decision: AccountDecision, member: Member, now: datetime) -> None:
    require(reopening(member, now))
    written(AccountReopened, by=decision.by, member=member, decision=decision)


def _change_category(decision: AccountDecision, member: Member, now: datetime) -> None:
    category = decision.proposal.category
    written(CategoryChanged, by=decision.by, member=member, category=category, decision=decision)


def _reset_factor(decision: AccountDecision, member: Member, now: datetime) -> None:
    """Remove the second factor, end the session, and tell the member, who sets up a new one at the next sign-in."""
    written(FactorReset, by=decision.by, member=member, decision=decision)
    Authenticator.objects.filter(user=member).delete()
    LiveSession.objects.filter(member=member).delete()
    who = decision.by_name[:80]
    SignIn.objects.write(by=member, kind=SignIn.Kind.FACTOR_REMOVED, note=f"Reset by two people, decided by {who}")
    if member.email:
        mail.post("factor_reset", to=member.email, name=member.name)


STEPS: dict[str, Callable[[AccountDecision, Member, datetime], None]] = {
    AccountStep.JOIN: _joined,
    AccountStep.ROLE: _grant,
    AccountStep.CATEGORY: _change_category,
    AccountStep.REOPEN: _reopen,
    AccountStep.FACTOR: _reset_factor,
}
