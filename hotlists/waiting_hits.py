"""Which hits wait for whom; each answer is (how many, the oldest one's time)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from training.waiting import Waiting, counted

from .models import QueueItem


def open_to(member: Any) -> QuerySet[QueueItem]:
    """What waits in the queue of this member, without what is muted."""
    return QueueItem.objects.filter(
        Q(muted_until=None) | Q(muted_until__lte=timezone.now()), unit__in={"", member.unit}
    )


def waiting(member: Any) -> Waiting:
    """Hits that nobody works yet."""
    return counted(open_to(member).filter(assigned_to=None), "first_at")


def mine(member: Any) -> Waiting:
    """Hits that this member took or was given, without what is muted."""
    return counted(open_to(member).filter(assigned_to=member), "first_at")
