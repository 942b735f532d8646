"""Which queries a member may see, and the steps of one, as they were recorded."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from guardian.shortcuts import get_objects_for_user

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.vocabulary import Outcome, Purpose

from . import ages
from .models import Access, Answer, Camera, Query
from .redaction import struck

ANSWERED = {
    "just.clarify": "Does it have to do with what the order forbids",
    "case.pattern": "Is this the number on the report",
    "time.dst_fold.start": "Which of the two hours, from",
    "time.dst_fold.end": "Which of the two hours, to",
}
WORDS: dict[str, tuple[str, str]] = {
    Outcome.RUN: ("Ran at once", "run"),
    Outcome.WAIT: ("Waits for a supervisor", "wait"),
    Outcome.REFUSE: ("Refused", "refuse"),
}


@clause("F.1", "C.3.b")
def visible_to(member: Any) -> QuerySet[Query]:
    """The queries this member may see: own, granted as the one it is for, the unit's, those to decide or decided, or all.

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
        seen |= Q(outcome=Outcome.WAIT.value, decision__isnull=True) | Q(decision__by=member)
    return queries.filter(seen)


def may_see_plate(member: Any, query: Query) -> bool:
    """Whether the member sees which plate a query asked for: its parties do, and whose role includes it."""
    return member.pk in (query.by_id, query.for_whom_id) or bool(member.has_perm("reads.view_query_plates"))


def facts(query: Query, *, sees_plate: bool) -> dict[str, list[dict[str, Any]]]:
    """What a search stated and asked for, as rows of components/definition.html: ``{"why": …, "what": …}``."""
    given = getattr(query, "supplied", None)

    def said(text: str) -> str:
        return text if sees_plate else struck(text, query.plate)

    why = [
        {"label": "Purpose", "value": Purpose.says(query.purpose), "clause": "C.2.B"},
        {"label": "Offence", "value": said(query.offence)},
        {"label": "Case number", "value": query.case_number or (given.case_number if given else "")},
        {"label": "Court document", "value": said(query.court_document)},
        {"label": "Facts", "value": said(query.facts)},
        {"label": "Right to know", "value": query.right_to_know, "clause": "C.3.c"},
        {"label": "Need to know", "value": said(query.need_to_know), "clause": "C.3.c"},
        {"label": "For whom", "value": f"{query.for_whom_name}, {query.organization}"},
        {"label": "For anyone outside", "value": "Yes" if query.outside else "No", "clause": "I.secure"},
        {"label": "Attested", "value": "Yes" if query.attested else "No"},
        *({"label": ANSWERED.get(code, "Answer"), "value": answer} for code, answer in query.answers.items()),
    ]
    return {"why": why, "what": asked_for(query, sees_plate=sees_plate)}


def asked_for(query: Query, *, sees_plate: bool) -> list[dict[str, Any]]:
    """Plate, vehicle, place and time of a search; the plate only for those who may see it."""
    criteria = query.criteria
    plate: dict[str, Any] = {"label": "Plate", "value": "None: searched by vehicle, place and time"}
    if query.plate:
        plate["value"] = "Withheld: plates are opened only inside a drawn sample."
        if sees_plate:
            plate.update(plate=query.plate, state=criteria.get("state"))
    cameras = Camera.objects.filter(pk__in=criteria.get("cameras", []))
    vehicle = [criteria.get(name) for name in ("colour", "make", "model", "body")]
    asked = [
        plate,
        {
            "label": "Look-alikes",
            "value": "Shown too, marked approximate" if criteria.get("approximate") else "Not asked for",
        },
        {
            "label": "One character misread",
            "value": "Shown too, marked approximate" if criteria.get("misread") else "Not asked for",
        },
        {"label": "State", "value": criteria.get("state") or "Any"},
        {"label": "Vehicle", "value": " ".join(filter(None, vehicle)) or "Any"},
        {"label": "Police areas", "value": ", ".join(criteria.get("areas", [])) or "Any"},
        {"label": "Cameras", "value": "\n".join(str(camera) for camera in cameras) or "Any"},
    ]
    for label, name in (("From", "from"), ("To", "to")):
        if criteria.get(name):
            asked.append({"label": label, "at": datetime.fromisoformat(criteria[name])})
    if criteria.get("moved"):
        asked.append(
            {"label": "Moved", "value": "The window began before the oldest read that may be searched.", "clause": "G"}
        )
    if criteria.get("gone"):
        asked.append(
            {"label": "Purged", "value": "All of this time lies before the oldest read there is.", "clause": "G"}
        )
    return asked


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
                "detail": decision.reason if sees_plate else struck(decision.reason, query.plate),
                "clause": "C.2.B",
            }
        )
    if run := getattr(query, "run", None):
        found.append({"at": run.at, "who": who(run), "what": "Ran", "tone": "run"})
    if supplied := getattr(query, "supplied", None):
        found.append(
            {"at": supplied.at, "who": who(supplied), "what": "Case number given", "detail": supplied.case_number}
        )
    return sorted([*found, *looks(query)], key=lambda step: step["at"])


def looks(query: Query) -> list[dict[str, Any]]:
    """The looks at a query's reads: those of a kind and a member together, each file that left by itself, with its digest."""
    labels = dict(Access.Kind.choices)
    found = []
    others = query.accesses.exclude(answer__digest__gt="").values("kind", "by_name")
    for look in others.annotate(n=Count("pk"), at=Max("at"), rows=Max("answer__rows")):
        rows = "broken off" if look["rows"] is None else f"up to {in_reads(look['rows'])}"
        what = f"{labels[look['kind']]}: {look['n']} recorded, {rows}"
        found.append({"at": look["at"], "who": look["by_name"], "what": what, "clause": "F.1"})
    for file in query.accesses.filter(answer__digest__gt="").select_related("answer"):
        detail = f"SHA-256 {file.answer.digest}"
        found.append({"at": file.at, "who": who(file), "what": in_words(file), "detail": detail, "clause": "F.1"})
    return found


def in_words(export: Access, rows: int = 0) -> str:
    """What a file that left was; ``export`` has its answer. ``rows``: reads in it, where each has an access of its own."""
    if export.hold_id:
        return f"Evidence package of {in_reads(rows or export.answer.rows)}"
    return "Evidence sheet of one read" if export.read_id else f"Export of {in_reads(export.answer.rows)}"


def in_reads(number: int) -> str:
    return f"{number} read{'' if number == 1 else 's'}"


@clause("C.2.B-log")
def ages_of(queries: QuerySet[Query] | Collection[Query]) -> dict[int, int]:
    """How old the reads were that these queries found: whole days from capture to the look, and how many reads.

    Of each query its first look that found any, however often it was opened: a figure, in which no read is named.
    """
    looks = Answer.objects.filter(access__query__in=queries, access__kind=Access.Kind.RESULTS).exclude(ages={})
    first = looks.order_by("access__query_id", "at").distinct("access__query_id")
    return ages.sum_of(first.values_list("ages", flat=True))


def who(record: Any) -> str:
    """Name and badge as they were."""
    return f"{record.by_name} ({record.by_badge})" if record.by_badge else str(record.by_name)


def sees_queries(member: Any) -> bool:
    """One's own queries, one's unit's or everybody's: any of the three shows the log."""
    return any(member.has_perm(p) for p in ("reads.run_query", "reads.view_unit_queries", "reads.view_queries"))
