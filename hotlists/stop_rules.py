"""What the record of a stop must hold and who may add to it, as pure rules over plain values (C.2.A, C.2.A.2)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput, Refusal
from alpr_portal.policy.vocabulary import StopOutcome

from .verification_rules import CLETS, SEEN, completeness

OLDEST = timedelta(days=30)  # a stop is recorded within this
MOST_STEPS = 5
MOST_COUNTED = 99
LEVELS = {"full": "Full", "partial": "Partial", "none": "None"}
ORDER = list(LEVELS)
EVERYTHING = [CLETS, *SEEN]  # what is missing where nothing was verified


@clause("C.2.A.2")
def check_moment(responded_at: datetime, *, now: datetime, field: str = "responded_at") -> datetime:
    """The moment of a response: neither ahead nor over 30 days back. Raises stop.future, stop.too_old."""
    if responded_at > now.astimezone(UTC):
        raise BadInput("stop.future", "Date and time: it lies in the future. Enter when you responded.", field)
    if now.astimezone(UTC) - responded_at > OLDEST:
        says = f"Date and time: it is over {OLDEST.days} days back. Check it; older stops go to the Coordinator."
        raise BadInput("stop.too_old", says, field)
    return responded_at


@clause("C.2.A.2")
def read_count(value: object, *, field: str) -> int:
    """How many people or things, 0 to 99; empty is none. Raises count.whole, count.range."""
    text = str(value if value is not None else "").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise BadInput("count.whole", "Counts: enter whole numbers only, never a name.", field)
    if len(text) > 4 or int(text) > MOST_COUNTED:
        raise BadInput("count.range", f"Counts: enter 0 to {MOST_COUNTED}.", field)
    return int(text)


def read_due(value: object, *, today: date, field: str) -> date | None:
    """The day a next step is due, or None where none was given. Raises due.format, due.past, due.far."""
    text = str(value if value is not None else "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None:
        raise BadInput("due.format", f"Due: write the day as {today.isoformat()}.", field)
    if day < today:
        raise BadInput("due.past", "Due: this day is over. Choose today or a later one.", field)
    if day > today + timedelta(days=366):
        raise BadInput("due.far", "Due: choose a day within a year.", field)
    return day


def people_of(counts: dict[str, int]) -> dict[str, int]:
    """The counts that are not 0, in the order of the closed list; what is not on it is left out."""
    return {outcome.value: counts[outcome.value] for outcome in StopOutcome if counts.get(outcome.value)}


@clause("C.2.A")
def level_at(
    seen: Mapping[str, str],
    *,
    clets: str,
    clets_result: str,
    clets_at: datetime | None,
    recorded_at: datetime,
    responded_at: datetime | None,
) -> tuple[str, list[str]]:
    """How far one verification went before the response: what was asked or recorded later verified nothing for it.

    ``responded_at``: None while the moment is not known; it has minutes only. Answers ("full", "partial" or "none", what
    is missing).
    """
    if responded_at is not None and recorded_at.replace(second=0, microsecond=0) > responded_at:
        return "none", list(EVERYTHING)
    late = clets == "yes" and responded_at is not None and (clets_at is None or clets_at > responded_at)
    level, missing = completeness(seen, clets="no" if late else clets, clets_result="" if late else clets_result)
    return level, list(missing)


@clause("C.2.A")
def best(found: Iterable[tuple[str, list[str]]]) -> tuple[str, list[str]]:
    """What several verifications of one hit come to: the fullest, with what it lacks; "none" where there is none.

    Each is (level, what is missing). A half and another half make no whole: they may not be of one vehicle.
    """
    ranked = sorted(found, key=lambda one: (ORDER.index(one[0]), len(one[1])))
    return ranked[0] if ranked else ("none", list(EVERYTHING))


@clause("C.2.A.2")
def may_record_for(*, by: Hashable, member: Hashable, supervises: bool, unit: str, member_unit: str) -> Refusal | None:
    """A member records the own stop; a supervisor also one of a member of the own unit."""
    if by == member or (supervises and unit and unit == member_unit):
        return None
    return Refusal(
        "C.2.A.2",
        "A stop is recorded by the member who responded, or by a supervisor of the same unit.",
        "Ask that member, or their supervisor, to record it.",
        code="stop.not_theirs",
    )


@clause("C.2.A.2")
def may_record(*, recorded: bool) -> Refusal | None:
    """A hit has one stop; what is learned later is a note on it."""
    if not recorded:
        return None
    return Refusal(
        "C.2.A.2",
        "A stop is recorded once.",
        "It is on record already: open it in the list of stops and add a note.",
        code="stop.recorded",
    )


@clause("C.2.A.2")
def may_finish(*, done: bool) -> Refusal | None:
    """A next step is finished once."""
    if not done:
        return None
    return Refusal("C.2.A.2", "A next step is finished once.", "It was finished before.", code="step.done")


def is_overdue(*, due_on: date | None, done: bool, today: date) -> bool:
    """Whether a next step should have been done before today."""
    return due_on is not None and not done and due_on < today
