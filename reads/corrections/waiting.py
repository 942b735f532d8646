"""Which reads reported wrong wait for whom; each answer is (how many, the oldest one's time)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from ..waiting import Waiting, counted
from .actions import decidable_by


def to_decide(member: Any) -> Waiting:
    """Reports that this supervisor may decide."""
    return counted(decidable_by(member, timezone.now()).order_by())
