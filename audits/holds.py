"""Legal holds over records: placed by one person, ended by two; and the annual reports that were issued."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, require
from alpr_portal.policy.vocabulary import PublicationKind
from alpr_portal.records import write_or_tell
from training import loans
from training.documents import PUBLISH
from training.models import Member, Publication

from . import retention_rules as rules
from .models import RecordsHold, RecordsHoldEndAsked, RecordsHoldEndDecision, ReportIssued

HOLD = "audits.hold_records"
NOT_ENTITLED = ("Your permission to do this has ended.", "Ask the Administrator.", "records.not_entitled")
# The loser of a race is told what the rule would have said: constraint → (sentence, remedy, code).
RACES = {
    constraint: Refusal("K.report", *said[:2], code=said[2])
    for constraint, said in {
        "records_hold_by_entitled": NOT_ENTITLED,
        "report_issued_by_entitled": NOT_ENTITLED,
        "disposal_proposed_by_entitled": NOT_ENTITLED,
        "disposal_decided_by_entitled": NOT_ENTITLED,
        "records_hold_end_asked_once": (
            *("The end of a hold is asked for once at a time.", "Its page says how it stands."),
            "records_hold.end_asked",
        ),
        "audits_recordsholdenddecision_asked_id_key": (
            *("It is decided once.", "Another member decided it before you."),
            "records_hold.decided",
        ),
        "audits_reportissued_publication_id_key": (
            *("A report is issued once.", "This document is the report of a year already."),
            "report.issued",
        ),
        "disposal_one_at_a_time": (
            *("One batch of a class at a time.", "Decide and finish the one that is there first."),
            "disposal.one_at_a_time",
        ),
        "disposal_of_something": (
            *(
                "A record goes when its term is over, its report is issued and no hold keeps it.",
                "No record of this class may go up to that day: the page of records says what stands against it.",
            ),
            "disposal.nothing",
        ),
        "disposal_decided_as_seen": (
            *("What is approved is what the decider saw.", "Look at the batch again."),
            "disposal.changed",
        ),
        "audits_disposaldecision_proposal_id_key": (
            *("A proposal is decided once.", "Another member decided it before you: its page says how."),
            "disposal.decided",
        ),
    }.items()
}


def with_state(holds: QuerySet[RecordsHold]) -> QuerySet[Any]:
    """Each with ``ended_at``, and ``asked_at``: since when its end waits."""
    ended = RecordsHoldEndDecision.objects.filter(hold=OuterRef("pk"), approved=True)
    waits = RecordsHoldEndAsked.objects.filter(hold=OuterRef("pk"), decision__isnull=True)
    return holds.annotate(
        ended_at=Subquery(ended.values("at")[:1]),
        asked_at=Subquery(waits.values("at")[:1]),
        asked_by_id=Subquery(waits.values("by")[:1]),
    )


def running() -> QuerySet[RecordsHold]:
    """The legal holds in force."""
    return RecordsHold.objects.filter(
        ~Exists(RecordsHoldEndDecision.objects.filter(hold=OuterRef("pk"), approved=True))
    )


def ends_waiting(member: Member) -> QuerySet[RecordsHoldEndAsked]:
    """The ends of holds that this member may decide."""
    return RecordsHoldEndAsked.objects.filter(decision__isnull=True).exclude(by=member)


@clause("F.1")
def place(
    *,
    classes: list[str],
    from_on: date | None,
    to_on: date | None,
    case_number: str,
    matter: str,
    court_document: str,
    reason: str,
    by: Member,
    now: datetime,
) -> RecordsHold:
    """From this moment on nothing that the hold covers goes, approved or not. Raises Refused."""
    said = {"classes": classes, "from_on": from_on, "to_on": to_on, "case_number": case_number, "matter": matter}
    made: RecordsHold = write_or_tell(RACES, RecordsHold, by=by, court_document=court_document, reason=reason, **said)
    return made


@clause("F.1")
def ask_end(hold: RecordsHold, *, reason: str, by: Member, now: datetime) -> RecordsHoldEndAsked:
    """Say that a hold is not needed any more; it keeps what it keeps until another person agrees. Raises Refused."""
    made: RecordsHoldEndAsked = write_or_tell(RACES, RecordsHoldEndAsked, by=by, hold=hold, reason=reason)
    return made


@clause("F.1")
def decide_end(
    asked: RecordsHoldEndAsked, *, approved: bool, reason: str, by: Member, now: datetime
) -> RecordsHoldEndDecision:
    """End a hold that somebody else asked to end, or let it stand. Raises Refused."""
    require(rules.may_end_hold(asked_by=asked.by_id, by=by.pk))
    said = {"asked": asked, "hold_id": asked.hold_id, "asked_by": asked.by}
    made: RecordsHoldEndDecision = write_or_tell(
        RACES, RecordsHoldEndDecision, by=by, approved=approved, reason=reason, **said
    )
    return made


def reports_to_issue() -> QuerySet[Publication]:
    """Published annual reports that are not the report of a year yet."""
    found = Publication.objects.filter(kind=PublicationKind.ANNUAL_REPORT.value, issued__isnull=True, end__isnull=True)
    return found.defer("file").order_by("-in_force_on")


@clause("F.1")
def issue_report(publication: Publication, *, year: int, by: Member, now: datetime) -> ReportIssued:
    """Say that a published document is the annual report of a year. Raises BadInput, Refused."""
    rules.read_year(year, today=timezone.localdate(now))
    behalf = loans.principal_of(by, PUBLISH)
    made: ReportIssued = write_or_tell(
        RACES, ReportIssued, by=by, on_behalf_of=behalf, year=year, publication=publication
    )
    return made


def issued_years() -> list[int]:
    """The years whose annual report is issued, newest first."""
    return list(ReportIssued.objects.order_by("-year").values_list("year", flat=True).distinct())


def newest_first(holds: QuerySet[Any]) -> QuerySet[Any]:
    """Those in force first, then the newest."""
    return holds.order_by(F("ended_at").desc(nulls_first=True), "-at")
