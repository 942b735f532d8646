"""Which letter about a lapse is due today: the nearest one only, however long nobody looked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

OAKLAND = ZoneInfo("America/Los_Angeles")
LAPSED = "lapsed"


def days_left(lapses_at: datetime, now: datetime) -> int:
    """Whole days of Oakland's calendar from today to the day of the lapse; negative once that day is over."""
    return (lapses_at.astimezone(OAKLAND).date() - now.astimezone(OAKLAND).date()).days


def kind_of(days: int) -> str:
    """The letter's name: ``lapse_30`` thirty days before, ``lapsed`` from the lapse on."""
    return f"lapse_{days}" if days else LAPSED


def letter_due(*, lapses_at: datetime, now: datetime, days: Sequence[int], sent: Collection[str]) -> str | None:
    """The letter that is due at ``now``, or None.

    ``days``: before how many days letters go out, 0 for the lapse itself. ``sent``: the letters that were written for
    this lapse. Where a day was missed, only the nearest letter is due, never an earlier one after a later one.
    """
    if lapses_at <= now:
        nearest = LAPSED if 0 in days else None
    else:
        left = days_left(lapses_at, now)
        reached = [day for day in days if day and day >= left]
        nearest = kind_of(min(reached)) if reached else None
    return None if nearest is None or nearest in sent else nearest
