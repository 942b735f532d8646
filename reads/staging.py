"""Rows of reads on their way into the table: staged by binary COPY, then stored by one statement that settles duplicates."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from django.db import connections

from .adapters.base import NormalRead
from .models import Source
from .packs import Kept
from .plates import fold

READ_ID = uuid.UUID("6f0a1c1e-6a4e-5d0e-9a53-2b1f5f7d7a10")  # namespace of read ids
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
KINDS = [kind for _, kind in COLUMNS]
STAGE = "CREATE TEMP TABLE IF NOT EXISTS reads_stage (" + ", ".join(f"{name} {kind}" for name, kind in COLUMNS) + ")"
COPY = f"COPY reads_stage ({NAMES}) FROM STDIN WITH (FORMAT BINARY)"
PICTURE = (
    "read_id",
    "upload_day",
    "number",
    "kind",
    "pack",
    "starts_at",
    "size",
    "thumbnail_starts_at",
    "thumbnail_size",
    "digest",
)
Row = tuple[Any, ...]


def read_id(source: Source, external_id: str, captured_at: datetime) -> uuid.UUID:
    """The id of a read: from its source, the source's own id and its capture, so that a second delivery is the same read.

    The capture is in it because sources begin to count anew: a used id of another time is another read.
    """
    return uuid.uuid5(READ_ID, f"{source.pk}\n{external_id}\n{captured_at.isoformat()}")


class Standing(Protocol):
    """What a row needs of a camera: its id and where it stands, in degrees."""

    @property
    def pk(self) -> uuid.UUID: ...
    @property
    def lat(self) -> float | None: ...
    @property
    def lon(self) -> float | None: ...


def row(id_: uuid.UUID, item: NormalRead, camera: Standing, source: Source, batch_id: uuid.UUID) -> Row:
    """A read in the order of ``COLUMNS``; one without a place stands where its camera does."""
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
        item.lat if item.lat is not None else camera.lat,
        item.lon if item.lon is not None else camera.lon,
        item.direction,
        item.make,
        item.model,
        item.colour,
        item.body,
        len(item.images),
    )


class Stored(NamedTuple):
    """What became of one batch's rows: how many were new on one upload day, and which of them bring pictures."""

    batch_id: uuid.UUID
    upload_day: date
    stored: int
    pictured: list[uuid.UUID]


def store(rows: Iterable[Row]) -> list[Stored]:
    """Stage and store rows; answers what was new, by batch and upload day. Inside a transaction of ingest's.

    Rows go in the order of their ids, so that two writers with reads in common wait for each other and never in a circle.
    The statement is a function of the database (migration 0010), which plans it once a connection: over forty upload
    days, planning it anew cost more than storing fifty reads.
    """
    with connections["ingest"].cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(COPY) as copy:
            copy.set_types(KINDS)
            for one in sorted(rows, key=lambda one: one[0].int):
                copy.write_row(one)
        cursor.execute("SELECT of_batch, on_day, stored, pictured FROM reads_store_staged()")
        return [Stored(*found) for found in cursor.fetchall()]


def store_pictures(kept: Iterable[Kept]) -> None:
    """Tell where the pictures of stored reads lie. Inside the transaction that stored them."""
    rows = [tuple(getattr(one, name) for name in PICTURE) for one in kept]
    places = ", ".join(["%s"] * len(PICTURE))
    with connections["ingest"].cursor() as cursor:
        cursor.executemany(f"INSERT INTO reads_picture ({', '.join(PICTURE)}) VALUES ({places})", rows)  # noqa: S608
