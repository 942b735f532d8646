"""What waits for whom among stops: how many, and since when the oldest; one query each."""

from __future__ import annotations

from datetime import datetime, time

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from training.models import Member
from training.waiting import Waiting, counted

from . import stops
from .models import NextStep


def steps_overdue(found: QuerySet[NextStep]) -> Waiting:
    """How many next steps, and the end of the day on which the first was due."""
    said = found.order_by().aggregate(n=Count("pk"), first=Min("due_on"))
    first = said["first"]
    return said["n"], timezone.make_aware(datetime.combine(first, time(23, 59))) if first else None


def my_steps(member: Member) -> Waiting:
    """Next steps of one's own stops that should have been done."""
    return steps_overdue(stops.overdue_steps(timezone.localdate()).filter(stop__member=member))


def steps_of_unit(member: Member) -> Waiting:
    """Next steps of the unit's stops that should have been done, those of one's own left out."""
    if not member.unit:
        return 0, None
    late = stops.overdue_steps(timezone.localdate())
    return steps_overdue(late.filter(stop__member_unit=member.unit).exclude(stop__member=member))


def unverified(member: Member) -> Waiting:
    """Stops of the last 30 days without full verification, as far as the member sees the department's or a unit's."""
    return counted(stops.unverified(stops.visible_to(member), timezone.now()))


def unrecorded(member: Member) -> Waiting:
    """Hits that were closed as a stop and have no stop: own ones, the unit's, or all, as the member sees stops."""
    return counted(stops.unrecorded(member))
