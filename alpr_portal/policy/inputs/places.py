"""Where a read was made, and how sure the reader was."""

from __future__ import annotations

from typing import NamedTuple

from ..refusal import BadInput

PLACES = 6  # decimal places kept: about ten centimetres


class Box(NamedTuple):
    """An area between two latitudes and two longitudes, in degrees."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        return self.south <= lat <= self.north and self.west <= lon <= self.east


# Oakland and its neighbours, as far as a patrol car drives.
OAKLAND_AREA = Box(south=37.2, north=38.4, west=-123.1, east=-121.2)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def read_coordinates(value: object, *, near: Box | None = None, field: str = "location") -> tuple[float, float]:
    """Latitude and longitude in degrees, from ``[lat, lon]`` or ``{"lat": …, "lon": …}``, kept to six places.

    ``near`` is the area they must lie in (default: the Oakland area). Raises geo.missing, geo.type, geo.range,
    geo.outside.
    """
    if isinstance(value, dict):
        value = [value[key] for key in ("lat", "lon") if key in value]
        if len(value) != 2:
            raise BadInput("geo.missing", "Location: give both latitude and longitude.", field)
    if value is None:
        raise BadInput("geo.missing", "Location: give latitude and longitude.", field)
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not all(map(_is_number, value)):
        raise BadInput("geo.type", "Location: give two numbers, latitude and longitude in degrees.", field)
    lat, lon = value
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise BadInput("geo.range", "Location: latitude runs from -90 to 90, longitude from -180 to 180.", field)
    if not (near or OAKLAND_AREA).holds(lat, lon):
        raise BadInput(
            "geo.outside", "Location: this is outside the camera's area. Check the sign and the order.", field
        )
    return round(float(lat), PLACES), round(float(lon), PLACES)


def read_confidence(value: object, *, scale: float = 1, field: str = "confidence") -> float | None:
    """How sure the reader was, as 0 to 1; None where it did not say. ``scale`` is the sender's "certain": 1 or 100.

    Raises confidence.type, confidence.range.
    """
    if value is None:
        return None
    if not _is_number(value):
        raise BadInput("confidence.type", "Confidence: give a number.", field)
    if not 0 <= value <= scale:  # type: ignore[operator]
        raise BadInput("confidence.range", f"Confidence: give a number from 0 to {scale:g}.", field)
    return value / scale  # type: ignore[operator]
