"""A look at a read that was reported wrong, by who decides: recorded under the search or the hit that showed it (F.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import require
from training.models import Member
from training.standing import standing

from ..models import Access, ReadReport
from ..search import HitWindow


@contextmanager
@clause("F.1", "C.3.b", "G")
def look_at(report: ReadReport, member: Member, *, now: datetime) -> Iterator[tuple[HitWindow, Any]]:
    """Open the one read that a report names; answers the window and the read, None where it is gone.

    Whether the member may decide the report is the caller's to ask. Raises Refused where they may not enter today.
    """
    require(standing(member, now).refusal)
    seen = report.access
    with transaction.atomic(durable=True):
        record = Access.objects.write(
            by=member, kind=Access.Kind.READ, query=seen.query, hits=seen.hits, read_id=report.read_id
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(record.pk)])
        window = HitWindow(record)
        yield window, window.reads({report.read_id: report.upload_day}).get(report.read_id)
