"""The readers of the demo: 293 invented sites in the six police areas, three sources with keys, some in cars."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model

from alpr_portal.policy.vocabulary import Mount, Siting
from reads import signatures
from reads.geo import BOXES
from reads.inventory import digest
from reads.models import Camera, SitingAttestation, Source

from .cast import People
from .write import dated, history, id_of

STREETS = (
    "Acorn", "Bayberry", "Cinnabar", "Driftwood", "Egret", "Foxtail", "Gable", "Heron", "Ironbark", "Juniper", "Kestrel",
    "Larkspur", "Madrone", "Nutmeg", "Oriole", "Pelican", "Quarry", "Redbud", "Sorrel", "Tamarisk", "Umber", "Verbena",
    "Wren", "Yarrow", "Zephyr",
)  # fmt: skip
WAYS = ("St", "Ave", "Blvd", "Way")
COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
UNATTESTED = (57, 141, 209)  # by number
RETIRED = (12, 88, 163, 240)
MOVED = (5, 71, 118, 187, 266)
VEHICLES = 12  # of the 293, the last ones


@dataclass(frozen=True)
class Sender:
    """A source of the demo: its name, format, how many cameras, and how often it delivers."""

    name: str
    format: str
    cameras: int
    minutes: int
    says: str

    @property
    def key(self) -> str:
        """The demo's key; a real one is random and shown once."""
        return f"alpr_demo-{self.name}-key"


SENDERS = (
    Sender("street-network", "openalpr", 168, 15, "Fixed readers on poles, by way of the vendor's agents"),
    Sender("gateway-cameras", "platerecognizer", 113, 15, "Fixed readers at bridges and ramps"),
    Sender("patrol-cars", "portal", VEHICLES, 240, "Readers on patrol cars, delivered during and after the shift"),
)


class Readers:
    """Sources and cameras, not yet written; ``by_area`` and ``cars`` hold those that deliver."""

    def __init__(self, now: datetime, people: People) -> None:
        self.now, self.people = now, people
        draw = random.Random("cameras")  # noqa: S311 - the demo is the same each time
        self.sources = [self._source(sender) for sender in SENDERS]
        self.cameras: list[Camera] = []
        self.direction: dict[object, str] = {}
        owners = [source for source, sender in zip(self.sources, SENDERS, strict=True) for _ in range(sender.cameras)]
        for number, source in enumerate(owners, start=1):
            self.cameras.append(self._camera(number, source, draw))
            self.direction[self.cameras[-1].pk] = draw.choice(COMPASS)
        silent = {*UNATTESTED, *RETIRED}
        delivering = [c for number, c in enumerate(self.cameras, start=1) if number not in silent]
        self.by_area = {area: [c for c in delivering if c.area == area and c.mount == Mount.FIXED] for area in BOXES}
        self.cars = [c for c in delivering if c.mount == Mount.VEHICLE]

    def rows(self) -> Iterator[list[Model]]:
        """All rows, a model at a time, in the order in which they can be written."""
        coordinator = self.people["coordinator"]
        yield list(self.sources)
        yield [history(source, self.now - timedelta(days=405), coordinator) for source in self.sources]
        yield list(self.cameras)
        yield [row for number, camera in enumerate(self.cameras, start=1) for row in self._changes(number, camera)]
        yield [self._siting(number, c) for number, c in enumerate(self.cameras, start=1) if number not in UNATTESTED]

    def _source(self, sender: Sender) -> Source:
        source = Source(
            id=id_of("source", sender.name), name=sender.name, description=sender.says, format=sender.format,
            key_digest=digest(sender.key), key_hint=sender.key[:10], key_made_at=self.now - timedelta(days=90),
        )  # fmt: skip
        if source.may_sign:
            source.sealed_key = signatures.seal(sender.key, source.pk, settings.IMAGE_KEY)
        return source

    def _camera(self, number: int, source: Source, draw: random.Random) -> Camera:
        area = str(number % 6 + 1)
        west, south, east, north = BOXES[area]
        begun = (self.now - timedelta(days=draw.randint(60, 395))).date()
        if source.format == "portal":
            car = number - sum(sender.cameras for sender in SENDERS[:2])
            return Camera(
                id=id_of("camera", number), source=source, code=f"car-{car:02}", name=f"Patrol car {car}",
                mount=Mount.VEHICLE.value, area=area, in_service_from=begun,
            )  # fmt: skip
        street, way, cross = draw.choice(STREETS), draw.choice(WAYS), draw.randint(2, 98)
        return Camera(
            id=id_of("camera", number), source=source, code=f"{source.name[:2].upper()}-{number:03}",
            name=f"{street} {way} at {ordinal(cross)}", mount=Mount.FIXED.value, area=area,
            lat=round(draw.uniform(south, north), 6), lon=round(draw.uniform(west, east), 6), in_service_from=begun,
            in_service_to=(self.now - timedelta(days=20)).date() if number in RETIRED else None,
        )  # fmt: skip

    def _changes(self, number: int, camera: Camera) -> list[Model]:
        """The change log of a camera: added, and for some moved or taken out of service."""
        coordinator = self.people["coordinator"]
        added = self.now - timedelta(days=400)
        if number in MOVED:
            before: dict[str, Any] = {"name": f"{camera.name}, north side", "lat": round((camera.lat or 0) + 0.0011, 6)}
            moved = self.now - timedelta(days=number % 50 + 3)
            return [history(camera, added, coordinator, **before), history(camera, moved, coordinator, "~")]
        if number in RETIRED:
            ended = self.now - timedelta(days=21)
            return [history(camera, added, coordinator, in_service_to=None), history(camera, ended, coordinator, "~")]
        return [history(camera, added, coordinator)]

    def _siting(self, number: int, camera: Camera) -> SitingAttestation:
        ordered = number == 100
        note = "Looks along the roadway; no door, window or yard is in the picture."
        return dated(
            SitingAttestation, self.now - timedelta(days=399), self.people["coordinator"], id=id_of("siting", number),
            camera=camera, place_id=camera.place_id, note="" if ordered else note, court_order="SW-24-0731" if ordered else "",
            siting=(Siting.COURT_ORDER if ordered else Siting.PUBLIC_PLACE if number % 9 == 0 else Siting.RIGHT_OF_WAY).value,
        )  # fmt: skip


def ordinal(number: int) -> str:
    """``21`` as ``21st``."""
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
