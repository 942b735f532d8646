"""Reviews of holds, and the colleagues who work on their cases (G)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, require
from training import loans
from training.models import Member

from ..models import Hold, HoldMember, HoldReview
from . import rules
from .deciding import take_turns, write
from .queries import DECIDE, life_of


def blocks_review(hold: Hold, by: Member, *, now: datetime) -> Refusal | None:
    """What stands against ``by`` reviewing this hold now."""
    holds_verb, life = by.has_perm(DECIDE), life_of(hold, now)
    return rules.may_review_hold(by=by.pk, asked_by=hold.by_id, holds_verb=holds_verb, life=life)


@clause("G")
def review_hold(hold: Hold, *, keep_until: date, reason: str, by: Member, now: datetime) -> HoldReview:
    """It is still needed, until ``keep_until`` at most; what a missed review hid is open again. Raises Refused."""
    with transaction.atomic():
        take_turns(hold)
        require(blocks_review(hold, by, now=now))
        said = {"keep_until": keep_until, "reason": reason, "asked_by": hold.by}
        behalf = loans.principal_of(by, DECIDE)
        return write(HoldReview, by=by, on_behalf_of=behalf, hold=hold, **said)  # type: ignore[no-any-return]


def blocks_naming(hold: Hold, by: Member, *, now: datetime) -> Refusal | None:
    """What stands against ``by`` naming a colleague on this hold now."""
    decides, life = by.has_perm(DECIDE), life_of(hold, now)
    return rules.may_name_member(by=by.pk, asked_by=hold.by_id, decides=decides, life=life)


@clause("G", "C.3.c")
def name_member(hold: Hold, member: Member, *, reason: str, by: Member, now: datetime) -> HoldMember:
    """A colleague works on the case, and may open what the hold keeps. Raises Refused."""
    with transaction.atomic():
        take_turns(hold)
        require(blocks_naming(hold, by, now=now))
        return write(HoldMember, by=by, hold=hold, member=member, reason=reason)  # type: ignore[no-any-return]
