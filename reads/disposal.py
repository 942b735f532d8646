"""Upload days leave the disk when their 720 hours are over: key, reads, packs; with a receipt, whatever happens between."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, OperationalError, connections, transaction

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import RETENTION

from . import packs
from .models import DisposedDay, PurgeRun

log = structlog.get_logger()
PURGE = "purge"
ONE_AT_A_TIME = 7_220_720  # the advisory lock of a run
ATTEMPTS = 40
PAUSE = 0.25  # seconds between attempts at a day that a search holds on to; with the lock's own 200 ms, 18 s in all

Tell = Callable[[str], None]


@dataclass
class Disposal:
    """What a run did, or with ``dry_run`` would do. ``failed``: the days that are still there, and why."""

    partitions: int = 0
    purged: int = 0
    oldest_at: datetime | None = None
    failed: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        oldest = self.oldest_at.isoformat() if self.oldest_at else None
        return {"partitions": self.partitions, "purged": self.purged, "oldest_at": oldest, "failed": self.failed}


class AlreadyRunning(Exception):  # noqa: N818 - read as a sentence: "raise AlreadyRunning"
    """Another run is at work: two are never needed."""


def has_expired(day: date, now: datetime) -> bool:
    """Whether the last read of an upload day (UTC) is past its 720 hours; the database's function asks again."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + RETENTION.now <= now


@clause("G")
def purge(*, dry_run: bool = False, tell: Tell = lambda said: None) -> Disposal:
    """Dispose of every upload day that has expired; answers and records what happened.

    Killed at any line it may be run again: the key of a day goes first, so its pictures are noise from then on, then in
    one transaction its reads and the record of it, then its packs. Raises AlreadyRunning.
    """
    started = time.monotonic()
    run_id, done = uuid.uuid4(), Disposal()
    with alone():
        for day in expired_days():
            try:
                reads, pictures = count(day) if dry_run else dispose(day, run_id)
            except (DatabaseError, OSError) as error:
                reason = " ".join(str(error).split())[:200]
                log.error("disposal_failed", day=day.isoformat(), reason=reason)
                tell(f"{day}: still there: {reason}")
                done.failed.append({"day": day.isoformat(), "reason": reason})
                continue
            tell(f"{day}: {reads:,} reads, {pictures:,} pictures {'would go' if dry_run else 'gone'}")
            done.partitions += 1
            done.purged += reads
        with connections[PURGE].cursor() as cursor:
            cursor.execute("SELECT reads_oldest()")
            (done.oldest_at,) = cursor.fetchone()
        if not dry_run:
            took_ms = round((time.monotonic() - started) * 1000)
            PurgeRun.objects.using(PURGE).create(id=run_id, by_name="the portal", took_ms=took_ms, **vars(done))
    return done


def expired_days() -> list[date]:
    """The expired upload days of which anything is left, in the database or among the pictures, oldest first."""
    with connections[PURGE].cursor() as cursor:
        cursor.execute("SELECT statement_timestamp(), array(SELECT reads_upload_days())")
        now, days = cursor.fetchone()
    return [day for day in sorted({*days, *packs.days()}) if has_expired(day, now)]


def count(day: date) -> tuple[int, int]:
    """How many reads and pictures an upload day has."""
    with connections[PURGE].cursor() as cursor:
        cursor.execute("SELECT reads, pictures FROM reads_count_day(%s)", [day])
        reads, pictures = cursor.fetchone()
    return reads, pictures


def dispose(day: date, run_id: uuid.UUID) -> tuple[int, int]:
    """Take one expired day away; answers how many reads and pictures went.

    Raises OperationalError where a search held on to it throughout.
    """
    packs.destroy_key(day)
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(using=PURGE), connections[PURGE].cursor() as cursor:
                cursor.execute("SELECT reads, pictures FROM reads_dispose(%s)", [day])
                reads, pictures = cursor.fetchone()
                DisposedDay.objects.using(PURGE).create(
                    by_name="the portal", run_id=run_id, day=day, reads=reads, pictures=pictures
                )
            break
        except OperationalError:  # a search holds on to the table: let it, and everybody behind it, go first
            if attempt + 1 == ATTEMPTS:
                raise
            time.sleep(PAUSE)
    packs.destroy(day)
    return reads, pictures


@contextmanager
def alone() -> Iterator[None]:
    """One run at a time: a lock of the purge role's connection, gone with it. Raises AlreadyRunning."""
    with connections[PURGE].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            raise AlreadyRunning("Another run of the disposal is at work: look at what it reports.")
    try:
        yield
    finally:
        with suppress(DatabaseError), connections[PURGE].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
