"""A certificate in plain lines, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from alpr_portal.templatetags.portal import when

from ..models import PurgeRun
from .rules import difference, in_bytes

COLUMNS = "{:<12}{:>12}{:>9}{:>12}{:>12}{:>12}{:>12}  {}"
HEAD = ("Upload day", "Delivered", "Held", "Purged", "Pictures", "Tables", "Pack files", "Key")


def told(run: PurgeRun) -> Iterator[str]:
    """The certificate of a run, its days as a table. ``run``: one of ``issue.with_days``."""
    yield f"Certificate {run.number}, {when(run.ended_at)}"
    days = [one.disposed for one in run.days.all()]
    if days:
        yield COLUMNS.format(*HEAD)
    for day in days:
        numbers = (day.stored, day.held, day.reads, day.pictures)
        sizes = (in_bytes(day.bytes), in_bytes(day.packs_bytes))
        key = "destroyed" if day.has_key else "none"
        yield COLUMNS.format(day.day.isoformat(), *(f"{number or 0:,}" for number in numbers), *sizes, key)
        apart = difference(day.stored, day.reads)
        if apart:
            yield f"{'':<12}{abs(apart):,} reads {'fewer' if apart > 0 else 'more'} went than its deliveries brought"
    for hold in run.holds:
        yield f"Hold {hold['hold'][:8].upper()}: {hold['reads']:,} reads gone, {hold['because']}"
    yield f"SHA-256 {run.digest}"
