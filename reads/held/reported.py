"""What is said of held reads that were reported wrong: it lies with their copies, and outlives the day they came (G)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection

from alpr_portal.policy.clauses import clause

from ..corrections.marks import Mark, reports_of, told
from ..corrections.rules import Right, is_flagged


@clause("C.2.A.1-age", "G")
def mark_held(reads: Sequence[Any]) -> None:
    """Give each held read its ``mark``, None where nothing stands against it, and as ``said`` all that was said of it.

    Inside an access to its case. One query, and another one where any of them is marked.
    """
    reports = reports_of([read.id for read in reads])
    standing = {}
    for read_id, found in reports.items():
        for report in found:
            decision = getattr(report, "correction", None)
            if is_flagged(decision.confirmed if decision else None):
                standing[read_id] = report
    right = _rights(standing) if standing else {}
    for read in reads:
        read.said = told(reports.get(read.id, ()))
        stands = standing.get(read.id)
        said_in = getattr(stands, "correction", stands)
        read.mark = Mark(stands, right.get(said_in.pk)) if stands and said_in else None


def _rights(read_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Right]:
    """What these reads of the case read right, by the report or the correction that says so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT said.key, said.value ->> 0, said.value ->> 1 FROM reads_held_window r, jsonb_each(r.rights) said "
            "WHERE r.id = ANY (%s)",
            [list(read_ids)],
        )
        return {uuid.UUID(said_in): Right(plate, state) for said_in, plate, state in cursor.fetchall()}
