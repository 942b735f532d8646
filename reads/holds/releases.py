"""Releases: one person says that a hold is not needed any more, another decides; then its data is closed at once (G)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, require
from training import loans
from training.models import Member

from ..models import Hold, ReleaseAsked, ReleaseDecision
from . import rules
from .deciding import take_turns, write
from .queries import DECIDE, life_of, open_releases, works_on


def blocks_release(hold: Hold, by: Member, *, now: datetime) -> Refusal | None:
    """What stands against ``by`` asking for the release of this hold now."""
    return rules.may_ask_release(
        works_on_case=works_on(by, hold),
        decides=by.has_perm(DECIDE),
        life=life_of(hold, now),
        waits=open_releases().filter(hold=hold).exists(),
    )


@clause("G")
def ask_release(hold: Hold, *, reason: str, by: Member, now: datetime) -> ReleaseAsked:
    """Say that a hold is not needed any more, and why. Raises Refused."""
    with transaction.atomic():
        take_turns(hold)
        require(blocks_release(hold, by, now=now))
        return write(ReleaseAsked, by=by, hold=hold, reason=reason)  # type: ignore[no-any-return]


def blocks_release_decision(release: ReleaseAsked, by: Member, *, now: datetime) -> Refusal | None:
    """What stands against ``by`` deciding this release now."""
    return rules.may_decide_release(
        decider=by.pk,
        asked_by=release.by_id,
        holds_verb=by.has_perm(DECIDE),
        decided=ReleaseDecision.objects.filter(release=release).exists(),
        life=life_of(release.hold, now),
    )


@clause("G", "G.1", "G.2", "G.3")
def decide_release(release: ReleaseAsked, *, approved: bool, reason: str, by: Member, now: datetime) -> ReleaseDecision:
    """The word of a second person: from then on the data is closed, and gone within a day. Raises Refused."""
    with transaction.atomic():
        take_turns(release.hold)
        require(blocks_release_decision(release, by, now=now))
        said = {"approved": approved, "reason": reason, "asked_by": release.by}
        behalf = loans.principal_of(by, DECIDE)
        return write(ReleaseDecision, by=by, on_behalf_of=behalf, release=release, **said)  # type: ignore[no-any-return]
