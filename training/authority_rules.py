"""The Chief's word and borrowed permissions, as pure rules: who may be designated, what may be lent, and for how long."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import date, datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.refusal import BadInput, Refusal
from alpr_portal.policy.vocabulary import Category

LONGEST_DESIGNATION = timedelta(days=366)
LONGEST_LOAN = timedelta(days=90)


def read_days(first: date, last: date, *, today: date, longest: timedelta) -> tuple[datetime, datetime]:
    """Two days of Oakland, both in, as the instants from which and until which something holds.

    Raises days.past, days.reversed, days.too_long; ``longest`` counts both days.
    """
    if first < today:
        raise BadInput("days.past", "First day: it lies in the past. Begin today or later.", "first")
    if last.year > today.year + 10:
        raise BadInput("days.too_long", "Last day: it lies more than ten years ahead. Check the year.", "last")
    if last < first:
        raise BadInput("days.reversed", "Last day: it lies before the first.", "last")
    if last - first + timedelta(days=1) > longest:
        raise BadInput("days.too_long", f"Last day: at most {longest.days} days from the first.", "last")
    after = last + timedelta(days=1)
    return _midnight(first), _midnight(after)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=OAKLAND)


@clause("C.1")
def may_designate(
    *, by: Hashable, principal: Hashable | None, member: Hashable, category: str, is_active: bool
) -> Refusal | None:
    """The Chief or designee designates another member who is neither sworn nor PST. ``principal``: for whom ``by`` acts."""
    if member in {by, principal}:
        return Refusal("C.1", "Nobody designates themself, nor through a designee.", "Leave it to another.")
    if category != Category.OTHER:
        return Refusal(
            "C.1", "Sworn members and Police Service Technicians need no designation.", "There is nothing to do."
        )
    if not is_active:
        return Refusal("C.1", "This account is closed.", "Have its opening proposed first.")
    return None


@clause("C.3.b")
def may_lend(
    *,
    by: Hashable,
    designee: Hashable,
    is_active: bool,
    lendable: bool,
    own: bool,
    holds: bool,
    runs: bool,
    oversees: bool,
) -> Refusal | None:
    """A principal lends a permission of their own where the order says "or designee".

    ``own``: a role of the principal's lists the verb, so that what was lent is not lent on. ``holds``: the designee
    has it by a role. ``runs``: it is lent to them for these days already. ``oversees``: a role of theirs oversees the department.
    """
    if by == designee:
        return Refusal("L.2", "Nobody lends to themself.", "Choose another member.")
    if not lendable:
        return Refusal("L.2", "The order names no designee for this.", "It stays with the role.")
    if not own:
        return Refusal("L.2", "Only what a role of one's own gives is lent; what was lent is not lent on.", "")
    if not is_active:
        return Refusal("L.2", "The designee is an active member.", "Choose another member.")
    if oversees:
        return Refusal("K.audit", "Who oversees the Department does not decide for it.", "Choose another member.")
    if holds:
        return Refusal("L.2", "A role of the designee gives this already.", "There is nothing to lend.")
    if runs:
        return Refusal("L.2", "This is lent to the designee for these days already.", "End that loan first.")
    return None
