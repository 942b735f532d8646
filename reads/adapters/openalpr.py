"""OpenALPR and Rekor Scout: groups of a passing car, alerts around a group, frames, and signs of life, at one address.

Times are milliseconds since 1970, confidence runs to 100, and the group may lack its ``data_type`` inside a wrapper.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from alpr_portal.policy.inputs import read_confidence, read_epoch_ms
from alpr_portal.policy.refusal import BadInput

from ..payload import load
from ..plates import read_plate, read_state
from .base import (
    ID_LIMIT,
    Adapter,
    Limits,
    NormalRead,
    Parsed,
    as_object,
    derived_id,
    each,
    need,
    need_json,
    picture_degrees,
    read_name,
    read_place,
    try_images,
    try_word,
)

MARKS = {"best_plate_number", "best_plate", "results"}
QUIET = {"heartbeat": "a sign of life", "openalpr_webhook": "a test of the connection"}
PICTURES = {"plate": "plate_crop_jpeg", "vehicle": "vehicle_crop_jpeg", "overview": "overview_jpeg"}
WRAPPED = 3  # levels in which a group may be wrapped


def read(
    body: bytes, content_type: str, parts: dict[str, Any] | None = None, *, now: datetime, limits: Limits
) -> Parsed:
    """The reads of one message, or of a list of them. Unknown fields are ignored, and so are addresses of images.

    Raises media_type, json.shape for a message that is none of the known, and what ``payload.load`` raises.
    """
    need_json(content_type)
    value = load(body)
    notes: list[str] = []
    found = [one for message in (value if isinstance(value, list) else [value]) for one in _reads_of(message, notes)]
    return Parsed(each(found, lambda one: _read(one, now=now, limits=limits)), note=" ".join(dict.fromkeys(notes)))


def _reads_of(message: Any, notes: list[str]) -> Iterator[dict[str, Any]]:
    """What is one read each, in one shape: the group, or a result of a frame under the frame's own words."""
    found = _unwrap(message, WRAPPED)
    if found is None:
        raise BadInput("json.shape", "Body: it is no group, alert, results or heartbeat of this format.", "body")
    if said := _quiet(found):
        notes.append(f"This was {said}: there is nothing to store.")
    elif "best_plate_number" in found or "best_plate" in found:
        yield _group(found)
    elif isinstance(results := found["results"], list):
        yield from (_frame(found, result, index) for index, result in enumerate(results))


def _unwrap(message: Any, levels: int) -> dict[str, Any] | None:
    """The first object, from outside to inside, that bears a mark of this format. Alerts nest their group."""
    if not isinstance(message, dict):
        return None
    if _quiet(message) or MARKS & message.keys():
        return message
    inner = (_unwrap(value, levels - 1) for value in message.values()) if levels else ()
    return next((found for found in inner if found is not None), None)


def _quiet(message: dict[str, Any]) -> str:
    """What a message is that brings no read; empty for the others."""
    if message.get("is_preview") is True:
        return "a preview, and the group itself will follow"
    return next((said for key, said in QUIET.items() if key in message or message.get("data_type") == key), "")


def _group(group: dict[str, Any]) -> dict[str, Any]:
    best = as_object(group.get("best_plate"))
    return {
        **group,
        "plate": group.get("best_plate_number") or best.get("plate"),
        "confidence": _first(group.get("best_confidence"), best.get("confidence")),
        "region": group.get("best_region") or best.get("region"),
        "uuid": group.get("best_uuid"),
        "epoch_time": group.get("best_uuid_epoch_ms") or group.get("epoch_start"),
        "plate_crop_jpeg": best.get("plate_crop_jpeg"),
    }


def _frame(frame: dict[str, Any], result: Any, index: int) -> dict[str, Any]:
    """A frame may hold several plates under one uuid: those after the first get their place beside it."""
    uuid = frame.get("uuid")
    words = {name: value for name, value in frame.items() if name not in {"results", "vehicles"}}
    return {**words, **as_object(result), "uuid": f"{uuid}-{index}" if uuid and index else uuid}


def _read(raw: dict[str, Any], *, now: datetime, limits: Limits) -> NormalRead:
    server = as_object(raw.get("web_server_config"))
    camera = read_name(_first(raw.get("camera_id"), server.get("camera_label")), field="camera")
    seen, epoch = raw.get("plate"), raw.get("epoch_time")
    need({"plate": seen, "captured_at": epoch, "camera": camera})
    plate = read_plate(seen)
    captured_at = read_epoch_ms(epoch, now=now, field="captured_at", oldest=limits.oldest, ahead=limits.ahead)
    lat, lon = read_place(raw.get("gps_latitude"), raw.get("gps_longitude"), near=limits.near)
    vehicle = as_object(raw.get("vehicle"))
    make = _likeliest(vehicle.get("make"), 40)
    external_id = read_name(raw.get("uuid"), field="uuid", limit=ID_LIMIT)
    images = try_images({kind: raw.get(name) for kind, name in PICTURES.items()})
    return NormalRead(
        plate_seen=seen.strip(),  # type: ignore[union-attr]  # a text: read_plate took it
        plate=plate,
        captured_at=captured_at,
        camera=camera,
        external_id=external_id or derived_id(camera, captured_at, plate),
        state=_state(raw),
        confidence=read_confidence(raw.get("confidence"), scale=100),
        lat=lat,
        lon=lon,
        direction=picture_degrees(raw.get("travel_direction")),
        make=make,
        model=_likeliest(vehicle.get("make_model"), 60).removeprefix(f"{make} "),
        colour=_likeliest(vehicle.get("color"), 30),
        body=_likeliest(vehicle.get("body_type"), 40),
        images=tuple(images.values()),
        kinds=tuple(images),
    )


def _state(raw: dict[str, Any]) -> str:
    """``us-ca`` says its country; a bare ``ca`` or ``de`` is a state only where the country is ours."""
    region, country = raw.get("region"), raw.get("country")
    if isinstance(region, str) and isinstance(country, str) and "-" not in region:
        region = f"{country}-{region}"
    return read_state(region)


def _likeliest(value: Any, limit: int) -> str:
    """The name with the highest confidence of a list of guesses."""
    guesses = [guess for guess in value if isinstance(guess, dict)] if isinstance(value, list) else []
    best = max(guesses, key=lambda guess: _number(guess.get("confidence")), default={})
    return try_word(best.get("name"), limit=limit)


def _number(value: Any) -> float:
    return value if type(value) in {int, float} else 0


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


ADAPTER = Adapter("openalpr", "OpenALPR, Rekor Scout", read)
