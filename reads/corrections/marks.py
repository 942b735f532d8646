"""How a read that was reported wrong is shown wherever it is shown: as observed, and beside that what is said of it (G)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.vocabulary import ReadFault

from ..models import Correction, ReadReport, RightPlate
from ..plates import fold
from ..queries import who
from .actions import flagged
from .rules import REREAD, Right


@dataclass(frozen=True)
class Mark:
    """What is said of a wrong read: what is wrong, whether another person confirmed it, and what it reads right if known."""

    report: ReadReport
    right: Right | None

    @property
    def decision(self) -> Correction | None:
        """The decision, if there is one."""
        return getattr(self.report, "correction", None)

    @property
    def confirmed(self) -> bool:
        """Whether another person confirmed it."""
        return self.decision is not None

    @property
    def says(self) -> str:
        """In a few words, without a plate."""
        stands = "confirmed" if self.confirmed else "not decided yet"
        return f"Reported wrong: {ReadFault.says(self.report.kind).lower()}; {stands}"

    @property
    def reads_right(self) -> str:
        """The right plate with its state; "" where nobody said."""
        return f"{self.right.state} {self.right.plate}".strip() if self.right else ""


@clause("C.2.A.1-age", "G")
def mark(reads: Iterable[Any], using: str = DEFAULT_DB_ALIAS) -> None:
    """Give each read its ``mark``, None where nothing stands against it. Inside an access on the database ``using``.

    One query, and another one where any of them is marked.
    """
    reads = list(reads)
    reports = (
        flagged().using(using).filter(read_id__in=[read.id for read in reads]).select_related("correction")
        if reads
        else ()
    )
    by_read = {report.read_id: report for report in reports}
    right = rights(by_read.values(), using) if by_read else {}
    for read in reads:
        report = by_read.get(read.id)
        read.mark = Mark(report, right.get(report.pk)) if report else None


def rights(reports: Iterable[ReadReport], using: str = DEFAULT_DB_ALIAS) -> dict[uuid.UUID, Right]:
    """What the reads of these reports read right, by report: what the decision says, else what the report says. One query."""
    told = {}
    for report in reports:
        decision = getattr(report, "correction", None)
        told[decision.pk if decision else report.pk] = report
    days = {report.upload_day for report in told.values()}
    found = RightPlate.objects.using(using).filter(said_in__in=told, upload_day__in=days)
    return {told[each.said_in].pk: Right(each.plate, each.state) for each in found}


@clause("C.2.A.1-age", "B.2")
def corrected_to(criteria: dict[str, Any], days: tuple[date, date], using: str) -> list[uuid.UUID]:
    """The reads whose plate was confirmed to read as the criteria ask, uploaded on these days (first, last).

    By whole plate: as it stands, or with look-alikes where the search asks for them. One small query; a second one, on
    the days alone that have a correction, where there is any.
    """
    confirmed = ReadReport.objects.using(using).filter(kind__in=REREAD, correction__confirmed=True)
    began = datetime(days[0].year, days[0].month, days[0].day, tzinfo=UTC)
    confirmed = confirmed.filter(at__gte=began, upload_day__gte=days[0], upload_day__lte=days[1])
    corrected = list(confirmed.order_by().values_list("upload_day", flat=True).distinct())
    if not corrected:
        return []
    found = RightPlate.objects.using(using).filter(confirmed=True, upload_day__in=corrected)
    if criteria.get("state"):
        found = found.filter(state=criteria["state"])
    plate = criteria["plate"]
    found = found.filter(plate_fold=fold(plate)) if criteria.get("approximate") else found.filter(plate=plate)
    return list(found.values_list("read_id", flat=True))


@dataclass(frozen=True)
class Said:
    """One step in the story of a wrong read, without a plate. ``record``: the report or the decision itself."""

    at: datetime
    says: str
    record: ReadReport | Correction

    @property
    def who(self) -> str:
        """Who said it, as they were called."""
        return str(who(self.record))

    @property
    def what(self) -> str:
        """What was said and by whom."""
        return f"{self.says}, by {self.who}"


def reports_of(read_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[ReadReport]]:
    """Every report of these reads, rejected ones too, by read and oldest first; with its decision and both looks: one query."""
    looks = [f"{said}{of}" for said in ("access__", "correction__access__") for of in ("query", "hold")]
    found: dict[uuid.UUID, list[ReadReport]] = defaultdict(list)
    for report in ReadReport.objects.filter(read_id__in=read_ids).select_related(*looks).order_by("at"):
        found[report.read_id].append(report)
    return found


def told(reports: Iterable[ReadReport]) -> list[Said]:
    """What these reports of a read, and the decisions on them, say."""
    steps = []
    for report in reports:
        steps.append(Said(report.at, f"Reported wrong: {ReadFault.says(report.kind).lower()}", report))
        decision = getattr(report, "correction", None)
        if decision:
            said = "Confirmed wrong" if decision.confirmed else "Report rejected, the read stands"
            steps.append(Said(decision.at, f"{said}: {decision.get_ground_display().lower()}", decision))
    return steps


def story(read_id: uuid.UUID) -> list[Said]:
    """Everything that was said about a read, rejected reports too, oldest first."""
    return told(reports_of([read_id])[read_id])
