"""Every place where a plate could have stayed: one function for each kind, which looks and says what it looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from psycopg import Connection, sql

from .ground import Ground
from .marks import carries

HEXADECIMAL = re.compile(rb"\\x(?:[0-9a-f]{2})*")
# Types that cannot hold a plate.
BLIND = (
    "bool",
    "int2",
    "int4",
    "int8",
    "float4",
    "float8",
    "numeric",
    "date",
    "timestamptz",
    "time",
    "interval",
    "uuid",
    "oid",
)
COLUMNS = """
SELECT c.table_schema, c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)
FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE t.table_type = 'BASE TABLE' AND t.table_schema NOT IN ('pg_catalog', 'information_schema')
  AND ltrim(c.udt_name, '_') <> ALL (%s)
  AND NOT EXISTS (SELECT 1 FROM pg_partitioned_table p
    WHERE p.partrelid = to_regclass(format('%%I.%%I', t.table_schema, t.table_name)))
GROUP BY 1, 2 ORDER BY 1, 2
"""
STATISTICS = """
SELECT tablename, attname,
  concat_ws(' ', most_common_vals::text, histogram_bounds::text, most_common_elems::text) FROM pg_stats
WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""
# Which table a file of the cluster belongs to: its own, or that of an index or of what was too long for a row.
FILES = """
SELECT pg_relation_filepath(c.oid), coalesce(i.indrelid, o.oid, c.oid)::regclass::text, c.relname
FROM pg_class c LEFT JOIN pg_index x ON x.indexrelid = c.oid
LEFT JOIN pg_class o ON o.reltoastrelid = coalesce(x.indrelid, c.oid)
LEFT JOIN pg_index i ON i.indexrelid = c.oid AND o.oid IS NULL
WHERE pg_relation_filepath(c.oid) IS NOT NULL
"""


@dataclass(frozen=True)
class Place:
    """One place that was looked at. ``of``: the table it belongs to, where it belongs to one."""

    kind: str
    name: str
    found: bool
    of: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


def columns(ground: Ground) -> Iterator[Place]:
    """Every column that could hold one, of every table, partitions too."""
    with ground.admin() as admin:
        for schema, table, names in admin.execute(COLUMNS, [list(BLIND)]).fetchall():
            found = _carrying(admin, sql.Identifier(schema, table), names)
            yield from (Place("column", f"{table}.{name}", name in found, table) for name in names)


def _carrying(admin: Connection[Any], table: sql.Composable, names: list[str]) -> set[str]:
    """The columns of a table in which a value carries the plate."""
    cells = sql.SQL(", ").join(sql.SQL("convert_to({}::text, 'UTF8')").format(sql.Identifier(name)) for name in names)
    with admin.transaction(), admin.cursor("every_row") as cursor:
        cursor.execute(sql.SQL("SELECT {} FROM {}").format(cells, table))
        found: set[str] = set()
        for row in cursor:
            found |= {name for name, cell in zip(names, row, strict=True) if cell is not None and carries(raw(cell))}
    return found


def raw(cell: bytes) -> bytes:
    """A value as it is; PostgreSQL writes bytes as hexadecimal digits."""
    return bytes.fromhex(cell[2:].decode()) if HEXADECIMAL.fullmatch(cell) else cell


def statistics(ground: Ground) -> Iterator[Place]:
    """What the planner keeps of each column; and of statements, where that is switched on."""
    with ground.admin() as admin:
        for table, name, kept in admin.execute(STATISTICS).fetchall():
            yield Place("statistics", f"{table}.{name}", carries(kept), table)
        if admin.execute("SELECT to_regclass('pg_stat_statements')").fetchone() != (None,):
            rows = admin.execute("SELECT query FROM pg_stat_statements").fetchall()
            yield Place("statistics", "pg_stat_statements", any(carries(query or "") for (query,) in rows))
        rows = admin.execute("SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
        yield Place("statistics", "pg_stat_activity", any(carries(query or "") for (query,) in rows))


def database_files(ground: Ground) -> Iterator[Place]:
    """The cluster's own files: tables, indexes, long values, catalogues; all but the write-ahead log."""
    with ground.admin() as admin:
        admin.execute("CHECKPOINT")
        known = {path: (table, name) for path, table, name in admin.execute(FILES).fetchall()}
    for path in _walk(ground.cluster):
        at = path.relative_to(ground.cluster)
        if at.parts[0] == "pg_wal":
            continue
        table, name = known.get(str(at).split(".")[0].removesuffix("_fsm").removesuffix("_vm"), ("", ""))
        yield Place("database file", f"{at} ({name})" if name else str(at), _file_carries(path, pressed=False), table)


def write_ahead_log(ground: Ground) -> tuple[int, int]:
    """How many files it has, and how many hold the plate: looked at and told apart, since it is bounded in days."""
    files = [path for path in _walk(ground.cluster) if path.relative_to(ground.cluster).parts[0] == "pg_wal"]
    return len(files), sum(_file_carries(path, pressed=False) for path in files)


def files(ground: Ground) -> Iterator[Place]:
    """Whatever else was written: data folder, journal, temporary folder, mail, the logs of servers and portal; by name too."""
    kinds = {
        "data": "data folder",
        "erasures": "journal of erasures",
        "tmp": "temporary file",
        "mail": "mail",
        "log": "log",
        "servers/log": "server log",
    }
    for folder, kind in kinds.items():
        for path in _walk(ground.folder / folder):
            name = str(path.relative_to(ground.folder))
            yield Place(kind, name, carries(name) or _file_carries(path))


def redis_keys(ground: Ground) -> Iterator[Place]:
    """Every key of every database of Redis, its value with it: cache, limits, the queues of work."""
    for number in range(16):
        line = redis.Redis.from_url(ground.redis.split("?")[0], db=number)
        for key in line.scan_iter():
            yield Place(
                "Redis", f"{number}: {key.decode(errors='replace')}", carries(key) or carries(_value(line, key))
            )
        line.close()


def _value(line: Any, key: bytes) -> bytes:
    """The value of a key of any type."""
    read = {
        b"string": lambda: [line.get(key)],
        b"list": lambda: line.lrange(key, 0, -1),
        b"set": lambda: line.smembers(key),
        b"zset": lambda: line.zrange(key, 0, -1),
        b"hash": lambda: [part for pair in line.hgetall(key).items() for part in pair],
        b"stream": lambda: [repr(line.xrange(key)).encode()],
        b"none": lambda: [],  # its time was over since it was listed
    }
    return b"\n".join(part for part in read[line.type(key)]() if part is not None)


def _walk(folder: Path) -> Iterator[Path]:
    """Every file under a folder that is still there, in order."""
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


def _file_carries(path: Path, *, pressed: bool = True) -> bool:
    try:
        return carries(path.read_bytes(), pressed=pressed)
    except FileNotFoundError:  # a file of the server that went meanwhile
        return False


KINDS = (columns, statistics, database_files, files, redis_keys)
