"""The current numbers of the public page, through the database role that has no right to a plate, a name or a text; and the
documents in force."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone

from reads import watching
from training import documents
from training.models import Publication

from .policy.clauses import clause
from .policy.parameters import RETENTION
from .policy.vocabulary import Outcome, Purpose

FEWEST = 5  # below this a number of holds is not published
CAMERAS = """
SELECT area, count(*) FROM reads_camera WHERE in_service_from <= current_date
  AND (in_service_to IS NULL OR in_service_to >= current_date) GROUP BY area ORDER BY area
"""
READS = "SELECT coalesce(sum(stored), 0) FROM reads_batch WHERE at > now() - make_interval(hours => %s)"
QUERIES = """
SELECT purpose, outcome, count(*) FROM reads_query WHERE at > now() - make_interval(hours => %s) GROUP BY purpose, outcome
"""


def figures() -> dict[str, Any]:
    """Cameras by area, reads stored, searches by purpose and outcome in the time reads are kept, and how retention stands."""
    hours = int(RETENTION.now.total_seconds() // 3600)
    with connections["report"].cursor() as cursor:
        cursor.execute(CAMERAS)
        areas = cursor.fetchall()
        cursor.execute(READS, [hours])
        (reads,) = cursor.fetchone()
        cursor.execute(QUERIES, [hours])
        queries = cursor.fetchall()
    by_purpose = [(purpose.label, sum(n for p, _, n in queries if p == purpose.value)) for purpose in Purpose]
    by_outcome = {o.value: sum(n for _, outcome, n in queries if outcome == o.value) for o in Outcome}
    return {
        "areas": areas,
        "cameras": sum(n for _, n in areas),
        "reads": reads,
        "searches": sum(by_outcome.values()),
        "by_purpose": by_purpose,
        "by_outcome": by_outcome,
        "hours": hours,
        "retention": retention(),
    }


@clause("G", "L.4")
def retention() -> dict[str, Any]:
    """How retention stands, as of a minute ago at most: what has to be 0, each told by itself, and ``n`` of all together.

    Few holds, or few held reads, are told as fewer than five: a small number may point at one case.
    """
    found = watching.figures("report", fresh=False)
    n = sum(found[name] for name in watching.MUST_BE_0)
    return {**found, "n": n, "holds": few(found["holds"]), "held": few(found["held"])}


def few(number: int) -> str:
    """A number as it may be published."""
    return f"fewer than {FEWEST}" if 0 < number < FEWEST else f"{number:,}"


def papers() -> QuerySet[Publication]:
    """The documents in force today that everybody may read."""
    found = documents.in_force_on(timezone.localdate())
    return found.filter(kind__in=documents.OPEN_KINDS)
