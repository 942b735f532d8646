"""Ways to store reads in the same table with the same indexes: one after the other, round by round.

What goes into the clock: for the ways of a plain model and for COPY the sending alone, their rows stand ready; for the
portal's whole act everything after decoding, from the look at the inventory to the receipt of the batch.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from reads import staging
from reads.adapters.base import NormalRead, Parsed
from reads.ingest import store_batch

from .measure import rounds, seconds
from .models import PlainRead
from .people import People
from .sizes import Sizes

Say = Callable[[str], None]
LARGE, SMALL, TOGETHER = 5_000, 50, 16
DIRECT = f"COPY reads_read ({staging.NAMES}) FROM STDIN WITH (FORMAT BINARY)"
FIELDS = [name for name, _ in staging.COLUMNS]


def made(people: People, n: int, *, label: str, now: datetime) -> list[NormalRead]:
    """Reads as an adapter hands them over: of now, one in twenty late by up to eight hours. ``label``: of their ids."""
    draw = random.Random(label)
    codes = [camera.code for camera in people.cameras]
    found = []
    for number in range(n):
        plate = f"{draw.randint(1, 9)}{draw.choice('IOQ')}{draw.randint(0, 99_999):05}"
        late = draw.random() * 28_000 if draw.random() < 0.05 else draw.random() * 20
        found.append(
            NormalRead(
                plate_seen=plate,
                plate=plate,
                captured_at=now - timedelta(seconds=late),
                camera=draw.choice(codes),
                external_id=f"{label}-{number}",
                state="CA",
                confidence=0.93,
                offset_minutes=-480,
                direction="N",
                make="toyota",
                model="cedar",
                colour="silver",
                body="sedan",
            )
        )
    return found


def rows(people: People, items: Sequence[NormalRead]) -> list[staging.Row]:
    """The same reads as rows of the table."""
    cameras = {camera.code: camera for camera in people.cameras}
    batch = uuid.uuid4()
    return [
        staging.row(
            staging.read_id(people.source, item.external_id, item.captured_at),
            item,
            cameras[item.camera],
            people.source,
            batch,
        )
        for item in items
    ]


def batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


def copy_directly(ready: Sequence[staging.Row]) -> None:
    """The line to hold against: binary COPY into the table itself, which stores a replay twice or fails on it."""
    with connections["ingest"].cursor() as cursor, cursor.copy(DIRECT) as copy:
        copy.set_types(staging.KINDS)
        for one in ready:
            copy.write_row(one)


def stage(ready: Sequence[staging.Row]) -> None:
    """The portal's statements: COPY into a staging table, then one INSERT that settles duplicates."""
    with transaction.atomic(using="ingest"):
        staging.store(ready)


def store(people: People, batch: tuple[str, Sequence[NormalRead]]) -> int:
    """The portal's whole act for one delivery; answers how many reads were new."""
    key, items = batch
    return store_batch(people.source, Parsed(list(items), key), body=key.encode(), now=timezone.now()).stored


def objects(ready: Sequence[staging.Row]) -> list[PlainRead]:
    return [PlainRead(**dict(zip(FIELDS, one, strict=True))) for one in ready]


def create_in_bulk(ready: list[PlainRead]) -> None:
    PlainRead.objects.using("ingest").bulk_create(ready)


def save_each(ready: list[PlainRead]) -> None:
    for one in ready:
        one.save(using="ingest")


class Ways:
    """What one round stores, each way its own reads; answers reads a second by way."""

    def __init__(self, people: People, sizes: Sizes, label: str):
        self.people, self.sizes, self.label = people, sizes, label
        self.now = timezone.now()

    def items(self, way: str, n: int) -> list[NormalRead]:
        return made(self.people, n, label=f"{self.label}-{way}", now=self.now)

    def large(self) -> dict[str, float]:
        """Batches of 5,000."""
        found = self.batched("large", self.sizes.copied, min(LARGE, self.sizes.copied))
        one_by_one = objects(rows(self.people, self.items("save", self.sizes.saved)))
        return {**found, "save": len(one_by_one) / seconds(partial(save_each, one_by_one))}

    def small(self) -> dict[str, float]:
        """Batches of 50, one after the other and, the whole act, sixteen at a time."""
        size = min(SMALL, self.sizes.small)
        found = self.batched("small", self.sizes.small, size)
        together = self.keyed("together", self.sizes.small, size)
        return {**found, "act_together": self.sizes.small / self.at_once(together)}

    def at_once(self, keyed: Sequence[tuple[str, Sequence[NormalRead]]]) -> float:
        """The seconds that sixteen threads take which share the deliveries; their connections are open before."""
        threads = min(TOGETHER, len(keyed))
        start = threading.Barrier(threads + 1)

        def work(share: Sequence[tuple[str, Sequence[NormalRead]]]) -> None:
            try:
                connections["ingest"].ensure_connection()
                start.wait()
                for one in share:
                    store(self.people, one)
            finally:
                connections["ingest"].close()

        with ThreadPoolExecutor(threads) as pool:
            working = [pool.submit(work, keyed[first::threads]) for first in range(threads)]
            start.wait()
            return seconds(lambda: [one.result() for one in working])

    def batched(self, name: str, n: int, size: int) -> dict[str, float]:
        """Every way that takes batches, each with ``n`` reads of its own; the whole act's are then sent once more."""
        ready = {way: rows(self.people, self.items(f"{name}-{way}", n)) for way in ("direct", "staged", "bulk")}
        models = objects(ready["bulk"])
        keyed = self.keyed(f"{name}-act", n, size)

        def each(act: Callable[[Any], Any], things: Sequence[Any]) -> float:
            return n / seconds(lambda: [act(one) for one in batches(things, size)])

        found = {
            "direct": each(copy_directly, ready["direct"]),
            "staged": each(stage, ready["staged"]),
            "bulk": each(create_in_bulk, models),
        }
        found["act"] = n / seconds(lambda: self.expect(n, keyed))
        found["replay"] = n / seconds(lambda: self.expect(n, keyed))
        return found

    def keyed(self, name: str, n: int, size: int) -> list[tuple[str, Sequence[NormalRead]]]:
        found = batches(self.items(name, n), size)
        return [(f"{self.label}-{name}-{number}", items) for number, items in enumerate(found)]

    def expect(self, n: int, keyed: Sequence[tuple[str, Sequence[NormalRead]]]) -> None:
        """Store deliveries; a measurement in which reads were lost or stored twice is none."""
        answered = sum(store(self.people, one) for one in keyed)
        if answered != n:
            raise RuntimeError(f"{answered} of {n} reads were answered as stored: this measures something else")


def measure(people: People, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Reads a second by way, for large and small batches, over the rounds; and that a replay stored nothing."""
    found: dict[str, dict[str, list[float]]] = {"large": {}, "small": {}}
    run = uuid.uuid4().hex[:8]
    before = stored_reads()
    for number in range(1, sizes.rounds + 1):
        ways = Ways(people, sizes, f"{run}-{number}")
        for name, rates in (("large", ways.large()), ("small", ways.small())):
            for way, rate in rates.items():
                found[name].setdefault(way, []).append(rate)
        say(f"ingest, round {number} of {sizes.rounds}")
    stored = sizes.rounds * (4 * sizes.copied + sizes.saved + 5 * sizes.small)
    after = stored_reads()
    return {
        "rates": {name: {way: rounds(runs) for way, runs in ways.items()} for name, ways in found.items()},
        "batch": {"large": min(LARGE, sizes.copied), "small": min(SMALL, sizes.small)},
        "reads": {"large": sizes.copied, "small": sizes.small, "save": sizes.saved},
        "table_before": before,
        "stored": after - before,
        "sent_once": stored,
    }


def stored_reads() -> int:
    """Reads of today's upload day and the day before (a run may pass midnight)."""
    with connections["ingest"].cursor() as cursor:
        cursor.execute(
            "SELECT count(upload_day) FROM reads_read"
            " WHERE upload_day >= (statement_timestamp() AT TIME ZONE 'UTC')::date - 1"
        )
        return int(cursor.fetchone()[0])
