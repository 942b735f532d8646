"""Reads as points for the map: GeoJSON with addresses of their pages, no plate in any of them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from alpr_portal.templatetags.portal import when

from ..geo import AREAS
from ..models import Query


def map_data(query: Query, reads: list[Any], *, linked: bool = True) -> dict[str, Any]:
    """``{"areas": GeoJSON, "points": GeoJSON}`` as static/portal/map.js takes it; ``linked``: each to its read's page."""
    points = [point(query, read, linked=linked) for read in reads if read.lat]
    return {"areas": AREAS, "points": {"type": "FeatureCollection", "features": points}}


def point(query: Query, read: Any, *, linked: bool) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [read.lon, read.lat]},
        "properties": {
            "id": str(read.id),
            "title": str(read.camera),
            "when": when(read.captured_at),
            "href": reverse("view_read", args=[query.pk, read.id]) if linked else "",
        },
    }


def listed_points(query: Query, reads: list[Any], *, linked: bool = True) -> list[dict[str, Any]]:
    """The same reads for the list beside the map (components/map.html)."""
    return [
        {
            "id": str(read.id),
            "title": str(read.camera),
            "at": read.captured_at,
            "href": reverse("view_read", args=[query.pk, read.id]) if linked else "",
            "plate": read.plate,
            "state": read.state,
        }
        for read in reads
        if read.lat
    ]
