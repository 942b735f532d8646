"""Accounts that nobody used for 90 days are closed; their roles rest until two people open the account again."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import UNUSED
from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import ClosedBecause

from . import members
from .models import AccountClosed, Member


def unused(now: datetime) -> QuerySet[Member]:
    """Active members who did not come for that long; from their last sign-in, else from when the account was opened."""
    found = Member.objects.filter(is_active=True).annotate(seen_at=members.last_seen())
    return found.filter(seen_at__lte=now - UNUSED.now).order_by("seen_at")


@clause("C.3.b", "K.login")
def close_unused(now: datetime) -> list[AccountClosed]:
    """Close every unused account, each in its own transaction; safe to run again.

    The last system administrator stays: without one, nobody could open an account any more.
    """
    closed = []
    for member in unused(now):
        try:
            closed.append(
                members.close_account(member, because=ClosedBecause.UNUSED, note="", by=None, now=now, keep_roles=True)
            )
        except Refused:
            continue
    return closed
