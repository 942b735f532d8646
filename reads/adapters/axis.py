"""Axis License Plate Verifier: several events for one car, as JSON or as a form with parts ``event`` and ``image``.

Only the last event of a car is taken, in which the camera has made up its mind (``carState`` is ``lost``, ten seconds
after the car went). ``carID`` counts the cars since the camera's software started, so it names a car only together with
the camera, the day and the plate: sent again, or told twice, a car is the same read; counted anew from 1, another car
is another read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alpr_portal.policy.inputs import read_confidence, read_epoch_ms
from alpr_portal.policy.refusal import BadInput

from ..plates import read_plate, read_state
from .base import (
    Adapter,
    Limits,
    NormalRead,
    Parsed,
    as_object,
    derived_id,
    each,
    message_of,
    need,
    number_of,
    read_name,
    read_place,
    try_images,
)

PART = "event"
MARKS = {"carState", "plateUTF8", "plateText", "capture_timestamp"}
PLATES = ("plateUTF8", "plateText", "plateUnicode", "plateASCII")
KINDS = {"plate": "plate", "vehicle": "vehicle", "mmrcrop": "vehicle"}  # by imageType; the rest is an overview
COUNTRY = {"US", "USA"}
LOST = "lost"


def read(
    body: bytes, content_type: str, parts: dict[str, Any] | None = None, *, now: datetime, limits: Limits
) -> Parsed:
    """The read of one event, or of a list of them. Events of cars still in sight bring none; the note counts them.

    No address of a picture (``imagesURI``) is fetched. Raises media_type, json.shape, and what ``payload.load`` raises.
    """
    value = message_of(body, content_type, parts, PART)
    events = value if isinstance(value, list) else [value]
    if not all(isinstance(event, dict) and MARKS & event.keys() for event in events):
        raise BadInput("json.shape", "Body: it is no plate event of this format.", "body")
    last = [event for event in events if event.get("carState") in (None, "", LOST)]
    plated = [event for event in last if event.get("carState") != LOST or _plate(event) is not None]
    notes = {"Events of cars still in sight": len(events) - len(last), "Cars without a plate": len(last) - len(plated)}
    image = (parts or {}).get("image")
    return Parsed(
        each(plated, lambda event: _read(event, now=now, limits=limits, image=image)),
        note=" ".join(f"{said}, not stored: {n}." for said, n in notes.items() if n),
    )


def _plate(event: dict[str, Any]) -> Any:
    return next((event[name] for name in PLATES if event.get(name) not in (None, "")), None)


def _read(event: dict[str, Any], *, now: datetime, limits: Limits, image: Any) -> NormalRead:
    if event.get("carState") != LOST:
        raise BadInput("field.missing", "Read: the field carState is missing. Add it.", "carState")
    camera = read_name(as_object(event.get("camera_info")).get("SerialNumber"), field="camera")
    seen, stamp = _plate(event), event.get("capture_timestamp")
    need({"plate": seen, "captured_at": stamp, "camera": camera})
    plate = read_plate(seen)
    captured_at = read_epoch_ms(
        _whole(stamp), now=now, field="capture_timestamp", oldest=limits.oldest, ahead=limits.ahead
    )
    place = as_object(event.get("geotag"))
    lat, lon = read_place(place.get("lat"), place.get("lon"), near=limits.near)
    images = try_images({KINDS.get(str(event.get("imageType")), "overview"): image})
    return NormalRead(
        plate_seen=seen.strip(),
        plate=plate,
        captured_at=captured_at,
        camera=camera,
        external_id=_id(event, camera, captured_at, plate),
        state=_state(event.get("plateCountry")),
        confidence=read_confidence(number_of(event.get("plateConfidence"))),
        lat=lat,
        lon=lon,
        images=tuple(images.values()),
        kinds=tuple(images),
    )


def _id(event: dict[str, Any], camera: str, captured_at: datetime, plate: str) -> str:
    car = read_name(event.get("carID"), field="carID")
    if not car:
        return derived_id(camera, captured_at, plate)
    day = captured_at.replace(hour=0, minute=0, second=0, microsecond=0)
    return derived_id(f"{camera} car {car}", day, plate)


def _whole(value: Any) -> Any:
    """Milliseconds that were written as text."""
    return int(value) if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit() else value


def _state(country: Any) -> str:
    """These cameras name the country in three letters; a state only where it stands behind ours, as in ``USA-CA``."""
    if not isinstance(country, str):
        return ""
    nation, _, region = country.replace("_", "-").partition("-")
    return read_state(f"us-{region}") if nation.upper() in COUNTRY else ""


ADAPTER = Adapter("axis", "Axis License Plate Verifier", read, part=PART)
