"""How old the reads were that a search showed: whole days from capture to the look, counted and said in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from alpr_portal.policy.clauses import clause

DAY = timedelta(days=1)
BANDS = (
    (0, "Under a day"),
    (1, "1 to 2 days"),
    (3, "3 to 6 days"),
    (7, "7 to 13 days"),
    (14, "14 to 20 days"),
    (21, "21 days and more"),
)


@clause("C.2.B-log")
def ages_at(captured: Iterable[datetime], at: datetime) -> dict[str, int]:
    """How many reads were how many whole days old at a look, youngest first; one of a clock that ran ahead is 0 days old.

    Days are text, since that is how JSON keeps them: ``{"0": 12, "3": 1}``.
    """
    counted = Counter(max(0, (at - moment) // DAY) for moment in captured)
    return {str(days): counted[days] for days in sorted(counted)}


def sum_of(several: Iterable[Mapping[str, int]]) -> dict[int, int]:
    """Several answers' ages together: days to reads, youngest first."""
    total: Counter[int] = Counter()
    for ages in several:
        total.update({int(days): number for days, number in ages.items()})
    return dict(sorted(total.items()))


def in_words(ages: Mapping[int, int]) -> str:
    """One sentence on ages in days: how many were under a day, and the oldest. Empty where there are none."""
    if not ages:
        return ""
    number, fresh, youngest, oldest = sum(ages.values()), ages.get(0, 0), min(ages), max(ages)
    whom = "The read found was" if number == 1 else f"All {number} reads found were"
    if youngest == oldest:
        return f"{whom} {'under a day' if oldest == 0 else days_in_words(oldest)} old."
    if fresh == 0:
        return f"{whom} {youngest} to {days_in_words(oldest)} old."
    share = (
        f"Most of the {number} reads found were" if 2 * fresh > number else f"{fresh} of the {number} reads found were"
    )
    if fresh == 1:
        share = f"One of the {number} reads found was"
    return f"{share} under a day old; the oldest was {days_in_words(oldest)}."


def days_in_words(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def in_bands(ages: Mapping[int, int]) -> list[tuple[str, int]]:
    """Ages in days as rows of a small table: (band, reads), every band up to that of the oldest."""
    ends = [first for first, _ in BANDS[1:]] + [max(ages, default=0) + 1]
    return [
        (label, sum(number for days, number in ages.items() if first <= days < end))
        for (first, label), end in zip(BANDS, ends, strict=True)
        if ages and first <= max(ages)
    ]
