"""What may be searched, shown and delivered: pure rules over plain values, each knowing its clause."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import APPROVED_RUN, CLOCK_AHEAD, LATE_VEHICLE, RESULTS_OPEN
from alpr_portal.policy.refusal import Refusal
from alpr_portal.policy.vocabulary import Outcome, Purpose

from .plates import INDEXED_RUN, Pattern

# Purposes for which the order asks for no offence: a person, not a crime, is looked for, or a court has decided.
WITHOUT_OFFENCE = frozenset(
    {Purpose.MISSING_OR_AT_RISK_PERSON.value, Purpose.WITNESS_LOCATE.value, Purpose.COURT_ORDER.value}
)

MOST_CAMERAS = 10  # of a search without a plate

SCREENED = {
    "immigration_enforcement": Refusal(
        "E.3", "Reads are never used or shared for immigration enforcement.", "No search is possible for this reason."
    ),
    "federal_request": Refusal(
        "E.2",
        "Reads are not shared with federal or out-of-state agencies.",
        "A supervisor looks at this search before it runs; a request by another agency goes to the ALPR Administrator.",
    ),
    "reproductive_care": Refusal(
        "C.3.repro",
        "Reads are never used against people for reproductive or gender-affirming health care.",
        "No search is possible for this reason.",
    ),
    "first_amendment": Refusal(
        "C.3.5",
        "The readers are not used against speech, assembly, press or religion.",
        "A supervisor looks at this search before it runs.",
    ),
    "protected_characteristic": Refusal(
        "C.3.3",
        "The readers are not used because of a protected characteristic.",
        "A supervisor looks at this search before it runs.",
    ),
    "personal_use": Refusal(
        "C.3.4", "The readers are never used for a personal purpose.", "No search is possible for this reason."
    ),
    "civil_matter": Refusal(
        "C.2.B",
        "A civil matter is none of the purposes of a search.",
        "A supervisor looks at this search before it runs.",
    ),
    "personal_data": Refusal(
        "D",
        "A search record holds facts about a case, not personal data such as numbers of identity papers.",
        "A supervisor looks at this search before it runs; leave such numbers out next time.",
    ),
    "vague": Refusal(
        "C.2.B", "The facts must let another person see the reasonable suspicion.", "A supervisor looks at it first."
    ),
}


@dataclass(frozen=True)
class Verdict:
    """What becomes of a search, and the duty that stands against it where it does not simply run."""

    outcome: str
    refusal: Refusal | None = None


@clause("C.2.B", "C.3.2", "C.3.3", "C.3.4", "C.3.5", "C.3.repro", "E.3", "N.3")
def judge_query(
    *, purpose: str, mapped: str, outside: bool, attested: bool, screen_outcome: str, categories: Collection[str]
) -> Verdict:
    """Run, wait for a supervisor, or refuse. ``mapped``: the offence table's word for the offence, "" where none is needed.

    ``screen_outcome`` and ``categories`` are the text screen's answer over everything that was typed.
    """
    if not attested:
        return Verdict(
            Outcome.REFUSE,
            Refusal("C.2.B", "A search rests on the member's own attestation.", "Read it and tick it if it is true."),
        )
    if outside:
        return Verdict(
            Outcome.REFUSE,
            Refusal(
                "I.secure",
                "Nobody outside the department searches, and nobody searches for them: reads leave only by a written "
                "request, decided by the ALPR Administrator.",
                "Ask the requester to write to the department; the request desk takes it from there.",
            ),
        )
    if screen_outcome == Outcome.REFUSE:
        refusing = next(c for c in ("immigration_enforcement", "reproductive_care", "personal_use") if c in categories)
        return Verdict(Outcome.REFUSE, SCREENED[refusing])
    if mapped == "not_authorised" and purpose not in WITHOUT_OFFENCE:
        return Verdict(
            Outcome.REFUSE,
            Refusal(
                "C.2.B",
                "Searches serve missing or at-risk persons, witnesses, burglary, grand theft, violent crime, or a "
                "court's paper; this offence is none of them.",
                "If the case involves another offence that is, state that one.",
            ),
        )
    if screen_outcome == Outcome.WAIT:
        return Verdict(Outcome.WAIT, SCREENED[next(iter(categories))])
    if purpose not in WITHOUT_OFFENCE and mapped != purpose:
        sentence = (
            "The Administrator has not decided yet which purpose this offence belongs to."
            if mapped in {"administrator", "unknown"}
            else "The offence belongs to another purpose than the one stated."
        )
        return Verdict(Outcome.WAIT, Refusal("C.2.B", sentence, "A supervisor decides before the search runs."))
    return Verdict(Outcome.RUN)


@clause("C.2.B")
def may_decide_query(*, decider: object, asked_by: object, asked_for: object, holds_verb: bool) -> Refusal | None:
    """A waiting search is decided by a supervisor who neither asked it nor is the one it is for."""
    if not holds_verb:
        return Refusal("C.2.B", "Only a supervisor decides a search that waits.", "Ask your sergeant or lieutenant.")
    if decider in (asked_by, asked_for):
        return Refusal("C.2.B", "Someone else decides a search that is yours.", "Ask another supervisor.")
    return None


@clause("C.2.B")
def may_run(
    *, outcome: str, approved: bool | None, decided_at: datetime | None, has_run: bool, now: datetime
) -> Refusal | None:
    """A search runs at once, or after an approval not older than a day; and once. ``approved``: None while undecided."""
    if has_run:
        return Refusal("C.2.B", "An approved search runs once.", "Its results are open for a while; then ask anew.")
    if outcome == Outcome.RUN:
        return None
    if outcome == Outcome.REFUSE or approved is False:
        return Refusal("C.2.B", "This search was refused.", "State a new search if the facts are different.")
    if approved is None or decided_at is None:
        return Refusal("C.2.B", "This search waits for a supervisor's decision.", "You will find it in your worklist.")
    if now - decided_at >= APPROVED_RUN.now:
        return Refusal("C.2.B", "The approval is older than a day.", "State the search anew.")
    return None


@clause("C.3.b", "C.2.B-log")
def may_open_results(*, is_party: bool, ran_at: datetime | None, now: datetime) -> Refusal | None:
    """Results are for the member who asked and the colleague it was asked for, for some hours after the search ran."""
    if not is_party:
        return Refusal(
            "C.3.b", "Results are shown to the member who searched.", "The query log shows that it was made."
        )
    if ran_at is None:
        return Refusal("C.2.B", "This search has not run.", "")
    if now - ran_at >= RESULTS_OPEN.now:
        hours = int(RESULTS_OPEN.now.total_seconds() // 3600)
        return Refusal(
            "C.2.B-log", f"Results stay open for {hours} hours.", "State a new search; its purpose is recorded anew."
        )
    return None


@clause("C.3.c")
def narrow_enough(*, has_plate: bool, cameras: int, areas: int, window: timedelta) -> Refusal | None:
    """Without a plate, a search names a place and at most 24 hours: anything wider is a list of who was where.

    ``cameras``, ``areas``: how many were chosen. A place is at most ten cameras, or one police area.
    """
    has_place = 0 < cameras <= MOST_CAMERAS or areas == 1
    if has_plate or (has_place and window <= timedelta(hours=24)):
        return None
    return Refusal(
        "C.3.c",
        "A search without a plate needs a place and a short time: need to know does not reach further.",
        "Add a plate or part of one, or choose at most ten cameras or one police area, and at most 24 hours.",
        code="search.too_broad",
    )


@clause("B.2")
def fast_enough(pattern: Pattern | None, *, cameras: int, window: timedelta) -> Refusal | None:
    """A search that an index answers runs at once; one that would read every read asks for a little more.

    A whole plate, and three known characters side by side, have an index. Without them all reads of the time are looked
    through: over 30 days of 15 million reads 0.7 to 1 s (and 3 s at worst), over one day, with the days on
    which its late reads may have come, a third of that at most. Ten cameras
    over seven days are some 175,000 reads by the cameras' own index, a few tenths of a second; over 30 days they would be
    as slow as all. A police area is dozens of cameras, so it does not help. ``cameras``: how many were chosen.
    """
    if pattern is None or pattern.is_exact or pattern.longest_run >= INDEXED_RUN:
        return None
    if window <= timedelta(hours=24) or (0 < cameras <= MOST_CAMERAS and window <= timedelta(days=7)):
        return None
    return Refusal(
        "B.2",
        "This part of a plate would take long to find: no three known characters stand side by side.",
        f"Add one more character next to another, or choose up to {MOST_CAMERAS} cameras and at most 7 days, or at most "
        "24 hours.",
        code="search.too_slow",
    )


@clause("A.2", "B.2")
def upload_days(start: datetime, end: datetime) -> tuple[date, date]:
    """The first and last day (UTC) on which reads captured from ``start`` to ``end`` can have been uploaded.

    A read comes no earlier than its capture, but for clocks: the camera's may run ahead, and the database's lie behind
    the portal's by as much. It comes no later than a vehicle may deliver it; a day more is for what is stored slowly, as
    a long file is, whose reads are looked over before they are stored.
    """
    first = start - 2 * CLOCK_AHEAD.now
    last = end + LATE_VEHICLE.now + timedelta(days=1)
    return first.astimezone(UTC).date(), last.astimezone(UTC).date()


@clause("A.1", "C.3.1", "F.2")
def may_deliver(
    *,
    camera_source: object,
    source: object,
    attested: bool,
    in_service_from: date,
    in_service_to: date | None,
    today: date,
) -> Refusal | None:
    """A camera delivers through its own source, in service, and only where somebody attested its siting."""
    if camera_source != source:
        return Refusal(
            "F.2", "This camera belongs to another source.", "Send with that source's key.", "camera.not_yours"
        )
    if not attested:
        return Refusal(
            "C.3.1",
            "A camera without a siting attestation delivers nothing.",
            "The Coordinator attests where it looks.",
            "camera.unattested",
        )
    if today < in_service_from or (in_service_to is not None and today > in_service_to):
        return Refusal(
            "A.1", "This camera is not in service.", "Correct its dates in the inventory.", "camera.not_in_service"
        )
    return None
