"""Rosters of completed training: read whole, judged row by row, loaded in one transaction or not at all (J)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_person_name, read_text
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.refusal import BadInput, Refusal, require
from alpr_portal.policy.vocabulary import IntakeKind

from . import intakes
from .completion_rules import read_day, read_score
from .completions import approved_courses, blocks_entry, covering, find_members, one_member
from .models import Completion, Course, Intake, IntakeApplied, Member

COLUMNS = ("badge", "course", "version", "completed_on", "instructor", "score")
FAULTY = Refusal(
    "J",
    "A roster with errors loads nothing.",
    "Correct the rows that are named, save the file and send it again.",
    code="roster.faulty",
)


@dataclass
class Line:
    """One row of a roster: where it stands, what it means, what is wrong with it. ``known``: it is on record already."""

    number: int
    raw: dict[str, str]
    member: Member | None = None
    course: Course | None = None
    completed_on: date | None = None
    instructor: str = ""
    score: int | None = None
    errors: list[BadInput] = field(default_factory=list)
    known: bool = False

    @property
    def messages(self) -> list[str]:
        """What is wrong, in words."""
        return [error.message for error in self.errors]

    @property
    def state(self) -> str:
        """``error``, ``known`` or ``new``."""
        return "error" if self.errors else "known" if self.known else "new"


@dataclass(frozen=True)
class Judged:
    """A roster, judged row by row."""

    lines: list[Line]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are new, known and in error; the receipt's numbers."""
        counted = Counter(line.state for line in self.lines)
        return {"rows": len(self.lines), **{state: counted[state] for state in ("new", "known", "error")}}

    @property
    def faulty(self) -> list[Line]:
        """The rows in error."""
        return [line for line in self.lines if line.errors]


def receive(name: str, data: bytes, *, by: Member) -> Intake:
    """Keep a roster file that can be read; nothing is loaded yet. Raises BadInput ``file.*``."""
    return intakes.receive(IntakeKind.ROSTER, name, data, columns=COLUMNS, by=by)


def rosters() -> QuerySet[Intake]:
    """The rosters taken in, newest first, each with what applying it did."""
    return Intake.objects.filter(kind=IntakeKind.ROSTER.value).select_related("applied").order_by("-at")


def judge(rows: Iterable[tuple[int, dict[str, str]]], *, by: Member, now: datetime) -> Judged:
    """What each row would enter, or its errors in words; five queries, however many rows."""
    rows = list(rows)
    found = find_members({row["badge"] for _, row in rows})
    given = {(course.title.casefold(), course.version.casefold()): course for course in approved_courses()}
    lines = [_line(number, row, found, given, by=by, now=now) for number, row in rows]
    _mark_twice(lines)
    _mark_known(lines)
    return Judged(lines)


def _line(
    number: int,
    row: dict[str, str],
    found: dict[str, list[Member]],
    given: dict[tuple[str, str], Course],
    *,
    by: Member,
    now: datetime,
) -> Line:
    line = Line(number, row)

    def read(name: str, reader: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return reader(*args, **kwargs)
        except BadInput as error:
            line.errors.append(BadInput(error.code, error.message, name))
            return None

    today = timezone.localdate(now, OAKLAND)
    line.member = read("badge", one_member, row["badge"], found)
    line.course = read("course", _course, row, given)
    line.completed_on = read("completed_on", read_day, row["completed_on"], field="completed_on", today=today)
    line.instructor = read("instructor", read_instructor, row["instructor"]) or ""
    line.score = read("score", read_score, row["score"])
    if line.errors or not (line.member and line.course and line.completed_on):
        return line
    refusal = blocks_entry(
        by=by, member=line.member, course=line.course, completed_on=line.completed_on, score=line.score, now=now
    )
    if refusal:
        line.errors.append(BadInput(refusal.code, f"{refusal.sentence} {refusal.remedy}", "badge"))
    return line


def read_instructor(value: object) -> str:
    """Who gave the course. Raises BadInput ``name.*``, naming the instructor."""
    try:
        return read_person_name(value, field="instructor")
    except BadInput as error:
        raise BadInput(error.code, error.message.replace("Name:", "Instructor:", 1), "instructor") from None


def _course(row: dict[str, str], given: dict[tuple[str, str], Course]) -> Course:
    title = read_text(row["course"], field="course", limit=200, one_line=True)
    version = read_text(row["version"], field="version", limit=20, one_line=True)
    if not title:
        raise BadInput("course.missing", "Course: enter its title.", "course")
    if not version:
        raise BadInput("version.missing", "Version: enter the version of the course.", "version")
    course = given.get((title.casefold(), version.casefold()))
    if course:
        return course
    if any(title.casefold() == known for known, _ in given):
        raise BadInput("version.unknown", "Version: this course has no such approved version.", "version")
    raise BadInput("course.unknown", "Course: no approved course has this title. Check the spelling.", "course")


def _mark_twice(lines: list[Line]) -> None:
    """The second of two rows that say the same is an error: one of them is likely meant for somebody else."""
    first: dict[tuple[Any, ...], int] = {}
    for line in lines:
        if line.errors or not line.member or not line.course:
            continue
        key = (line.member.pk, line.course.pk, line.completed_on)
        if key in first:
            says = f"This row says the same as line {first[key]}. Take one of them away."
            line.errors.append(BadInput("roster.twice", says, "badge"))
        else:
            first[key] = line.number


def _mark_known(lines: list[Line]) -> None:
    sound = [line for line in lines if not line.errors and line.member]
    on_record = set(
        Completion.objects.filter(
            withdrawn__isnull=True,
            member__in={line.member.pk for line in sound if line.member},
            completed_on__in={line.completed_on for line in sound},
        ).values_list("member", "course", "completed_on")
    )
    for line in sound:
        assert line.member
        assert line.course
        line.known = (line.member.pk, line.course.pk, line.completed_on) in on_record


def preview(intake: Intake, *, by: Member, now: datetime) -> Judged:
    """What loading a kept roster would do now; changes nothing."""
    return judge(intakes.rows(intake, COLUMNS), by=by, now=now)


@clause("J")
def load_roster(intake: Intake, *, by: Member, now: datetime) -> IntakeApplied:
    """Enter every new row of a roster in one transaction, once; one row in error and nothing is entered. Raises Refused.

    Rows that are on record already are counted, not entered again.
    """
    rows = intakes.rows(intake, COLUMNS)
    with transaction.atomic():
        _take_turns(rows)
        if hasattr(Intake.objects.select_related("applied").get(pk=intake.pk), "applied"):
            require(intakes.ALREADY)
        judged = judge(rows, by=by, now=now)
        require(FAULTY if judged.faulty else None)
        Completion.objects.bulk_create(
            Completion(
                by=by,
                by_name=by.name,
                by_badge=by.badge,
                by_unit=by.unit,
                member=line.member,
                course=line.course,
                completed_on=line.completed_on,
                instructor=line.instructor,
                score=line.score,
                entered=Completion.Entered.ROSTER,
                intake=intake,
                **covering(line.course, line.completed_on),
            )
            for line in judged.lines
            if line.state == "new" and line.course and line.completed_on
        )
        return intakes.apply_once(intake, by=by, counts=judged.counts)


def _take_turns(rows: list[tuple[int, dict[str, str]]]) -> None:
    """Hold the members of a roster until the transaction ends: who enters one of their completions meanwhile waits."""
    named = find_members({row["badge"] for _, row in rows})
    whom = [member.pk for several in named.values() for member in several]
    list(Member.objects.select_for_update(no_key=True).filter(pk__in=whom).order_by("pk").values_list("pk"))
