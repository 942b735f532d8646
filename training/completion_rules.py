"""What a completion must say, and who may enter or correct one, as pure rules over plain values (J, C.3.a)."""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import UTC, date, datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.refusal import BadInput, Refusal

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EXAMPLE = "2025-03-04"


def read_day(value: object, *, field: str, today: date, label: str = "") -> date:
    """A day of the past or today, as a form or a file writes it (``2025-03-04``).

    Raises day.missing, time.format, time.future, and time.too_old before 1970.
    """
    said = label or field.replace("_", " ").capitalize()
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise BadInput("day.missing", f"{said}: enter the day, such as {EXAMPLE}.", field)
    try:
        found = date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise BadInput("time.format", f"{said}: write the day as {EXAMPLE}.", field)
    if found > today:
        raise BadInput("time.future", f"{said}: this day has not come yet. Enter the day it was completed.", field)
    if found.year < 1970:
        raise BadInput("time.too_old", f"{said}: it lies before 1970. Check the year.", field)
    return found


def read_score(value: object, *, field: str = "score") -> int | None:
    """A score in whole percent, with or without a percent sign; None where none is given. Raises score.format."""
    text = str(value if value is not None else "").strip().removesuffix("%").rstrip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 100):
        raise BadInput("score.format", "Score: give whole percent, 0 to 100, or leave it empty.", field)
    return int(text)


@clause("J")
def expires_at(completed_on: date, valid_days: int) -> datetime:
    """When a completion stops counting: at the end of its last day on Oakland's clock, in UTC."""
    after = completed_on + timedelta(days=valid_days + 1)
    return datetime(after.year, after.month, after.day, tzinfo=OAKLAND).astimezone(UTC)


@clause("J", "C.3.a")
def may_enter(
    *,
    by: Hashable,
    member: Hashable,
    approved: bool,
    ended_on: date | None,
    completed_on: date,
    today: date,
    score: int | None,
    pass_mark: int,
) -> Refusal | None:
    """Somebody else enters a completion, of an approved course, held while it was given, and passed.

    It may have been held before the approval: approving a version says that its content stands.
    """
    if by == member:
        return Refusal(
            "J", "Nobody enters a completion for themself.", "Ask a colleague of the Section.", code="completion.own"
        )
    if not approved:
        return Refusal(
            "C.3.a",
            "Only a course that the Department approved counts.",
            "Have the course approved first.",
            code="completion.course",
        )
    if completed_on > today:
        return Refusal("J", "What lies in the future is not completed.", "Correct the day.", code="completion.future")
    if ended_on and completed_on > ended_on:
        return Refusal(
            "J",
            f"The course was given until {ended_on}.",
            "Correct the day or the course version.",
            code="completion.ended",
        )
    if score is not None and score < pass_mark:
        return Refusal(
            "J",
            f"Who scores under {pass_mark} percent did not complete this course.",
            "Correct the score, or have the course taken again.",
            code="completion.failed",
        )
    return None


@clause("J")
def may_correct(*, by: Hashable, entered_by: Hashable, member: Hashable, withdrawn: bool) -> Refusal | None:
    """A second person corrects, once: neither who entered the completion nor whom it is about."""
    if withdrawn:
        return Refusal(
            "J",
            "A completion is withdrawn once.",
            "See what was entered in its place.",
            code="completion.withdrawn",
        )
    if by == entered_by:
        return Refusal(
            "J",
            "A completion is corrected by another person than who entered it.",
            "Ask somebody else who may correct completions.",
            code="completion.entered_it",
        )
    if by == member:
        return Refusal("J", "Nobody corrects their own completion.", "Ask a colleague.", code="completion.own")
    return None
