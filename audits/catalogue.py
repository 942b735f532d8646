"""What ``classes.py`` says, as functions of the database: made equal to it after every migrate, by the owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from alpr_portal.policy.parameters import DISPOSAL_BATCH, RECORDS_FLOOR

from .classes import CLASSES, Rows

PARTS = """
CREATE OR REPLACE FUNCTION audits_parts() RETURNS TABLE (kind text, root text, tab text, key text, turn integer,
  root_type text, rows text, candidates text, counts text)
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $parts$ VALUES
{} $parts$;
CREATE OR REPLACE FUNCTION audits_years() RETURNS integer LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$ SELECT {} $$;
CREATE OR REPLACE FUNCTION audits_cap() RETURNS integer LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp
AS $$ SELECT {} $$;
REVOKE ALL ON FUNCTION audits_parts(), audits_years(), audits_cap() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audits_years() TO alpr_app;
"""
GONE = "DROP FUNCTION IF EXISTS audits_parts(); DROP FUNCTION IF EXISTS audits_years(); DROP FUNCTION IF EXISTS audits_cap();"


def paths(rows: Rows, above: tuple[Rows, ...] = ()) -> Iterator[tuple[Rows, ...]]:
    """Every way from a root to its rows, the root's own first."""
    yield (*above, rows)
    for part in rows.parts:
        yield from paths(part, (*above, rows))


def timed(expression: str, alias: str) -> str:
    return f"({expression.format(t=alias)})::timestamptz" if expression else "NULL::timestamptz"


def rows_of(path: tuple[Rows, ...]) -> str:
    """The statement that finds the rows at the end of a path, of the stories ``$1``."""
    root, last = path[0], len(path) - 1
    here = f"a{last}"
    joins = [f"{root.table} a0"]
    for place, rows in enumerate(path[1:], 1):
        joins.append(f"JOIN {rows.table} a{place} ON a{place}.{rows.on} = a{place - 1}.{path[place - 1].key}")
    wheres = [f"a0.{root.key} = ANY ($1::{root.key_type}[])"]
    wheres += [rows.only.format(t=f"a{place}") for place, rows in enumerate(path) if rows.only]
    end = path[last]
    case = f"{end.case.format(t=here)}::text" if end.case else "''"
    return (
        f"SELECT a0.{root.key}::text AS story, {here}.{end.key}::text AS key, {timed(end.at, here)} AS at, "
        f"{timed(end.until, here)} AS until, {case} AS case_number FROM {' '.join(joins)} WHERE {' AND '.join(wheres)}"
    )


def candidates_of(root: Rows) -> str:
    """The statement that finds roots that ended before ``$1``, newest first."""
    only = f" AND {root.only.format(t='t')}" if root.only else ""
    at = root.at.format(t="t")
    return (
        f"SELECT t.{root.key}::text AS key, {at} AS at FROM {root.table} t "
        f"WHERE {at} < $1 AND ({root.until.format(t='t')})::timestamptz < $1{only}"
    )


def counts_of(root: Rows, rows: Rows) -> str:
    """The statement that counts a table and finds its oldest row."""
    at = f"min({rows.at.format(t='t')})" if rows.at else "NULL"
    return f"SELECT count(*), {at}::timestamptz FROM {rows.table} t"


def lines() -> Iterator[tuple[str | int, ...]]:
    """The rows of audits_parts(): one for each way from a root to its rows."""
    for kind, roots in CLASSES.items():
        for turn, root in enumerate(roots):
            for path in paths(root):
                rows = path[-1]
                said = (kind.value, root.table, rows.table, rows.key, turn, root.key_type, rows_of(path))
                yield (*said, candidates_of(root) if len(path) == 1 else "", counts_of(root, rows))


def literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def make(cursor: Any) -> None:
    """Make the database's functions equal to ``classes.py``, the term and the floor."""
    values = ",\n".join(f"({', '.join(map(literal, line))})" for line in lines())
    years = max(settings.RECORDS_KEPT_YEARS, RECORDS_FLOOR.now)
    cursor.execute(PARTS.format(values.replace("{", "{{").replace("}", "}}"), years, DISPOSAL_BATCH.now))


def make_equal(using: str, **kwargs: Any) -> None:
    """After a migrate that brought the schema up to the code."""
    if using != "owner":
        return
    migrations = MigrationExecutor(connections["owner"])
    if migrations.migration_plan(migrations.loader.graph.leaf_nodes()):
        return
    with connections["owner"].cursor() as cursor:
        make(cursor)
