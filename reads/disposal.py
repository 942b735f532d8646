"""Upload days leave the disk when their 720 hours are over: reads, key, packs; certified, whatever happens between."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import structlog
from django.db import DatabaseError, OperationalError, connections, transaction

from alpr_portal.policy.clauses import clause

from . import brake, erasures, packs
from .brake_rules import may_take
from .certificates.issue import issue
from .disposal_locks import OF_A_DAY, ONE_AT_A_TIME, PURGE, AlreadyRunning, alone, day_to_itself
from .holds.disposal import dispose_due
from .models import BrakeRaised, DisposedDay, PurgeRun
from .retention_rules import has_expired

__all__ = ["OF_A_DAY", "ONE_AT_A_TIME", "AlreadyRunning", "Disposal", "catch_up", "dispose", "expired_days", "purge"]

log = structlog.get_logger()
ATTEMPTS = 40
PAUSE = 0.25  # seconds between attempts at a day that a search holds on to; with the lock's own 200 ms, 18 s in all

Tell = Callable[[str], None]


@dataclass
class Disposal:
    """What a run did, or with ``dry_run`` would do.

    ``failed``: the days that are still there, and why; ``left``: how many wait for the next run, since the brake lets a run
    take two. ``brake``: what stopped it. ``certificate``: None of a dry run.
    """

    partitions: int = 0
    purged: int = 0
    oldest_at: datetime | None = None
    failed: list[dict[str, str]] = field(default_factory=list)
    left: int = 0
    brake: BrakeRaised | None = None
    certificate: PurgeRun | None = None

    def as_json(self) -> dict[str, Any]:
        issued = self.certificate
        return {
            "partitions": self.partitions,
            "purged": self.purged,
            "oldest_at": self.oldest_at.isoformat() if self.oldest_at else None,
            "failed": self.failed,
            "left": self.left,
            "brake": self.brake.why if self.brake else None,
            "certificate": {"number": issued.number, "digest": issued.digest} if issued else None,
        }


@clause("G")
def purge(*, dry_run: bool = False, tell: Tell = lambda said: None) -> Disposal:
    """Dispose of the upload days that have expired, two at most, and of held data that is due; certifies what happened.

    Killed at any line it may be run again: a day's reads go first, in one transaction with the record of it, then its key,
    then its packs; the next run finishes the day and certifies it. Raises AlreadyRunning.
    """
    started = time.monotonic()
    run, done = PurgeRun(by_name="the portal", started_at=brake.database_clock()), Disposal()
    gone: dict[date, datetime | None] = {}
    with alone():
        done.brake = brake.look(dry_run=dry_run)
        if done.brake:
            tell(f"Stopped: {done.brake.get_why_display()}. Nothing goes until a person releases the brake.")
        else:
            _days(run.pk, done, gone, tell, dry_run=dry_run)
            if not dry_run:
                _holds(run.pk, done, tell)
        with connections[PURGE].cursor() as cursor:
            cursor.execute("SELECT reads_oldest()")
            (done.oldest_at,) = cursor.fetchone()
        if not dry_run:
            run.oldest_at, run.failed, run.left, run.brake = done.oldest_at, done.failed, done.left, done.brake
            run.took_ms = round((time.monotonic() - started) * 1000)
            done.certificate = issue(run, gone, ended_at=brake.database_clock())
            done.partitions, done.purged = run.partitions, run.purged
    return done


def catch_up(*, operator: str, reason: str, tell: Tell = lambda said: None) -> Disposal:
    """Dispose of everything that is due, two days a run, after a pause that somebody answers for; answers the last run.

    A brake that is on is released in their name first: for a database that was put back, or switched off.
    """
    done = purge(tell=tell)
    if done.brake and done.brake.why != "clocks_differ":
        with alone():
            brake.release(operator=operator, reason=reason)
        done = purge(tell=tell)
    while done.left and not done.failed:
        done = purge(tell=tell)
    return done


def _days(run_id: uuid.UUID, done: Disposal, gone: dict[date, Any], tell: Tell, *, dry_run: bool) -> None:
    """Every expired day in its turn, oldest first; an empty one is no reason to stop."""
    taken, begun = 0, unfinished_days()
    for day in expired_days():
        try:
            full = day not in begun and not is_empty(day)
            if full and not may_take(taken):
                done.left += 1
                tell(f"{day}: waits for the next run")
                continue
            if dry_run:
                reads, pictures = count(day)
            else:
                record, gone[day] = dispose(day, run_id)
                reads, pictures = record.reads, record.pictures
            taken += full  # one that could not go stops no later one
        except (DatabaseError, OSError) as error:
            gone.pop(day, None)
            _failed(done, day.isoformat(), error, tell)
            continue
        tell(f"{day}: {reads:,} reads, {pictures:,} pictures {'would go' if dry_run else 'gone'}")
        done.partitions += 1
        done.purged += reads


def _holds(run_id: uuid.UUID, done: Disposal, tell: Tell) -> None:
    """Held data that is due; what could not go is named among what failed."""
    try:
        dispose_due(run_id, tell)
    except (DatabaseError, OSError) as error:
        _failed(done, "holds", error, tell)


def _failed(done: Disposal, what: str, error: Exception, tell: Tell) -> None:
    reason = " ".join(str(error).split())[:200]
    log.error("disposal_failed", day=what, reason=reason)
    tell(f"{what}: still there: {reason}")
    done.failed.append({"day": what, "reason": reason})


def expired_days() -> list[date]:
    """The expired upload days of which anything is left, in the database, among the pictures or to certify, oldest first."""
    with connections[PURGE].cursor() as cursor:
        cursor.execute("SELECT statement_timestamp(), array(SELECT reads_upload_days())")
        now, days = cursor.fetchone()
    return [day for day in sorted({*days, *packs.days(), *unfinished_days()}) if has_expired(day, now)]


def unfinished_days() -> set[date]:
    """Upload days whose reads a run took that broke off before it certified that key and packs are gone too."""
    records = DisposedDay.objects.using(PURGE).filter(bytes__isnull=False, certified__isnull=True)
    return set(records.values_list("day", flat=True))


def is_empty(day: date) -> bool:
    """Whether an upload day has nothing, in the database or among the pictures."""
    with connections[PURGE].cursor() as cursor:
        cursor.execute("SELECT reads_day_is_empty(%s)", [day])
        (empty,) = cursor.fetchone()
    return bool(empty) and day not in packs.days()


def count(day: date) -> tuple[int, int]:
    """How many reads and pictures an upload day has."""
    with connections[PURGE].cursor() as cursor:
        cursor.execute("SELECT reads, pictures FROM reads_count_day(%s)", [day])
        reads, pictures = cursor.fetchone()
    return reads, pictures


@clause("G")
def dispose(day: date, run_id: uuid.UUID) -> tuple[DisposedDay, datetime | None]:
    """Take one expired day away; answers the record of it, and when its key was destroyed, None where it had none.

    The day is locked throughout, so a hold is approved before and copies it, or after and finds it gone: a run that is
    killed between the steps never leaves reads without their key. Raises OperationalError where a search, or an
    approval, held on to it throughout.
    """
    with day_to_itself(day, attempts=ATTEMPTS, pause=PAUSE):
        record = _reads(day, run_id)
        had_key = packs.key_file(day).exists()
        packs.destroy_key(day)
        key_gone_at = brake.database_clock() if had_key else None
        packs.destroy(day)
    return record, key_gone_at


def _reads(day: date, run_id: uuid.UUID) -> DisposedDay:
    """The reads of a day and the record that they went, in one transaction.

    The journal of erasures has the day before the table is locked: nobody who searches waits for another disk. A line
    that nothing follows does no harm, since a day that is not over 720 hours old never goes.
    """
    before = DisposedDay.objects.using(PURGE).filter(day=day)
    begun = before.filter(bytes__isnull=False, certified__isnull=True).first()
    if begun and day not in upload_days():
        return begun
    key, size = (False, 0) if begun else (packs.key_file(day).exists(), packs.size(day))
    told = {"stored": 0, "held": 0} if before.exists() else {}  # of a day that went before: counted then
    erasures.note("day", day.isoformat())
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(using=PURGE), connections[PURGE].cursor() as cursor:
                cursor.execute("SELECT reads, pictures, held, stored, bytes FROM reads_dispose(%s)", [day])
                names = [column.name for column in cursor.description]
                went = {**dict(zip(names, cursor.fetchone(), strict=True)), **told}
                record = DisposedDay.objects.using(PURGE).create(
                    by_name="the portal", run_id=run_id, day=day, has_key=key, packs_bytes=size, **went
                )
            return record
        except OperationalError:  # a search holds on to the table: let it, and everybody behind it, go first
            if attempt + 1 == ATTEMPTS:
                raise
            time.sleep(PAUSE)
    raise AssertionError("the last attempt answers or raises")


def upload_days() -> set[date]:
    """The upload days that have a table."""
    with connections[PURGE].cursor() as cursor:
        cursor.execute("SELECT reads_upload_days()")
        return {day for (day,) in cursor.fetchall()}
