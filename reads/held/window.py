"""The only window onto held reads: within their case, under a recorded look, while the hold runs (G, F.1)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, require
from training.models import Member
from training.standing import standing

from ..evidence import KINDS, Shot
from ..holds import pictures as packs
from ..models import Access, Answer, HeldPicture, HeldRead, Hold, HoldMember
from . import rules

OPEN, EXPORT = "reads.open_held", "reads.export_held"


@clause("G", "C.3.b")
def holds_of(member: Member) -> QuerySet[Hold]:
    """The holds whose case a member works on: asked for by them, or that name them. No other exists for them: 404."""
    named = Exists(HoldMember.objects.filter(hold=OuterRef("pk"), member=member))
    return Hold.objects.filter(Q(by=member) | named).select_related("decision", "state")


@dataclass(frozen=True)
class HeldWindow:
    """What an access lets one see of a case. Everything is to be evaluated inside, in the access's transaction.

    ``records``: one access for each read (or file) that the look names; the first opens the window.
    """

    hold: Hold
    records: list[Access]

    @property
    def record(self) -> Access:
        return self.records[0]

    @property
    def reads(self) -> QuerySet[HeldRead]:
        """The held reads of the case, newest first; one that several of its holds keep is shown once, by this hold first."""
        same = HeldRead.objects.filter(id=OuterRef("id"))
        ours = same.filter(hold=self.hold)
        earlier = same.filter(
            Q(held_at__lt=OuterRef("held_at")) | Q(held_at=OuterRef("held_at"), hold_id__lt=OuterRef("hold_id"))
        )
        once = Q(hold=self.hold) | ~Exists(ours) & ~Exists(earlier)
        return HeldRead.objects.filter(once).select_related("camera", "source")

    def chosen(self, read_ids: Collection[uuid.UUID]) -> list[HeldRead]:
        """These reads as far as the case holds them, newest first: one query."""
        return list(self.reads.filter(id__in=read_ids))

    def copies(self, read_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, datetime]]:
        """Which running holds of the case keep these reads, and since when: one query."""
        found: dict[uuid.UUID, dict[uuid.UUID, datetime]] = defaultdict(dict)
        for read_id, hold_id, held_at in HeldRead.objects.filter(id__in=read_ids).values_list("id", "hold", "held_at"):
            found[read_id][hold_id] = held_at
        return found

    def pictures(self, reads: Iterable[HeldRead]) -> dict[uuid.UUID, list[HeldPicture]]:
        """The pictures of these reads, by read, in their order: one query."""
        held = {read.id: read.hold_id for read in reads if read.images}
        found: dict[uuid.UUID, list[HeldPicture]] = defaultdict(list)
        kept = HeldPicture.objects.filter(read_id__in=held, hold_id__in=set(held.values())).order_by(
            "read_id", "number"
        )
        for picture in kept if held else ():
            if held[picture.read_id] == picture.hold_id:
                found[picture.read_id].append(picture)
        return found

    def shots(self, reads: Sequence[HeldRead], *, thumbnails: bool = False) -> dict[uuid.UUID, list[Shot]]:
        """The pictures of these reads opened, also those that are gone: two queries, whatever their number."""
        placed, keys = self.pictures(reads), packs.keys_of({read.hold_id for read in reads})
        found = {}
        for read in reads:
            kept = {picture.number: picture for picture in placed[read.id]}
            key = keys.get(read.hold_id)
            found[read.id] = [
                _shot(number, kept.get(number), key, thumbnail=thumbnails) for number in range(read.images)
            ]
        return found

    def answered(self, *, digests: Sequence[str] = (), rows: Sequence[int] = ()) -> None:
        """Record what each of the accesses gave: one read, unless ``rows`` says otherwise; ``digests`` of files that leave."""
        given = zip(self.records, rows or [1] * len(self.records), digests or [""] * len(self.records), strict=True)
        who = _who(self.record.by)
        Answer.objects.bulk_create([Answer(access=one, rows=n, digest=digest, **who) for one, n, digest in given])


def _shot(number: int, picture: HeldPicture | None, key: bytes | None, *, thumbnail: bool) -> Shot:
    if picture is None:
        return Shot(number, "Image", None, "")
    jpeg = packs.load(picture, thumbnail=thumbnail, key=key) if key else None
    return Shot(number, KINDS[picture.kind], jpeg, picture.digest)


@contextmanager
@clause("G", "F.1", "C.3.b")
def access_to_hold(
    member: Member,
    hold: Hold,
    *,
    now: datetime,
    kind: str = Access.Kind.HELD,
    read_id: uuid.UUID | None = None,
    page: int = 1,
    further: Sequence[uuid.UUID | None] = (),
) -> Iterator[HeldWindow]:
    """Open the held reads of a hold's case for one look, under a recorded access; on the primary, where holds are kept.

    ``further``: the look names more than one read, or a file more; each gets a record of its own. What is read must be
    evaluated inside. Raises Refused where the member may not enter today, does not work on the case, or the hold is not
    open.
    """
    require(standing(member, now).refusal)
    is_named = HoldMember.objects.filter(hold=hold, member=member).exists()
    require(rules.works_on_case(is_asker=hold.by_id == member.pk, is_named=is_named))
    require(closed(hold, now))
    named = [Access(kind=kind, hold=hold, read_id=one, page=page, **_who(member)) for one in (read_id, *further)]
    with transaction.atomic(durable=True):
        records = Access.objects.bulk_create(named)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(records[0].pk)])
        yield HeldWindow(hold, records)


def closed(hold: Hold, now: datetime) -> Refusal | None:
    """Why the data of a hold is not open at ``now``; None where it is."""
    decision, state = getattr(hold, "decision", None), getattr(hold, "state", None)
    return rules.may_open_hold(
        approved=decision.approved if decision else None,
        stands=state is not None,
        released_at=state.released_at if state else None,
        keep_until=state.keep_until if state else None,
        today=timezone.localdate(now),
    )


def _who(member: Any) -> dict[str, Any]:
    """Who acts, with the name as it is now; ``RecordManager.write`` does the same for one record."""
    return {"by": member, "by_name": member.name, "by_badge": member.badge, "by_unit": member.unit}
