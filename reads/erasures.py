"""What was erased stays erased after a restore: a journal outside the database and every backup, replayed by it (G).

A line says when, of what kind (an upload day, a hold's copies, a batch of records) and which; no plate and no name. It is
written before the erasing transaction commits: killed between the two, the erasure is done again, and nothing is
forgotten. A backup writes a line too: a journal that lacks it was lost or cut since. A file a month, only added to; a
month's file goes once every backup that could bring its erasures back is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection

from alpr_portal.policy.clauses import clause

from .folders import settle
from .models import DisposedDay, HeldDisposed

KINDS = {"backup", "day", "hold", "records"}
FRESH = 60  # seconds that a page need not ask again whether the database is older than a journal that did not change
KEPT = timedelta(days=40)  # longer than a backup (7 days) and the reads in it (30) together
PRIVATE = 0o700


@dataclass(frozen=True)
class Erasure:
    """One line: at ``at``, ``what`` of this kind (a day as 2026-03-04, otherwise an id) was about to be erased.

    Of a backup: it was about to be made, and ``what`` is its name.
    """

    at: datetime
    kind: str
    what: str


@clause("G")
def note(kind: str, what: str) -> None:
    """Write down that something is erased; on the disk when this returns.

    Of a hold or of records, call it within the transaction that erases, as its last act; of a day before it, since
    searches wait while it goes. Raises OSError where it could not be written: then nothing may be erased.
    """
    if kind not in KINDS:
        raise ValueError(f"The journal of erasures knows {', '.join(sorted(KINDS))}, not {kind!r}.")
    now = datetime.now(UTC)
    folder = Path(settings.ERASURES_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    file = folder / f"{now:%Y-%m}.jsonl"
    is_new = not file.exists()
    line = json.dumps({"at": now.isoformat(), "kind": kind, "id": str(what)}) + "\n"
    with open(os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b", buffering=0) as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        if torn(journal.fileno()):  # a writer was broken off: its half line stays its own
            line = "\n" + line
        os.write(journal.fileno(), line.encode())
        os.fsync(journal.fileno())
    if is_new:
        settle(folder)


def read() -> list[Erasure]:
    """Every erasure written down, oldest first. A line that a broken process left half is not one of them."""
    return sorted((line for line in _lines() if line), key=lambda line: line.at)


def unread() -> int:
    """How many lines cannot be read: left half, or not of this journal."""
    return sum(line is None for line in _lines())


@clause("G")
def forgotten() -> list[str]:
    """The holds whose erasure is written down and which this database still keeps: it is older than its journal."""
    holds, times = of_holds(read())
    if not holds:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM reads_not_erased(%s::uuid[], %s::timestamptz[])", [holds, times])
        return [str(hold_id) for (hold_id,) in cursor.fetchall()]


def of_holds(lines: list[Erasure]) -> list[list[Any]]:
    """The erased holds and when, as the database's functions take them."""
    held = [line for line in lines if line.kind == "hold"]
    return [[line.what for line in held], [line.at for line in held]]


@clause("G")
def is_older() -> bool:
    """Whether this database is older than its journal, for every page to ask: a no counts a minute, or until the next line."""
    key = "erasures:" + ",".join(f"{file.stem}.{(now := file.stat()).st_size}.{now.st_mtime_ns}" for file in _files())
    if cache.get(key):
        return False
    older = bool(forgotten())
    if not older:
        cache.set(key, True, FRESH)
    return older


@clause("G")
def close() -> bool:
    """Put a database that is older than its journal in quarantine, where it is not yet; whether it was put there now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reads_close_older(%s::uuid[], %s::timestamptz[])", of_holds(read()))
        return bool(cursor.fetchone()[0])


@clause("G")
def lost(since: datetime) -> int:
    """How many upload days and holds this database knows to have gone since then, of which the journal has no line."""
    noted = {(line.kind, line.what) for line in read()}
    days = DisposedDay.objects.filter(at__gte=since).values_list("day", flat=True)
    holds = HeldDisposed.objects.filter(at__gte=since).values_list("hold_id", flat=True)
    known = {*(("day", day.isoformat()) for day in days), *(("hold", str(hold_id)) for hold_id in holds)}
    return len(known - noted)


def trim(now: datetime) -> list[str]:
    """Let go of the months whose last day is more than 40 days past; answers the names of the files that went."""
    gone = []
    for file in _files():
        if month_end(file.stem) + KEPT <= now:
            file.unlink()
            gone.append(file.name)
    return gone


def month_end(month: str) -> datetime:
    """The first moment after a month that is written 2026-03."""
    return (datetime.strptime(month, "%Y-%m").replace(day=28, tzinfo=UTC) + timedelta(days=4)).replace(day=1)


def torn(handle: int) -> bool:
    """Whether the file ends in the middle of a line."""
    size = os.fstat(handle).st_size
    return size > 0 and os.pread(handle, 1, size - 1) != b"\n"


def _files() -> list[Path]:
    return sorted(Path(settings.ERASURES_DIR).glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].jsonl"))


def _lines() -> Iterator[Erasure | None]:
    """Every line; None for one that cannot be read."""
    for file in _files():
        for line in file.read_bytes().split(b"\n"):
            if line:
                yield _parse(line)


def _parse(line: bytes) -> Erasure | None:
    try:
        said = json.loads(line)
        at, kind, what = datetime.fromisoformat(said["at"]), said["kind"], str(said["id"])
        if at.tzinfo is None or kind not in KINDS:
            return None
        if kind == "day":
            what = date.fromisoformat(what).isoformat()
        elif kind != "backup":
            what = str(uuid.UUID(what))
        return Erasure(at.astimezone(UTC), kind, what)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
