"""What a page or a PDF shows of certificates: days that reconcile or say that they do not, runs, and a month in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet

from ..models import CertifiedDay, PurgeRun, RetentionBreach
from .issue import is_whole, with_days
from .months import Month
from .rules import difference, in_bytes
from .tables import certificates


@dataclass(frozen=True)
class Row:
    """One upload day as it is shown; ``apart``: reads that its deliveries brought and that did not go, or None."""

    run: PurgeRun
    one: CertifiedDay

    @property
    def day(self) -> Any:
        return self.one.disposed

    @property
    def apart(self) -> int | None:
        return difference(self.day.stored, self.day.reads)

    @property
    def apart_says(self) -> str:
        """The difference in words; "" where there is none."""
        if not self.apart:
            return ""
        return f"{abs(self.apart):,} {'fewer' if self.apart > 0 else 'more'} went than came"

    @property
    def tables_size(self) -> str:
        return in_bytes(self.day.bytes)

    @property
    def packs_size(self) -> str:
        return in_bytes(self.day.packs_bytes)


@dataclass(frozen=True)
class EndedHold:
    """A hold whose copy left, as a certificate names it; ``because``: why, in words."""

    pk: str
    because: str
    reads: int

    @property
    def number(self) -> str:
        return self.pk[:8].upper()


def holds_of(run: PurgeRun) -> list[EndedHold]:
    """The holds that ended, by a certificate."""
    words = {"released": "released by two persons", "lapsed": "not reviewed in time"}
    return [EndedHold(one["hold"], words[one["because"]], one["reads"]) for one in run.holds]


def rows_of(run: PurgeRun) -> list[Row]:
    """The days of a certificate. ``run``: one of ``issue.with_days``."""
    return [Row(run, one) for one in run.days.all()]


@dataclass(frozen=True)
class Summary:
    """A month of certificates."""

    month: Month
    runs: list[PurgeRun]
    rows: list[Row]
    told: list[PurgeRun]
    wrong: list[int]
    gap: timedelta | None
    breaches: int

    @property
    def reads(self) -> int:
        return sum(row.day.reads for row in self.rows)

    @property
    def pictures(self) -> int:
        return sum(row.day.pictures for row in self.rows)

    @property
    def holds(self) -> list[dict[str, Any]]:
        return [hold for run in self.runs for hold in run.holds]


def of_month(month: Month) -> Summary:
    """A month's certificates, oldest first, each checked anew; a constant number of queries."""
    found: QuerySet[PurgeRun] = certificates().filter(ended_at__gte=month.starts_at, ended_at__lt=month.ends_at)
    runs = list(with_days(found.order_by("number")).select_related("brake", "brake__released"))
    rows = [row for run in runs for row in rows_of(run)]
    told = [run for run in runs if run.failed or run.brake_id or run.holds or run.left]
    wrong = [run.number for run in runs if not is_whole(run)]
    breaches = RetentionBreach.objects.filter(on__gte=month.first, on__lt=month.following).count()
    return Summary(month, runs, rows, told, wrong, longest_gap([run.ended_at for run in runs]), breaches)


def longest_gap(times: list[datetime]) -> timedelta | None:
    """The longest time between two runs; None of fewer than two."""
    return max((later - earlier for earlier, later in pairwise(times)), default=None)
