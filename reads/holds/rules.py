"""Holds: on which grounds reads are kept longer, who decides, until when, and how a hold stands, as pure rules (G.1 to G.3)."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_case_number
from alpr_portal.policy.parameters import HOLD_ASKS, HOLD_CAP, HOLD_REVIEW, RETENTION
from alpr_portal.policy.refusal import BadInput, Question, Refusal
from alpr_portal.policy.vocabulary import HoldGround, Listed

USUAL = timedelta(days=30)  # until the review, unless said otherwise
ON_DISK = timedelta(hours=25)  # after its 720 hours the disposal has taken a read
CLAUSES = {
    HoldGround.ACTIVE_INVESTIGATION.value: "G.1",
    HoldGround.MISSING_OR_AT_RISK_PERSON.value: "G.2",
    HoldGround.LEGAL_OBLIGATION.value: "G.3",
}
SAYS = {
    "case.missing": "enter it: a hold belongs to a case.",
    "case.format": "write two digits for the year, a hyphen and six digits, such as 26-012345.",
    "case.placeholder": "this is a placeholder. Enter the number of the report.",
    "case.year": "its year has not begun. Check the first two digits.",
}
SCREENED = {
    "immigration_enforcement": ("E.3", "Reads are never kept for immigration enforcement."),
    "reproductive_care": (
        "C.3.repro",
        "Reads are never kept against people for reproductive or gender-affirming care.",
    ),
    "personal_use": ("C.3.4", "Reads are never kept for a personal purpose."),
}


class Life(Listed):
    """G: how a hold stands."""

    WAITING = "waiting", "Awaits a decision"
    RUNNING = "running", "Held"
    LAPSED = "lapsed", "Hidden: not reviewed in time"
    RELEASED = "released", "Released"
    GONE = "gone", "Gone"
    DENIED = "denied", "Not approved"
    MISSED = "missed", "Nobody decided in time"


def _no(sentence: str, remedy: str, code: str) -> Refusal:
    return Refusal("G", sentence, remedy, code=f"hold.{code}")


# --- what is asked ----------------------------------------------------------------------------------------------------


def read_case(value: object, *, today: date, confirmed: bool, field: str = "case_number") -> str:
    """A case number, as ``read_case_number``; a hold is never "in progress".

    Raises case.missing, case.format, case.placeholder, case.year, and the Question case.pattern.
    """
    try:
        return read_case_number(value, today=today, confirmed=confirmed, field=field)
    except BadInput as error:
        raise BadInput(error.code, f"Case number: {SAYS[error.code]}", field) from None
    except Question as question:
        asks = "This case number looks made up. Is it the number on the report?"
        raise Question("case.pattern", asks, question.choices, field) from None


@clause("G")
def read_review(value: object, *, today: date, field: str = "review_on") -> date:
    """The day of the next review: after today, within 90 days; ``today`` is the day in Oakland.

    Raises review.missing, review.format, review.past, review.too_late.
    """
    text = value.strip() if isinstance(value, str) and len(value) <= 40 else None
    if text == "":
        raise BadInput("review.missing", "Review: say on which day at the latest it is looked at again.", field)
    try:
        if text is None or len(text) != 10:
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput("review.format", "Review: write a day, such as 2026-12-01.", field) from None
    if day <= today:
        raise BadInput("review.past", "Review: it lies in the past. Give a later day.", field)
    if day > today + HOLD_REVIEW.now:
        last = today + HOLD_REVIEW.now
        raise BadInput("review.too_late", f"Review: within 90 days, by {last.isoformat()}. It can be renewed.", field)
    return day


@clause("G.3")
def obliges(*, ground: str, obligation_of: str, has_document: bool) -> BadInput | None:
    """The third ground names whose obligation it is, and carries its document; None where all is said."""
    if ground != HoldGround.LEGAL_OBLIGATION.value:
        return None
    if not obligation_of:
        says = "Agency: name the agency or prosecutor whose case obliges the Department."
        return BadInput("hold.obligation", says, "obligation_of")
    if not has_document:
        return BadInput("hold.document", "Document: attach the agency's or prosecutor's paper as PDF.", "file")
    return None


@clause("G")
def asks_why_so_many(*, items: int, bulk_reason: str) -> BadInput | None:
    """A hold of more than 1,000 reads says why so many; None where that is so."""
    if items <= HOLD_ASKS.now or bulk_reason:
        return None
    says = f"Why so many: this hold names {items:,} reads. Say why the case needs them all, or choose fewer."
    return BadInput("hold.bulk", says, "bulk_reason")


@clause("G")
def may_ask(*, holds_verb: bool, items: int, outcome: str, categories: Collection[str]) -> Refusal | None:
    """Whose role includes it asks, for something, for 10,000 reads at most, and for no purpose that the order forbids."""
    if not holds_verb:
        return _no("Your role does not include to ask for holds.", "Ask your supervisor.", "not_entitled")
    if outcome == "refuse":
        id_, sentence = next(said for category, said in SCREENED.items() if category in categories)
        return Refusal(id_, sentence, "No hold is possible for this reason.", code="hold.screened")
    if items == 0:
        return _no("A hold names the reads it keeps.", "Choose at least one read that is still there.", "nothing")
    if items > HOLD_CAP.now:
        return _no("A hold keeps 10,000 reads at most.", "Narrow the search, or choose reads.", "cap")
    return None


# --- how it stands ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stands:
    """What tells how a hold stands: when it was asked, the decision (None: nobody's), its last day, release and disposal."""

    asked_at: datetime
    review_on: date
    approved: bool | None = None
    keep_until: date | None = None
    released: bool = False
    gone: bool = False


@clause("G")
def life(stands: Stands, *, today: date, now: datetime) -> Life:
    """How a hold stands; ``today`` is the day in Oakland. The twin of ``queries.with_life``.

    Undecided, it is missed once its review day is over, or once every read that it names has left the disk: each was
    uploaded before it was asked for.
    """
    if stands.approved is None:
        over = stands.review_on < today or stands.asked_at + RETENTION.now + ON_DISK <= now
        return Life.MISSED if over else Life.WAITING
    if not stands.approved:
        return Life.DENIED
    if stands.gone or stands.keep_until is None:
        return Life.GONE
    if stands.released:
        return Life.RELEASED
    return Life.LAPSED if stands.keep_until < today else Life.RUNNING


# --- who may ----------------------------------------------------------------------------------------------------------


@clause("G.1", "G.2", "G.3")
def may_decide_hold(
    *, decider: Hashable, asked_by: Hashable, holds_verb: bool, life: Life, approves: bool
) -> Refusal | None:
    """The Administrator or designee decides, once, and never on a hold of their own."""
    if not holds_verb:
        return _no("The Administrator or designee decides on holds.", "Ask one of them.", "not_entitled")
    if decider == asked_by:
        return _no("Nobody decides on their own hold.", "Another designee of the Administrator decides it.", "own")
    if life == Life.MISSED and approves:
        return _no("A hold is approved while its reads are there.", "Its time ran out: ask anew.", "missed")
    if life not in (Life.WAITING, Life.MISSED):
        return _no("A hold is decided once.", "Another member decided it before you: its page says how.", "decided")
    return None


@clause("G")
def may_review_hold(*, by: Hashable, asked_by: Hashable, holds_verb: bool, life: Life) -> Refusal | None:
    """The Administrator or designee reviews a hold that runs, or whose review was missed; never one of their own."""
    if not holds_verb:
        return _no("The Administrator or designee reviews holds.", "Ask one of them.", "not_entitled")
    if by == asked_by:
        return _no("Nobody reviews their own hold.", "Another designee of the Administrator reviews it.", "own")
    if life not in (Life.RUNNING, Life.LAPSED):
        return _no("Only a hold that runs is reviewed.", "Its page says how it stands.", "ended")
    return None


@clause("G")
def may_name_member(*, by: Hashable, asked_by: Hashable, decides: bool, life: Life) -> Refusal | None:
    """Whoever asked for a hold, or decides holds, names colleagues who work on its case."""
    if by != asked_by and not decides:
        return _no("Whoever asked for a hold names colleagues.", "Ask them, or the Administrator.", "not_yours")
    if life not in (Life.WAITING, Life.RUNNING, Life.LAPSED):
        return _no("A hold that ended is opened to nobody.", "Its page says how it stands.", "ended")
    return None


@clause("G")
def may_ask_release(*, works_on_case: bool, decides: bool, life: Life, waits: bool) -> Refusal | None:
    """Those who work on the case, or decide holds, say that a hold that runs is not needed any more; one at a time."""
    if not works_on_case and not decides:
        return _no("Those who work on its case ask for a release.", "Ask them, or the Administrator.", "not_yours")
    if life not in (Life.RUNNING, Life.LAPSED):
        return _no("Only a hold that runs is released.", "Its page says how it stands.", "ended")
    if waits:
        return _no("One release is asked for at a time.", "It awaits a decision already.", "release_waits")
    return None


@clause("G")
def may_decide_release(
    *, decider: Hashable, asked_by: Hashable, holds_verb: bool, decided: bool, life: Life
) -> Refusal | None:
    """The Administrator or designee decides on a release, once, and never on one that they asked for."""
    if not holds_verb:
        return _no("The Administrator or designee decides on releases.", "Ask one of them.", "not_entitled")
    if decider == asked_by:
        return _no("Two persons release a hold.", "Another designee of the Administrator decides it.", "own")
    if decided:
        return _no("A release is decided once.", "Another member decided it before you: its page says how.", "decided")
    if life not in (Life.RUNNING, Life.LAPSED):
        return _no("Only a hold that runs is released.", "Its page says how it stands.", "ended")
    return None
