"""Time passes for the canary: everything grows older by 65 days, and then every duty of the timetable has its turn.

The owner moves what is there into the past; the server's clock is left alone. A day's tables are moved with their files,
so that what lies in them lies there as it would.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from psycopg import Connection, sql

from alpr_portal.celery import app
from reads import disposal

DAYS = 65  # longer than an entry may last and its reads after it
ROUNDS = 9  # runs of the disposal: a brake lets two days go at a time
KEPT = {"django_migrations"}
TIMES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = '' AND a.atttypid IN ('date'::regtype, 'timestamptz'::regtype)
GROUP BY c.relname ORDER BY c.relname
"""
LEAVES = """
SELECT p.relname, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
JOIN reads_daily d ON d.parent = p.relname WHERE c.relkind = 'r' ORDER BY c.relname
"""
GUARDS = """
SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgenabled = 'A'
"""


def age(admin: Connection[Any]) -> None:
    """Make everything that is there 65 days older."""
    columns = dict(admin.execute(TIMES).fetchall())
    leaves = {leaf: parent for parent, leaf in admin.execute(LEAVES).fetchall()}
    admin.execute("SET session_replication_role = replica")
    for table, names in columns.items():
        if table in leaves or table in KEPT:
            continue
        guards = [name for (name,) in admin.execute(GUARDS, [table]).fetchall()]
        with admin.transaction():
            for guard in guards:
                _alter(admin, table, "DISABLE TRIGGER {}", guard)
            _older(admin, table, names)
            for guard in guards:
                _alter(admin, table, "ENABLE ALWAYS TRIGGER {}", guard)
    for leaf, parent in leaves.items():
        if admin.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(leaf))).fetchone() == (
            True,
        ):
            _move(admin, parent, leaf, columns[leaf])
    admin.execute("RESET session_replication_role")
    admin.execute("SELECT reads_make_partitions((statement_timestamp() AT TIME ZONE 'UTC')::date - 1, 3)")
    _files()


def _older(admin: Connection[Any], table: str, names: list[str]) -> None:
    moved = sql.SQL(", ").join(
        sql.SQL("{0} = {0} - interval '{1} days'").format(sql.Identifier(name), sql.SQL(str(DAYS))) for name in names
    )
    admin.execute(sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), moved))


def _alter(admin: Connection[Any], table: str, what: str, *names: str) -> None:
    act = sql.SQL(what).format(*map(sql.Identifier, names))  # type: ignore[arg-type]
    admin.execute(sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(table), act))


def _move(admin: Connection[Any], parent: str, leaf: str, names: list[str]) -> None:
    """A day's table becomes that of an earlier day, its file and all."""
    day = datetime.strptime(leaf[-8:], "%Y%m%d").replace(tzinfo=UTC).date() - timedelta(days=DAYS)
    name = f"{parent}_{day:%Y%m%d}"
    with admin.transaction():
        _alter(admin, parent, "DETACH PARTITION {}", leaf)
        _older(admin, leaf, names)
        _alter(admin, leaf, "RENAME TO {}", name)
        bounds = sql.SQL("ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
            sql.Identifier(name), sql.Literal(day), sql.Literal(day + timedelta(days=1))
        )
        admin.execute(sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(parent), bounds))


def _files() -> None:
    """Pictures and their keys go with their day; every file of the portal was last changed so long ago."""
    then = time.time() - DAYS * 86_400
    for place, suffix in ((Path(settings.DATA_DIR) / "images", ""), (Path(settings.IMAGE_KEYS_DIR), ".key")):
        for path in sorted(place.glob(f"????-??-??{suffix}")):
            day = date.fromisoformat(path.name[:10]) - timedelta(days=DAYS)
            path.rename(path.with_name(f"{day}{suffix}"))
    for path in Path(settings.DATA_DIR).rglob("*"):
        os.utime(path, (then, then))


def duties() -> list[str]:
    """Every duty of the timetable once, the disposal until nothing is left to it; answers their names."""
    app.loader.import_default_modules()
    names = sorted({entry["task"] for entry in app.conf.beat_schedule.values()})
    for name in names:
        app.tasks[name]()
    for _ in range(ROUNDS):
        if not disposal.expired_days():
            break
        app.tasks["reads.tasks.purge"]()
    assert not disposal.expired_days(), f"the disposal left {disposal.expired_days()}"
    connections.close_all()
    return names
