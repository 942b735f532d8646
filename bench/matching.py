"""What it costs to compare reads with a hot list of a million plates, in the statement that stores them."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import msgspec
from django.utils import timezone
from psycopg import Connection

from reads.adapters.base import NormalRead

from .cluster import Ground
from .ingest import batches, made, rows, stage
from .measure import rounds, spread
from .people import People
from .sizes import Sizes

Say = Callable[[str], None]
LARGE, SMALL = 5_000, 50
ONE_IN = 400  # reads on the list: about what the Department's readers see (3,700 of 1.6 million a day)
LIST = uuid.UUID(int=0xB0)
MAKE = """
INSERT INTO hotlists_hotlist (id, name, title, kind, feed, priority, description, is_active)
VALUES (%(list)s, 'bench', 'Bench', 'svs', 'file', 2, '', true) ON CONFLICT (id) DO UPDATE SET is_active = true
"""
RECEIPT = """
INSERT INTO hotlists_refresh (id, by_name, by_badge, by_unit, hot_list_id, delivery_id, template_id, number, started_at,
  rows, kept, refused, immigration, faults, outcome, code, says)
SELECT %(refresh)s, 'bench', '', '', %(list)s, gen_random_uuid(), gen_random_uuid(), 1 + count(*), now(), %(rows)s,
  %(rows)s, '{}', 0, '[]', 'applied', '', '' FROM hotlists_refresh
"""
IN_FORCE = """
INSERT INTO hotlists_liststate (hot_list_id, refresh_id, refreshed_at) VALUES (%(list)s, %(refresh)s, now())
ON CONFLICT (hot_list_id) DO UPDATE SET refresh_id = EXCLUDED.refresh_id, refreshed_at = now()
"""
# As plates of California: a digit, three letters, three digits; of them 158 million, so that few are hit by chance.
FILL = """
INSERT INTO hotlists_watchrow (hot_list_id, refresh_id, plate, plate_fold, state, detail)
SELECT %(list)s, %(refresh)s, p, translate(p, 'OQDILSBZ', '00011582'), 'CA', '{"reason": "stolen"}'
FROM (SELECT pg_temp.plate(n) AS p FROM generate_series(0, %(rows)s - 1) AS n) AS numbered
"""
PLATE = """
CREATE OR REPLACE FUNCTION pg_temp.plate(n integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 1 + k %% 9 || chr(65 + k / 9 %% 26) || chr(65 + k / 234 %% 26) || chr(65 + k / 6084 %% 26)
    || lpad((k / 158184 %% 1000)::text, 3, '0')
  FROM (SELECT ((n::bigint * 73679870 + 104729) %% 158184000)::int AS k) AS drawn
$$
"""
TRIGGER = {
    "stored": "ALTER TABLE reads_read DISABLE TRIGGER hotlists_match",
    "matched": "ALTER TABLE reads_read ENABLE ALWAYS TRIGGER hotlists_match",
}


def fill(admin: Connection[Any], plates: int) -> float:
    """A list of so many plates, in force, in a database of the benchmark's own; answers the seconds it took."""
    began = time.perf_counter()
    said = {"list": LIST, "refresh": uuid.uuid4(), "rows": plates}
    admin.execute("SET session_replication_role = replica")  # a list from nowhere: no file, no template, no approval
    for table in ("watchrow", "refresh"):
        admin.execute(f"ALTER TABLE hotlists_{table} DISABLE TRIGGER USER")
    for statement in (MAKE, RECEIPT, PLATE, FILL, IN_FORCE):
        admin.execute(statement, said)
    admin.execute("RESET session_replication_role")
    admin.execute("VACUUM (ANALYZE) hotlists_watchrow")
    return time.perf_counter() - began


def forget(admin: Connection[Any]) -> None:
    """The list is switched off and empty: other parts store reads without it."""
    admin.execute("UPDATE hotlists_hotlist SET is_active = false")
    admin.execute("TRUNCATE hotlists_watchrow")


def listed_plates(admin: Connection[Any]) -> list[str]:
    """Some of the listed plates, to be read."""
    return [p for (p,) in admin.execute("SELECT plate FROM hotlists_watchrow TABLESAMPLE SYSTEM (1) LIMIT 20000")]


def of_the_day(people: People, n: int, plates: Sequence[str], *, label: str, now: datetime) -> list[NormalRead]:
    """Reads of which one in 400 is on the list."""
    draw = random.Random(label)
    found = made(people, n, label=label, now=now)
    for at in range(0, n, ONE_IN):
        plate = draw.choice(plates)
        found[at] = msgspec.structs.replace(found[at], plate=plate, plate_seen=plate)
    return found


def measure(ground: Ground, people: People, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Reads a second with and without the comparison, for large and small batches, turn about; hits raised."""
    found: dict[str, dict[str, list[float]]] = {"large": {}, "small": {}}
    waits: dict[str, list[float]] = {"stored": [], "matched": []}
    run = uuid.uuid4().hex[:8]
    with closing(ground.admin()) as admin:
        loaded = fill(admin, sizes.listed)
        say(f"matching: a list of {sizes.listed:,} plates stands")
        plates = listed_plates(admin)
        try:
            for number in range(1, sizes.rounds + 1):
                for name, size, n in (("large", LARGE, sizes.copied), ("small", SMALL, sizes.small)):
                    for way in ("stored", "matched") if number % 2 else ("matched", "stored"):
                        admin.execute(TRIGGER[way])
                        label = f"{run}-{number}-{name}-{way}"
                        items = of_the_day(people, n, plates, label=label, now=timezone.now())
                        took = _timed(batches(rows(people, items), min(size, n)))
                        found[name].setdefault(way, []).append(n / sum(took))
                        if name == "small":
                            waits[way] += took
                say(f"matching, round {number} of {sizes.rounds}")
            raised = dict(admin.execute("SELECT match, count(*) FROM hotlists_hit GROUP BY match").fetchall())
        finally:
            admin.execute(TRIGGER["matched"])
            forget(admin)
    return {
        "listed": sizes.listed,
        "loaded_s": loaded,
        "one_in": ONE_IN,
        "rates": {name: {way: rounds(runs) for way, runs in ways.items()} for name, ways in found.items()},
        "batch": {"large": min(LARGE, sizes.copied), "small": min(SMALL, sizes.small)},
        "reads": {"large": sizes.copied, "small": sizes.small},
        "waits": {way: spread(times) for way, times in waits.items()},
        "raised": raised,
    }


def _timed(ready: Any) -> list[float]:
    took = []
    for batch in ready:
        began = time.perf_counter()
        stage(batch)
        took.append(time.perf_counter() - began)
    return took
