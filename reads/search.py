"""The only window onto reads: nothing is read outside ``with access(…)``, and the database sees to it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import RESULT_CAP
from alpr_portal.policy.refusal import require
from training.models import Member
from training.standing import standing

from . import replica, rules
from .corrections import marks
from .models import Access, Answer, Picture, Query, Read
from .paging import Place, cut
from .plates import Pattern, one_off, read_pattern
from .sightings import Sight

PAGE = 25
NEWEST = Place()


@dataclass(frozen=True)
class Page:
    """Some of the reads found: how many were found in all (never above the cap), and whether there were more.

    A page of results holds those from ``start`` up to ``end`` without, counted from the newest, and knows of every read
    ``found`` what counts need.
    """

    reads: list[Read]
    count: int
    truncated: bool
    start: int = 0
    end: int = 0
    found: Sequence[Sight] = ()

    @property
    def first(self) -> int:
        """The number of its first read, from 1."""
        return self.start + 1

    @property
    def newer(self) -> Place | None:
        """The page of newer reads, or None where this one begins at the newest."""
        if self.start == 0:
            return None
        return Place(before=self.found[self.start].key) if self.start < len(self.found) else NEWEST

    @property
    def older(self) -> Place | None:
        """The page of older reads, or None where this one ends at the oldest."""
        return Place(after=self.found[self.end - 1].key) if 0 < self.end < len(self.found) else None


class Window:
    """What an access lets one see. Everything is evaluated here, inside the access's transaction.

    ``using``: the database whose transaction names the access, by its alias.
    """

    def __init__(self, record: Access, using: str = "default"):
        self.record, self.using, self.has_read = record, using, False
        assert record.query is not None
        self.query = record.query

    @property
    def observed(self) -> QuerySet[Read]:
        """The reads that were observed as the query asks for, newest first."""
        return matching(self.query.criteria).using(self.using)

    @property
    def matching(self) -> QuerySet[Read]:
        """The reads that the query asks for, newest first: as observed, and those that were corrected to its plate."""
        if not self.corrected:
            return self.observed
        others = matching({**self.query.criteria, "plate": "", "state": ""}).filter(id__in=self.corrected)
        return self.observed | others.using(self.using)

    @cached_property
    def corrected(self) -> list[uuid.UUID]:
        """The reads whose plate was corrected to the whole one that the query asks for: nearly always none.

        Asked after the reads themselves: a disposal locks their table first, and then waits for nothing else.
        """
        criteria = self.query.criteria
        if not criteria.get("plate") or criteria.get("misread") or not read_pattern(criteria["plate"]).is_exact:
            return []
        if not self.has_read:
            self.observed.exists()
        days = rules.upload_days(*(datetime.fromisoformat(criteria[name]) for name in ("from", "to")))
        return marks.corrected_to(criteria, days, self.using)

    def found(self) -> tuple[list[Sight], bool]:
        """Of every read found, up to the cap, what counts need, newest first; and whether there were more."""
        cap = RESULT_CAP.now
        rows = list(self.observed.values_list(*Sight._fields)[: cap + 1])
        self.has_read = True
        if self.corrected:
            rows = list(self.matching.values_list(*Sight._fields)[: cap + 1])
        found = [Sight(*values) for values in rows]
        return found[:cap], len(found) > cap

    @clause("C.3.c")
    def page(self, place: Place = NEWEST) -> Page:
        """The reads of one page, newest first. Whatever the place, no page reaches past the cap."""
        found, truncated = self.found()
        start, end = cut([sight.key for sight in found], place, PAGE)
        shown = found[start:end]
        days = {sight.upload_day for sight in shown}
        these = self.matching.filter(upload_day__in=days, id__in=[sight.id for sight in shown])
        reads = list(these.select_related("camera")) if shown else []
        marks.mark(reads, self.using)
        return Page(reads, len(found), truncated, start, end, found)

    def everything(self) -> Page:
        """All reads up to the cap: for an export."""
        cap = RESULT_CAP.now
        reads = list(self.matching.select_related("camera")[: cap + 1])
        marks.mark(reads, self.using)
        return Page(reads[:cap], min(len(reads), cap), len(reads) > cap)

    def read(self, read_id: uuid.UUID) -> Read | None:
        """One read of this query's results; None where it is not there, gone, or another search's."""
        read = self.observed.select_related("camera").filter(id=read_id).first()
        self.has_read = True
        if read is None and read_id in self.corrected:
            read = self.matching.select_related("camera").filter(id=read_id).first()
        marks.mark([read] if read else [], self.using)
        return read

    def pictures(self, reads: Iterable[Read]) -> dict[uuid.UUID, list[Picture]]:
        """Where the pictures of these reads lie, by read: one query. ``packs.load`` opens them, inside the access too."""
        return pictures_of(reads, self.using)


def pictures_of(reads: Iterable[Read], using: str) -> dict[uuid.UUID, list[Picture]]:
    """Where the pictures of reads lie, by read: one query, inside an access."""
    found: dict[uuid.UUID, list[Picture]] = defaultdict(list)
    pictured = {read.id: read.upload_day for read in reads if read.images}
    kept = Picture.objects.using(using).filter(read_id__in=pictured, upload_day__in=set(pictured.values()))
    for picture in kept if pictured else ():
        if picture.upload_day == pictured[picture.read_id]:
            found[picture.read_id].append(picture)
    return found


@clause("B.2")
def matching(criteria: dict[str, Any]) -> QuerySet[Read]:
    """The reads that a query's criteria ask for, newest first. Capture bounds imply upload bounds, which prune days."""
    start, end = datetime.fromisoformat(criteria["from"]), datetime.fromisoformat(criteria["to"])
    first, last = rules.upload_days(start, end)
    reads = Read.objects.filter(
        captured_at__gte=start, captured_at__lte=end, upload_day__gte=first, upload_day__lte=last
    )
    if criteria.get("plate"):
        reads = by_plate(
            reads,
            criteria["plate"],
            approximate=criteria.get("approximate", False),
            misread=criteria.get("misread", False),
        )
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


def by_plate(reads: QuerySet[Read], text: str, *, approximate: bool, misread: bool = False) -> QuerySet[Read]:
    """Exact, by pattern, by look-alikes, or with one character misread.

    The folded column finds candidates by its indexes; the plate itself decides, or with ``approximate`` the folded one.
    """
    pattern = read_pattern(text)
    if misread:
        folded, asked = one_off(Pattern(pattern.folded)), one_off(pattern)
        halves = [folded.prefix, folded.suffix]
        reads = reads.extra(where=["(plate_fold LIKE %s OR plate_fold LIKE %s)"], params=halves)
        if approximate:
            return reads.extra(where=["plate_fold LIKE ANY (%s)"], params=[folded.patterns])
        return reads.extra(where=["plate LIKE ANY (%s)"], params=[asked.patterns])
    if pattern.is_exact:
        reads = reads.filter(plate_fold=pattern.folded)
        return reads if approximate else reads.filter(plate=pattern.text)
    reads = reads.extra(where=["plate_fold LIKE %s"], params=[pattern.fold_like])
    return reads if approximate else reads.extra(where=["plate LIKE %s"], params=[pattern.like])


@contextmanager
@clause("F.1", "C.3.b")
def access(
    member: Member, kind: str, query: Query, *, now: datetime, read_id: uuid.UUID | None = None, page: int = 1
) -> Iterator[Window]:
    """Open the reads for one look, under a recorded access.

    The record is committed first, in a transaction of its own on the primary; then a second transaction, on the replica
    where there is one, names it to the gate. What is read must be evaluated inside. Raises Refused where the member may
    not open this query's results.
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
    with replica.opened(record.pk) as alias:
        yield Window(record, alias)


class HitWindow:
    """What hits saw, inside an access that rests on them: their reads and pictures."""

    def __init__(self, record: Access):
        self.record = record

    def reads(self, days: dict[uuid.UUID, date]) -> dict[uuid.UUID, Read]:
        """The reads of hits, by id, marked where wrong. ``days``: read id → upload day; what is gone is not there."""
        found = list(Read.objects.filter(id__in=days, upload_day__in=set(days.values())).select_related("camera"))
        marks.mark(found)
        return {read.id: read for read in found if days[read.id] == read.upload_day}

    def pictures(self, reads: Iterable[Read]) -> dict[uuid.UUID, list[Picture]]:
        """Where the pictures of these reads lie, by read: one query."""
        return pictures_of(reads, DEFAULT_DB_ALIAS)


@contextmanager
@clause("F.1", "C.3.b", "C.2.A")
def access_to_hits(
    member: Member,
    hits: Sequence[uuid.UUID],
    *,
    now: datetime,
    kind: str = Access.Kind.HITS,
    read_id: uuid.UUID | None = None,
    page: int = 1,
) -> Iterator[HitWindow]:
    """Open what hits saw for one look, under a recorded access that names the hits; on the primary, since hits are news.

    Whether the member may see these hits is the caller's to ask. What is read must be evaluated inside. Raises Refused
    where the member may not enter today, and ValueError for no hits.
    """
    if not hits:
        raise ValueError("a look at hits names them")
    require(standing(member, now).refusal)
    with transaction.atomic(durable=True):
        record = Access.objects.write(by=member, kind=kind, hits=list(hits), read_id=read_id, page=page)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(record.pk)])
        yield HitWindow(record)


def answered(
    record: Access,
    *,
    rows: int,
    truncated: bool = False,
    ages: dict[str, int] | None = None,
    digest: str = "",
    first: int | None = None,
) -> Answer:
    """Record what an access gave: ``ages``, ``digest`` and ``first`` as in ``Answer``.

    An access without an answer is one that broke; the log shows it.
    """
    given = {"rows": rows, "truncated": truncated, "ages": ages or {}, "digest": digest, "first": first}
    return Answer.objects.write(by=record.by, access=record, **given)
