"""What a page of results shows of each read and of all that were found, made inside the access that opened them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from alpr_portal.policy.parameters import RESULT_CAP
from alpr_portal.policy.refusal import BadInput

from .. import likeness, packs, sightings
from ..evidence import KINDS, Shot
from ..models import Query
from ..paging import Place
from ..plates import Pattern, read_pattern
from ..search import Page, Window
from .maps import listed_points, map_data

VIEWS = ("table", "timeline")


def read_view(value: object) -> str:
    """How the results are laid out; as a table where nothing is said. Raises view.unknown."""
    if value is None or value == "":
        return VIEWS[0]
    if isinstance(value, str) and value in VIEWS:
        return value
    raise BadInput("view.unknown", f"View: choose one of {', '.join(VIEWS)}.", "view")


def address(view: str, place: Place | None) -> str:
    """The address of a page of these results, from the query's own; empty where there is no such page."""
    return "" if place is None else "?" + urlencode({"view": view, **place.as_query})


def asked_pattern(query: Query) -> Pattern | None:
    """The plate or part of one that a query asked for."""
    text = query.criteria.get("plate", "")
    return read_pattern(text) if text else None


def mark_approximate(query: Query, reads: list[Any]) -> None:
    """Mark each read that only looks like what was asked for, and where its plate differs; or that was corrected to it."""
    pattern = asked_pattern(query)
    for read in reads:
        right = read.mark.right.plate if read.mark and read.mark.right else ""
        read.corrected = bool(pattern and right and pattern.regex.fullmatch(right))
        read.approximate = pattern is not None and not pattern.regex.fullmatch(read.plate)
        read.pieces = likeness.pieces(pattern, read.plate) if pattern and read.approximate else []
        read.differs = likeness.in_words(read.pieces)


def add_thumbnails(window: Window, reads: list[Any]) -> None:
    """Give each read that has a picture the first one's thumbnail, to stand in the page itself: it needs no other look."""
    kept = window.pictures(reads)
    for read in reads:
        first = next(iter(kept.get(read.id, ())), None)
        jpeg = packs.load(first, thumbnail=True) if first else None
        read.thumbnail = Shot(first.number, KINDS[first.kind], jpeg, first.digest) if first and jpeg else None


def add_gaps(pattern: Pattern | None, found: Sequence[sightings.Sight], reads: list[Any]) -> None:
    """Say of each read how long after the sighting before it it was taken: of the plate asked for, else of its own."""
    since = sightings.gaps(found, by_plate=pattern is None or not pattern.is_exact)
    for read in reads:
        gap = since.get(read.id)
        read.gap = "" if gap is None else sightings.in_words(gap)
        read.heading = sightings.heading(read.direction)


def results_of(window: Window, page: Page, *, view: str, place: Place) -> dict[str, Any]:
    """The rows of a page of results, each marked exact or approximate, other readings of the plate, and the map.

    To be called inside the access of ``window``.
    """
    query, pattern, criteria = window.query, asked_pattern(window.query), window.query.criteria
    reads: list[Any] = page.reads
    mark_approximate(query, reads)
    add_thumbnails(window, reads)
    add_gaps(pattern, page.found, reads)
    car = {name: criteria.get(name, "") for name in ("make", "colour")}
    others, more_others = likeness.other_readings(pattern, page.found, **car) if pattern else ([], 0)
    return {
        "page": page,
        "view": view,
        "days": sightings.by_day(reads) if view == "timeline" else [],
        "pictured": any(read.thumbnail for read in reads),
        "others": others,
        "more_others": more_others,
        "by_plate": pattern is None or not pattern.is_exact,
        "advise": pattern is not None
        and pattern.is_exact
        and not page.truncated
        and all(s.plate != pattern.text for s in page.found),
        "misread": criteria.get("misread", False),
        "table_url": address("table", place),
        "timeline_url": address("timeline", place),
        "newest_url": address(view, Place()),
        "newer_url": address(view, page.newer),
        "older_url": address(view, page.older),
        "cap": RESULT_CAP.now,
        "map_data": map_data(query, reads),
        "points": listed_points(query, reads),
    }
