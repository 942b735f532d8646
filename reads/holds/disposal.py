"""Held data leaves the disk: released by two persons, or not reviewed in time; with a receipt, whatever happens between."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import structlog
from django.db import OperationalError, connections, transaction

from alpr_portal.policy.clauses import clause

from ..erasures import note
from ..models import HeldDisposed, HoldState
from . import pictures

log = structlog.get_logger()
PURGE = "purge"
ATTEMPTS = 40
PAUSE = 0.25  # seconds between attempts where somebody looks at held data; with the lock's own 200 ms, 18 s in all

Tell = Callable[[str], None]


@clause("G")
def dispose_due(run_id: uuid.UUID, tell: Tell = lambda said: None) -> list[HeldDisposed]:
    """Dispose of what every hold kept that is released, or that lapsed a week ago; answers the records of it.

    Killed at any line it may be run again: reads, places of pictures, keys and the records go in one transaction, from
    which on the packs are noise; packs without a hold are swept at every run. Raises OperationalError where somebody
    held on to the held data throughout.
    """
    records = _dispose(run_id)
    for record in records:
        pictures.destroy(record.hold_id)
        tell(
            f"hold {called(record.hold_id)}: {record.reads:,} reads, {record.pictures:,} pictures gone, {record.because}"
        )
    for hold_id in sweep():
        tell(f"hold {called(hold_id)}: a pack without a hold gone")
    return records


def _dispose(run_id: uuid.UUID) -> list[HeldDisposed]:
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(using=PURGE), connections[PURGE].cursor() as cursor:
                cursor.execute("SELECT hold_id, because, reads, pictures FROM reads_dispose_held()")
                names = [column.name for column in cursor.description]
                gone = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
                by = {"by_name": "the portal", "run_id": run_id}
                records = [HeldDisposed.objects.using(PURGE).create(**by, **one) for one in gone]
                for record in records:
                    note("hold", str(record.hold_id))
                return records
        except OperationalError:
            if attempt + 1 == ATTEMPTS:
                raise
            time.sleep(PAUSE)
    raise AssertionError("the last attempt answers or raises")


def sweep() -> list[uuid.UUID]:
    """Destroy the packs of which no hold runs: of approvals that were rolled back, and of runs that broke off.

    An approval under way holds the lock of its hold until its commit: its pack is left alone.
    """
    swept = []
    for hold_id in pictures.on_disk():
        with transaction.atomic(using=PURGE), connections[PURGE].cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('reads hold ' || %s, 0))", [str(hold_id)])
            if cursor.fetchone()[0] and not HoldState.objects.using(PURGE).filter(pk=hold_id).exists():
                pictures.destroy(hold_id)
                swept.append(hold_id)
    return swept


def called(hold_id: uuid.UUID) -> str:
    """What people call a hold: this role may not read the record of it."""
    return str(hold_id)[:8].upper()
