"""Storing what cameras deliver: staged by COPY, stored once, answered alike however often it is sent."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import LATE_FIXED, LATE_VEHICLE
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import Mount

from . import images, rules
from .adapters.base import ItemFault, NormalRead, Parsed
from .inventory import attested
from .models import Batch, Camera, DeliveryRefused, Source
from .plates import fold

READ_ID = uuid.UUID(
    "6f0a1c1e-6a4e-5d0e-9a53-2b1f5f7d7a10"
)  # namespace of read ids: a read's id is its source and its own id
COLUMNS = (
    ("id", "uuid"),
    ("captured_at", "timestamptz"),
    ("offset_minutes", "int2"),
    ("camera_id", "uuid"),
    ("source_id", "uuid"),
    ("batch_id", "uuid"),
    ("plate_seen", "text"),
    ("plate", "text"),
    ("plate_fold", "text"),
    ("state", "text"),
    ("confidence", "float4"),
    ("lat", "float8"),
    ("lon", "float8"),
    ("direction", "text"),
    ("make", "text"),
    ("model", "text"),
    ("colour", "text"),
    ("body", "text"),
    ("images", "int2"),
)
NAMES = ", ".join(name for name, _ in COLUMNS)
STAGE = (
    "CREATE TEMP TABLE IF NOT EXISTS reads_stage ("
    + ", ".join(f"{name} {kind}" for name, kind in COLUMNS)
    + ") ON COMMIT DELETE ROWS"
)
# A read captured before today (or minutes into it, by a fast clock) may have been stored on an earlier upload day: then
# it is a duplicate, and the clock of its first upload goes on. The primary key settles duplicates of the same day.
STORE = f"""
WITH stored AS (
  INSERT INTO reads_read ({NAMES})
  SELECT {NAMES} FROM reads_stage s
  WHERE s.captured_at >= date_trunc('day', statement_timestamp(), 'UTC') + interval '5 minutes' OR NOT EXISTS (
    SELECT 1 FROM reads_read r WHERE r.id = s.id
      AND r.upload_day >= (s.captured_at AT TIME ZONE 'UTC')::date - 1
      AND r.upload_day < (statement_timestamp() AT TIME ZONE 'UTC')::date)
  ON CONFLICT DO NOTHING RETURNING id, upload_day)
SELECT id, upload_day FROM stored
"""  # noqa: S608 - column names of this module only


@dataclass
class Receipt:
    """What became of a delivery: the same for the first post and every replay of it."""

    received: int
    stored: int
    duplicates: int
    refused: dict[str, int]
    batch: str
    faults: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self, *, with_faults: bool = True) -> dict[str, Any]:
        answer = {
            "received": self.received,
            "stored": self.stored,
            "duplicates": self.duplicates,
            "refused": self.refused,
            "batch": self.batch,
        }
        return {**answer, "faults": self.faults} if with_faults else answer


def read_id(source: Source, external_id: str) -> uuid.UUID:
    """The id of a read: from its source and the source's own id, so that a second delivery is the same read."""
    return uuid.uuid5(READ_ID, f"{source.pk}\n{external_id}")


@clause("A.2", "D", "F.2", "G")
def store_batch(source: Source, parsed: Parsed, *, body: bytes, now: datetime) -> Receipt:
    """Store one delivery, once. ``parsed``: what an adapter made of ``body``. Idempotent by batch key, today and next year.

    Raises BadInput ``batch.key_reused`` where the key came before with another body.
    """
    digest = hashlib.sha256(body).hexdigest()
    key = parsed.batch_id or digest
    first = receipt_of(source, key, digest)
    if first and not any(code.startswith("camera.") for code in first.refused):
        return first
    batch_id = uuid.uuid4()
    reads, faults = deliverable(source, parsed.items, now=now)
    if first:
        if len(reads) <= first.stored + first.duplicates:
            return first
        # The inventory was mended meanwhile: what it had turned away may come in now, once; a later replay is answered so.
        key = f"{key} +{len(reads)}"
        if again := receipt_of(source, key, digest):
            return again
    try:
        with transaction.atomic(using="ingest"):
            stored = _store(source, reads, batch_id)
            batch = Batch(
                id=batch_id,
                by_name=f"source {source.name}",
                source=source,
                key=key,
                digest=digest,
                received=len(parsed.items),
                stored=len(stored),
                duplicates=len(reads) - len(stored),
                refused=dict(Counter(fault.code for fault in faults)),
                faults=[fault.as_json() for fault in faults[:100]],
            )
            batch.save(using="ingest", force_insert=True)
    except IntegrityError:
        first = receipt_of(source, key, digest)  # the same delivery, posted twice at once: the other one was first
        if first is None:
            raise
        return first
    return _receipt(batch)


def receipt_of(source: Source, key: str, digest: str) -> Receipt | None:
    """The first answer to a batch key, or None where it is new. Raises BadInput where the body differs."""
    batch = Batch.objects.using("ingest").filter(source=source, key=key).first()
    if batch is None:
        return None
    if batch.digest != digest:
        raise BadInput(
            "batch.key_reused", "This batch id came before with other reads: give each batch its own id.", "batch"
        )
    return _receipt(batch)


def _receipt(batch: Batch) -> Receipt:
    return Receipt(batch.received, batch.stored, batch.duplicates, batch.refused, str(batch.pk), batch.faults)


def deliverable(
    source: Source, items: Sequence[NormalRead | ItemFault], *, now: datetime
) -> tuple[list[tuple[NormalRead, Camera]], list[ItemFault]]:
    """The items whose camera may deliver today, each with its camera; and the faults, the adapter's and ours."""
    cameras = known_cameras(source, {item.camera for item in items if isinstance(item, NormalRead)})
    reads: list[tuple[NormalRead, Camera]] = []
    faults: list[ItemFault] = []
    for index, item in enumerate(items):
        if isinstance(item, ItemFault):
            faults.append(item)
            continue
        camera = cameras.get(item.camera)
        fault = camera_fault(source, camera, now) or lateness(item, camera, now)
        if fault or camera is None:
            faults.append(ItemFault(index, *(fault or ())))
            continue
        try:
            reads.append((msgspec.structs.replace(item, images=tuple(map(images.clean, item.images))), camera))
        except BadInput as error:
            faults.append(ItemFault(index, error.code, error.field, error.message))
    return reads, faults


def known_cameras(source: Source, codes: set[str]) -> dict[str, Camera]:
    """Cameras by their code: the source's own first, else another source's (then the refusal can say so)."""
    found = Camera.objects.using("ingest").filter(code__in=codes).annotate(is_attested=attested())
    return {c.code: c for c in sorted(found, key=lambda c: c.source_id == source.pk)}


def camera_fault(source: Source, camera: Any, now: datetime) -> tuple[str, str, str] | None:
    """Why this camera may not deliver: (code, field, message), or None."""
    if camera is None:
        return "camera.unknown", "camera", "This camera is not in the inventory: ask the Coordinator to add it."
    refusal = rules.may_deliver(
        camera_source=camera.source_id,
        source=source.pk,
        attested=camera.is_attested,
        in_service_from=camera.in_service_from,
        in_service_to=camera.in_service_to,
        today=timezone.localdate(now),
    )
    return (refusal.code, "camera", str(refusal)) if refusal else None


def lateness(item: NormalRead, camera: Any, now: datetime) -> tuple[str, str, str] | None:
    """A fixed camera's read is refused when it comes later than its mount allows; adapters know only the wider limit."""
    allowed = (LATE_VEHICLE if camera.mount == Mount.VEHICLE else LATE_FIXED).now
    if now - item.captured_at <= allowed:
        return None
    hours = int(allowed.total_seconds() // 3600)
    return "time.too_old", "captured_at", f"Captured more than {hours} hours ago: this camera's reads must come sooner."


def _store(source: Source, reads: Iterable[tuple[NormalRead, Camera]], batch_id: uuid.UUID) -> set[uuid.UUID]:
    """COPY into the staging table, then one statement; answers the ids that were new. Inside a transaction of ingest's."""
    rows, pictures = {}, {}
    for item, camera in reads:
        id_ = read_id(source, item.external_id)
        rows[id_] = _row(id_, item, camera, source, batch_id)
        pictures[id_] = item.images
    if not rows:
        return set()
    ensure_today()
    with connections["ingest"].cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(f"COPY reads_stage ({NAMES}) FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types([kind for _, kind in COLUMNS])
            for row in rows.values():
                copy.write_row(row)
        cursor.execute(STORE)
        stored = dict(cursor.fetchall())
    for id_, day in stored.items():
        for number, picture in enumerate(pictures[id_]):
            images.store(day, id_, number, picture)
    return set(stored)


def _row(id_: uuid.UUID, item: NormalRead, camera: Camera, source: Source, batch_id: uuid.UUID) -> tuple[Any, ...]:
    lat = item.lat if item.lat is not None else camera.lat
    lon = item.lon if item.lon is not None else camera.lon
    return (
        id_,
        item.captured_at,
        item.offset_minutes,
        camera.pk,
        source.pk,
        batch_id,
        item.plate_seen,
        item.plate,
        fold(item.plate),
        item.state,
        item.confidence,
        lat,
        lon,
        item.direction,
        item.make,
        item.model,
        item.colour,
        item.body,
        len(item.images),
    )


def ensure_today() -> None:
    """Make today's and tomorrow's partition where the hourly task has not; nothing where they stand."""
    with connections["ingest"].cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('reads_read_' || to_char(statement_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NULL"
        )
        if cursor.fetchone()[0]:
            cursor.execute("SELECT reads_make_partitions((statement_timestamp() AT TIME ZONE 'UTC')::date, 2)")


def refuse_delivery(code: str, source: Source | None = None) -> None:
    """Count a delivery that was turned away whole."""
    DeliveryRefused(by_name=f"source {source.name}" if source else "unknown", source=source, code=code).save(
        using="ingest", force_insert=True
    )
