"""Searches over the whole month by the portal's own path: the look recorded and committed, then the gate, then a page.

Into the clock goes what a page of results takes from the database: the member's standing, the record of the look, the
gate, the count up to the cap, the first page, and the record of the answer. What is asked for is drawn from the reads
themselves, so busy plates are asked for more often; drawn anew for each kind, and the kinds take turns.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from reads.models import Query
from reads.search import access, answered

from .cluster import Ground
from .measure import spread
from .people import People
from .sizes import Sizes

Say = Callable[[str], None]
MONTH = timedelta(hours=720)


class Seen(NamedTuple):
    """A read that is there, from which a question is made."""

    plate: str
    captured_at: datetime


class Kind(NamedTuple):
    """A kind of question: its name, whether it is a pattern of three known characters side by side, and how it is made."""

    name: str
    is_pattern: bool
    ask: Callable[[Seen, People, datetime], dict[str, Any]]


def month(now: datetime, **more: Any) -> dict[str, Any]:
    """Criteria over everything that may be searched."""
    return {"from": (now - MONTH).isoformat(), "to": now.isoformat(), **more}


def around(seen: Seen, hours: float, **more: Any) -> dict[str, Any]:
    """Criteria over some hours around a read."""
    half = timedelta(hours=hours / 2)
    return {"from": (seen.captured_at - half).isoformat(), "to": (seen.captured_at + half).isoformat(), **more}


def cameras(people: People, n: int) -> list[str]:
    return [str(camera.pk) for camera in random.sample(people.cameras, min(n, len(people.cameras)))]


def pattern(plate: str) -> str:
    """``7IBC123`` as somebody who saw half of it would give it: ``7?BC1*3``."""
    return f"{plate[0]}?{plate[2:5]}*{plate[-1]}"


WARM = 50  # looks of each kind before the clock starts
KINDS = (
    Kind("exact plate, 30 days", False, lambda s, p, now: month(now, plate=s.plate)),
    Kind("exact plate, one day", False, lambda s, p, now: around(s, 24, plate=s.plate)),
    Kind("exact plate with look-alikes, 30 days", False, lambda s, p, now: month(now, plate=s.plate, approximate=True)),
    Kind("first 4 characters", True, lambda s, p, now: month(now, plate=f"{s.plate[:4]}*")),
    Kind("last 3 characters", True, lambda s, p, now: month(now, plate=f"*{s.plate[-3:]}")),
    Kind("4 characters inside", True, lambda s, p, now: month(now, plate=f"*{s.plate[1:5]}*")),
    Kind("`7?BC1*3`", True, lambda s, p, now: month(now, plate=pattern(s.plate))),
    Kind("10 cameras, 2 hours", False, lambda s, p, now: around(s, 2, cameras=cameras(p, 10))),
    Kind("one police area, 2 hours", False, lambda s, p, now: around(s, 2, areas=[random.choice(p.cameras).area])),
)


class Looked(NamedTuple):
    """What a look gave: reads counted, the seconds of all of it, and of the page's own statements with the gate."""

    reads: int
    whole: float
    page: float


def look(people: People, query: Query, criteria: dict[str, Any]) -> Looked:
    """One page of results as a member gets it, by the clock."""
    began = time.perf_counter()
    query.criteria = criteria
    with access(people.officer, "results", query, now=timezone.now()) as window:
        opened = time.perf_counter()
        page = window.page()
        paged = time.perf_counter()
        answered(window.record, rows=len(page.reads), truncated=page.truncated)
    return Looked(page.count, time.perf_counter() - began, paged - opened)


def sample(ground: Ground, n: int) -> list[Seen]:
    """Reads drawn at random from those that a search sees, whole days before today and after the hidden part."""
    with closing(ground.admin()) as admin:
        return [
            Seen(*row)
            for row in admin.execute(
                "SELECT plate, captured_at FROM ("
                "  SELECT plate, captured_at FROM reads_read TABLESAMPLE SYSTEM (%(share)s)"
                "  WHERE uploaded_at > now() - interval '29 days' AND captured_at > now() - interval '29 days'"
                ") AS drawn ORDER BY random() LIMIT %(n)s",
                {"share": _share(admin, n), "n": n},
            ).fetchall()
        ]


def _share(admin: Any, n: int) -> float:
    """Per cent of the table's blocks that surely hold ``n`` reads, spread over all days."""
    found = admin.execute("SELECT greatest(1, sum(reltuples)) FROM pg_class WHERE relname ~ '^reads_read_[0-9]'")
    return float(min(100.0, max(0.02, 100 * max(40 * n, 20_000) / found.fetchone()[0])))


def measure(ground: Ground, people: People, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Waits and reads found, by kind of question."""
    query = people.query()
    looks: dict[str, list[Looked]] = {kind.name: [] for kind in KINDS}
    a_round = -(-sizes.searches // sizes.rounds)
    for kind in KINDS:
        for one in sample(ground, min(WARM, a_round)):
            look(people, query, kind.ask(one, people, timezone.now()))
    say("searches, warm")
    for number in range(1, sizes.rounds + 1):
        for kind in KINDS:
            for one in sample(ground, a_round):
                looks[kind.name].append(look(people, query, kind.ask(one, people, timezone.now())))
        say(f"searches, round {number} of {sizes.rounds}")
    return {
        "kinds": [
            {
                "name": kind.name,
                "is_pattern": kind.is_pattern,
                **spread(one.whole for one in looks[kind.name]),
                "page": spread(one.page for one in looks[kind.name]),
                "reads": statistics.mean(one.reads for one in looks[kind.name]),
            }
            for kind in KINDS
        ]
    }
