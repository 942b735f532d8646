"""Storing what cameras deliver: looked over, stored once together with what arrives meanwhile, answered alike at every replay."""

from __future__ import annotations

import hashlib
import statistics
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import LATE_FIXED, LATE_VEHICLE
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import Mount
from alpr_portal.records import broken_constraint

from . import images, packs, rules, staging
from .adapters.base import ItemFault, NormalRead, Parsed
from .models import Batch, DeliveryRefused, Source
from .staging import read_id
from .writer import Writer

MOST_TOGETHER = 10_000  # reads in one transaction
# As SQL, since Django would put each together anew at every post, which costs more than to answer it.
OF_KEY = "SELECT * FROM reads_batch WHERE source_id = %s AND key = %s"
BY_CODE = """
SELECT c.id, c.code, c.name, c.source_id, c.mount, c.lat, c.lon, c.in_service_from, c.in_service_to, EXISTS (
  SELECT 1 FROM reads_sitingattestation a WHERE a.camera_id = c.id AND a.place_id = c.place_id)
FROM reads_camera c WHERE c.code = ANY(%s)
"""
Fault = tuple[str, str, str]  # code, field, message
UNKNOWN_CAMERA: Fault = (
    "camera.unknown",
    "camera",
    "This camera is not in the inventory: ask the Coordinator to add it.",
)


class Known(NamedTuple):
    """What a delivery needs to know of a camera."""

    pk: uuid.UUID
    code: str
    name: str
    source_id: uuid.UUID
    mount: str
    lat: float | None
    lon: float | None
    in_service_from: date
    in_service_to: date | None
    is_attested: bool


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


@dataclass
class Delivery:
    """One delivery ready to be stored: its rows, its cleaned pictures by read id, and what was turned away."""

    source: Source
    key: str
    digest: str
    received: int
    faults: list[ItemFault]
    taken: int  # reads that may come in, those that come twice counted twice
    batch_id: uuid.UUID = field(default_factory=uuid.uuid4)
    rows: list[staging.Row] = field(default_factory=list)
    pictures: dict[uuid.UUID, list[images.Clean]] = field(default_factory=dict)
    lags: list[float] = field(default_factory=list)  # seconds

    def batch(self, stored: int) -> Batch:
        """Its record, once ``stored`` of its reads were new."""
        return Batch(
            id=self.batch_id,
            by_name=f"source {self.source.name}",
            source=self.source,
            key=self.key,
            digest=self.digest,
            received=self.received,
            stored=stored,
            duplicates=self.taken - stored,
            refused=dict(Counter(fault.code for fault in self.faults)),
            faults=[fault.as_json() for fault in self.faults[:100]],
            lag_median=max(0, round(statistics.median(self.lags))) if stored else None,
            lag_longest=max(0, round(max(self.lags))) if stored else None,
        )


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
    reads, faults = deliverable(source, parsed.items, now=now)
    if first:
        if len(reads) <= first.stored + first.duplicates:
            return first
        # The inventory was mended meanwhile: what it had turned away may come in now, once; a later replay is answered so.
        key = f"{key} +{len(reads)}"
        if again := receipt_of(source, key, digest):
            return again
    delivery = Delivery(source, key, digest, len(parsed.items), faults, taken=len(reads))
    seen: set[uuid.UUID] = set()
    for item, camera, pictures in reads:
        id_ = read_id(source, item.external_id, item.captured_at)
        if id_ in seen:  # twice in one delivery: the first one's plate keeps the first one's pictures
            continue
        seen.add(id_)
        delivery.rows.append(staging.row(id_, item, camera, source, delivery.batch_id))
        if pictures:
            delivery.pictures[id_] = pictures
        delivery.lags.append((now - item.captured_at).total_seconds())
    try:
        return _receipt(WRITER.submit(delivery, weight=len(reads)))
    except IntegrityError as error:
        first = receipt_of(source, key, digest)  # the same delivery, posted twice at once: the other one was first
        if first is None:  # what the database says of a row holds its plate: it goes no further than here
            raise IntegrityError(f"reads were not stored: {broken_constraint(error)}") from None
        return first


def store_together(deliveries: Sequence[Delivery]) -> list[Batch]:
    """Store several deliveries in one transaction, reads and records; answers their records. All or nothing."""
    of = {delivery.batch_id: delivery for delivery in deliveries}
    new: Counter[uuid.UUID] = Counter()
    with transaction.atomic(using="ingest"):
        rows = [row for delivery in deliveries for row in delivery.rows]
        for found in staging.store(rows) if rows else ():
            new[found.batch_id] += found.stored
            pictures = of[found.batch_id].pictures
            if pictured := [(id_, pictures[id_]) for id_ in found.pictured]:
                staging.store_pictures(packs.keep(found.upload_day, pictured))
        batches = [delivery.batch(new[delivery.batch_id]) for delivery in deliveries]
        Batch.objects.using("ingest").bulk_create(batches)
    return batches


WRITER: Writer[Delivery, Batch] = Writer(store_together, most=MOST_TOGETHER)


def receipt_of(source: Source, key: str, digest: str) -> Receipt | None:
    """The first answer to a batch key, or None where it is new. Raises BadInput where the body differs."""
    found = Batch.objects.using("ingest").raw(OF_KEY, [source.pk, key])
    batch = next(iter(found), None)
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
) -> tuple[list[tuple[NormalRead, Known, list[images.Clean]]], list[ItemFault]]:
    """The items whose camera may deliver today, with their camera and cleaned pictures; and all faults, the adapter's too."""
    inventory = Inventory(source, {item.camera for item in items if isinstance(item, NormalRead)}, now=now)
    reads: list[tuple[NormalRead, Known, list[images.Clean]]] = []
    faults: list[ItemFault] = []
    cleaner = images.Cleaner()
    for index, item in enumerate(items):
        if isinstance(item, ItemFault):
            faults.append(item)
            continue
        if fault := inventory.fault(item):
            faults.append(ItemFault(index, *fault))
            continue
        try:
            pictures = [cleaner.clean(data, kind) for data, kind in zip(item.images, item.kinds, strict=True)]
            reads.append((item, inventory.cameras[item.camera], pictures))
        except BadInput as error:
            faults.append(ItemFault(index, error.code, error.field, error.message))
    return reads, faults


class Inventory:
    """The cameras that a delivery names, as they stand now, and what each of its reads may count on."""

    def __init__(self, source: Source, codes: set[str], *, now: datetime, using: str = "ingest"):
        self.source, self.now = source, now
        with connections[using].cursor() as cursor:
            cursor.execute(BY_CODE, [list(codes)])
            found = [Known(*values) for values in cursor.fetchall()]
        # the source's own camera of a code, else another source's (then the refusal can say so)
        self.cameras = {known.code: known for known in sorted(found, key=lambda known: known.source_id == source.pk)}
        self._standing = {code: self._camera_fault(known) for code, known in self.cameras.items()}
        self._allowed: dict[str, timedelta] = {
            mount.value: (LATE_VEHICLE if mount == Mount.VEHICLE else LATE_FIXED).now for mount in Mount
        }

    def fault(self, item: NormalRead) -> Fault | None:
        """Why this read may not come in: its camera, or that it comes later than its mount allows; or None."""
        camera = self.cameras.get(item.camera)
        if camera is None:
            return UNKNOWN_CAMERA
        if fault := self._standing[item.camera]:
            return fault
        allowed = self._allowed[camera.mount]
        if self.now - item.captured_at <= allowed:
            return None
        hours = int(allowed.total_seconds() // 3600)  # adapters know only the wider limit
        says = f"Captured more than {hours} hours ago: this camera's reads must come sooner."
        return "time.too_old", "captured_at", says

    def _camera_fault(self, camera: Known) -> Fault | None:
        refusal = rules.may_deliver(
            camera_source=camera.source_id,
            source=self.source.pk,
            attested=camera.is_attested,
            in_service_from=camera.in_service_from,
            in_service_to=camera.in_service_to,
            today=timezone.localdate(self.now),
        )
        return (refusal.code, "camera", str(refusal)) if refusal else None


def refuse_delivery(code: str, source: Source | None = None) -> None:
    """Count a delivery that was turned away whole."""
    DeliveryRefused(by_name=f"source {source.name}" if source else "unknown", source=source, code=code).save(
        using="ingest", force_insert=True
    )
