"""A list's file comes in, is read whole, and replaces the list in one transaction or not at all (C.2.B.1)."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import structlog
from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, QuerySet
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_filename
from alpr_portal.policy.refusal import BadInput, require
from alpr_portal.policy.vocabulary import RefreshOutcome, Via
from training.models import Member

from . import list_rules as rules
from .layouts import Layout, read_layout
from .list_files import MAX_BYTES, Fault, Immigration, Row, fault, rows
from .models import Delivery, DeliveryProgress, HotList, ListState, ListTemplate, Refresh

MOST_TRIES = 3
LEASE = timedelta(minutes=2)  # who reads a file says so at least this often
BEAT = 2.0  # seconds between two signs of life
PIECE = 1 << 20  # bytes
MOST_FAULTS = 100  # kept in the receipt
SUFFIXES = {".csv", ".txt", ".dat", ".lst", ".tsv"}
COPY = (
    "COPY hotlists_watchrow (hot_list_id, refresh_id, plate, plate_fold, state, starts_at, ends_at, detail) FROM STDIN"
)
# What a whole file is refused for, the gravest first, where its rows have faults of several kinds.
GRAVE = ("hotlist.row_shape", "hotlist.list_not_allowed")
FAULTY = {
    "hotlist.row_shape": "Rows do not have as many cells as the template has columns.",
    "hotlist.list_not_allowed": "Rows are of another list than the one that this file is for.",
    "hotlist.bad_rows": "Rows cannot be read: a file with errors replaces nothing.",
    "hotlist.no_template": "No template of this list is approved, so nobody said what its columns mean.",
    "hotlist.failed": "The portal tried three times and could not read this file. Send it again; where it fails again, "
    "tell the system administrator its number.",
    "hotlist.superseded": "A file that came in later has replaced the list already. Send the newest one again if it was wrong.",
    "hotlist.lost": "The file is no longer there. Send it again.",
}
Tell = Callable[[int], None]
log = structlog.get_logger()


@dataclass
class Counts:
    """What a file held, as far as it was read."""

    rows: int = 0
    kept: int = 0
    immigration: int = 0
    placeholders: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[dict[str, Any]] = field(default_factory=list)


def spool() -> Path:
    """Where files wait until they are read; for the portal's own account only."""
    folder = Path(settings.DATA_DIR) / "hotlists" / "spool"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


# --- a file comes in --------------------------------------------------------------------------------------------------


@clause("C.2.B.1")
def take(
    hot_list: HotList, pieces: Iterable[bytes], *, name: str, via: Via, by: Member | None, pk: uuid.UUID | None = None
) -> Delivery:
    """Keep a file that came in, until it is read; ``pk``: the delivery's id where it is known already.

    Raises Refused where files do not feed the list, and BadInput hotlist.too_large.
    """
    require(rules.may_deliver(feed=hot_list.feed, active=hot_list.is_active))
    kept, path, digest, size = False, spool() / str(uuid.uuid4()), hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            for piece in pieces:
                size += len(piece)
                if size > MAX_BYTES:
                    raise fault("hotlist.too_large")
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        said = {"via": via.value, "file_name": clean_name(name), "size": size, "digest": digest.hexdigest()}
        found: Delivery = Delivery.objects.write(
            by=by, pk=pk or uuid.uuid4(), hot_list=hot_list, spool=path.name, **said
        )
        kept = True
    finally:
        if not kept:
            path.unlink(missing_ok=True)
    return found


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """A file in pieces."""
    return iter(lambda: file.read(PIECE), b"")


def clean_name(name: str) -> str:
    """A file's name to show: no path and nothing that acts."""
    suffix = Path(name).suffix.lower()
    return read_filename(name, suffix=suffix if suffix in SUFFIXES else ".txt")


def hurry(delivery: Delivery) -> None:
    """Tell a worker once this is committed; where the broker is away, the sweep finds the file in the database."""
    transaction.on_commit(partial(_hurry, str(delivery.pk)))


def _hurry(pk: str) -> None:
    if not current_app.conf.broker_url:
        return
    try:
        current_app.send_task("hotlists.tasks.read_delivery", [pk], retry=False)
    except Exception as error:  # whatever the broker's library raises: the file is kept
        log.warning("broker away", error=type(error).__name__)


# --- it is read -------------------------------------------------------------------------------------------------------


def waiting(now: datetime) -> QuerySet[Delivery]:
    """Files without a receipt that nobody is reading, oldest first."""
    held = DeliveryProgress.objects.filter(delivery=OuterRef("pk"), beat_at__gt=now - LEASE)
    return Delivery.objects.filter(~Exists(held), refresh__isnull=True).order_by("at")


def read_waiting(now: datetime) -> int:
    """Read every file that waits; answers how many receipts came of it. One file's fault does not stop the next."""
    done = 0
    for delivery in list(waiting(now).select_related("hot_list", "by")):
        try:
            done += read(delivery) is not None
        except Exception as error:  # tried again by the next sweep, three times in all
            log.error("list file failed", delivery=str(delivery.pk), error=type(error).__name__)
    return done


@clause("C.2.B.1", "C.2.A.1", "F.1")
def read(delivery: Delivery, *, tell: Tell | None = None) -> Refresh | None:
    """Read a file and answer its receipt; None where somebody else is reading this list.

    ``tell`` hears how many bytes are done. Killed at any moment, the old list is whole, and the file is read again.
    """
    with reading(delivery.hot_list_id) as mine:
        if not mine:
            return None
        done = Refresh.objects.filter(delivery=delivery).first()
        if done is None:
            done = _read(delivery, tell or (lambda at: None), timezone.now())
        if done:
            (spool() / delivery.spool).unlink(missing_ok=True)
        return done


@contextmanager
def reading(hot_list_id: uuid.UUID) -> Iterator[bool]:
    """The one place at a list, held until the block or this process ends; False where somebody else has it."""
    key = f"hotlists.list.{hot_list_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def approved_template(hot_list_id: uuid.UUID) -> ListTemplate | None:
    """The newest approved template of a list."""
    return ListTemplate.objects.filter(hot_list=hot_list_id, decision__approved=True).order_by("-number").first()


def _read(delivery: Delivery, tell: Tell, now: datetime) -> Refresh:
    """The receipt of a file that has none."""
    counts, template = Counts(), approved_template(delivery.hot_list_id)
    path = spool() / delivery.spool
    ready = path.with_suffix(".rows")
    said = {"delivery": delivery, "template": template, "started_at": now}
    try:
        if _begin(delivery, now) > MOST_TRIES:
            raise _no("hotlist.failed")
        if template is None:
            raise _no("hotlist.no_template")
        if is_superseded(delivery):
            raise _no("hotlist.superseded")
        _prepare(delivery, read_layout(template.layout), path, ready, counts, tell)
        if code := _faulty(counts):
            raise _no(code)
        return _apply(said, ready, counts)
    except BadInput as error:
        return _receipt(said, counts, rules.Verdict(RefreshOutcome.REFUSED.value, error.code, error.message))
    finally:
        ready.unlink(missing_ok=True)


def _no(code: str) -> BadInput:
    return BadInput(code, f"{FAULTY[code]} The old list stays.", "file")


def _begin(delivery: Delivery, now: datetime) -> int:
    """The number of this try, from 1."""
    progress, _ = DeliveryProgress.objects.get_or_create(delivery=delivery, defaults={"beat_at": now})
    mine = DeliveryProgress.objects.filter(pk=progress.pk)
    mine.update(tries=F("tries") + 1, beat_at=now, rows=0, bytes=0)
    return mine.values_list("tries", flat=True).get()


def _prepare(delivery: Delivery, layout: Layout, path: Path, ready: Path, counts: Counts, tell: Tell) -> None:
    """Read and judge every row, outside any transaction; what is kept of them stands in ``ready``, as COPY takes it."""
    kind, beat, mine = delivery.hot_list.kind, time.monotonic(), DeliveryProgress.objects.filter(delivery=delivery)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise _no("hotlist.lost") from None
    if size != delivery.size:
        raise fault("hotlist.truncated")
    with path.open("rb") as file, open(os.open(ready, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as kept:
        for number, (_, found) in enumerate(rows(file, layout, kind=kind), 1):
            counts.rows = number
            if isinstance(found, Row):
                counts.kept += 1
                counts.placeholders += found.placeholder
                if not counts.refused:
                    kept.write(_line(found))
            elif isinstance(found, Immigration):
                counts.immigration += 1
            else:
                _count(found, counts)
            if number % 1000 == 0 and time.monotonic() - beat > BEAT:
                beat = time.monotonic()
                mine.update(rows=number, bytes=file.tell(), beat_at=timezone.now())
                tell(file.tell())
    mine.update(rows=counts.rows, bytes=size, beat_at=timezone.now())
    tell(size)


def _line(row: Row) -> bytes:
    """A row as COPY takes it, after the ids of its list and receipt."""
    starts, ends = (at.isoformat() if at else "\\N" for at in (row.starts_at, row.ends_at))
    detail = msgspec.json.encode(row.detail).replace(b"\\", b"\\\\")
    return f"\t{row.plate}\t{row.plate_fold}\t{row.state}\t{starts}\t{ends}\t".encode() + detail + b"\n"


def _count(found: Fault, counts: Counts) -> None:
    counts.refused[found.code] += 1
    if len(counts.faults) < MOST_FAULTS:
        counts.faults.append({"line": found.line, "code": found.code, "message": found.message})


def _faulty(counts: Counts) -> str:
    """The code under which a file with faulty rows is refused; "" where it has none."""
    if not counts.refused:
        return ""
    return next((code for code in GRAVE if code in counts.refused), "hotlist.bad_rows")


def _apply(said: dict[str, Any], ready: Path, counts: Counts) -> Refresh:
    """Receipt and rows in one transaction: the old list or the new one, never a mix."""
    hot_list = said["delivery"].hot_list
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        rows, kept = _in_force(hot_list.pk)
        verdict = rules.judge(
            rows=counts.rows, kept=counts.kept, previous=rows, previous_kept=kept, placeholders=counts.placeholders
        )
        refresh = _receipt(said, counts, verdict)
        if verdict.outcome != RefreshOutcome.REFUSED:
            before = f"{hot_list.pk}\t{refresh.pk}".encode()
            with ready.open("rb") as file, cursor.copy(COPY) as copy:
                for piece in iter(lambda: file.readlines(PIECE), []):
                    copy.write(b"".join(before + line for line in piece))
        return refresh


def _in_force(hot_list_id: uuid.UUID) -> tuple[int | None, int | None]:
    """How many rows the version in force had in its file, and how many were kept; None where none is."""
    found = ListState.objects.filter(hot_list=hot_list_id).values_list("refresh__rows", "refresh__kept").first()
    return found or (None, None)


def is_superseded(delivery: Delivery) -> bool:
    """Whether a file that came in later has replaced the list already: an older one, read late, never does."""
    return ListState.objects.filter(hot_list=delivery.hot_list_id, refresh__delivery__at__gt=delivery.at).exists()


def _receipt(said: dict[str, Any], counts: Counts, verdict: rules.Verdict) -> Refresh:
    delivery, is_kept = said["delivery"], verdict.outcome != RefreshOutcome.REFUSED
    last = Refresh.objects.filter(hot_list=delivery.hot_list_id).aggregate(last=Max("number"))["last"] or 0
    return Refresh.objects.write(
        by=delivery.by,
        hot_list=delivery.hot_list,
        number=last + 1,
        rows=counts.rows,
        kept=counts.kept if is_kept else 0,
        refused=dict(counts.refused),
        immigration=counts.immigration,
        faults=counts.faults,
        previous_rows=_in_force(delivery.hot_list_id)[0],
        outcome=verdict.outcome,
        code=verdict.code,
        says=verdict.says,
        **said,
    )


def tidy() -> None:
    """Take away what stands in the spool and belongs to no file that waits: its process was killed."""
    wanted = set(Delivery.objects.filter(refresh__isnull=True).values_list("spool", flat=True))
    old = time.time() - 3600
    for path in spool().iterdir():
        with suppress(FileNotFoundError):
            if path.stem not in wanted and path.stat().st_mtime < old:
                path.unlink()
