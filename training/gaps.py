"""The register of known gaps of the portal against the order, with the upgrade planned for each (K.login)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, require

from .models import Gap, GapStep, Member

CLOSED = Refusal("K.login", "A closed gap stays closed.", "Where it opened again, add a new one.", code="gap.closed")


def gaps() -> QuerySet[Any]:
    """Every gap with ``closed``: whether a step closed it."""
    return Gap.objects.annotate(closed=Exists(GapStep.objects.filter(gap=OuterRef("pk"), closed=True)))


def open_gaps() -> QuerySet[Any]:
    return gaps().filter(closed=False)


def overdue(day: date) -> QuerySet[Any]:
    """Open gaps whose day is past."""
    return open_gaps().filter(due_on__lt=day)


@clause("K.login")
def add(*, clause: str, title: str, gap: str, plan: str, due_on: date | None, by: Member) -> Gap:
    """Add a known gap and what is planned for it."""
    return Gap.objects.write(by=by, clause=clause, title=title, gap=gap, plan=plan, due_on=due_on)


@clause("K.login")
def step(gap: Gap, *, note: str, closed: bool, by: Member) -> GapStep:
    """What was done about a gap; ``closed``: it is no more. Raises Refused where it was closed before."""
    require(CLOSED if GapStep.objects.filter(gap=gap, closed=True).exists() else None)
    return GapStep.objects.write(by=by, gap=gap, note=note, closed=closed)


def steps(gap: Gap) -> list[dict[str, Any]]:
    """The gap's timeline."""
    first = {"at": gap.at, "who": gap.by_name, "what": "Added", "detail": gap.gap, "clause": gap.clause, "tone": "wait"}
    return [
        first,
        *(
            {
                "at": one.at,
                "who": one.by_name,
                "what": "Closed" if one.closed else "Noted",
                "detail": one.note,
                "tone": "run" if one.closed else "",
            }
            for one in gap.steps.order_by("at")
        ),
    ]
