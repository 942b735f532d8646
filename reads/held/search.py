"""Held reads of a case by plate, camera and time, a page at a time; never a read of another case, nor one that is not held."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_page

from ..evidence import Shot
from ..search import PAGE, by_plate
from ..sightings import heading
from .reported import mark_held
from .window import HeldWindow


@dataclass(frozen=True)
class Found:
    """A page of held reads, each with its first picture small as ``thumbnail``; ``count``: how many were found in all."""

    reads: list[Any]
    count: int
    number: int
    pages: int

    @property
    def first(self) -> int:
        """The number of its first read, from 1; 0 where nothing was found."""
        return (self.number - 1) * PAGE + 1 if self.reads else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * PAGE + len(self.reads)

    @property
    def newer(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def older(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


@clause("G")
def found(window: HeldWindow, asked: Mapping[str, Any], *, page: object) -> Found:
    """The held reads that ``asked`` (of ``SearchHeld``) wants, newest first and marked: six queries at most, whatever they are.

    To be called inside the access of ``window``.
    """
    reads: Any = window.reads
    if asked.get("plate"):
        reads = by_plate(reads, asked["plate"].text, approximate=False)
    if asked.get("camera"):
        reads = reads.filter(camera_id=asked["camera"])
    if asked.get("start"):
        reads = reads.filter(captured_at__gte=asked["start"])
    if asked.get("end"):
        reads = reads.filter(captured_at__lte=asked["end"])
    pages = Paginator(reads, PAGE)
    number = read_page(page, pages.num_pages)
    shown: list[Any] = list(pages.page(number).object_list)
    mark_held(shown)
    with_pictures = window.shots(shown, thumbnails=True)
    for read in shown:
        read.thumbnail = _first(with_pictures, read.id)
        read.heading = heading(read.direction)
    return Found(shown, pages.count, number, pages.num_pages)


def _first(shots: dict[uuid.UUID, list[Shot]], read_id: uuid.UUID) -> Shot | None:
    return next((shot for shot in shots[read_id] if shot.jpeg), None)
