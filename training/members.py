"""Members as they stand: who sees whom, what each holds, when they came last, and the ends of their access."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import BooleanField, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Greatest
from django.urls import reverse

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput, Refusal, Refused, require
from alpr_portal.policy.vocabulary import ClosedBecause
from alpr_portal.records import broken_constraint
from alpr_portal.roles import ROLES, data_roles

from . import account_rules as rules
from . import invitations, mail
from .models import (
    AccountClosed,
    AccountLock,
    AccountReopened,
    Invitation,
    Member,
    RoleEnd,
    RoleGrant,
    SignIn,
)

LAST_OF_A_ROLE = 7_220_121  # the advisory lock under which the last holders of a role are counted
OF_MEMBER = 7_220_122  # … and under which what one member holds is changed
FACTS = ("name", "email", "badge", "unit", "rank", "supervisor")


def hold(lock: int, what: str = "") -> None:
    """Take turns until the end of the transaction with everybody else who asks for this lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [lock, what])


def roles_of(member: Member) -> list[str]:
    """The names of the member's roles; no query where groups were prefetched."""
    return sorted(group.name for group in member.groups.all())


def grants_of(member: Member) -> QuerySet[RoleGrant]:
    """The grants under which the member holds roles now."""
    return RoleGrant.objects.filter(member=member, end__isnull=True).order_by("role", "at")


# --- who sees whom --------------------------------------------------------------------------------------------------


def sees_everybody(by: Member) -> bool:
    """Whether a role other than the supervisor's lets ``by`` see members; a supervisor sees their own people."""
    seeing = by.groups.filter(permissions__codename="view_members", permissions__content_type__app_label="training")
    return seeing.exclude(name="supervisor").exists()


def people_of(by: Member) -> Q:
    """Whose supervisor ``by`` is, or who is of the same unit."""
    theirs = Q(supervisor=by)
    return theirs | Q(unit=by.unit) if by.unit else theirs


def visible_to(by: Member) -> QuerySet[Member]:
    """The members that ``by`` may see: everybody, or a supervisor's own people."""
    return Member.objects.all() if sees_everybody(by) else Member.objects.filter(people_of(by))


def is_theirs(by: Member, member: Member) -> bool:
    """Whether the member is one of ``by``'s own people; who stands over ``by`` is not, though of the same unit."""
    if member.supervisor_id == by.pk:
        return True
    return bool(by.unit and member.unit == by.unit) and member.pk not in above(by)


def reaches(by: Member, member: Member, verb: str) -> bool:
    """Whether the verb reaches this member: a supervisor's own people only, everybody where another role gives it."""
    app, codename = verb.split(".")
    giving = by.groups.filter(permissions__codename=codename, permissions__content_type__app_label=app)
    return giving.exclude(name="supervisor").exists() or is_theirs(by, member)


# --- how they stand -------------------------------------------------------------------------------------------------


def locked() -> Exists:
    """Whether a member of a query set is locked out after failures."""
    return Exists(AccountLock.objects.filter(member=OuterRef("pk"), release__isnull=True))


def holds(*roles: str) -> Exists:
    """Whether a member of a query set has one of the roles."""
    return Exists(Member.groups.through.objects.filter(member=OuterRef("pk"), group__name__in=roles))


def may_enter_at(now: datetime) -> Func:
    """Whether the database lets a member of a query set in at ``now`` (C.1, C.3.a); false for a closed account."""
    return Func(F("pk"), Value(now, DateTimeField()), function="training_may_enter", output_field=BooleanField())


def opens_data() -> Exists:
    """Whether a role of a member of a query set opens data."""
    return holds(*data_roles(ROLES))


def last_in() -> Subquery:
    """When a member of a query set signed in last; NULL for never."""
    came = SignIn.objects.filter(by=OuterRef("pk"), kind=SignIn.Kind.IN).order_by("-at").values("at")[:1]
    return Subquery(came, output_field=DateTimeField())


def last_seen() -> Greatest:
    """The last sign-in, or when the account was made or opened again, whichever is later."""
    opened = AccountReopened.objects.filter(member=OuterRef("pk")).order_by("-at").values("at")[:1]
    return Greatest("joined_at", last_in(), Subquery(opened, output_field=DateTimeField()))  # NULLs do not count


def supervised() -> Exists:
    """Whether a member of a query set has a supervisor who is active and may answer for them."""
    fit = Member.objects.filter(pk=OuterRef("supervisor_id"), is_active=True).filter(holds(*rules.SUPERVISES))
    return Exists(fit)


@clause("C.3.b")
def without_supervisor() -> QuerySet[Member]:
    """Active members without a supervisor who answers for them; the Chief answers to nobody here."""
    return Member.objects.filter(~supervised(), ~holds("chief"), is_active=True).order_by("joined_at")


def supervisors() -> QuerySet[Member]:
    """Who may be somebody's supervisor."""
    return Member.objects.filter(holds(*rules.SUPERVISES), is_active=True).order_by("name")


def above(member: Member) -> list[Any]:
    """The ids of those who stand over a member, upwards; ends where it would go round."""
    over: list[Any] = []
    while member.supervisor_id and member.supervisor_id not in over:
        over.append(member.supervisor_id)
        member = Member.objects.only("supervisor_id").get(pk=member.supervisor_id)
    return over


def check_supervisor(member: Member | None, supervisor: Member) -> None:
    """Raises Refused where this one cannot answer for the member (None: a new one)."""
    require(
        rules.may_supervise(
            member=member.pk if member else None,
            supervisor=supervisor.pk,
            is_active=supervisor.is_active,
            roles=roles_of(supervisor),
            above=above(supervisor) if member else (),
        )
    )


# --- the ends -------------------------------------------------------------------------------------------------------


def stays(member: Member, roles: Iterable[str]) -> None:
    """Raises Refused where the member is the last active one with a role that the portal cannot be without."""
    for role in rules.LAST_ONES & set(roles):
        hold(LAST_OF_A_ROLE, role)
        others = Member.objects.filter(groups__name=role, is_active=True).exclude(pk=member.pk)
        require(rules.keeps_one(role=role, others=others.count()))


@clause("C.3.b")
def end_role(grant: RoleGrant, *, reason: str, by: Member, now: datetime) -> RoleEnd:
    """Take a role away; it works on the member's next request. Raises Refused."""
    member, done = grant.member, hasattr(grant, "end")
    theirs = reaches(by, member, "training.end_access")
    require(rules.may_end(by=by.pk, member=member.pk, is_theirs=theirs, done=done))
    with transaction.atomic():
        hold(OF_MEMBER, str(member.pk))
        stays(member, [grant.role])
        return _end(grant, reason=reason, by=by)


def _end(grant: RoleGrant, *, reason: str, by: Member | None) -> RoleEnd:
    try:
        with transaction.atomic():
            return RoleEnd.objects.write(by=by, grant=grant, reason=reason)
    except IntegrityError as error:
        if broken_constraint(error) != "training_roleend_grant_id_key":
            raise
        raise Refused(ENDED) from None


ENDED = Refusal("C.3.b", "This has ended already.", "Reload the page to see it.", code="end.done")


def end_all_roles(member: Member, *, reason: str, by: Member | None) -> list[str]:
    """Take every role away, inside the caller's transaction; answers which. Raises Refused for the last of a role."""
    hold(OF_MEMBER, str(member.pk))
    grants = list(grants_of(member))
    stays(member, [grant.role for grant in grants])
    for grant in grants:
        _end(grant, reason=reason, by=by)
    return sorted({grant.role for grant in grants})


@clause("C.3.b", "K.login")
def close_account(
    member: Member, *, because: ClosedBecause, note: str, by: Member | None, now: datetime, keep_roles: bool = False
) -> AccountClosed:
    """Close an account and end its roles; its session is over at its next request. ``by`` None: the portal itself.

    ``keep_roles``: they rest, and hold again once two people open the account. Raises Refused.
    """
    if by is not None:
        theirs = reaches(by, member, "training.end_access")
        require(rules.may_end(by=by.pk, member=member.pk, is_theirs=theirs, done=not member.is_active))
    with transaction.atomic():
        hold(OF_MEMBER, str(member.pk))
        if not Member.objects.filter(pk=member.pk, is_active=True).exists():
            raise Refused(ENDED)
        stays(member, roles_of(member))
        reason = f"Account closed: {because.label}"
        ended = [] if keep_roles else end_all_roles(member, reason=reason, by=by)
        closed: AccountClosed = AccountClosed.objects.write(by=by, member=member, because=because.value, note=note)
        closed.ended_roles = ended  # type: ignore[attr-defined]
    return closed


# --- facts and the way in -------------------------------------------------------------------------------------------


@clause("K.login")
def edit_member(
    member: Member, *, reason: str, by: Member, now: datetime, judged: bool = False, **facts: Any
) -> Member:
    """Correct the facts of an account: of ``FACTS`` those that are given; the history keeps before, after and why.

    Raises Refused for a supervisor who cannot be one, BadInput for a badge or an address that is another's. A changed
    address is told to the old one. ``judged``: the supervisor was found fit, and no circle, by the caller.
    """
    require(rules.may_edit(own=by.pk == member.pk))
    with transaction.atomic():
        hold(OF_MEMBER, str(member.pk))
        fresh = Member.objects.get(pk=member.pk)
        if not judged and facts.get("supervisor") and facts["supervisor"].pk != fresh.supervisor_id:
            hold(LAST_OF_A_ROLE, "supervisors")  # two at once could close a circle
            check_supervisor(fresh, facts["supervisor"])
        free(member=fresh, email=facts.get("email", ""), badge=facts.get("badge", ""))
        before = fresh.email
        for name in FACTS:
            if name in facts:
                setattr(fresh, name, facts[name])
        fresh._history_user = by  # type: ignore[attr-defined]
        fresh._change_reason = reason[:100]  # type: ignore[attr-defined]
        fresh.save(update_fields=[name for name in FACTS if name in facts])
        if before and before != fresh.email:
            mail.post("address_changed", to=before, name=fresh.name)
    return fresh


def free(*, member: Member | None, email: str, badge: str, username: str = "") -> None:
    """Raises BadInput where a badge, a mail address or a user name belongs to another member."""
    others = Member.objects.exclude(pk=member.pk) if member else Member.objects.all()
    for field, value, label in (
        ("username", username, "User name"),
        ("email", email, "E-mail"),
        ("badge", badge, "Badge"),
    ):
        if value and others.filter(**{f"{field}__iexact": value}).exists():
            says = f"{label}: another member has it. A closed account is opened again, not made anew."
            raise BadInput(f"{field}.taken", says, field)


def address_changed_by(member: Member) -> Any:
    """The id of whom the member's mail address was changed by last; None where it is as it was at the start."""
    rows = list(member.history.order_by("-history_date", "-history_id").values_list("email", "history_user_id"))
    for (email, by), (earlier, _) in pairwise(rows):
        if email.casefold() != earlier.casefold():
            return by
    return None


@clause("F.1", "K.login")
def renew_invitation(member: Member, *, reason: str, by: Member, now: datetime) -> Invitation:
    """Send the member a new link, behind which they set a password; nobody else sees it. Raises Refused."""
    changed_by = address_changed_by(member)
    require(rules.may_invite(by=by.pk, member=member.pk, is_active=member.is_active, address_by=changed_by))
    if not member.email:
        raise BadInput("email.missing", "E-mail: the member has no address. Enter it first.", "reason")
    with transaction.atomic():
        return send_invitation(member, reason=reason, by=by, now=now)


def send_invitation(member: Member, *, reason: str, by: Member, now: datetime) -> Invitation:
    """Make an invitation, and post its link to the member alone once all is committed."""
    token = invitations.invite(member, reason=reason, by=by, now=now)
    link = mail.link(reverse("accept_invitation", args=[token]))
    mail.post("invitation", to=member.email, name=member.name, link=link)
    return Invitation.objects.get(token_digest=invitations.digest(token))
