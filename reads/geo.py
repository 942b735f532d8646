"""Six police areas as plain boxes over the flatlands and hills: a drawing for the map, not a legal boundary."""

from __future__ import annotations

from typing import Any

# area: (west, south, east, north), degrees
BOXES = {
    "1": (-122.300, 37.792, -122.262, 37.832),
    "2": (-122.282, 37.818, -122.225, 37.858),
    "3": (-122.262, 37.786, -122.225, 37.818),
    "4": (-122.236, 37.772, -122.196, 37.806),
    "5": (-122.222, 37.750, -122.178, 37.786),
    "6": (-122.206, 37.720, -122.150, 37.760),
}


def ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


AREAS: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": f"Area {area}"},
            "geometry": {"type": "Polygon", "coordinates": [ring(*box)]},
        }
        for area, box in BOXES.items()
    ],
}
