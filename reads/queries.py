"""Which queries a member may see, and the steps of one, as they were recorded."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from guardian.shortcuts import get_objects_for_user

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.vocabulary import Outcome

from .models import Access, Query

WORDS: dict[str, tuple[str, str]] = {
    Outcome.RUN: ("Ran at once", "run"),
    Outcome.WAIT: ("Waits for a supervisor", "wait"),
    Outcome.REFUSE: ("Refused", "refuse"),
}


@clause("F.1", "C.3.b")
def visible_to(member: Any) -> QuerySet[Query]:
    """The queries this member may see: own, granted as the one it is for, the unit's, those to decide, or all.

    What is not among them does not exist for the member: 404.
    """
    queries = Query.objects.select_related("decision", "run", "supplied", "for_whom", "by")
    if member.has_perm("reads.view_queries"):
        return queries
    seen = Q(by=member)
    seen |= Q(pk__in=get_objects_for_user(member, "reads.view_query", Query, accept_global_perms=False).values("pk"))
    if member.has_perm("reads.view_unit_queries"):
        seen |= Q(by_unit=member.unit)
    if member.has_perm("reads.decide_query"):
        seen |= Q(outcome=Outcome.WAIT.value)
    return queries.filter(seen)


def steps(query: Query, *, sees_plate: bool) -> list[dict[str, Any]]:
    """Every step of a query for the timeline: asked, decided, ran, looked at, exported, case number given."""
    what, tone = WORDS[query.outcome]
    found = [
        {
            "at": query.at,
            "who": who(query),
            "what": f"Asked. {what}.",
            "tone": tone,
            "clause": query.clause,
            "detail": query.sentence,
        }
    ]
    if decision := getattr(query, "decision", None):
        found.append(
            {
                "at": decision.at,
                "who": who(decision),
                "what": "Approved" if decision.approved else "Not approved",
                "tone": "run" if decision.approved else "refuse",
                "detail": decision.reason,
                "clause": "C.2.B",
            }
        )
    if run := getattr(query, "run", None):
        found.append({"at": run.at, "who": who(run), "what": "Ran", "tone": "run"})
    if supplied := getattr(query, "supplied", None):
        found.append(
            {"at": supplied.at, "who": who(supplied), "what": "Case number given", "detail": supplied.case_number}
        )
    labels = dict(Access.Kind.choices)
    looks = query.accesses.values("kind", "by_name").annotate(n=Count("pk"), at=Max("at"), rows=Max("answer__rows"))
    for look in looks.order_by("at"):
        rows = f", up to {look['rows']} reads" if look["rows"] is not None else ", broken off"
        found.append(
            {
                "at": look["at"],
                "who": look["by_name"],
                "what": f"{labels[look['kind']]}: {look['n']} recorded{rows}",
                "clause": "F.1",
            }
        )
    return sorted(found, key=lambda step: step["at"])


def who(record: Any) -> str:
    """Name and badge as they were."""
    return f"{record.by_name} ({record.by_badge})" if record.by_badge else str(record.by_name)
