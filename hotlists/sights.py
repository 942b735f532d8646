"""What hits saw: read, plate, picture and the row or entry that matched, opened under a recorded look (F.1, G)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Subquery

from alpr_portal.policy.clauses import clause
from reads import packs
from reads.corrections.actions import flagged
from reads.evidence import KINDS, Shot
from reads.models import Access, Picture, Read
from reads.search import HitWindow, access_to_hits
from training.models import Member

from .models import Hit, Incident, SightWindow


@dataclass(frozen=True)
class Look:
    """One hit as it may be seen: its sight (None once it went with the read), the read, and where its pictures lie."""

    hit: Hit
    sight: SightWindow | None
    read: Read | None
    pictures: list[Picture] = field(default_factory=list)


@dataclass(frozen=True)
class Opened:
    """Everything of one look, by hit id; ``window.record`` is the access, to be answered with ``search.answered``."""

    window: HitWindow
    looks: dict[uuid.UUID, Look]


def incidents_of(member: Member) -> QuerySet[Incident]:
    """The incidents that a member who works hits may see: those of everybody, and those of their own unit."""
    return Incident.objects.filter(unit__in={"", member.unit})


def hits_of(member: Member) -> QuerySet[Hit]:
    """The hits that a member who works hits may see, candidates too."""
    return Hit.objects.filter(unit__in={"", member.unit})


@contextmanager
@clause("F.1", "G")
def opened(
    member: Member, hits: Sequence[Hit], *, now: datetime, kind: str = Access.Kind.HITS, **said: Any
) -> Iterator[Opened]:
    """Open what these hits saw, under one recorded access: three queries whatever their number.

    ``hits``: those the member may see (``hits_of``), at least one. ``said``: read_id, page, for the record. Evaluate
    everything inside. Raises Refused where the member may not enter today.
    """
    with access_to_hits(member, [hit.pk for hit in hits], now=now, kind=kind, **said) as window:
        sights = {sight.hit_id: sight for sight in SightWindow.objects.filter(hit_id__in=[hit.pk for hit in hits])}
        reads = window.reads({sight.read_id: sight.upload_day for sight in sights.values()})
        pictures = window.pictures(reads.values())
        looks = {}
        for hit in hits:
            sight = sights.get(hit.pk)
            read = reads.get(sight.read_id) if sight else None
            looks[hit.pk] = Look(hit, sight, read, pictures.get(read.id, []) if read else [])
        yield Opened(window, looks)


@clause("C.2.A.1-age")
def rests_on_wrong_reads(hit: Hit) -> bool:
    """Whether every read behind the incident of a hit was reported wrong, and none rejected; inside the access. One query."""
    seen = SightWindow.objects.filter(incident_id=hit.incident_id)
    said = seen.aggregate(
        reads=Count("pk"), wrong=Count("pk", filter=Q(read_id__in=Subquery(flagged().values("read_id"))))
    )
    return bool(said["reads"]) and said["reads"] == said["wrong"]


def shots_of(look: Look, *, thumbnails: bool = True) -> list[Shot]:
    """The pictures of what a hit saw, in their order, opened; to be called inside the access. None that are gone."""
    found = []
    for picture in sorted(look.pictures, key=lambda picture: picture.number):
        jpeg = packs.load(picture, thumbnail=thumbnails)
        if jpeg:
            found.append(Shot(picture.number, KINDS[picture.kind], jpeg, picture.digest))
    return found


def thumbnail_of(look: Look) -> Shot | None:
    """The small picture of what a hit saw, to stand in the page itself."""
    first = min(look.pictures, key=lambda picture: picture.number, default=None)
    jpeg = packs.load(first, thumbnail=True) if first else None
    return Shot(first.number, KINDS[first.kind], jpeg, first.digest) if first and jpeg else None


def plate_shot(look: Look) -> Shot | None:
    """The picture of the plate in full size, else the first one."""
    ranked = sorted(look.pictures, key=lambda picture: (picture.kind != "plate", picture.number))
    jpeg = packs.load(ranked[0]) if ranked else None
    return Shot(ranked[0].number, KINDS[ranked[0].kind], jpeg, ranked[0].digest) if jpeg else None
