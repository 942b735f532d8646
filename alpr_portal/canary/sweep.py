"""One flight of the canary: through every door, 65 days on, and then a look everywhere; what it found, as one report."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.management import call_command
from django.db import connections
from psycopg import Connection, sql

from alpr_portal.bootstrap import bootstrap_database
from reads.partitions import make_ahead
from training.models import Member

from . import ageing, kept, places
from .allowed import ALLOWED, Allowed
from .doors import Door
from .ground import Ground
from .marks import PLATE, carries

WAL = (
    "the write-ahead log holds what was written since the last checkpoints; it is overwritten as the database works, and "
    "where it is archived, kept 7 days at most (docs/deployment.md)"
)


class Fault(Exception):  # noqa: N818 - read as a sentence: "raise Fault"
    """The flight says nothing: a door let nothing in, or this is not the canary's own ground."""


def prepare(ground: Ground) -> None:
    """An empty portal on the ground. Fault where anybody is in it already: the canary flies in a database of its own."""
    bootstrap_database(ground.url.replace(f"/{ground.name}", "/postgres", 1), ground.name)
    call_command("migrate", verbosity=0)
    if Member.objects.exists():
        raise Fault("this database has members: the canary flies in one of its own.")
    make_ahead()
    (ground.folder / "tmp").mkdir(exist_ok=True)


def enter(door: Door, ground: Ground) -> str:
    """Go through a door; what is wrong with it, "" where the plate was there afterwards."""
    before = in_column(ground, door.leaves) if door.leaves else 0
    try:
        said = door.enter()
    except Exception as error:  # one door's fault is told with the others'
        return f"{door.name}: {type(error).__name__}: {error}"
    if door.leaves and in_column(ground, door.leaves) <= before:
        return f"{door.name}: nothing came into {door.leaves}"
    if not door.leaves and not carries(said or b""):
        return f"{door.name}: what it answered did not hold the plate"
    return ""


def in_column(ground: Ground, name: str) -> int:
    """How many rows hold the plate in a column, or at all something where a digest stands for it."""
    table, column = name.split(".")
    with ground.admin() as admin:
        cells = admin.execute(
            sql.SQL("SELECT {}::text FROM {}").format(sql.Identifier(column), sql.Identifier(table))
        ).fetchall()
    return len(cells) if column == "digest" else sum(carries(cell or "", pressed=False) for (cell,) in cells)


def analyze(admin: Connection[Any], allowed: set[str]) -> None:
    """As autovacuum does it. Not where a plate may stay: what is noted of those tables stands among the rest's."""
    tables = admin.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    for (name,) in tables.fetchall():
        if name not in allowed:
            admin.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(name)))


def look(ground: Ground) -> list[places.Place]:
    return [place for kind in (*places.KINDS, kept.latest_backup) for place in kind(ground)]


def judged(found: Sequence[places.Place], allowed: Sequence[Allowed] = ALLOWED) -> dict[str, Any]:
    """Who of those that hold the plate may, who may not, and which permission nobody needed."""
    of = {one.table: one for one in allowed}
    holding = [place for place in found if place.found]
    survivors = [place for place in holding if place.of not in of]
    return {
        "places": len(found),
        "survivors": len(survivors),
        "found": [str(place) for place in survivors],
        "looked_at": dict(Counter(place.kind for place in found)),
        "allowed": {one.table: f"{one.reason} ({one.clause})" for one in allowed},
        "stale": sorted(of.keys() - {place.of for place in holding}),
    }


def fly(ground: Ground, doors: Sequence[Door], *, allowed: Sequence[Allowed] = ALLOWED) -> dict[str, Any]:
    """Everything, in its order; the report."""
    began = time.monotonic()
    faults = [fault for door in doors if (fault := enter(door, ground))]
    connections.close_all()
    with ground.admin() as admin:
        analyze(admin, {one.table for one in allowed})
        ageing.age(admin)
    done = ageing.duties()
    backup = kept.make_one()
    connections.close_all()
    report = judged(look(ground), allowed)
    segments, holding = places.write_ahead_log(ground)
    return {
        "plate": PLATE,
        **report,
        "doors": len(doors),
        "faults": faults,
        "duties": done,
        "seconds": {"backup": round(backup, 1), "flight": round(time.monotonic() - began)},
        "write_ahead_log": {"files": segments, "holding": holding, "says": WAL},
    }


def main(ground: Ground, doors: Sequence[Door], *, allowed: Sequence[Allowed] = ALLOWED) -> int:
    """Fly and answer as JSON on standard output; 0 where nothing survived, every door was one, and no permission is stale."""
    try:
        report = fly(ground, doors, allowed=allowed)
    except Fault as fault:
        report = {"places": 0, "survivors": 0, "found": [], "stale": [], "faults": [str(fault)]}
    json.dump(report, sys.stdout)
    return int(bool(report["survivors"] or report["faults"] or report["stale"]))
