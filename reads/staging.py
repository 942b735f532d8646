"""Rows of reads on their way into the table: staged by binary COPY, then stored by one statement that settles duplicates."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connections

from .adapters.base import NormalRead
from .models import Camera, Source
from .packs import Kept
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
KINDS = [kind for _, kind in COLUMNS]
STAGE = (
    "CREATE TEMP TABLE IF NOT EXISTS reads_stage ("
    + ", ".join(f"{name} {kind}" for name, kind in COLUMNS)
    + ") ON COMMIT DELETE ROWS"
)
COPY = f"COPY reads_stage ({NAMES}) FROM STDIN WITH (FORMAT BINARY)"
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


def read_id(source: Source, external_id: str) -> uuid.UUID:
    """The id of a read: from its source and the source's own id, so that a second delivery is the same read."""
    return uuid.uuid5(READ_ID, f"{source.pk}\n{external_id}")


def row(id_: uuid.UUID, item: NormalRead, camera: Camera, source: Source, batch_id: uuid.UUID) -> Row:
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


def store(rows: Iterable[Row]) -> dict[uuid.UUID, date]:
    """Stage and store rows; answers the upload day of those that were new. Inside a transaction of ingest's.

    Rows go in the order of their ids, so that two writers with reads in common wait for each other and never in a circle.
    """
    ensure_today()
    with connections["ingest"].cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(COPY) as copy:
            copy.set_types(KINDS)
            for one in sorted(rows, key=lambda one: one[0].int):
                copy.write_row(one)
        cursor.execute(STORE)
        return dict(cursor.fetchall())


def store_pictures(kept: Iterable[Kept]) -> None:
    """Tell where the pictures of stored reads lie. Inside the transaction that stored them."""
    rows = [tuple(getattr(one, name) for name in PICTURE) for one in kept]
    places = ", ".join(["%s"] * len(PICTURE))
    with connections["ingest"].cursor() as cursor:
        cursor.executemany(f"INSERT INTO reads_picture ({', '.join(PICTURE)}) VALUES ({places})", rows)  # noqa: S608


def ensure_today() -> None:
    """Make today's and tomorrow's partitions where the hourly task has not; nothing where they stand."""
    with connections["ingest"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) < 2 FROM pg_inherits WHERE inhrelid IN (SELECT to_regclass(parent || to_char("
            "statement_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD')) FROM unnest(ARRAY['reads_read_', 'reads_picture_'])"
            " AS parent)"
        )
        if cursor.fetchone()[0]:
            cursor.execute("SELECT reads_make_partitions((statement_timestamp() AT TIME ZONE 'UTC')::date, 2)")
