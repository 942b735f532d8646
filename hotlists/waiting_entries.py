"""Which entries wait for whom; each answer is (how many, the oldest one's time)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from alpr_portal.policy.parameters import URGENT_CONFIRMED
from training import loans
from training.waiting import Waiting, counted

from . import entries
from .entry_rules import Life

NEWS = timedelta(days=3)  # how long a decision against an entry stays in its proposer's worklist
SOON = timedelta(days=3)  # how long before its end an entry is told of


def urgent_to_decide(member: Any) -> Waiting:
    return counted(entries.decidable_by(member, timezone.now()).filter(urgent=True))


def to_decide(member: Any) -> Waiting:
    return counted(entries.decidable_by(member, timezone.now()).filter(urgent=False))


def to_confirm(member: Any) -> Waiting:
    """Urgent entries that a designee let in: for the Administrator in person, who neither proposed nor let them in."""
    if not loans.held(member, entries.DECIDE):
        return 0, None
    others = entries.to_confirm(timezone.now()).exclude(Q(by=member) | Q(decision__by=member))
    return counted(others, "decision__at")


def denied(member: Any) -> Waiting:
    """Own entries that were not approved in the last days: so that the member is told."""
    since = timezone.now() - NEWS
    found = entries.newest(timezone.now()).filter(by=member, decision__approved=False, decision__at__gt=since)
    return counted(found, "decision__at")


def lapsed(member: Any) -> Waiting:
    """Own urgent entries that ended in the last days because nobody confirmed them: so that the member is told."""
    since = timezone.now() - NEWS - URGENT_CONFIRMED.now
    found = entries.newest(timezone.now()).filter(Q(by=member) | Q(entry__by=member), stands=Life.LAPSED.value)
    return counted(found.filter(decision__at__gt=since), "decision__at")


def expiring(member: Any) -> Waiting:
    """Own entries in force that end within three days, and have no change waiting; the time is that of the first end."""
    now = timezone.now()
    found = entries.newest(now).filter(stands=Life.ACTIVE.value, force_until__lt=now + SOON)
    mine = found.filter(Q(by=member) | Q(entry__by=member)).exclude(life=Life.PENDING.value)
    return counted(mine, "force_until")
