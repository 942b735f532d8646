"""Made reads at the size of a real month: 30 upload days that a search sees, the oldest partly hidden, and today's.

No vehicle of it exists: a plate has I, O or Q where California never puts one (first or third letter of a passenger
plate, the letter of a commercial one). Vehicles are not seen alike: a fleet of one in a thousand makes 2 % of the
reads, a fifth of all the next 68 %. Of the reads 2 % are misread in one character and 5 % come up to eight hours late.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

from psycopg import Connection, sql

from reads import partitions

from .cluster import Ground
from .measure import seconds
from .people import People
from .sizes import Sizes

Say = Callable[[str], None]
LOOK_ALIKE = ("8B0O1I5S2Z", "B8O0I1S5Z2")

VEHICLES = """
CREATE SCHEMA IF NOT EXISTS bench;
DROP TABLE IF EXISTS bench.vehicle, bench.camera;
CREATE UNLOGGED TABLE bench.vehicle (n integer, plate text, state text, make text, model text, colour text, body text);
CREATE UNLOGGED TABLE bench.camera (n integer, id uuid, lat float8, lon float8);
"""
# k: a number of its own for each vehicle (a prime times n, modulo the numbers there are); its digits are the plate.
VEHICLE = """
INSERT INTO bench.vehicle
SELECT n, CASE
  WHEN kind = 9 THEN (1 + k / 300000) || substr('IOQ', 1 + k %% 300000 / 100000, 1) || lpad((k %% 100000)::text, 5, '0')
  WHEN kind %% 2 = 0 THEN (1 + k / 2028000) || substr('IOQ', 1 + k %% 2028000 / 676000, 1)
    || chr(65 + k %% 676000 / 26000) || chr(65 + k %% 26000 / 1000) || lpad((k %% 1000)::text, 3, '0')
  ELSE (1 + k / 1794000) || substr('ABCDEFGHJKLMNPRSTUVWXYZ', 1 + k %% 1794000 / 78000, 1)
    || chr(65 + k %% 78000 / 3000) || substr('IOQ', 1 + k %% 3000 / 1000, 1) || lpad((k %% 1000)::text, 3, '0')
  END,
  (ARRAY['CA','CA','CA','CA','CA','CA','CA','CA','CA','CA','CA','NV','OR','WA','AZ',''])[1 + n %% 16],
  (ARRAY['toyota','honda','ford','chevrolet','nissan','bmw','subaru','tesla','kia','jeep'])[1 + n / 7 %% 10],
  (ARRAY['alder','birch','cedar','dune','ember','fjord','grove','haven'])[1 + n / 11 %% 8],
  (ARRAY['white','black','silver','gray','blue','red','green','brown'])[1 + n / 13 %% 8],
  (ARRAY['sedan','suv','pickup','van','hatchback'])[1 + n / 17 %% 5]
FROM (
  SELECT n, n %% 10 AS kind, ((n::bigint * 7368787 + 104729)
    %% CASE WHEN n %% 10 = 9 THEN 2700000 WHEN n %% 2 = 0 THEN 18252000 ELSE 16146000 END)::int AS k
  FROM generate_series(0, %(vehicles)s - 1) AS n
) AS numbered
"""
DAY = """
WITH drawn AS MATERIALIZED (
  SELECT i, random() AS moment, random() AS share, random() AS whose, random() AS where_, random() AS late,
    random() AS delay, random() AS misread, random() AS place, random() AS letter, random() AS sure
  FROM generate_series(0, %(rows)s - 1) AS i
), sighted AS (
  SELECT d.*, %(first)s::timestamptz + (i + moment) * %(step)s * interval '1 second' AS uploaded_at,
    floor(%(vehicles)s * whose * CASE WHEN share < 0.02 THEN 0.001 WHEN share < 0.70 THEN 0.2 ELSE 1 END)::int AS vehicle,
    floor(%(cameras)s * power(where_, 1.4))::int AS camera
  FROM drawn d
), seen AS (
  SELECT s.*, v.state, v.make, v.model, v.colour, v.body, c.id AS camera_id, c.lat, c.lon,
    CASE WHEN misread >= 0.02 THEN v.plate
      WHEN translate(substr(v.plate, at, 1), %(like)s, %(alike)s) <> substr(v.plate, at, 1)
      THEN overlay(v.plate PLACING translate(substr(v.plate, at, 1), %(like)s, %(alike)s) FROM at FOR 1)
      ELSE overlay(v.plate PLACING chr(65 + floor(letter * 26)::int) FROM at FOR 1) END AS plate
  FROM sighted s
  JOIN bench.vehicle v ON v.n = s.vehicle JOIN bench.camera c ON c.n = s.camera
  CROSS JOIN LATERAL (SELECT 1 + floor(place * 7)::int AS at) AS character
)
INSERT INTO {table} (id, upload_day, uploaded_at, captured_at, offset_minutes, camera_id, source_id, batch_id, plate_seen,
  plate, plate_fold, state, confidence, lat, lon, direction, make, model, colour, body, images)
SELECT gen_random_uuid(), %(day)s, uploaded_at,
  uploaded_at - CASE WHEN late < 0.05 THEN delay * interval '8 hours' ELSE (1 + 20 * delay) * interval '1 second' END,
  -480, camera_id, %(source)s, md5(%(day)s::text || i / 50)::uuid, plate, plate,
  translate(plate, 'OQDILSBZ', '00011582'), state, 0.7 + 0.3 * sure, lat, lon,
  (ARRAY['N','NE','E','SE','S','SW','W','NW'])[1 + i %% 8], make, model, colour, body, 0
FROM seen
"""


def days(sizes: Sizes, now: datetime) -> list[tuple[date, datetime, float]]:
    """The upload days a search sees now: each with its first moment and the seconds between two reads.

    Today's reads all came before ``now``, so the day without a pattern index is always a whole day's reads: the worst hour.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    spans = [(today - timedelta(days=n), 86_400.0) for n in range(30, 0, -1)]
    spans.append((today, max(1.0, (now - today).total_seconds() - 1)))
    return [(first.date(), first, seconds / max(1, sizes.a_day)) for first, seconds in spans]


def ensure(ground: Ground, people: People, sizes: Sizes, say: Say, *, now: datetime) -> dict[str, Any]:
    """Make what is missing of the month and take away what is too much; answers what it took."""
    began = time.perf_counter()
    wanted = days(sizes, now)
    partitions.make_ahead(wanted[0][0], len(wanted) + 1)
    with closing(ground.admin()) as admin:
        known = _mark(sizes, people)
        same = admin.execute("SELECT obj_description(to_regclass('bench.vehicle'))").fetchone() == (known,)
        if not same:
            admin.execute(VEHICLES)
            admin.execute(VEHICLE, {"vehicles": sizes.vehicles})
            rows = [(n, camera.pk, camera.lat, camera.lon) for n, camera in enumerate(people.cameras)]
            admin.cursor().executemany("INSERT INTO bench.camera VALUES (%s, %s, %s, %s)", rows)
            admin.execute("ANALYZE bench.vehicle; ANALYZE bench.camera")
            admin.execute(sql.SQL("COMMENT ON TABLE bench.vehicle IS {}").format(known))
        due = [one for one in wanted if not same or count(admin, one[0]) != sizes.a_day]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        tell = every(5, say, f"of {len(due)} upload days of {sizes.a_day:,} reads")
        for one in pool.map(lambda one: _fill(ground, people, sizes, one), due):
            tell(str(one))
    made = time.perf_counter() - began
    indexed = seconds(lambda: partitions.index_closed_days(every(10, say, "closed days with their pattern index")))
    with closing(ground.admin()) as admin:
        if due:
            # of the whole only: each day has its own; older servers cannot tell them apart
            admin.execute(f"ANALYZE {'ONLY' * (admin.info.server_version >= 180000)} reads_read")
            admin.execute("CHECKPOINT")
        return {"days_made": len(due), "made_s": made, "indexed_s": indexed, **_measures(admin)}


def every(n: int, say: Say, what: str) -> Say:
    """Something to tell of each piece of work, of which only each n-th is said, with the count."""
    told = itertools.count(1)

    def tell(piece: str) -> None:
        if not (number := next(told)) % n:
            say(f"{number} {what}")

    return tell


def _mark(sizes: Sizes, people: People) -> str:
    """What the reads were made for: other vehicles, cameras or a new inventory make them anew."""
    return f"{sizes.vehicles} vehicles, {sizes.cameras} cameras, first {people.cameras[0].pk}"


def count(admin: Connection[Any], day: date) -> int:
    """How many reads an upload day holds."""
    found = admin.execute(sql.SQL("SELECT count(*) FROM {}").format(table(day))).fetchone()
    return int(found[0]) if found else 0


def table(day: date) -> sql.Identifier:
    return sql.Identifier(f"reads_read_{day:%Y%m%d}")


def _fill(ground: Ground, people: People, sizes: Sizes, one: tuple[date, datetime, float]) -> None:
    day, first, step = one
    with closing(ground.admin()) as admin:
        fill(admin, people, sizes, day, rows=sizes.a_day, first=first, step=step)


def fill(
    admin: Connection[Any], people: People, sizes: Sizes, day: date, *, rows: int, first: datetime, step: float
) -> None:
    """Make the reads of one upload day anew. Its indexes are built afterwards, all at once: the same, and faster."""
    name = table(day)
    bounds = sql.SQL("FOR VALUES FROM ({}) TO ({})").format(str(day), str(day + timedelta(days=1)))
    values = {
        "rows": rows,
        "first": first,
        "step": step,
        "vehicles": sizes.vehicles,
        "cameras": len(people.cameras),
        "like": LOOK_ALIKE[0],
        "alike": LOOK_ALIKE[1],
        "day": day,
        "source": people.source.pk,
    }
    admin.execute(sql.SQL("ALTER TABLE reads_read DETACH PARTITION {}").format(name))
    indexes = admin.execute(INDEXES, {"name": name.as_string(admin)}).fetchall()
    for drop, _ in indexes:
        admin.execute(drop)
    admin.execute(sql.SQL("TRUNCATE {}").format(name))
    admin.execute(sql.SQL(DAY).format(table=name), values)
    for _, make in indexes:
        if make:
            admin.execute(make)
    admin.execute(sql.SQL("ALTER TABLE reads_read ATTACH PARTITION {} {}").format(name, bounds))
    admin.execute(sql.SQL("VACUUM (FREEZE, ANALYZE) {}").format(name))


# How the key and the indexes of a table are dropped and made; a pattern index is only dropped: the portal makes it.
INDEXES = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE conrelid = to_regclass(%(name)s) AND contype = 'p'
UNION ALL
SELECT format('DROP INDEX %%s', indexrelid::regclass),
    CASE WHEN indexrelid::regclass::text NOT LIKE '%%trigram' THEN pg_get_indexdef(indexrelid) END
  FROM pg_index WHERE indrelid = to_regclass(%(name)s) AND NOT indisprimary
"""


def _measures(admin: Connection[Any]) -> dict[str, Any]:
    """How many reads there are, how many a search can see, and what they take on the disk, in bytes."""
    found = admin.execute(
        "SELECT count(*), count(*) FILTER (WHERE uploaded_at > now() - interval '720 hours'), count(DISTINCT upload_day),"
        " count(*) FILTER (WHERE images > 0) FROM reads_read"
    ).fetchone()
    sizes = admin.execute(
        "SELECT sum(pg_relation_size(inhrelid)), sum(pg_indexes_size(inhrelid)),"
        " coalesce(sum(pg_relation_size(to_regclass(inhrelid::regclass::text || '_trigram'))), 0)"
        " FROM pg_inherits WHERE inhparent = 'reads_read'::regclass"
    ).fetchone()
    rows, visible, upload_days, _ = found or (0, 0, 0, 0)
    table_bytes, index_bytes, pattern_bytes = map(int, sizes or (0, 0, 0))
    return {
        "rows": rows,
        "visible": visible,
        "upload_days": upload_days,
        "table_bytes": table_bytes,
        "index_bytes": index_bytes,
        "pattern_bytes": pattern_bytes,
    }
