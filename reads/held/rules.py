"""When the data of a hold is open, and to whom a package of it may go: rules without Django (G)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.parameters import HOLD_LAPSES, RELEASED_GONE
from alpr_portal.policy.refusal import Refusal

MOST_IN_PACKAGE = 50


@clause("G", "E.1")
def works_on_case(*, is_asker: bool, is_named: bool) -> Refusal | None:
    """Held data is open to those who work on its case. The database says the same."""
    if is_asker or is_named:
        return None
    return Refusal(
        "G",
        "Held data is open to those who work on its case: whoever asked for the hold, and the colleagues named in it.",
        "If you work on the case, let whoever asked for the hold, or the ALPR Administrator, name you in it.",
        "held.not_yours",
    )


@clause("G")
def may_open_hold(
    *, approved: bool | None, stands: bool, released_at: datetime | None, keep_until: date | None, today: date
) -> Refusal | None:
    """Open from the approval up to the end of the review day, and not a moment after the release.

    ``approved``: None before the decision. ``stands``: whether the database still keeps its copy. ``today``: Oakland's.
    The twin of the view reads_held_window.
    """
    if approved is None:
        return Refusal(
            "G",
            "This hold is not decided yet: nothing is kept by it.",
            "The ALPR Administrator or designee decides it before its reads are 30 days old.",
            "held.undecided",
        )
    if not approved:
        return Refusal(
            "G",
            "This hold was not approved: its reads went the way of all reads after 30 days.",
            "Where something changed and the reads are younger than that, ask for a hold anew.",
            "held.denied",
        )
    if released_at is not None:
        hours = f"{RELEASED_GONE.now / timedelta(hours=1):.0f}"
        return Refusal(
            "G",
            f"This hold was released on {in_words(released_at.astimezone(OAKLAND).date())}. What is released is closed at "
            f"once, and leaves the disk within {hours} hours.",
            "A release is not taken back. Where the case needs reads again that are younger than 30 days, ask for a hold.",
            "held.released",
        )
    if not stands or keep_until is None:
        return Refusal(
            "G",
            "What this hold kept has left the disk: it was released, or not reviewed in time.",
            "It cannot be brought back. The record of the hold remains.",
            "held.gone",
        )
    if keep_until < today:
        last = in_words(keep_until + HOLD_LAPSES.now)
        return Refusal(
            "G",
            f"This hold was to be reviewed by {in_words(keep_until)}, and was not: its data is closed since, and leaves the "
            f"disk after {last}.",
            "A review helps: ask the ALPR Administrator or designee for one today. What the case needs is open again with it.",
            "held.lapsed",
        )
    return None


@clause("G")
def may_take_package(*, outside: bool, found: int, chosen: int) -> Refusal | None:
    """A package is for the case's own use in the department. For anybody else reads leave by a written request."""
    if outside:
        return Refusal(
            "I.secure",
            "A package taken here is for the department’s own work on the case: to anyone outside, reads leave only by a "
            "written request, decided by the ALPR Administrator.",
            "Ask the requester to write to the department; the request desk takes it from there.",
            "held.outside",
        )
    if found < chosen:
        return Refusal(
            "G",
            "Not all of the reads that were chosen are held for this case.",
            "Choose them anew from the page of held reads.",
            "held.not_in_case",
        )
    return None


def in_words(day: date) -> str:
    """``Nov 22, 2026``."""
    return f"{day:%b} {day.day}, {day:%Y}"
