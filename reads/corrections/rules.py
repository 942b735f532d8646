"""Who may report a read as wrong, who decides, and what follows, as pure rules: the read itself is kept as observed (G)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput, Refusal
from alpr_portal.policy.vocabulary import CorrectionGround, Listed, ReadFault

from ..plates import read_plate, read_state

REREAD = (
    ReadFault.MISREAD.value,
    ReadFault.WRONG_STATE.value,
)  # faults of which the plate or its state reads otherwise


class Life(Listed):
    """G: how a report of a wrong read stands."""

    OPEN = "open", "Reported, not decided"
    CONFIRMED = "confirmed", "Confirmed wrong"
    REJECTED = "rejected", "Not wrong after all"
    GONE = "gone", "Gone before a decision"


@dataclass(frozen=True)
class Right:
    """What a plate reads right: match key and two letters of its state, "" where that is not known."""

    plate: str
    state: str = ""


def life(*, confirmed: bool | None, uploaded_at: datetime, now: datetime, retention: timedelta) -> Life:
    """How a report stands. ``confirmed``: what the decision says, None where there is none."""
    if confirmed is not None:
        return Life.CONFIRMED if confirmed else Life.REJECTED
    return Life.OPEN if uploaded_at + retention > now else Life.GONE


@clause("C.2.A.1-age", "G")
def is_flagged(confirmed: bool | None) -> bool:
    """Whether a report makes its read stand as wrong: at once, unless a decision rejects it. Such a read matches no list.

    The twin of ``reads_is_flagged`` in the database.
    """
    return confirmed is not False


@clause("G")
def may_report(*, flagged: bool) -> Refusal | None:
    """A read is reported once; a rejected report does not stand in the way of another."""
    if flagged:
        return Refusal(
            "C.2.A.1-age",
            "This read is reported wrong already.",
            "Its page says how, and what came of it.",
            code="correction.reported",
        )
    return None


@clause("G")
def may_decide(*, decider: Hashable, reported_by: Hashable, life: Life) -> Refusal | None:
    """Another person decides, once, while the read is there to be looked at."""
    if decider == reported_by:
        return Refusal(
            "C.2.A.1-age",
            "Another person decides on a read that you reported.",
            "Another supervisor finds it in the worklist.",
            code="correction.own",
        )
    if life in (Life.CONFIRMED, Life.REJECTED):
        return Refusal(
            "C.2.A.1-age", "A report is decided once.", "Its page says who decided.", code="correction.decided"
        )
    if life == Life.GONE:
        return Refusal(
            "G", "The read is over its 720 hours: nothing is left to decide on.", "Nothing is to do.", code="read.gone"
        )
    return None


def read_right(plate: object, state: object, *, kind: str, seen: Right, field: str = "right_plate") -> Right | None:
    """What the plate reads right, as typed; None where nothing is said. An empty one of the two stays as observed.

    Raises right.unwanted, right.same, state.unknown, and the codes of ``read_plate``.
    """
    typed = [value.strip() if isinstance(value, str) else value for value in (plate, state)]
    if not any(typed):
        return None
    if kind not in REREAD:
        raise BadInput("right.unwanted", "Right plate: leave it empty, or say that plate or state is misread.", field)
    found = read_state(state) if typed[1] else seen.state
    if typed[1] and not found:
        raise BadInput("state.unknown", "State: write two letters, such as CA.", "right_state")
    right = Right(read_plate(plate, field=field) if typed[0] else seen.plate, found)
    if right == seen:
        raise BadInput("right.same", "Right plate: this is what the camera read. Write what differs.", field)
    return right


def check_ground(ground: str, *, confirmed: bool) -> str:
    """What the decision rests on. Raises ground.unclear: what cannot be told is not confirmed."""
    if confirmed and ground == CorrectionGround.UNCLEAR:
        raise BadInput("ground.unclear", "Ground: what cannot be told is not confirmed. Reject the report.", "ground")
    return ground
