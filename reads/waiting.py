"""Which queries and cameras wait for whom; each answer is (how many, the oldest one's time)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from alpr_portal.policy.parameters import APPROVED_RUN
from alpr_portal.policy.vocabulary import Outcome

from .inventory import attested
from .models import Camera, Query

NEWS = timedelta(days=3)  # how long a decision against a search stays in its asker's worklist
Waiting = tuple[int, datetime | None]


def awaiting_decision(queries: QuerySet[Query] | None = None) -> QuerySet[Query]:
    """Queries that wait for a supervisor and have no decision."""
    queries = Query.objects.all() if queries is None else queries
    return queries.filter(outcome=Outcome.WAIT.value, decision__isnull=True)


def decidable_by(member: Any) -> QuerySet[Query]:
    """Those that this member may decide: neither asked by nor for them."""
    return awaiting_decision().exclude(Q(by=member) | Q(for_whom=member))


def ready_to_run(queries: QuerySet[Query]) -> QuerySet[Query]:
    """Approved, not yet run, and the approval still fresh."""
    fresh = timezone.now() - APPROVED_RUN.now
    return queries.filter(decision__approved=True, decision__at__gt=fresh, run__isnull=True)


def owing_case_number(queries: QuerySet[Query]) -> QuerySet[Query]:
    """Searches in progress whose case number has not come, and that were not refused."""
    return queries.filter(case_number_due_at__isnull=False, supplied__isnull=True).exclude(
        Q(outcome=Outcome.REFUSE.value) | Q(decision__approved=False)
    )


def counted(queries: QuerySet[Any], field: str = "at") -> Waiting:
    found = queries.aggregate(n=Count("pk"), oldest=Min(field))
    return found["n"], found["oldest"]


def to_decide(member: Any) -> Waiting:
    return counted(decidable_by(member))


def approved(member: Any) -> Waiting:
    return counted(ready_to_run(Query.objects.filter(by=member)))


def denied(member: Any) -> Waiting:
    """Own searches that a supervisor did not approve in the last days: so that the member is told."""
    since = timezone.now() - NEWS
    return counted(Query.objects.filter(by=member, decision__approved=False, decision__at__gt=since), "decision__at")


def overdue(member: Any) -> Waiting:
    """Searches of the member's unit whose case number is late."""
    late = Query.objects.filter(by_unit=member.unit, case_number_due_at__lt=timezone.now())
    return counted(owing_case_number(late), "case_number_due_at")


def case_numbers(member: Any) -> Waiting:
    return counted(owing_case_number(Query.objects.filter(by=member)))


def without_siting() -> QuerySet[Camera]:
    """Cameras in the inventory that nobody attested: they cannot deliver reads (C.3.1)."""
    return Camera.objects.filter(~attested())


def unattested(member: Any) -> Waiting:
    return without_siting().count(), None
