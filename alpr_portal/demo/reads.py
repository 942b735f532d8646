"""Thirty days of reads: who drives where and when, as cameras saw it and sources delivered it.

Each day is drawn from its own date, so a later start adds what has come since and finds the rest as it was.
"""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connections

from alpr_portal.policy.parameters import RETENTION
from reads import packs, rules, staging
from reads.adapters import ItemFault
from reads.models import Batch, Camera, DeliveryRefused, Source
from reads.plates import fold

from .cameras import SENDERS, Readers
from .vehicles import COMMUTERS, FEATURED, Vehicle, misread, population
from .write import dated, id_of

OAKLAND = ZoneInfo("America/Los_Angeles")
SINGLE, TRIPS = 1750, 170  # a weekday's
HOUR = range(24)
HOURS = list(  # how much traffic there is in each hour of the day, cumulated
    accumulate((4, 2, 2, 2, 4, 10, 26, 48, 52, 42, 38, 40, 44, 42, 46, 54, 62, 64, 50, 38, 30, 22, 14, 8))
)
WEEKEND = 0.7
MISREAD = 0.02
COLUMNS = (("upload_day", "date"), ("uploaded_at", "timestamptz"), *staging.COLUMNS)
DEMO_KEY = "demo-"  # begins the batch keys of the demo


class Sight(NamedTuple):
    """One read before it is written."""

    uploaded_at: datetime
    captured_at: datetime
    id: uuid.UUID
    camera: Camera
    vehicle: Vehicle
    plate: str
    confidence: float
    lat: float
    lon: float


class World:
    """All reads that may be seen at ``now``, in the order of their upload.

    ``by_plate`` holds them in the order of their capture, ``alike`` the plates that look like one folded plate.
    """

    def __init__(self, readers: Readers, now: datetime, days: int) -> None:
        self.readers, self.now, self.days = readers, now, days
        self.since = now - min(RETENTION.now, timedelta(days=days))
        self.vehicles, self.weights = population()
        self.minutes = {s.pk: sender.minutes for s, sender in zip(readers.sources, SENDERS, strict=True)}
        first, last = (self.since - timedelta(days=1)).astimezone(OAKLAND).date(), now.astimezone(OAKLAND).date()
        every = (first + timedelta(days=n) for n in range((last - first).days + 1))
        self.sights = sorted(s for day in every for s in self._day(day) if self.since < s.uploaded_at <= now)
        self.by_plate: dict[str, list[Sight]] = defaultdict(list)
        for sight in sorted(self.sights, key=lambda s: s.captured_at):
            self.by_plate[sight.plate].append(sight)
        self.alike: dict[str, list[str]] = defaultdict(list)
        for plate in self.by_plate:
            self.alike[fold(plate)].append(plate)

    def _day(self, day: date) -> Iterator[Sight]:
        draw = random.Random(f"reads {day}")  # noqa: S311 - the demo is the same each time
        midnight = datetime(day.year, day.month, day.day, tzinfo=OAKLAND).astimezone(UTC)
        seen = sorted(self._seen(day, draw), key=lambda one: one[0])
        for second, camera, vehicle in seen:
            yield self._sight(midnight + timedelta(seconds=second), camera, vehicle, draw)

    def _seen(self, day: date, draw: random.Random) -> Iterator[tuple[float, Camera, Vehicle]]:
        """(second of the day, camera, vehicle): people going to work and back, tours of several stops, and the rest."""
        share = WEEKEND if day.weekday() > 4 else 1.0
        areas, cars = self.readers.by_area, self.readers.cars
        if day.weekday() < 5:
            for vehicle in self.vehicles[len(FEATURED) : len(FEATURED) + COMMUTERS]:
                work = areas[str(int(vehicle.plate[-1]) % 6 + 1)][int(vehicle.plate[-3:]) % 30]
                home = areas[vehicle.area][int(vehicle.plate[-3:]) % 25]
                if draw.random() < 0.85:
                    yield draw.gauss(7.7, 0.5) * 3600, home, vehicle
                    yield draw.gauss(17.5, 0.7) * 3600, work, vehicle
        tours = [
            *(car for car in FEATURED if draw.random() < 0.6),
            *draw.choices(self.vehicles, cum_weights=self.weights, k=int(TRIPS * share)),
        ]
        for vehicle in tours:
            moment = self._moment(draw)
            for _ in range(draw.randint(2, 6)):
                area = vehicle.area if draw.random() < 0.6 else draw.choice(list(areas))
                yield moment, draw.choice(areas[area]), vehicle
                moment += draw.uniform(150, 1500)
        for vehicle in draw.choices(self.vehicles, cum_weights=self.weights, k=int(SINGLE * share)):
            area = vehicle.area if draw.random() < 0.7 else draw.choice(list(areas))
            camera = draw.choice(cars) if draw.random() < 0.09 else draw.choice(areas[area])
            yield self._moment(draw), camera, vehicle

    def _moment(self, draw: random.Random) -> float:
        return draw.choices(HOUR, cum_weights=HOURS)[0] * 3600 + draw.random() * 3600

    def _sight(self, captured_at: datetime, camera: Camera, vehicle: Vehicle, draw: random.Random) -> Sight:
        wrong = draw.random() < MISREAD
        plate = misread(vehicle.plate, draw) if wrong else vehicle.plate
        confidence = draw.uniform(0.52, 0.8) if wrong else min(0.99, draw.gauss(0.93, 0.04))
        lat, lon = camera.lat, camera.lon
        if lat is None or lon is None:  # a car, somewhere in its area
            there: Any = draw.choice(self.readers.by_area[camera.area])
            lat, lon = there.lat + draw.uniform(-0.004, 0.004), there.lon + draw.uniform(-0.004, 0.004)
        step = self.minutes[camera.source_id] * 60
        uploaded = datetime.fromtimestamp((captured_at.timestamp() // step + 1) * step + 7, UTC)
        id_ = uuid.UUID(int=draw.getrandbits(128))
        return Sight(uploaded, captured_at, id_, camera, vehicle, plate, round(confidence, 3), lat, lon)


def store(sights: Iterable[Sight], readers: Readers, pictured: set[uuid.UUID]) -> None:
    """COPY reads into the past, as the owner. ``pictured``: those that have an image."""
    names = ", ".join(name for name, _ in COLUMNS)
    statement = f"COPY reads_read ({names}) FROM STDIN WITH (FORMAT BINARY)"
    with connections["owner"].cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([kind for _, kind in COLUMNS])
        for sight in sights:
            copy.write_row(row(sight, readers, int(sight.id in pictured)))


def store_pictures(kept: Iterable[packs.Kept]) -> None:
    """Tell where pictures lie, as the owner: ingest may tell it of reads that it stores now."""
    names = ", ".join(staging.PICTURE)
    with connections["owner"].cursor() as cursor, cursor.copy(f"COPY reads_picture ({names}) FROM STDIN") as copy:
        for one in kept:
            copy.write_row([getattr(one, name) for name in staging.PICTURE])


def row(sight: Sight, readers: Readers, images: int) -> tuple[object, ...]:
    """A read as the columns of the table."""
    camera, car = sight.camera, sight.vehicle
    sender = next(s for s, source in zip(SENDERS, readers.sources, strict=True) if source.pk == camera.source_id)
    said = {"platerecognizer": sight.plate.lower(), "portal": f"{sight.plate[:4]} {sight.plate[4:]}"}
    local = sight.captured_at.astimezone(OAKLAND).utcoffset() or timedelta()
    return (
        sight.uploaded_at.date(), sight.uploaded_at, sight.id, sight.captured_at,
        None if sender.format == "openalpr" else local // timedelta(minutes=1), camera.pk, camera.source_id,
        batch_id(sender.name, sight.uploaded_at), said.get(sender.format, sight.plate), sight.plate, fold(sight.plate),
        car.state, sight.confidence, sight.lat, sight.lon, readers.direction[camera.pk], car.make, car.model, car.colour,
        car.body, images,
    )  # fmt: skip


def batch_id(source: str, at: datetime) -> uuid.UUID:
    return id_of("batch", source, at.isoformat())


def batches(sights: Sequence[Sight], sources: Sequence[Source]) -> list[Batch]:
    """The deliveries that brought these reads, with now and then a duplicate or a camera that nobody attested."""
    named = {source.pk: source for source in sources}
    found = []
    lags: dict[tuple[uuid.UUID, datetime], list[int]] = defaultdict(list)
    for sight in sights:
        lags[sight.camera.source_id, sight.uploaded_at].append(
            int((sight.uploaded_at - sight.captured_at).total_seconds())
        )
    for (pk, at), seconds in lags.items():
        n = len(seconds)
        source, draw = named[pk], random.Random(f"batch {pk} {at}")  # noqa: S311 - the demo is the same each time
        silent = draw.randint(1, 3) if source.format != "portal" and draw.random() < 0.06 else 0
        twice = draw.randint(1, 2) if draw.random() < 0.03 else 0
        key = f"{DEMO_KEY}{at:%Y%m%d%H%M}"
        record = dated(
            Batch, at, id=batch_id(source.name, at), source=source, key=key, digest=id_of(source.pk, key).hex * 2,
            received=n + silent + twice, stored=n, duplicates=twice, refused={UNATTESTED.code: silent} if silent else {},
            faults=[{**UNATTESTED.as_json(), "index": n + place} for place in range(silent)],
            lag_median=round(median(seconds)), lag_longest=max(seconds),
        )  # fmt: skip
        record.by_name = f"source {source.name}"
        found.append(record)
    return found


def _unattested() -> ItemFault:
    """What the portal says to a camera that nobody attested."""
    today = date(2026, 1, 1)
    refusal = rules.may_deliver(
        camera_source=1, source=1, attested=False, in_service_from=today, in_service_to=None, today=today
    )
    return ItemFault(0, refusal.code, "camera", str(refusal))  # type: ignore[union-attr]


UNATTESTED = _unattested()


def turned_away(since: datetime, until: datetime) -> list[DeliveryRefused]:
    """Deliveries that were refused whole: now and then somebody tries an unknown key."""
    found = []
    for n in range((until.date() - since.date()).days + 1):
        day = since.date() + timedelta(days=n)
        at = datetime(day.year, day.month, day.day, 3, 23, 41, tzinfo=UTC)
        if day.toordinal() % 4 == 0 and since < at <= until:
            record = dated(DeliveryRefused, at, id=id_of("refused", day), source=None, code="key.unknown")
            record.by_name = "unknown"
            found.append(record)
    return found
