"""Stops from alerts: recorded as they were, verified or not, and what followed (C.2.A.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, require
from alpr_portal.policy.screening import screen_fields
from alpr_portal.policy.vocabulary import Closing, Disposition, ScreenCategory, StopOutcome
from alpr_portal.records import broken_constraint
from alpr_portal.roles import ROLES
from reads.search import answered
from training.models import Member

from . import sights
from . import stop_rules as rules
from .models import EntryVersion, HotList, Incident, NextStep, StepDone, Stop, StopNote, Verification
from .verification_rules import OTHER, SEEN, in_words

RECORD, VIEW, PLATES = "hotlists.record_stop", "hotlists.view_stops", "hotlists.view_entry_plates"
SUPERVISES = "hotlists.assign_incident"
NO_STOPS = Refusal("C.2.A.2", "Your role does not include to see stops.", "Ask your supervisor.")
LATELY = timedelta(days=30)  # stops without full verification stand in the worklist for so long
# Whose roles see the stops of the whole department, not those of a unit.
DEPARTMENT = [role for role, verbs in ROLES.items() if VIEW in verbs and SUPERVISES not in verbs]


@dataclass(frozen=True)
class Seen:
    """What a stop keeps of its hit: the sight goes with the read, the stop stays."""

    plate: str = ""
    state: str = ""
    vehicle: str = ""
    list_version: int | None = None
    list_age: int | None = None
    gone: bool = False


@dataclass(frozen=True)
class Told:
    """What a member says of a stop: the six fields of the order, and what goes beside them."""

    member: Member
    justification: str
    case_number: str
    disposition: str
    responded_at: datetime
    next_steps: str
    area: str
    steps: Sequence[tuple[str, date | None]] = ()
    report_number: str = ""
    people: dict[str, int] = field(default_factory=dict)


# --- who sees what --------------------------------------------------------------------------------------------------


def sees_department(member: Member) -> bool:
    """Whether the member sees every stop, not those of a unit alone."""
    return member.has_perm(VIEW) and member.groups.filter(name__in=DEPARTMENT).exists()


@clause("C.2.A.2", "C.3.b")
def visible_to(member: Member) -> QuerySet[Stop]:
    """The stops a member may see: own ones; a supervisor's unit's; all for those who administer and audit. Others: 404."""
    found = Stop.objects.select_related("hot_list", "member", "incident")
    if sees_department(member):
        return found
    seen = Q(by=member) | Q(member=member)
    if member.has_perm(VIEW) and member.unit:
        seen |= Q(member_unit=member.unit)
    return found.filter(seen)


def sees_stops(member: Member) -> bool:
    """Whether the member has any business with stops."""
    return member.has_perm(RECORD) or member.has_perm(VIEW)


def sees_plate(member: Member, stop: Stop) -> bool:
    """Whether the member sees which plate was stopped: who was part of it does, and whose role includes plates.

    Of a hit on an entry that one unit alone sees, only that unit and those who decide on entries.
    """
    if member.pk in (stop.by_id, stop.member_id):
        return True
    unit = stop.incident.unit if stop.incident else ""
    return member.has_perm(PLATES) and (unit in {"", member.unit} or member.has_perm("hotlists.decide_entry"))


def overdue_steps(today: date) -> QuerySet[NextStep]:
    """Next steps that should have been done before today."""
    return NextStep.objects.filter(due_on__lt=today, done__isnull=True)


def with_steps(found: QuerySet[Stop], today: date) -> QuerySet[Stop]:
    """Stops with how many of their steps are open and how many of those overdue."""
    late = Q(steps__done__isnull=True, steps__due_on__lt=today)
    open_ = Q(steps__isnull=False, steps__done__isnull=True)
    return found.annotate(
        n_open=Count("steps", filter=open_, distinct=True), n_overdue=Count("steps", filter=late, distinct=True)
    )


def of_steps(found: QuerySet[Stop], steps: QuerySet[NextStep]) -> QuerySet[Stop]:
    """The stops that one of these steps belongs to."""
    return found.filter(Exists(steps.filter(stop=OuterRef("pk"))))


@clause("C.2.A")
def unverified(found: QuerySet[Stop], now: datetime) -> QuerySet[Stop]:
    """Of these stops, those of the last 30 days that were made without a full verification."""
    return found.filter(at__gt=now - LATELY).exclude(verification="full")


@clause("C.2.A.2")
def unrecorded(member: Member) -> QuerySet[Incident]:
    """Hits that were closed as "vehicle stopped" and have no stop: all for who sees the Department's stops.

    Others: those the member closed; a supervisor, those of the unit too.
    """
    closed = Verification.objects.filter(incident=OuterRef("pk"), outcome=Closing.STOP.value)
    if not sees_department(member):
        whose = Q(by=member)
        if member.unit and member.has_perm(SUPERVISES):
            whose |= Q(by_unit=member.unit)
        closed = closed.filter(whose)
    return Incident.objects.filter(Exists(closed), stop__isnull=True)


# --- what a hit gives ------------------------------------------------------------------------------------------------


@clause("C.2.A", "F.1")
def seen_of(incident: Incident, member: Member, *, now: datetime) -> Seen:
    """What the newest hit of an incident saw, under a recorded look; without plate once that went with the read (G).

    Raises Refused where the member may not enter today. It commits its record: call it outside any transaction.
    """
    hit = sights.hits_of(member).filter(incident=incident).select_related("refresh").order_by("-at").first()
    if hit is None:
        return Seen(gone=True)
    version = hit.refresh.number if hit.refresh else None
    with sights.opened(member, [hit], now=now) as opened:
        look = opened.looks[hit.pk]
        sight, read = look.sight, look.read
    answered(opened.window.record, rows=int(sight is not None))
    if sight is None:
        return Seen(list_version=version, list_age=hit.list_age, gone=True)
    if sight.version_id:
        version = EntryVersion.objects.values_list("number", flat=True).filter(pk=sight.version_id).first()
    words = [read.colour, read.make, read.model] if read else []
    vehicle = " ".join(word for word in words if word)[:160]
    return Seen(sight.plate, read.state if read else "", vehicle, version, hit.list_age)


@clause("C.2.A")
def verified(incident: Incident | None, responded_at: datetime | None) -> tuple[str, list[str]]:
    """How far a hit was verified before the response, as the records say: "full", "partial" or "none", and what lacks."""
    if incident is None:
        return rules.best([])
    return rules.best(
        rules.level_at(
            {name: getattr(one, name) for name in (*SEEN, OTHER)},
            clets=one.clets,
            clets_result=one.clets_result,
            clets_at=one.clets_at,
            recorded_at=one.at,
            responded_at=responded_at,
        )
        for one in incident.verifications.all()
    )


def warnings_of(*texts: str) -> list[str]:
    """Words of a stop that look like personal data: people are counted, never named. Nothing is refused."""
    found = [text for text in texts if text]
    said = screen_fields(*found) if found else None
    return list(said.words) if said and ScreenCategory.PERSONAL_DATA.value in said.categories else []


# --- what is done ----------------------------------------------------------------------------------------------------


@clause("C.2.A.2")
def record_stop(
    told: Told, *, incident: Incident | None, hot_list: HotList, seen: Seen, by: Member, now: datetime
) -> Stop:
    """Keep a stop as it was: verified fully, in part, or not at all; never refused for that (C.2.A).

    ``incident``: None for an alert that the portal did not raise. Raises Refused for somebody else's stop and for a
    second one of the same hit, BadInput for a time that cannot be.
    """
    member = told.member
    require(
        rules.may_record_for(
            by=by.pk,
            member=member.pk,
            supervises=by.has_perm(SUPERVISES),
            unit=by.unit,
            member_unit=member.unit,
        )
    )
    rules.check_moment(told.responded_at, now=now)
    level, missing = verified(incident, told.responded_at)
    try:
        with transaction.atomic():
            require(rules.may_record(recorded=incident is not None and Stop.objects.filter(incident=incident).exists()))
            stop = Stop.objects.write(
                by=by,
                incident=incident,
                hot_list=hot_list,
                member=member,
                member_name=member.name,
                member_badge=member.badge,
                member_unit=member.unit,
                justification=told.justification,
                case_number=told.case_number,
                disposition=told.disposition,
                responded_at=told.responded_at,
                next_steps=told.next_steps,
                report_number=told.report_number,
                area=told.area,
                people=rules.people_of(told.people),
                plate=seen.plate,
                state=seen.state,
                vehicle=seen.vehicle,
                list_version=seen.list_version,
                list_age=seen.list_age,
                verification=level,
                missing=missing,
            )
            for what, due_on in told.steps:
                NextStep.objects.write(by=by, stop=stop, what=what, due_on=due_on)
    except IntegrityError as error:
        if broken_constraint(error) == "hotlists_stop_incident_id_key":
            require(rules.may_record(recorded=True))
        raise
    return stop


@clause("C.2.A.2")
def finish_step(step: NextStep, *, note: str, by: Member) -> StepDone:
    """A next step was done, or is no longer needed; the note says which. Raises Refused where it was finished before."""
    require(rules.may_finish(done=hasattr(step, "done")))
    try:
        with transaction.atomic():
            return StepDone.objects.write(by=by, step=step, note=note)
    except IntegrityError as error:
        if broken_constraint(error) == "hotlists_stepdone_step_id_key":
            require(rules.may_finish(done=True))
        raise


@clause("C.2.A.2")
def add_note(stop: Stop, *, text: str, by: Member) -> StopNote:
    """What was learned later, or was recorded wrong: added, since a record is written once."""
    return StopNote.objects.write(by=by, stop=stop, text=text)


# --- what one stop says ----------------------------------------------------------------------------------------------


def whole(found: QuerySet[Stop]) -> QuerySet[Stop]:
    """Stops with everything that their pages and files say of them, in a constant number of queries."""
    steps = NextStep.objects.select_related("done").order_by("due_on", "at")
    return found.select_related("incident").prefetch_related(
        Prefetch("steps", queryset=steps), Prefetch("notes", queryset=StopNote.objects.order_by("at"))
    )


@clause("C.2.A.2")
def six_fields(stop: Stop) -> list[dict[str, Any]]:
    """The six things the order asks of a stop, in its sequence."""
    who = f"{stop.member_name} ({stop.member_badge})" if stop.member_badge else stop.member_name
    return [
        {"label": "a) Member who responded", "value": ", ".join(filter(None, (who, stop.member_unit)))},
        {"label": "b) Justification", "value": stop.justification},
        {"label": "c) Case number", "value": stop.case_number},
        {"label": "d) Disposition code", "value": Disposition.says(stop.disposition)},
        {"label": "e) Date and time of the response", "at": stop.responded_at},
        {"label": "f) Next steps", "value": stop.next_steps},
    ]


def counted(stop: Stop) -> list[tuple[str, int]]:
    """The counts of a stop in words."""
    return [(outcome.label, stop.people[outcome.value]) for outcome in StopOutcome if stop.people.get(outcome.value)]


def verification_words(level: str, missing: Iterable[str]) -> str:
    """How far a stop was verified, in one line."""
    lacks = in_words(list(missing))
    return rules.LEVELS[level] + (f"; missing: {lacks}" if lacks else "")


def timeline(stop: Stop) -> list[dict[str, Any]]:
    """Every step of a stop: its hit and verifications, its record, what was finished, what was added."""
    found: list[dict[str, Any]] = []
    if stop.incident:
        found.append({"at": stop.incident.at, "who": "The portal", "what": "Hit", "clause": "B.1"})
        for one in stop.incident.verifications.all():
            found.append({"at": one.at, "who": one.by_name, "what": "Verification", "clause": "C.2.A"})
    tone = "run" if stop.verification == "full" else "wait"
    says = f"Verification: {verification_words(stop.verification, stop.missing)}"
    found.append(
        {"at": stop.at, "who": stop.by_name, "what": "Stop recorded", "detail": says, "tone": tone, "clause": "C.2.A.2"}
    )
    for step in stop.steps.all():
        done = getattr(step, "done", None)
        if done:
            says = f"{step.what}: {done.note}"
            found.append({"at": done.at, "who": done.by_name, "what": "Next step finished", "detail": says})
    for note in stop.notes.all():
        found.append({"at": note.at, "who": note.by_name, "what": "Note", "detail": note.text})
    return sorted(found, key=lambda step: step["at"])
