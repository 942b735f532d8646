"""Genetec plate events: numbers as text, the day before the month, and nothing that says so.

``03/04/2026`` is the 3rd of April. Only two digits, two digits and four are taken: a server set to the US form writes
``4/3/2026``, or sooner or later a month over 12, and is told so; no date is ever turned round.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from alpr_portal.policy.inputs import read_confidence, read_moment
from alpr_portal.policy.refusal import BadInput

from ..payload import load
from ..plates import read_plate, read_state
from .base import (
    Adapter,
    Limits,
    NormalRead,
    Parsed,
    as_object,
    derived_id,
    each,
    need,
    need_json,
    number_of,
    read_name,
    try_images,
    try_word,
)

MARKS = {"CameraName", "Plate", "DateUtc", "TimeUtc"}
DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?")


def read(
    body: bytes, content_type: str, parts: dict[str, Any] | None = None, *, now: datetime, limits: Limits
) -> Parsed:
    """The read of one event, or of a list of them. Unknown fields and attributes are ignored.

    Raises media_type, json.shape for a message that is no event, and what ``payload.load`` raises.
    """
    need_json(content_type)
    value = load(body)
    events = value if isinstance(value, list) else [value]
    if not all(isinstance(event, dict) and MARKS & event.keys() for event in events):
        raise BadInput("json.shape", "Body: it is no plate event of this format.", "body")
    return Parsed(each(events, lambda event: _read(event, now=now, limits=limits)))


def _read(event: dict[str, Any], *, now: datetime, limits: Limits) -> NormalRead:
    camera = read_name(event.get("CameraName"), field="CameraName")
    seen = event.get("Plate")
    need({"plate": seen, "captured_at": event.get("DateUtc") and event.get("TimeUtc"), "camera": camera})
    plate = read_plate(seen)
    captured_at = _captured(event["DateUtc"], event["TimeUtc"], now=now, limits=limits)
    vehicle = as_object(event.get("Attributes"))
    images = try_images({"overview": event.get("ContextImage")})
    return NormalRead(
        plate_seen=seen.strip(),  # type: ignore[union-attr]  # a text: read_plate took it
        plate=plate,
        captured_at=captured_at,
        camera=camera,
        external_id=derived_id(camera, captured_at, plate),
        state=read_state(event.get("State")),
        confidence=read_confidence(number_of(event.get("ConfidenceScore")), scale=100),
        offset_minutes=0,
        make=try_word(vehicle.get("Vehicle Make"), limit=40),
        model=try_word(vehicle.get("Vehicle Model"), limit=60),
        colour=try_word(vehicle.get("Vehicle Color")),
        body=try_word(vehicle.get("Vehicle Type"), limit=40),
        images=tuple(images.values()),
        kinds=tuple(images),
    )


def _captured(day: Any, time: Any, *, now: datetime, limits: Limits) -> datetime:
    """Day, month, year and the time, in UTC. Raises time.format, and time.future or time.too_old."""
    match = DATE.fullmatch(day) if isinstance(day, str) else None
    if not match:
        raise BadInput("time.format", "DateUtc: write it as dd/mm/yyyy, the day before the month.", "DateUtc")
    try:
        found = date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        raise BadInput(
            "time.format",
            "DateUtc: there is no such day in dd/mm/yyyy, the day before the month. Set the server to send it so.",
            "DateUtc",
        ) from None
    if not isinstance(time, str) or not TIME.fullmatch(time):
        raise BadInput("time.format", "TimeUtc: write it as hh:mm:ss, in UTC.", "TimeUtc")
    said = f"{found.isoformat()}T{time}Z"
    return read_moment(said, now=now, field="DateUtc", oldest=limits.oldest, ahead=limits.ahead)[0]


ADAPTER = Adapter("genetec", "Genetec plate events", read)
