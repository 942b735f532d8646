"""Which holds wait for whom; each answer is (how many, the first one's time)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from training.waiting import Waiting, counted

from ..models import Hold
from . import queries
from .words import end_of

NEWS = timedelta(days=3)  # how long a decision against a hold stays in its asker's worklist


def to_decide(member: Any) -> Waiting:
    """The time is that of the first read that leaves the disk unless its hold is approved."""
    return counted(queries.to_decide(member, timezone.now()), "expires_at")


def to_review(member: Any) -> Waiting:
    """Holds of others that are hidden within 14 days, or are hidden already; the time is the end of the first day."""
    return _by_day(queries.review_due(Hold.objects.exclude(by=member), timezone.now()))


def releases(member: Any) -> Waiting:
    return counted(queries.open_releases().exclude(by=member))


def mine_ending(member: Any) -> Waiting:
    """Own holds that end unless somebody else reviews them: so that the member asks for it."""
    return _by_day(queries.review_due(Hold.objects.filter(by=member), timezone.now()))


def denied(member: Any) -> Waiting:
    """Own holds that were not approved in the last days: so that the member is told."""
    since = timezone.now() - NEWS
    found = Hold.objects.filter(by=member, decision__approved=False, decision__at__gt=since)
    return counted(found, "decision__at")


def _by_day(found: QuerySet[Any]) -> Waiting:
    said = found.order_by().aggregate(n=Count("pk"), first=Min("state__keep_until"))
    return said["n"], end_of(said["first"]) if said["first"] else None
