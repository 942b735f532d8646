"""Our own format: a list of reads, each an object whose every field is known here."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from alpr_portal.policy.inputs import read_confidence, read_coordinates, read_moment, refuse_unknown
from alpr_portal.policy.refusal import BadInput

from ..payload import envelope, load
from ..plates import read_plate, read_state
from .base import (
    ID_LIMIT,
    Adapter,
    Limits,
    NormalRead,
    Parsed,
    derived_id,
    each,
    need,
    need_json,
    need_object,
    read_direction,
    read_image,
    read_name,
    read_word,
)

FIELDS = frozenset(
    ["plate", "state", "captured_at", "camera", "id", "confidence", "location", "direction", "vehicle", "image"]
)
VEHICLE = {"make": 40, "model": 60, "colour": 30, "body": 40}  # longest


def read(
    body: bytes, content_type: str, parts: dict[str, Any] | None = None, *, now: datetime, limits: Limits
) -> Parsed:
    """A list of reads, or ``{"batch": id, "reads": […]}``, as JSON; ``parts`` are not taken.

    Raises media_type and what ``payload.load`` and ``payload.envelope`` raise; faults of single reads are answered.
    """
    need_json(content_type)
    batch, raw = envelope(load(body))
    return Parsed(each(raw, partial(_read, now=now, limits=limits)), batch)


def _read(raw: Any, *, now: datetime, limits: Limits) -> NormalRead:
    """One read. What is there and bad is told before what is missing."""
    get = need_object(raw).get
    if not raw.keys() <= FIELDS:
        refuse_unknown(raw, FIELDS)
    camera = read_name(get("camera"), field="camera")
    plate = read_plate(raw["plate"]) if "plate" in raw else ""
    captured_at: Any = None
    offset = lat = lon = None
    if "captured_at" in raw:
        captured_at, offset = read_moment(
            raw["captured_at"], now=now, field="captured_at", oldest=limits.oldest, ahead=limits.ahead
        )
    if get("location") is not None:
        lat, lon = read_coordinates(raw["location"], near=limits.near)
    confidence = read_confidence(get("confidence"))
    state = _state(get("state"))
    direction = read_direction(get("direction"))
    vehicle = _vehicle(get("vehicle"))
    images = (read_image(raw["image"]),) if get("image") is not None else ()
    external_id = read_name(get("id"), field="id", limit=ID_LIMIT)
    need({"plate": plate, "captured_at": captured_at, "camera": camera})
    return NormalRead(
        plate_seen=raw["plate"].strip(),
        plate=plate,
        captured_at=captured_at,
        camera=camera,
        external_id=external_id or derived_id(camera, captured_at, plate),
        state=state,
        confidence=confidence,
        offset_minutes=offset,
        lat=lat,
        lon=lon,
        direction=direction,
        images=images,
        kinds=("overview",) if images else (),
        **vehicle,
    )


def _state(value: Any) -> str:
    if value is None or value == "":
        return ""
    if code := read_state(value):
        return code
    raise BadInput("state.unknown", "State: give two letters, such as CA, or leave it out.", "state")


def _vehicle(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if type(value) is not dict:
        raise BadInput("json.shape", "Vehicle: it must be an object with make, model, colour and body.", "vehicle")
    refuse_unknown(value, VEHICLE)
    return {name: read_word(value[name], field=f"vehicle.{name}", limit=VEHICLE[name]) for name in value}


ADAPTER = Adapter("portal", "Our own JSON", read)
