"""Entries that members propose: what one says, who decides, changes and ends it, and how it stands, as pure rules (C.2.B.2)."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_case_number, read_local_time, read_purpose
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.parameters import ENTRY_LASTS, URGENT_CONFIRMED
from alpr_portal.policy.refusal import BadInput, Question, Refusal
from alpr_portal.policy.vocabulary import Confidentiality, Listed, ListKind, Purpose, Watched
from reads.plates import read_pattern, read_plate

OF_A_PERSON = frozenset({ListKind.AMBER.value, ListKind.SILVER.value})  # lists for missing and at-risk people only
PURPOSES = [purpose for purpose in Purpose if purpose != Purpose.COURT_ORDER]
FEWEST_KNOWN = 4  # characters of a part of a plate
MARGIN = timedelta(minutes=1)  # between the portal's clock and the database's

SAYS = {
    "case.missing": "enter it.",
    "case.format": "write two digits for the year, a hyphen and six digits, such as 26-012345.",
    "case.placeholder": "this is a placeholder. Enter the number of the report.",
    "case.year": "its year has not begun. Check the first two digits.",
}
SCREENED = {
    "immigration_enforcement": Refusal(
        "E.3", "The readers are never used for immigration enforcement.", "No entry is possible for this reason."
    ),
    "reproductive_care": Refusal(
        "C.3.repro",
        "The readers are never used against people for reproductive or gender-affirming health care.",
        "No entry is possible for this reason.",
    ),
    "personal_use": Refusal(
        "C.3.4", "The readers are never used for a personal purpose.", "No entry is possible for this reason."
    ),
}


class Life(Listed):
    """C.2.B.2: how a version of an entry stands."""

    PENDING = "pending", "Awaits a decision"
    ACTIVE = "active", "In force"
    DENIED = "denied", "Not approved"
    EXPIRED = "expired", "Expired"
    ENDED = "ended", "Ended"
    LAPSED = "lapsed", "Ended: not confirmed"
    SUPERSEDED = "superseded", "Replaced by a newer version"


# --- what an entry says -----------------------------------------------------------------------------------------------


def read_watched(value: object, *, kind: str, field: str = "plate") -> str:
    """The plate, or the part of one, as it is kept; "" for a vehicle without a plate.

    Raises plate.* for a plate, pattern.* for a part of one, and pattern.whole, plate.unwanted.
    """
    if kind == Watched.VEHICLE.value:
        if isinstance(value, str) and not value.strip():
            return ""
        raise BadInput("plate.unwanted", "Plate: leave it empty, or say that you look for a plate.", field)
    if kind == Watched.PLATE.value:
        return read_plate(value, field=field)
    pattern = read_pattern(value, field=field)
    if pattern.is_exact:
        raise BadInput("pattern.whole", "Plate: this is no part of one. Write * or ? for what is not known.", field)
    if pattern.known < FEWEST_KNOWN:
        raise BadInput("pattern.too_broad", f"Plate: give at least {FEWEST_KNOWN} known characters.", field)
    return pattern.text


@clause("C.2.A.1")
def read_reason(value: object, *, kind: str, field: str = "purpose") -> str:
    """One of the five purposes; of an Amber or Silver list only the missing or at-risk person, which need not be said.

    Raises purpose.missing, purpose.not_listed, purpose.fixed.
    """
    missing = Purpose.MISSING_OR_AT_RISK_PERSON
    if kind in OF_A_PERSON and isinstance(value, str) and not value.strip():
        return missing.value
    purpose = read_purpose(value, field=field)
    if purpose not in PURPOSES:
        raise BadInput("purpose.not_listed", "Purpose: choose one of those listed.", field)
    if kind in OF_A_PERSON and purpose != missing:
        raise BadInput("purpose.fixed", "Purpose: this list is for missing and at-risk people only.", field)
    return purpose.value


@clause("C.2.B.2", "C.2.B.2-min")
def read_number(value: object, *, today: date, confirmed: bool, label: str, field: str) -> str:
    """A case or report number, as ``read_case_number``; an entry is never "in progress".

    Raises case.missing, case.format, case.placeholder, case.year, and the Question case.pattern.<field>.
    """
    try:
        return read_case_number(value, today=today, confirmed=confirmed, field=field)
    except BadInput as error:
        raise BadInput(error.code, f"{label}: {SAYS[error.code]}", field) from None
    except Question as question:
        asks = f"This {label.lower()} looks made up. Is it the number on the report?"
        raise Question(f"case.pattern.{field}", asks, question.choices, field) from None


@clause("C.2.B.2")
def read_expiry(value: object, *, now: datetime, field: str = "expiry") -> datetime:
    """When an entry ends: so many days from now, or at the end of a day on Oakland's clock; 30 days at the most.

    Raises expiry.missing, expiry.format, expiry.past, expiry.too_late.
    """
    text = value.strip() if isinstance(value, str) and len(value) <= 40 else None
    if text == "":
        raise BadInput("expiry.missing", "Expiry: say in how many days the entry ends, or on which day.", field)
    latest = now + ENTRY_LASTS.now
    if text is not None and text.isascii() and text.isdigit() and len(text) <= 4:
        ends = now + timedelta(days=int(text))
    else:
        try:
            if text is None or len(text) != 10:
                raise ValueError
            day = date.fromisoformat(text)
            ends = read_local_time(f"{day} 23:59", field=field).astimezone(UTC) + MARGIN
            last = latest.astimezone(OAKLAND).date()
        except (ValueError, Question):
            says = "Expiry: write days, such as 14, or a day, such as 2026-12-01."
            raise BadInput("expiry.format", says, field) from None
        if day == last:
            ends = latest  # the last day that may be asked for, up to the very minute
    if ends <= now + MARGIN:
        raise BadInput("expiry.past", "Expiry: it lies in the past. Give a later day.", field)
    if ends > latest:
        raise BadInput("expiry.too_late", "Expiry: an entry lasts 30 days at most. It can be renewed.", field)
    return min(ends, latest - MARGIN)


def read_year(value: object, *, today: date, field: str = "year") -> str:
    """The year of a vehicle, four digits, or "". Raises year.format."""
    text = value.strip() if isinstance(value, str) else "?"
    known = len(text) == 4 and text.isascii() and text.isdigit() and 1900 <= int(text) <= today.year + 2
    if text and not known:
        raise BadInput("year.format", "Year: write four digits, such as 2019.", field)
    return text


def describes(watched: str, *facts: str) -> BadInput | None:
    """A vehicle without a plate is told by two facts at least; None where that is so."""
    if watched != Watched.VEHICLE.value or sum(1 for fact in facts if fact) >= 2:
        return None
    says = "Make: describe a vehicle without a plate by at least two of make, model, color, year and characteristics."
    return BadInput("vehicle.missing", says, "make")


@clause("C.2.A.1", "C.2.B.2")
def may_be_urgent(*, urgent: bool, kind: str) -> BadInput | None:
    """Only Amber and Silver entries are urgent."""
    if not urgent or kind in OF_A_PERSON:
        return None
    return BadInput("urgent.list", "Urgent: only Amber and Silver entries can be. Take the tick away.", "urgent")


def may_be_confidential(*, confidentiality: str, unit: str) -> BadInput | None:
    """What only one's unit sees needs a unit."""
    if confidentiality != Confidentiality.UNIT.value or unit:
        return None
    says = "Confidentiality: your account names no unit. Choose everybody, or have the unit entered first."
    return BadInput("confidentiality.no_unit", says, "confidentiality")


@clause("C.3.4", "C.3.repro", "E.3")
def may_be_proposed(*, outcome: str, categories: Collection[str]) -> Refusal | None:
    """What a screen refuses in a search it refuses in an entry."""
    if outcome != "refuse":
        return None
    return next(refusal for category, refusal in SCREENED.items() if category in categories)


# --- how it stands ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stands:
    """What tells how a version stands: the decision on it, its entry's end, its time, and versions after it.

    ``approved``: None where nobody decided. ``by_designee``: it was let in by a lent permission. ``newer``: "", "open"
    (proposed later) or "approved".
    """

    approved: bool | None
    expires_at: datetime
    ended: bool = False
    urgent: bool = False
    by_designee: bool = False
    decided_at: datetime | None = None
    confirmed: bool | None = None
    newer: str = ""


def confirm_by(stands: Stands) -> datetime | None:
    """Until when the Administrator has to confirm; None where nobody has to."""
    if stands.approved and stands.urgent and stands.by_designee and stands.confirmed is None and stands.decided_at:
        return stands.decided_at + URGENT_CONFIRMED.now
    return None


@clause("C.2.B.2")
def life(stands: Stands, *, now: datetime) -> Life:
    """How a version stands now; only ``Life.ACTIVE`` is compared with reads. The twin of ``entries.with_life``."""
    if stands.approved is False:
        return Life.DENIED
    if stands.newer == "approved" or (stands.approved is None and stands.newer):
        return Life.SUPERSEDED
    if stands.ended:
        return Life.ENDED
    if stands.approved is None:
        return Life.PENDING if stands.expires_at > now else Life.EXPIRED
    due = confirm_by(stands)
    if stands.confirmed is False or (due is not None and due <= now):
        return Life.LAPSED
    return Life.ACTIVE if stands.expires_at > now else Life.EXPIRED


# --- who may ------------------------------------------------------------------------------------------------------------


def _no(sentence: str, remedy: str, code: str) -> Refusal:
    return Refusal("C.2.B.2", sentence, remedy, code=f"entry.{code}")


@clause("C.2.B.2")
def may_decide_entry(
    *,
    decider: Hashable,
    proposed_by: Hashable,
    first_proposed_by: Hashable,
    holds_verb: bool,
    decided: bool,
    newest: bool,
    ended: bool,
    expired: bool,
    approves: bool,
) -> Refusal | None:
    """The Administrator or designee decides, once, on the newest version, and never on an entry of their own."""
    if not holds_verb:
        return _no("The Administrator or designee decides on entries.", "Ask one of them.", "not_entitled")
    if decider in (proposed_by, first_proposed_by):
        return _no("Nobody decides on their own entry.", "Another designee of the Administrator decides it.", "own")
    if ended:
        return _no("An entry that ended is not decided.", "Its page says why it ended.", "ended")
    if not newest:
        return _no(
            "What is approved is what the decider saw.", "The entry was changed meanwhile: look at it again.", "changed"
        )
    if decided:
        return _no("An entry is decided once.", "Another member decided it before you: its page says how.", "decided")
    if expired and approves:
        return _no("An entry is approved before it ends.", "Its time ran out: have it renewed.", "expired")
    return None


@clause("C.2.B.2")
def may_confirm_entry(
    *,
    by: Hashable,
    proposed_by: tuple[Hashable, ...],
    decided_by: Hashable,
    holds_own: bool,
    due_at: datetime | None,
    now: datetime,
) -> Refusal | None:
    """The Administrator in person confirms an urgent entry that a designee let in, within 24 hours."""
    if not holds_own:
        return _no("The Administrator confirms urgent entries in person.", "A designee cannot.", "not_administrator")
    if by in (*proposed_by, decided_by):
        return _no(
            "Another member than those who proposed and let it in confirms it.", "Ask another Administrator.", "own"
        )
    if due_at is None:
        return _no(
            "Only an urgent entry that a designee let in is confirmed, once.",
            "Its page says how it stands.",
            "nothing_to_confirm",
        )
    if due_at <= now:
        return _no("An urgent entry ends unless it is confirmed within 24 hours.", "Have it proposed anew.", "lapsed")
    return None


@clause("C.2.B.2")
def may_edit_entry(
    *, by: Hashable, unit: str, first_proposed_by: Hashable, proposed_unit: str, holds_verb: bool, ended: bool
) -> Refusal | None:
    """Whoever proposed an entry, or another of the same unit, proposes its change or renewal; not of one that ended."""
    if not holds_verb:
        return _no("Your role does not include to propose entries.", "Ask your supervisor.", "not_entitled")
    if ended:
        return _no("An entry that ended is not changed.", "Propose a new one.", "ended")
    if by == first_proposed_by or (unit and unit == proposed_unit):
        return None
    return _no("Its proposer, or another of that unit, changes an entry.", "Ask one of them.", "not_yours")


@clause("C.2.B.2")
def may_end_entry(
    *,
    by: Hashable,
    proposers: Collection[Hashable],
    supervises_unit: bool,
    decides: bool,
    ended: bool,
    alive: bool,
) -> Refusal | None:
    """Its proposer, a supervisor of that unit, and whoever decides entries ends one before its time, once."""
    if by not in proposers and not supervises_unit and not decides:
        return _no(
            "Its proposer, a supervisor of that unit, the Administrator or designee ends an entry.",
            "Ask one of them.",
            "not_yours",
        )
    if ended or not alive:
        return _no(
            "Only an entry that is in force or awaits a decision can end.", "Its page says how it stands.", "ended"
        )
    return None


def may_see(*, confidentiality: str, same_unit: bool, proposed: bool, decides: bool, oversees: bool) -> bool:
    """Whether a version exists for a member who may see entries at all. C.2.B.2: confidential ones are their unit's."""
    return confidentiality == Confidentiality.DEPARTMENT.value or same_unit or proposed or decides or oversees


def may_see_plate(*, confidentiality: str, same_unit: bool, proposed: bool, decides: bool, holds_verb: bool) -> bool:
    """Whether the member sees which plate a version watches for; who only oversees does not."""
    if decides or proposed:
        return True
    return holds_verb and (confidentiality == Confidentiality.DEPARTMENT.value or same_unit)
