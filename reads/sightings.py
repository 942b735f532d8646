"""Reads as sightings in the order of time: by day of Oakland's clock, with the time since the sighting before."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from alpr_portal.policy.inputs.times import OAKLAND

POINTS = {"N": "north", "NE": "northeast", "E": "east", "SE": "southeast", "S": "south", "SW": "southwest"}
POINTS |= {"W": "west", "NW": "northwest"}
UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


class Sight(NamedTuple):
    """What a page of results needs of every read found, on it or not: its key and day, its plate, what car it was."""

    captured_at: datetime
    id: uuid.UUID
    upload_day: date
    plate: str
    make: str
    colour: str

    @property
    def key(self) -> tuple[datetime, uuid.UUID]:
        return self.captured_at, self.id


def by_day(reads: Iterable[Any]) -> list[tuple[date, list[Any]]]:
    """Reads, newest first, under the day of Oakland's clock on which they were captured."""
    days = groupby(reads, key=lambda read: read.captured_at.astimezone(OAKLAND).date())
    return [(day, list(of_day)) for day, of_day in days]


def gaps(found: Sequence[Sight], *, by_plate: bool) -> dict[uuid.UUID, timedelta]:
    """For each read found, newest first, the time since the sighting before it; none for the oldest.

    ``by_plate``: since the same plate was seen before, for searches that find several vehicles.
    """
    earlier: dict[str, Sight] = {}
    since = {}
    for sight in reversed(found):
        which = sight.plate if by_plate else ""
        if which in earlier:
            since[sight.id] = sight.captured_at - earlier[which].captured_at
        earlier[which] = sight
    return since


def in_words(gap: timedelta) -> str:
    """``2 hours 5 minutes``: the largest unit and the one below it, minutes at the finest."""
    parts: list[tuple[str, int]] = []
    for name, unit in UNITS:
        number, gap = gap // unit, gap % unit
        if number or parts:
            parts.append((name, number))
    said = [f"{number} {name}{'' if number == 1 else 's'}" for name, number in parts[:2] if number]
    return " ".join(said) or "under a minute"


def heading(direction: str) -> str:
    """A read's direction in words: ``heading north``; empty where the camera knows none."""
    if direction in POINTS:
        return f"heading {POINTS[direction]}"
    return f"{direction}° in the picture" if direction.isdigit() else direction
