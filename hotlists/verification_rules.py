"""What a verification comes to, what speaks against its outcome, and who may close a hit, as pure rules (C.2.A)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput, Refusal
from alpr_portal.policy.vocabulary import CletsResult, Closing, Seen

SEEN = ("plate", "state", "make", "model", "colour")  # what C.2.A wants compared by eye, each
OTHER = "other"
CLETS = "clets"
FULL, PARTIAL, NONE = "full", "partial", "none"
OLDEST = timedelta(days=30)  # an inquiry this far back belongs to another hit
NAMES = {
    "plate": "plate",
    "state": "state",
    "make": "make",
    "model": "model",
    "colour": "color",
    OTHER: "other characteristics",
    CLETS: "CLETS inquiry",
}
# Closed without a look at the vehicle: what the picture alone shows; what it does not show was not possible.
AT_A_GLANCE: dict[str, dict[str, str]] = {
    Closing.MISREAD: {"plate": Seen.NO},
    Closing.WRONG_STATE: {"state": Seen.NO},
    Closing.DUPLICATE: {},
    Closing.NOT_LOCATED: {},
}


class Completeness(NamedTuple):
    """How far a verification went: "full", "partial" or "none", and what is missing, as names of its fields."""

    level: str
    missing: list[str]


@clause("C.2.A")
def completeness(seen: Mapping[str, str], *, clets: str, clets_result: str = "") -> Completeness:
    """How far one verification went.

    Full: CLETS was asked and knows the listing, plate, state, make, model and color match, and nothing else speaks
    against the vehicle. None: nothing matched, and CLETS was not asked. ``seen``: field → one of ``Seen``.
    """
    missing = [] if clets == "yes" and clets_result != CletsResult.NO_RECORD else [CLETS]
    missing += [name for name in SEEN if seen.get(name) != Seen.YES]
    missing += [OTHER] if seen.get(OTHER) == Seen.NO else []
    if not missing:
        return Completeness(FULL, [])
    begun = clets == "yes" or any(seen.get(name) == Seen.YES for name in SEEN)
    return Completeness(PARTIAL if begun else NONE, missing)


def in_words(missing: list[str]) -> str:
    """What is missing, as people read it: ``CLETS inquiry, plate``."""
    return ", ".join(NAMES.get(name, name) for name in missing)


@clause("C.2.A")
def contradictions(seen: Mapping[str, str], *, clets: str, clets_result: str, outcome: str) -> list[str]:
    """What in a verification does not fit its outcome. Shown and kept as it is, never refused: a record is a witness."""
    against = [NAMES[name] for name in (*SEEN, OTHER) if seen.get(name) == Seen.NO]
    said = []
    if outcome in (Closing.STOP, Closing.FOLLOW_ONLY) and against:
        what = "was stopped" if outcome == Closing.STOP else "was followed"
        said.append(f"The vehicle {what}, though these did not match: {', '.join(against)}.")
    if outcome == Closing.STOP and clets != "yes":
        said.append("The vehicle was stopped, though CLETS was not asked.")
    if outcome == Closing.STOP and clets_result == CletsResult.NO_RECORD:
        said.append("The vehicle was stopped, though CLETS had no record, or a cleared one.")
    if outcome == Closing.MISREAD and seen.get("plate") == Seen.YES:
        said.append("It is closed as misread, though the plate matches by eye.")
    if outcome == Closing.WRONG_STATE and seen.get("state") == Seen.YES:
        said.append("It is closed for the wrong state, though the state matches.")
    if outcome == Closing.CLEARED and clets_result == CletsResult.CONFIRMED:
        said.append("It is closed as cleared, though CLETS confirms the listing.")
    if outcome == Closing.NOT_LOCATED and any(seen.get(name) == Seen.YES for name in ("make", "model", "colour")):
        said.append("It is closed as not located, though the vehicle was compared.")
    return said


@clause("C.2.A")
def check_inquiry(*, clets: str, by: str, at: datetime | None, result: str, now: datetime) -> None:
    """Whether what is said of the CLETS inquiry holds together.

    Raises clets.by, clets.missing_time, clets.missing_result where it was done and that is not said; clets.not_done
    where it was not, and a time or a result stands there; clets.future, clets.too_old.
    """
    if clets != "yes":
        if at or result:
            says = "CLETS inquiry: a time or a result is given. Say that it was done, or clear them."
            raise BadInput("clets.not_done", says, "clets")
        return
    if not by:
        raise BadInput("clets.by", "By whom: enter who made the inquiry.", "clets_by")
    if at is None:
        raise BadInput("clets.missing_time", "When: choose when the inquiry was made.", "clets_when")
    if at > now.astimezone(UTC):
        raise BadInput("clets.future", "When: it lies in the future. Enter when the inquiry was made.", "clets_at")
    if now.astimezone(UTC) - at > OLDEST:
        raise BadInput("clets.too_old", f"When: it is over {OLDEST.days} days back. Check the day.", "clets_at")
    if not result:
        raise BadInput("clets.missing_result", "Result: choose what CLETS answered.", "clets_result")


@clause("C.2.A")
def may_close(*, outcome: str, closed: bool) -> Refusal | None:
    """A hit is closed once; what was compared later is taken all the same, without an outcome."""
    if not outcome or not closed:
        return None
    return Refusal(
        "C.2.A",
        "A hit is closed once.",
        "Somebody closed it before you: open it and see how. Record what you compared with the outcome “keep open”.",
        code="incident.closed",
    )


@clause("C.2.A")
def may_work(*, closed: bool) -> Refusal | None:
    """A closed hit is neither assigned nor muted."""
    if not closed:
        return None
    return Refusal(
        "C.2.A", "A closed hit needs nobody any more.", "It was closed before you: open it and see how.",
        code="incident.closed",
    )  # fmt: skip


@clause("C.2.A")
def may_assign(*, works_hits: bool, sees_it: bool, may_enter: bool) -> Refusal | None:
    """A hit goes to somebody who works hits, may see this one, and whose training holds."""
    if works_hits and sees_it and may_enter:
        return None
    return Refusal(
        "C.2.A",
        "A hit goes to a member who works hits, may see this one, and may enter today.",
        "Choose somebody else.",
        code="incident.assignee",
    )


@clause("C.2.A")
def check_mute(ends_at: datetime, *, now: datetime, lasts: timedelta) -> None:
    """Whether a mute ends, and soon enough. Raises mute.past, mute.too_long."""
    if ends_at <= now:
        raise BadInput("mute.past", "Until: choose a time ahead.", "ends_at")
    if ends_at - now > lasts:
        hours = lasts // timedelta(hours=1)
        raise BadInput("mute.too_long", f"Until: {hours} hours at most. Choose an earlier time.", "ends_at")
