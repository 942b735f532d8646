"""How long a read can be read and how long it may lie on the disk, as plain arithmetic on times: the twin of the window."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import DISPOSAL_ALARM, HOLD_LAPSES, RELEASED_GONE, RETENTION


@clause("G")
def readable(uploaded_at: datetime, now: datetime) -> bool:
    """Whether a read may still be shown: under 720 hours after its upload, whatever the calendar or the capture says."""
    return now - uploaded_at < RETENTION.now


@clause("G")
def has_expired(day: date, now: datetime) -> bool:
    """Whether the last read of an upload day (UTC) is past its 720 hours; the database's function asks again."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + RETENTION.now <= now


def is_late(uploaded_at: datetime, now: datetime) -> bool:
    """Whether a read that is still on the disk should have left it."""
    return now - uploaded_at > DISPOSAL_ALARM.now


def held_is_late(*, released_at: datetime | None, keep_until: date, now: datetime, today: date) -> bool:
    """Whether the copy of a hold should have left the disk: a day after its release, or after the week of a lapsed review."""
    if released_at is not None:
        return now - released_at > RELEASED_GONE.now
    return today > keep_until + HOLD_LAPSES.now + RELEASED_GONE.now
