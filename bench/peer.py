"""The same questions on the same reads, asked the way of a known open back office (bench/peer.sql), and ours.

Ours are asked within the span of those reads, in the database that holds the whole month; the counts of both are
compared, so that it is the same question. The time of theirs is the SQL alone; of ours the whole look with its record.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from alpr_portal.policy.parameters import RESULT_CAP

from . import search
from .cluster import Ground
from .disposal import Days
from .measure import seconds, spread
from .people import People
from .sizes import Sizes

Say = Callable[[str], None]
STORED = 500  # reads stored one by one by their way


def statements() -> dict[str, str]:
    """The statements of peer.sql by name."""
    found = re.split(r"^-- name: (\w+)\n", (Path(__file__).with_name("peer.sql")).read_text(), flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(found[1::2], found[2::2], strict=True)}


SQL = statements()


class Peer:
    """Their tables, holding a part of our reads."""

    def __init__(self, admin: Connection[Any]):
        self.admin = admin

    def load(self, rows: int) -> tuple[datetime, datetime]:
        """The newest reads of closed days, about as many as asked for; answers between which captures they lie."""
        self.admin.execute("DROP SCHEMA IF EXISTS peer CASCADE")
        for name in ("tables", "counter"):
            self.admin.execute(SQL[name])
        span = self.admin.execute(
            "SELECT min(captured_at), max(captured_at) FROM (SELECT captured_at FROM reads_read"
            " WHERE captured_at < date_trunc('day', now(), 'UTC') ORDER BY captured_at DESC LIMIT %s) AS newest",
            [rows],
        ).fetchone()
        assert span is not None
        self.admin.execute(
            "ALTER TABLE peer.plate_reads DISABLE TRIGGER count_plate"
        )  # its sum is made at once instead
        self.ask("reads", start=span[0], end=span[1])
        self.ask("plates")
        self.admin.execute("ALTER TABLE peer.plate_reads ENABLE TRIGGER count_plate")
        self.admin.execute(SQL["indexes"])
        self.admin.execute("VACUUM (FREEZE, ANALYZE) peer.plate_reads")
        self.admin.execute("VACUUM (FREEZE, ANALYZE) peer.plates")
        self.admin.execute("CHECKPOINT")
        return span

    def ask(self, name: str, **values: Any) -> list[Any]:
        cursor = self.admin.execute(SQL[name], values)
        return cursor.fetchall() if cursor.description else []

    def count(self) -> int:
        return int(self.ask("feed_count")[0][0])

    def has_distance(self) -> bool:
        """Whether this server has the extension that their fuzzy search needs."""
        try:
            self.admin.execute("CREATE EXTENSION IF NOT EXISTS fuzzystrmatch SCHEMA public")
        except psycopg.Error:
            return False
        return True


def measure(ground: Ground, people: People, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Milliseconds of theirs and ours by question; and a day's deletion by count beside our disposal."""
    with closing(ground.admin()) as admin:
        peer = Peer(admin)
        span = peer.load(sizes.peer_rows)
        found: dict[str, Any] = {
            "rows": peer.count(),
            "questions": [],
            "days": (span[1] - span[0]).total_seconds() / 86_400,
        }
        say(f"{found['rows']:,} reads in the tables of the other way")
        found["questions"] = questions(ground, people, sizes, peer, span, say)
        found["fuzzy"] = fuzzy(people, sizes, peer, ground, span) if peer.has_distance() else None
        say("their fuzzy search")
        found["feed"] = spread(
            seconds(lambda: (peer.ask("feed_count"), peer.ask("feed"))) for _ in range(max(1, sizes.peer_searches // 3))
        )
        say("their live feed")
        plates = [one.plate for one in search.sample(ground, STORED)]
        found["stored_s"] = len(plates) / seconds(lambda: [peer.ask("store", plate=plate) for plate in plates])
        keep = peer.count() - sizes.peer_day
        found["delete_rows"] = sizes.peer_day
        found["delete_s"] = seconds(partial(peer.ask, "delete", keep=keep))
        if peer.count() != keep:
            raise RuntimeError("their deletion by count did not leave what it was to leave")
        say("their deletion by count")
        admin.execute("DROP SCHEMA peer CASCADE")
    days = Days(ground, people, sizes)
    days.clear()
    days.fill(sizes.peer_day)
    found["purge_s"] = seconds(days.purge)
    days.fill(sizes.peer_day)
    found["dispose_s"] = seconds(days.dispose)
    return found


def questions(
    ground: Ground, people: People, sizes: Sizes, peer: Peer, span: tuple[datetime, datetime], say: Say
) -> list[dict[str, Any]]:
    """A whole plate, and three characters somewhere in it: count and first page, theirs and ours in turn."""
    asked = {"a whole plate": lambda plate: plate, "3 characters of a plate": lambda plate: f"*{plate[-4:-1]}*"}
    query = people.query()
    found = []
    for name, text_of in asked.items():
        theirs, ours, same = [], [], 0
        for one in search.sample(ground, sizes.peer_searches):
            text = text_of(one.plate)
            began = time.perf_counter()
            counted = peer.ask("count", part=f"%{text.strip('*')}%")[0][0]
            peer.ask("page", part=f"%{text.strip('*')}%")
            theirs.append(time.perf_counter() - began)
            ours.append(search.look(people, query, within(span, plate=text)))
            same += min(counted, RESULT_CAP.now) == ours[-1].reads
        found.append(
            {
                "name": name,
                "theirs": spread(theirs),
                "ours": spread(one.whole for one in ours),
                "page": spread(one.page for one in ours),
                "same": same,
                "asked": len(ours),
            }
        )
        say(f"theirs and ours: {name}")
    return found


def within(span: tuple[datetime, datetime], **more: Any) -> dict[str, Any]:
    """Criteria over the captures that their tables hold."""
    return {"from": span[0].isoformat(), "to": span[1].isoformat(), **more}


def fuzzy(people: People, sizes: Sizes, peer: Peer, ground: Ground, span: tuple[datetime, datetime]) -> dict[str, Any]:
    """Their count of plates within a distance of two, and our page with look-alikes: not the same answer, the same need."""
    theirs, ours = [], []
    query = people.query()
    for one in search.sample(ground, max(1, sizes.peer_searches // 3)):
        values = {"plate": one.plate, "part": f"%{one.plate}%"}
        theirs.append(seconds(partial(peer.ask, "fuzzy", **values)))
        ours.append(search.look(people, query, within(span, plate=one.plate, approximate=True)).whole)
    return {"theirs": spread(theirs), "ours": spread(ours)}
