"""What members do with searches, one function each: check the rules, write the record, in one transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.offences import AUTHORISED, Mapping, map_offence
from alpr_portal.policy.parameters import CASE_NUMBER_DUE
from alpr_portal.policy.refusal import Refusal, require
from alpr_portal.policy.screening import TERMS_VERSION, screen_fields
from alpr_portal.policy.vocabulary import Outcome
from alpr_portal.records import broken_constraint
from training.models import Member
from training.standing import standing

from . import rules
from .models import CaseNumberSupplied, Query, QueryDecision, QueryRun

COLLEAGUE = "colleague.may_not_enter"


@dataclass(frozen=True)
class Asked:
    """A search as the form read it: every value validated. ``criteria``: plain values, as ``search.matching`` takes them."""

    purpose: str
    offence: str
    case_number: str
    court_document: str
    in_progress: bool
    facts: str
    right_to_know: str
    need_to_know: str
    for_whom: Member
    outside: bool
    attested: bool
    plate: str
    criteria: dict[str, Any]
    answers: dict[str, str] = field(default_factory=dict)


@clause("C.2.B", "C.2.B-log", "C.3.a", "C.3.c")
def run_query(asked: Asked, *, by: Member, now: datetime) -> Query:
    """Record a search, screened and judged; where it may run, run it. Refused searches are records too.

    Raises Refused where the colleague it is for may not enter: then nothing was searched and nothing is recorded here.
    """
    papers = standing(by, now)
    require(papers.refusal)
    if asked.for_whom != by:
        require(_colleague_may(asked.for_whom, now))
    screening = screen_fields(asked.facts, asked.need_to_know, asked.court_document, asked.offence)
    mapping = map_offence(asked.offence, on=timezone.localdate(now)) if asked.offence else None
    verdict = rules.judge_query(
        purpose=asked.purpose,
        mapped=mapped_for(asked.purpose, mapping),
        outside=asked.outside,
        attested=asked.attested,
        screen_outcome=settled(screening, asked.answers),
        categories=screening.categories,
    )
    with transaction.atomic():
        query = Query.objects.write(
            by=by,
            purpose=asked.purpose,
            offence=asked.offence,
            offence_mapping=_plain(mapping),
            case_number=asked.case_number,
            court_document=asked.court_document,
            case_number_due_at=now + CASE_NUMBER_DUE.now if asked.in_progress else None,
            facts=asked.facts,
            right_to_know=asked.right_to_know,
            need_to_know=asked.need_to_know,
            for_whom=asked.for_whom,
            for_whom_name=asked.for_whom.name,
            outside=asked.outside,
            attested=asked.attested,
            plate=asked.plate,
            criteria=asked.criteria,
            screening={"categories": screening.categories, "words": screening.words, "terms": TERMS_VERSION},
            answers=asked.answers,
            outcome=verdict.outcome.value if isinstance(verdict.outcome, Outcome) else verdict.outcome,
            clause=verdict.refusal.clause if verdict.refusal else "",
            sentence=f"{verdict.refusal.sentence} {verdict.refusal.remedy}" if verdict.refusal else "",
            training=papers.completions,
        )
        if asked.for_whom != by:
            assign_perm("reads.view_query", asked.for_whom, query)
        if verdict.outcome == Outcome.RUN:
            QueryRun.objects.write(by=by, query=query)
    return query


def mapped_for(purpose: str, mapping: Mapping | None) -> str:
    """The offence table's word for what was typed; the stated purpose where one of several offences is of it."""
    if mapping is None:
        return "" if purpose in rules.WITHOUT_OFFENCE else "unknown"
    if mapping.purpose in AUTHORISED and purpose in {map_offence(code).purpose for code in mapping.codes}:
        return purpose
    return str(mapping.purpose)


def settled(screening: Any, answers: dict[str, str]) -> str:
    """The screen's outcome once the plain question about an ambiguous word was answered: "no" lets it run."""
    if screening.clarify and answers.get("just.clarify") == "no":
        return Outcome.RUN.value
    return str(screening.outcome)


def _colleague_may(colleague: Member, now: datetime) -> Refusal | None:
    refusal = standing(colleague, now).refusal
    if refusal is None:
        return None
    return Refusal(
        refusal.clause,
        "Colleague: they may not use the readers today.",
        "Search for yourself, or for a colleague whose training and designation are in order.",
        code=COLLEAGUE,
    )


def _plain(mapping: Mapping | None) -> dict[str, Any]:
    return asdict(mapping) if mapping else {}


@clause("C.2.B")
def decide_query(query: Query, *, approved: bool, reason: str, by: Member, now: datetime) -> QueryDecision:
    """Let a waiting search run, or not, once. Raises Refused for the asker, and for a second decider."""
    require(
        rules.may_decide_query(
            decider=by.pk,
            asked_by=query.by_id,
            asked_for=query.for_whom_id,
            holds_verb=by.has_perm("reads.decide_query"),
        )
    )
    if query.outcome != Outcome.WAIT:
        require(Refusal("C.2.B", "This search does not wait for a decision.", ""))
    return once(
        "Another supervisor decided this search already.",
        QueryDecision,
        "reads_querydecision_query_id_key",
        by=by,
        query=query,
        approved=approved,
        reason=reason,
        asked_by_id=query.by_id,
        asked_for_id=query.for_whom_id,
    )


@clause("C.2.B")
def run_approved(query: Query, *, by: Member, now: datetime) -> QueryRun:
    """Run an approved search, once. Raises Refused where it was not approved, ran already, or the approval lapsed."""
    decision = getattr(query, "decision", None)
    require(
        rules.may_run(
            outcome=query.outcome,
            approved=decision.approved if decision else None,
            decided_at=decision.at if decision else None,
            has_run=hasattr(query, "run"),
            now=now,
        )
    )
    if by.pk != query.by_id:
        require(Refusal("C.3.b", "The member who asked runs the search.", ""))
    return once("An approved search runs once.", QueryRun, "reads_queryrun_query_id_key", by=by, query=query)


@clause("C.2.B")
def supply_case_number(query: Query, *, case_number: str, by: Member, now: datetime) -> CaseNumberSupplied:
    """Give the case number that a search in progress owed, once; late or not."""
    if query.case_number_due_at is None:
        require(Refusal("C.2.B", "This search owes no case number.", ""))
    if by.pk != query.by_id:
        require(Refusal("C.2.B", "The member who searched gives the case number.", ""))
    return once(
        "The case number was given already.",
        CaseNumberSupplied,
        "reads_casenumbersupplied_query_id_key",
        by=by,
        query=query,
        case_number=case_number,
    )


def once(sentence: str, model: Any, constraint: str, **values: Any) -> Any:
    """Write a record that the database allows once; the unique constraint decides the race, and its loser is told."""
    try:
        with transaction.atomic():
            return model.objects.write(**values)
    except IntegrityError as error:
        if broken_constraint(error) != constraint:
            raise
        require(Refusal("C.2.B", sentence, "Reload the page to see it."))
