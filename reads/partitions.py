"""Daily partitions by upload day: made ahead, and indexed for parts of plates once no read comes to them any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from django.db import connection, connections

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import PARTITIONS_AHEAD


@clause("A.2")
def make_ahead(first: date | None = None, days: int | None = None) -> int:
    """Make the missing partitions from ``first`` (default: today, UTC by the database's clock) on; answers how many."""
    with connections["purge"].cursor() as cursor:
        cursor.execute(
            "SELECT reads_make_partitions(coalesce(%s, (statement_timestamp() AT TIME ZONE 'UTC')::date), %s)",
            [first, days or PARTITIONS_AHEAD.now + 1],
        )
        (made,) = cursor.fetchone()
    return int(made)


@clause("A.2")
def index_closed_days(tell: Callable[[str], None] = lambda said: None) -> int:
    """Build the trigram index of upload days that no read comes to any more; answers how many. One transaction a day."""
    with connections["purge"].cursor() as cursor:
        cursor.execute("SELECT reads_unindexed_days()")
        days = [day for (day,) in cursor.fetchall()]
        for day in days:
            tell(f"{day}: index for parts of plates")
            cursor.execute("SELECT reads_index_day(%s)", [day])
    return len(days)


def partition_days() -> list[datetime]:
    """The upload days that have a partition, oldest first, from the catalogue: no read is opened."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT right(c.relname, 8) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'reads_read'::regclass ORDER BY 1"
        )
        return [datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) for (day,) in cursor.fetchall()]
