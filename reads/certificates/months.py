"""A month of certificates, by Oakland's calendar: what its PDF and its heading say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.refusal import BadInput

WRITTEN = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Month:
    """A month, such as ``2026-11``."""

    year: int
    number: int

    @property
    def written(self) -> str:
        return f"{self.year}-{self.number:02d}"

    @property
    def title(self) -> str:
        return f"{date(self.year, self.number, 1):%B %Y}"

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def following(self) -> date:
        """The first day of the next month."""
        return (self.first + timedelta(days=32)).replace(day=1)

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, datetime.min.time(), OAKLAND)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.following, datetime.min.time(), OAKLAND)


def month_of(day: date) -> Month:
    """The month that a day lies in."""
    return Month(day.year, day.month)


def read_month(text: str) -> Month:
    """The month that is written ``2026-11``. Raises BadInput month.unreadable."""
    match = WRITTEN.fullmatch(text)
    if match is None:
        raise BadInput("month.unreadable", "Month: write it as 2026-11.", "month")
    return Month(int(match[1]), int(match[2]))


def months_between(first: date, last: date) -> list[Month]:
    """The months from one day to another, newest first."""
    found, at = [], last.replace(day=1)
    while at >= first.replace(day=1):
        found.append(month_of(at))
        at = (at - timedelta(days=1)).replace(day=1)
    return found
