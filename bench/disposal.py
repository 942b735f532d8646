"""An upload day leaves the disk: by DELETE and VACUUM, and by the portal's own disposal; and what a search notices of it.

The day is as full as a busy one and indexed like any closed day; one read of a thousand is held, by an approval that copied
it before, and the plain way leaves those where they are. Before each act a checkpoint, as a month lies between
a day's last read and its disposal: every page that DELETE touches is then written to the log whole.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from django.utils import timezone
from psycopg import Connection

from reads import disposal, packs, partitions
from reads.holds import deciding
from reads.images import Clean
from reads.models import Hold
from training.models import Member, RoleGrant

from . import data, search
from .cluster import Ground
from .measure import rounds, seconds, spread
from .people import People
from .sizes import Sizes

Say = Callable[[str], None]
OPEN = 1.5  # seconds that one search stays open meanwhile
HELD = 1000  # of so many reads of a day, one is held
BYTES = 8_000  # of a picture with its thumbnail


class Days:
    """Upload days that have expired, filled one at a time and disposed of in one way or the other."""

    def __init__(self, ground: Ground, people: People, sizes: Sizes):
        self.ground, self.people, self.sizes = ground, people, sizes
        self.administrator = administrator()
        self.approvals: list[float] = []
        self.hold: uuid.UUID | None = None
        self.held = 0

    @property
    def day(self) -> date:
        """An upload day that expired some days ago."""
        return (datetime.now(UTC) - timedelta(days=36)).date()

    def fill(self, rows: int) -> None:
        """Make the day, its reads and its indexes, and write everything down."""
        day = self.day
        first = datetime(day.year, day.month, day.day, tzinfo=UTC)
        partitions.make_ahead(day, 1)
        with closing(self.ground.admin()) as admin:
            data.fill(admin, self.people, self.sizes, day, rows=rows, first=first, step=86_400 / max(1, rows))
            partitions.index_closed_days()
            self.keep(rows // HELD or 1, first)
            admin.execute(b"VACUUM (ANALYZE) " + data.table(day).as_bytes(admin))
            admin.execute("CHECKPOINT")

    def keep(self, number: int, first: datetime) -> None:
        """A hold of some of the day's reads, asked for in time and approved by a second person: they are copied."""
        self.hold, self.held = uuid.uuid4(), number
        query, review = self.people.query(), timezone.localdate() + timedelta(days=20)
        with closing(self.ground.admin()) as admin, admin.transaction():
            values = [self.hold, first + timedelta(hours=719), self.people.officer.pk, query.pk, number, review]
            admin.execute(
                "INSERT INTO reads_hold (id, at, by_id, by_name, by_badge, by_unit, ground, case_number, reason, scope, "
                "query_id, hits, items, bulk_reason, review_on, expires_at, obligation_of) VALUES (%s, %s, %s, 'Bea Bench', "
                "'', '', 'active_investigation', '26-000001', 'Measured', 'reads', %s, '{}', %s, '', %s, now(), '')",
                values,
            )
            admin.execute(
                "INSERT INTO reads_holditem (hold_id, read_id, upload_day) SELECT %s, id, upload_day FROM reads_read "
                "WHERE upload_day = %s LIMIT %s",
                [self.hold, self.day, number],
            )
        hold = Hold.objects.get(pk=self.hold)
        decide = partial(deciding.decide_hold, hold, approved=True, reason="Measured", by=self.administrator)
        self.approvals.append(seconds(lambda: decide(now=timezone.now())))

    def delete(self) -> None:
        """The plain way: rows out of the table but the held ones, then their room given back to it."""
        with closing(self.ground.admin()) as admin:
            admin.execute(
                "DELETE FROM reads_read r WHERE upload_day = %s AND NOT EXISTS (SELECT 1 FROM reads_holditem i "
                "WHERE i.hold_id = %s AND i.read_id = r.id)",
                [self.day, self.hold],
            )
            admin.execute(b"VACUUM " + data.table(self.day).as_bytes(admin))

    def purge(self) -> None:
        """The portal's run: every expired day, with its receipt. RuntimeError where a day is left."""
        done = disposal.purge()
        if done.failed or not done.partitions:
            raise RuntimeError(f"the disposal did not dispose of the day: {done.as_json()}")

    def dispose(self) -> None:
        """Of that run only what one day takes: key, tables, record."""
        disposal.dispose(self.day, uuid.uuid4())

    def clear(self) -> None:
        """What the plain way leaves: an empty upload day."""
        disposal.catch_up(operator="Bea Bench", reason="Measured")

    def costs(self, act: Callable[[], None]) -> tuple[float, int]:
        """Seconds and bytes of write-ahead log of an act on a full day, with nothing else going on."""
        self.fill(self.sizes.day)
        with closing(self.ground.admin()) as admin:
            before = log_position(admin)
            took = seconds(act)
            written = log_position(admin) - before
            left = admin.execute("SELECT count(*) FROM reads_read WHERE upload_day = %s", [self.day]).fetchone()
            kept = admin.execute("SELECT count(*) FROM reads_heldread WHERE hold_id = %s", [self.hold]).fetchone()
        if left not in {(0,), (self.held,)} or kept != (self.held,):
            raise RuntimeError(f"{left} reads of the day and {kept} held ones: this measures something else")
        self.clear()
        return took, written


def administrator() -> Member:
    """Who approves the holds."""
    found, made = Member.objects.get_or_create(username="bench-admin", defaults={"name": "Ari Bench"})
    if made:
        RoleGrant.backdated(member=found, role="administrator", by_name="the portal")
    return found


def log_position(admin: Connection[Any]) -> int:
    found = admin.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')").fetchone()
    return int(found[0]) if found else 0


class Searching:
    """Searches one after the other beside an act, and one that is held open; ``waits``: seconds of each."""

    def __init__(self, ground: Ground, people: People, around: float):
        self.people, self.around = people, around
        self.plates = search.sample(ground, 200)
        self.waits: list[float] = []
        self._over = threading.Event()

    def __enter__(self) -> Searching:
        self._threads = [threading.Thread(target=self._alone, args=(work,)) for work in (self._search, self._hold)]
        for thread in self._threads:
            thread.start()
        time.sleep(self.around)
        return self

    def __exit__(self, *error: object) -> None:
        time.sleep(self.around)
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _alone(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            connections.close_all()

    def _search(self) -> None:
        query = self.people.query()
        while not self._over.is_set():
            for one in self.plates:
                criteria = search.month(timezone.now(), plate=one.plate)
                self.waits.append(search.look(self.people, query, criteria).whole)
                if self._over.is_set():
                    break

    def _hold(self) -> None:
        query = self.people.query()
        while not self._over.is_set():
            query.criteria = search.month(timezone.now(), plate=self.plates[0].plate)
            with search.access(self.people.officer, "results", query, now=timezone.now()) as window:
                window.page()
                self._over.wait(OPEN)


def measure(ground: Ground, people: People, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Time and log of each way over the rounds, the waits of searches beside each, and the same for pictures."""
    days = Days(ground, people, sizes)
    days.clear()
    ways = {"delete": days.delete, "purge": days.purge, "dispose": days.dispose}
    costs: dict[str, list[tuple[float, int]]] = {name: [] for name in ways}
    for number in range(1, sizes.rounds + 1):
        for name, act in ways.items():
            costs[name].append(days.costs(act))
        say(f"disposal, round {number} of {sizes.rounds}")
    found: dict[str, Any] = {
        "day": sizes.day,
        "seconds": {name: rounds([took for took, _ in runs]) for name, runs in costs.items()},
        "wal": {name: rounds([float(written) for _, written in runs]) for name, runs in costs.items()},
        "waits": {},
    }
    for name, act in (("nothing", partial(time.sleep, sizes.beside)), ("delete", days.delete), ("purge", days.purge)):
        days.fill(sizes.day)
        with Searching(ground, people, sizes.beside) as searching:
            act()
        days.clear()
        found["waits"][name] = spread(searching.waits)
        say(f"searches beside: {name}")
    found["held"] = {"n": days.held, "holds": len(days.approvals), "approval": rounds(days.approvals)}
    found["pictures"] = pictures(days.day, sizes)
    say("pictures")
    return found


def pictures(day: date, sizes: Sizes) -> dict[str, Any]:
    """Seconds to be rid of a day's pictures: in the portal's packs, and as a file each; round by round."""
    packed, filed = [], []
    for _ in range(sizes.rounds):
        for batch in range(0, sizes.pictures, 50):
            packs.keep(day, clean(min(50, sizes.pictures - batch)))
        packed.append(seconds(partial(packs.destroy, day)))
        if packs.folder(day).exists():
            raise RuntimeError("pictures of a disposed day are still there")
        folder = Path(settings.DATA_DIR) / "file-each"
        names = write_each(folder, sizes.pictures)
        filed.append(seconds(lambda names=names: [name.unlink() for name in names]))  # type: ignore[misc]
        shutil.rmtree(folder)
    return {"n": sizes.pictures, "packs": rounds(packed), "files": rounds(filed)}


def clean(n: int) -> Iterable[tuple[uuid.UUID, list[Clean]]]:
    """Pictures of ``n`` reads. What is in them does not matter: they are sealed as they are."""
    return [(uuid.uuid4(), [Clean(os.urandom(BYTES * 7 // 8), os.urandom(BYTES // 8))]) for _ in range(n)]


def write_each(folder: Path, n: int) -> list[Path]:
    """The plain way: a file for each picture, in one folder of the day, on the disk."""
    folder.mkdir(parents=True)
    names = [folder / f"{uuid.uuid4()}.0" for _ in range(n)]
    for name in names:
        name.write_bytes(os.urandom(BYTES))
    os.sync()
    return names
