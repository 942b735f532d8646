"""Storing what cameras deliver: looked over, stored once together with what arrives meanwhile, answered alike at every replay."""

from __future__ import annotations

import hashlib
import statistics
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import LATE_FIXED, LATE_VEHICLE
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import Mount

from . import images, packs, rules, staging
from .adapters.base import ItemFault, NormalRead, Parsed
from .inventory import attested
from .models import Batch, Camera, DeliveryRefused, Source
from .staging import read_id
from .writer import Writer

MOST_TOGETHER = 10_000  # reads in one transaction
UNKNOWN_CAMERA = (
    "camera.unknown",
    "camera",
    "This camera is not in the inventory: ask the Coordinator to add it.",
)


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
    """One delivery ready to be stored: its rows and cleaned pictures by read id, and what was turned away."""

    source: Source
    key: str
    digest: str
    received: int
    faults: list[ItemFault]
    batch_id: uuid.UUID = field(default_factory=uuid.uuid4)
    rows: dict[uuid.UUID, staging.Row] = field(default_factory=dict)
    pictures: dict[uuid.UUID, list[images.Clean]] = field(default_factory=dict)
    lags: list[float] = field(default_factory=list)
    taken: int = 0

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
    delivery = Delivery(source, key, digest, len(parsed.items), faults)
    for item, camera, pictures in reads:
        id_ = read_id(source, item.external_id)
        delivery.rows[id_] = staging.row(id_, item, camera, source, delivery.batch_id)
        if pictures:
            delivery.pictures[id_] = pictures
        delivery.lags.append((now - item.captured_at).total_seconds())
    delivery.taken = len(reads)
    try:
        return _receipt(WRITER.submit(delivery, weight=len(reads)))
    except IntegrityError:
        first = receipt_of(source, key, digest)  # the same delivery, posted twice at once: the other one was first
        if first is None:
            raise
        return first


def store_together(deliveries: Sequence[Delivery]) -> list[Batch]:
    """Store several deliveries in one transaction, reads and records; answers their records. All or nothing."""
    with transaction.atomic(using="ingest"):
        rows: dict[uuid.UUID, staging.Row] = {}
        owners: dict[uuid.UUID, Delivery] = {}
        for delivery in deliveries:
            for id_, row in delivery.rows.items():
                rows[id_], owners[id_] = row, delivery
        stored = staging.store(rows.values()) if rows else {}
        _keep_pictures(stored, owners)
        new = Counter(owners[id_].batch_id for id_ in stored)
        batches = [delivery.batch(new[delivery.batch_id]) for delivery in deliveries]
        Batch.objects.using("ingest").bulk_create(batches)
    return batches


def _keep_pictures(stored: dict[uuid.UUID, date], owners: dict[uuid.UUID, Delivery]) -> None:
    by_day: dict[date, list[tuple[uuid.UUID, list[images.Clean]]]] = {}
    for id_, day in stored.items():
        if pictures := owners[id_].pictures.get(id_):
            by_day.setdefault(day, []).append((id_, pictures))
    for day, pictured in by_day.items():
        staging.store_pictures(packs.keep(day, pictured))


WRITER: Writer[Delivery, Batch] = Writer(store_together, most=MOST_TOGETHER)


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
) -> tuple[list[tuple[NormalRead, Camera, list[images.Clean]]], list[ItemFault]]:
    """The items whose camera may deliver today, with their camera and cleaned pictures; and all faults, the adapter's too."""
    cameras = known_cameras(source, {item.camera for item in items if isinstance(item, NormalRead)})
    reads: list[tuple[NormalRead, Camera, list[images.Clean]]] = []
    faults: list[ItemFault] = []
    standing = {code: camera_fault(source, camera, now) for code, camera in cameras.items()}
    for index, item in enumerate(items):
        if isinstance(item, ItemFault):
            faults.append(item)
            continue
        camera = cameras.get(item.camera)
        if camera is None:
            faults.append(ItemFault(index, *UNKNOWN_CAMERA))
            continue
        if fault := standing[item.camera] or lateness(item, camera, now):
            faults.append(ItemFault(index, *fault))
            continue
        try:
            pictures = [images.clean(data, kind=kind) for data, kind in zip(item.images, item.kinds, strict=True)]
            reads.append((item, camera, pictures))
        except BadInput as error:
            faults.append(ItemFault(index, error.code, error.field, error.message))
    return reads, faults


def known_cameras(source: Source, codes: set[str]) -> dict[str, Camera]:
    """Cameras by their code: the source's own first, else another source's (then the refusal can say so)."""
    found = Camera.objects.using("ingest").filter(code__in=codes).annotate(is_attested=attested())
    return {c.code: c for c in sorted(found, key=lambda c: c.source_id == source.pk)}


def camera_fault(source: Source, camera: Any, now: datetime) -> tuple[str, str, str] | None:
    """Why this camera may not deliver: (code, field, message), or None."""
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


def refuse_delivery(code: str, source: Source | None = None) -> None:
    """Count a delivery that was turned away whole."""
    DeliveryRefused(by_name=f"source {source.name}" if source else "unknown", source=source, code=code).save(
        using="ingest", force_insert=True
    )
