"""The only window onto reads: nothing is read outside ``with access(…)``, and the database sees to it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import CLOCK_AHEAD, LATE_VEHICLE, RESULT_CAP
from alpr_portal.policy.refusal import require
from training.models import Member
from training.standing import standing

from . import rules
from .models import Access, Answer, Picture, Query, Read
from .plates import fold, read_pattern

PAGE = 25


@dataclass(frozen=True)
class Page:
    """One page of results: reads, the count (never above the cap), and whether there were more."""

    reads: list[Read]
    count: int
    truncated: bool
    number: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PAGE))


class Window:
    """What an access lets one see. Everything is evaluated here, inside the access's transaction."""

    def __init__(self, record: Access):
        self.record = record
        assert record.query is not None
        self.query = record.query

    def page(self, number: int = 1) -> Page:
        """The reads of one page, newest first; the cap is counted once per access."""
        found = matching(self.query.criteria)
        cap = RESULT_CAP.now
        count = len(found.values_list("id", flat=True).order_by()[: cap + 1])
        truncated, count = count > cap, min(count, cap)
        number = min(max(1, number), max(1, -(-count // PAGE)))
        first = (number - 1) * PAGE
        reads = list(found.select_related("camera")[first : min(first + PAGE, cap)])
        return Page(reads, count, truncated, number)

    def everything(self) -> Page:
        """All reads up to the cap: for an export."""
        cap = RESULT_CAP.now
        reads = list(matching(self.query.criteria).select_related("camera")[: cap + 1])
        return Page(reads[:cap], min(len(reads), cap), len(reads) > cap, 1)

    def read(self, read_id: uuid.UUID) -> Read | None:
        """One read of this query's results; None where it is not there, gone, or another search's."""
        return matching(self.query.criteria).select_related("camera").filter(id=read_id).first()

    def pictures(self, reads: Iterable[Read]) -> dict[uuid.UUID, list[Picture]]:
        """Where the pictures of these reads lie, by read: one query. ``packs.load`` opens them, inside the access too."""
        found: dict[uuid.UUID, list[Picture]] = defaultdict(list)
        pictured = [read.id for read in reads if read.images]
        for picture in Picture.objects.filter(read_id__in=pictured) if pictured else ():
            found[picture.read_id].append(picture)
        return found


@clause("B.2")
def matching(criteria: dict[str, Any]) -> QuerySet[Read]:
    """The reads that a query's criteria ask for, newest first. Capture bounds imply upload bounds, which prune days."""
    start, end = datetime.fromisoformat(criteria["from"]), datetime.fromisoformat(criteria["to"])
    reads = Read.objects.filter(
        captured_at__gte=start,
        captured_at__lte=end,
        upload_day__gte=(start - CLOCK_AHEAD.now).date(),
        upload_day__lte=(end + LATE_VEHICLE.now + timedelta(days=1)).date(),
    )
    if criteria.get("plate"):
        reads = by_plate(reads, criteria["plate"], approximate=criteria.get("approximate", False))
    if criteria.get("cameras"):
        reads = reads.filter(camera_id__in=criteria["cameras"])
    if criteria.get("areas"):
        reads = reads.filter(camera__area__in=criteria["areas"])
    if criteria.get("state"):
        reads = reads.filter(state=criteria["state"])
    for name in ("make", "model", "colour", "body"):
        if criteria.get(name):
            reads = reads.filter(**{f"{name}__iexact": criteria[name]})
    return reads


def by_plate(reads: QuerySet[Read], text: str, *, approximate: bool) -> QuerySet[Read]:
    """Exact, by pattern, or by look-alikes: the folded column finds candidates fast, the plate itself decides."""
    pattern = read_pattern(text)
    if pattern.is_exact:
        reads = reads.filter(plate_fold=fold(pattern.text))
        return reads if approximate else reads.filter(plate=pattern.text)
    reads = reads.extra(where=["plate_fold LIKE %s"], params=[pattern.fold_like])
    return reads if approximate else reads.extra(where=["plate LIKE %s"], params=[pattern.like])


@contextmanager
@clause("F.1", "C.3.b")
def access(
    member: Member, kind: str, query: Query, *, now: datetime, read_id: uuid.UUID | None = None, page: int = 1
) -> Iterator[Window]:
    """Open the reads for one look, under a recorded access.

    The record is committed first, in a transaction of its own; then a second transaction names it to the gate. What is
    read must be evaluated inside. Raises Refused where the member may not open this query's results.
    """
    require(standing(member, now).refusal)
    run = getattr(query, "run", None)
    require(
        rules.may_open_results(
            is_party=member.pk in (query.by_id, query.for_whom_id), ran_at=run.at if run else None, now=now
        )
    )
    with transaction.atomic(durable=True):
        record = Access.objects.write(by=member, kind=kind, query=query, read_id=read_id, page=page)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(record.pk)])
        yield Window(record)


def answered(record: Access, *, rows: int, truncated: bool = False) -> Answer:
    """Record what an access gave. An access without an answer is one that broke; the log shows it."""
    return Answer.objects.write(by=record.by, access=record, rows=rows, truncated=truncated)
