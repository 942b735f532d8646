"""How long records are kept: the rules, without the database, which asks the same ones again (migrations/0002_guards.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.refusal import BadInput, Refusal

Person = TypeVar("Person")


class Verdict(StrEnum):
    """What stands between a story and its disposal; the first of these that does."""

    RUNS = "runs"
    YOUNG = "young"
    UNREPORTED = "unreported"
    HELD = "held"
    NEEDED = "needed"
    GOES = "goes"


SAYS = {
    Verdict.RUNS: "Something of it still runs",
    Verdict.YOUNG: "Its term is not over, or it ended after the day that was approved",
    Verdict.UNREPORTED: "The annual report of its year is not issued",
    Verdict.HELD: "A legal hold keeps it",
    Verdict.NEEDED: "A record that stays refers to it",
    Verdict.GOES: "It may go",
    "changed": "It is not as it was approved",
}


@dataclass(frozen=True)
class Kept:
    """A legal hold over records: of which classes, between which days of Oakland (or all), of which case (or any)."""

    classes: frozenset[str]
    from_on: date | None = None
    to_on: date | None = None
    case_number: str = ""


@dataclass(frozen=True)
class Story:
    """What tells whether a story may go: its class, its span (``ended_at`` None: it runs), its years, its case numbers."""

    kind: str
    began_at: datetime
    ended_at: datetime | None
    years: frozenset[int]
    cases: frozenset[str] = frozenset()


def oakland_day(at: datetime) -> date:
    return at.astimezone(OAKLAND).date()


@clause("F.1")
def last_day(ended_on: date, years: int) -> date:
    """The last day on which a story that ended on a day is kept: the anniversary; March 1 for a February 29."""
    try:
        return ended_on.replace(year=ended_on.year + years)
    except ValueError:
        return date(ended_on.year + years, 3, 1)


def is_held(story: Story, holds: Iterable[Kept]) -> bool:
    """Whether one of the holds covers the story: its class, a day of its span, one of its case numbers."""
    began, ended = oakland_day(story.began_at), oakland_day(story.ended_at) if story.ended_at else date.max
    return any(
        story.kind in hold.classes
        and (hold.from_on is None or ended >= hold.from_on)
        and (hold.to_on is None or began <= hold.to_on)
        and (not hold.case_number or hold.case_number in story.cases)
        for hold in holds
    )


@clause("F.1")
def verdict(
    story: Story, *, years: int, issued: Collection[int], holds: Iterable[Kept], up_to: date, today: date
) -> Verdict:
    """Whether a story may go today; whether another record refers to it is the database's to know."""
    if story.ended_at is None:
        return Verdict.RUNS
    ended_on = oakland_day(story.ended_at)
    if today <= last_day(ended_on, years) or ended_on > up_to:
        return Verdict.YOUNG
    if not story.years <= set(issued):
        return Verdict.UNREPORTED
    return Verdict.HELD if is_held(story, holds) else Verdict.GOES


def latest_end(today: date, years: int) -> date:
    """The latest day on which a story may have ended that may go today."""
    day = today - timedelta(days=1)
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


@clause("F.1")
def may_end_hold(*, asked_by: Person, by: Person) -> Refusal | None:
    """A legal hold ends by two persons."""
    if asked_by != by:
        return None
    return Refusal(
        "K.report",
        "A legal hold over records ends by two persons.",
        "Somebody else who may hold records decides what you asked for.",
        code="records_hold.own",
    )


@clause("F.1")
def may_decide_disposal(*, proposed_by: Person, by: Person, decided: bool) -> Refusal | None:
    """Records go by two persons, and a proposal is decided once."""
    if proposed_by == by:
        return Refusal(
            "K.report",
            "Records are disposed of by two persons.",
            "Somebody else decides what you proposed.",
            code="disposal.own",
        )
    if decided:
        return Refusal("K.report", "A proposal is decided once.", "Its page says how.", code="disposal.decided")
    return None


def read_up_to(day: date, *, today: date, years: int, field: str = "up_to") -> date:
    """The day up to which stories that ended may go. Raises BadInput disposal.young."""
    latest = latest_end(today, years)
    if day > latest:
        said = (
            f"Up to: records are kept for {years} years, so the latest day is {latest:%B} {latest.day}, {latest.year}."
        )
        raise BadInput("disposal.young", said, field)
    return day


def read_span(from_on: date | None, to_on: date | None, *, field: str = "to_on") -> tuple[date | None, date | None]:
    """The days of a hold: both or neither, in order. Raises BadInput records_hold.days."""
    if (from_on is None) != (to_on is None):
        raise BadInput("records_hold.days", "To: give both days, or neither for records of any day.", field)
    if from_on and to_on and to_on < from_on:
        raise BadInput("records_hold.days", "To: the last day comes before the first. Put them in order.", field)
    return from_on, to_on


def read_year(year: int, *, today: date, field: str = "year") -> int:
    """The year of an annual report: one that is over. Raises BadInput report.year."""
    if not 2022 <= year < today.year:
        raise BadInput(
            "report.year", f"Year: a report tells of a year that is over, from 2022 to {today.year - 1}.", field
        )
    return year
