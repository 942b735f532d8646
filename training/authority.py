"""The Chief's word, and permissions lent to designees: given between two dates, ended before them (C.1, L.2)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, Refused, require
from alpr_portal.policy.vocabulary import Category
from alpr_portal.records import broken_constraint
from alpr_portal.roles import ROLES, VERBS

from . import authority_rules as rules
from . import loans, members
from .account_rules import WATCHES
from .models import Designation, DesignationEnd, Loan, LoanEnd, Member

DESIGNATE = "training.designate"
ENDED = Refusal("C.1", "This has ended already.", "Reload the page to see it.", code="end.done")
NOT_YOURS = Refusal("L.2", "Who lent it ends it.", "Ask the principal.")


@clause("C.1", "E.1")
def designate(
    member: Member, *, scope: str, starts_at: datetime, ends_at: datetime, by: Member, now: datetime
) -> Designation:
    """The Chief's word, or a designee's on the Chief's behalf, that a member may use the technology. Raises Refused."""
    principal, fresh = loans.principal_of(by, DESIGNATE), Member.objects.get(pk=member.pk)
    require(
        rules.may_designate(
            by=by.pk,
            principal=principal.pk if principal else None,
            member=fresh.pk,
            category=fresh.category,
            is_active=fresh.is_active,
        )
    )
    return Designation.objects.write(
        by=by, on_behalf_of=principal, member=fresh, scope=scope, starts_at=starts_at, ends_at=ends_at
    )


@clause("C.1")
def end_designation(designation: Designation, *, reason: str, by: Member, now: datetime) -> DesignationEnd:
    """End a designation before its date; the member is out at the next request. Raises Refused where it ended."""
    if designation.ends_at <= now:
        raise Refused(ENDED)
    principal = loans.principal_of(by, DESIGNATE)
    try:
        with transaction.atomic():
            return DesignationEnd.objects.write(by=by, on_behalf_of=principal, designation=designation, reason=reason)
    except IntegrityError as error:
        if broken_constraint(error) != "training_designationend_designation_id_key":
            raise
        raise Refused(ENDED) from None


def undesignated(now: datetime | None = None) -> QuerySet[Member]:
    """Active members with a role that opens data who need a designation and have none that holds now."""
    moment = now or timezone.now()
    holds = Designation.objects.filter(
        member=OuterRef("pk"), starts_at__lte=moment, ends_at__gt=moment, end__isnull=True
    )
    found = Member.objects.filter(members.opens_data(), ~Exists(holds), category=Category.OTHER.value, is_active=True)
    return found.order_by("joined_at")


def lendable(by: Member) -> list[str]:
    """The verbs that ``by`` may lend: lendable ones that a role of their own gives."""
    return [name for name, verb in VERBS.items() if verb.lendable and loans.held(by, name)]


@clause("C.3.b")
def lend_verb(
    verb: str, designee: Member, *, starts_at: datetime, ends_at: datetime, reason: str, by: Member, now: datetime
) -> Loan:
    """Lend a permission of one's own to a designee between two times. Raises Refused."""
    with transaction.atomic():
        members.hold(members.OF_MEMBER, str(designee.pk))
        fresh = Member.objects.get(pk=designee.pk)
        over = Loan.objects.filter(
            designee=fresh, verb=verb, end__isnull=True, starts_at__lt=ends_at, ends_at__gt=starts_at
        )
        require(
            rules.may_lend(
                by=by.pk,
                designee=fresh.pk,
                is_active=fresh.is_active,
                lendable=verb in VERBS and VERBS[verb].lendable,
                own=verb in VERBS and loans.held(by, verb),
                holds=verb in VERBS and loans.held(fresh, verb),
                runs=over.exists(),
                oversees=bool(WATCHES & set(members.roles_of(fresh))),
            )
        )
        return Loan.objects.write(by=by, designee=fresh, verb=verb, starts_at=starts_at, ends_at=ends_at, reason=reason)


@clause("C.3.b")
def end_loan(loan: Loan, *, reason: str, by: Member, now: datetime) -> LoanEnd:
    """End a loan before its date; it works on the designee's next request. Raises Refused."""
    require(None if loan.by_id == by.pk else NOT_YOURS)
    if loan.ends_at <= now:
        raise Refused(ENDED)
    try:
        with transaction.atomic():
            return LoanEnd.objects.write(by=by, loan=loan, reason=reason)
    except IntegrityError as error:
        if broken_constraint(error) != "training_loanend_loan_id_key":
            raise
        raise Refused(ENDED) from None


def state(found: Designation | Loan, now: datetime) -> tuple[str, str]:
    """How a designation or a loan stands: (badge kind, word)."""
    if hasattr(found, "end"):
        return "", "Ended early"
    if found.ends_at <= now:
        return "", "Over"
    return ("wait", "Not yet") if found.starts_at > now else ("run", "In force")


def loan_state(loan: Loan, now: datetime) -> tuple[str, str]:
    """As ``state``; a loan whose principal lost the verb, or whose account closed, opens nothing."""
    kind, word = state(loan, now)
    principal = loan.by
    if kind and not (principal and principal.is_active and VERBS[loan.verb].lendable and _held(principal, loan.verb)):
        return "refuse", "The principal no longer holds it"
    return kind, word


def _held(member: Member, verb: str) -> bool:
    """As ``loans.held``, from groups that were prefetched."""
    return any(verb in ROLES.get(group.name, ()) for group in member.groups.all())
