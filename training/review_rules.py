"""The yearly review of who may, as pure rules: who reviews whom, when it is due, and that nobody is left out."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from datetime import datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal


@clause("C.3.b")
def due_at(*, reviewed_at: datetime | None, opened_at: datetime, every: timedelta) -> datetime:
    """When a member is to be reviewed next: a year after the last review, or after two people let them in."""
    return max(filter(None, (reviewed_at, opened_at))) + every


@clause("C.3.b")
def may_sign(*, by: Hashable, people: Collection[Hashable], answered: Collection[Hashable]) -> Refusal | None:
    """A review is signed about all of one's people as they stand at that moment, and never about oneself."""
    if by in people:
        return Refusal("C.3.b", "Nobody reviews their own access.", "Leave it to your own reviewer.")
    if not people:
        return Refusal("C.3.b", "A review is about one's people.", "You have none to review.")
    if set(people) != set(answered):
        return Refusal(
            "C.3.b",
            "A review is about all of one's people.",
            "They changed while you wrote: look at the list again, and answer for each.",
            code="review.changed",
        )
    return None
