"""Plate Recognizer Stream and Snapshot webhooks: JSON, or a form with a part ``json`` and a picture ``upload``.

Plates come in small letters, several to a message, in the first or the second version of a result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
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
    picture_degrees,
    read_name,
    try_images,
    try_word,
)

RECOGNITION = "recognition"


def read(
    body: bytes, content_type: str, parts: dict[str, Any] | None = None, *, now: datetime, limits: Limits
) -> Parsed:
    """The reads of one message, or of a list of them. ``parts`` are the parts of a form by name: text or bytes.

    A result without a plate is no read; the note counts them. Raises media_type, json.shape, and what
    ``payload.load`` raises.
    """
    given = parts or {}
    if parts is None:
        need_json(content_type)
    elif "json" not in parts:
        raise BadInput("json.shape", "Body: the form must have a part named json.", "json")
    else:
        body = parts["json"].encode() if isinstance(parts["json"], str) else parts["json"]
    value = load(body)
    images = try_images({"overview": given.get("upload")})
    notes: list[str] = []
    found = [one for message in (value if isinstance(value, list) else [value]) for one in _results(message, notes)]
    return Parsed(
        each(found, lambda one: read_result(*one, now=now, limits=limits, images=images)),
        note=" ".join(dict.fromkeys(notes)),
    )


def _results(message: Any, notes: list[str]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The words of the message (camera, times) beside each of its results."""
    hook = message.get("hook") if isinstance(message, dict) else None
    if isinstance(hook, dict) and hook.get("event", RECOGNITION) != RECOGNITION:
        notes.append("This was no recognition: there is nothing to store.")
        return
    data = message.get("data", message) if isinstance(message, dict) else None
    results = data.get("results") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(results, list):
        raise BadInput("json.shape", "Body: it has no results of this format.", "body")
    plated = [result for result in results if not isinstance(result, dict) or result.get("plate")]
    if len(plated) < len(results):
        notes.append(f"Vehicles without a plate, not stored: {len(results) - len(plated)}.")
    yield from ((data, result if isinstance(result, dict) else {}) for result in plated)


def read_result(
    data: dict[str, Any],
    result: dict[str, Any],
    *,
    now: datetime,
    limits: Limits,
    images: Mapping[str, bytes] = MappingProxyType({}),
) -> NormalRead:
    """One result under the words of its message. Raises BadInput for what is missing or bad."""
    camera = read_name(data.get("camera_id"), field="camera")
    words = _second(result) if isinstance(result.get("plate"), dict) else _first(result)
    seen = words["plate"]
    need({"plate": seen, "captured_at": data.get("timestamp") or data.get("timestamp_local"), "camera": camera})
    plate = read_plate(seen)
    captured_at, offset = _captured(data, now, limits)
    return NormalRead(
        plate_seen=seen.strip(),
        plate=plate,
        captured_at=captured_at,
        camera=camera,
        external_id=derived_id(camera, captured_at, plate),
        state=_state(words["region"]),
        confidence=read_confidence(words["score"]),
        offset_minutes=offset,
        direction=picture_degrees(result.get("direction")),
        make=try_word(words["make_model"].get("make"), limit=40),
        model=try_word(words["make_model"].get("model"), limit=60),
        colour=try_word(words["colour"]),
        body=try_word(words["type"], limit=40),
        images=tuple(images.values()),
        kinds=tuple(images),
    )


def _first(result: dict[str, Any]) -> dict[str, Any]:
    """The words of a result of the first version."""
    return {
        "plate": result.get("plate"),
        "score": result.get("score"),
        "region": as_object(result.get("region")).get("code"),
        "type": as_object(result.get("vehicle")).get("type"),
        "make_model": _top(result.get("model_make")),
        "colour": _top(result.get("color")).get("color"),
    }


def _second(result: dict[str, Any]) -> dict[str, Any]:
    """The words of a result of the second version, which nests them under ``props``."""
    plate, vehicle = as_object(result.get("plate")), as_object(result.get("vehicle"))
    of_plate, of_vehicle = as_object(plate.get("props")), as_object(vehicle.get("props"))
    best = _top(of_plate.get("plate"))
    return {
        "plate": best.get("value"),
        "score": best.get("score", plate.get("score")),
        "region": _top(of_plate.get("region")).get("value"),
        "type": vehicle.get("type"),
        "make_model": _top(of_vehicle.get("make_model")),
        "colour": _top(of_vehicle.get("color")).get("value"),
    }


def _captured(data: dict[str, Any], now: datetime, limits: Limits) -> tuple[datetime, int | None]:
    """The time in UTC, and the offset of the source's own clock. A ``timestamp`` without a zone is in UTC."""

    def moment(value: Any) -> tuple[datetime, int | None]:
        return read_moment(value, now=now, field="captured_at", oldest=limits.oldest, ahead=limits.ahead)

    stamp, local = data.get("timestamp"), data.get("timestamp_local")
    try:
        offset = moment(local)[1]
    except BadInput:
        offset, local = None, None
    if stamp is None and local is not None:
        return moment(local)
    try:
        found, own_offset = moment(stamp)
    except BadInput as fault:
        if fault.code != "time.no_offset":
            raise
        return moment(f"{stamp}Z")[0], offset
    return found, own_offset if offset is None else offset


def _state(code: Any) -> str:
    """Codes here begin with the country: ``us-ca``. Two bare letters are a country, ``in`` India and not Indiana."""
    return read_state(code) if isinstance(code, str) and ("-" in code or code == "mx") else ""


def _top(value: Any) -> dict[str, Any]:
    """The guess with the highest score of a list of guesses."""
    guesses = [guess for guess in value if isinstance(guess, dict)] if isinstance(value, list) else []
    return max(guesses, key=lambda guess: guess["score"] if type(guess.get("score")) in {int, float} else 0, default={})


ADAPTER = Adapter("platerecognizer", "Plate Recognizer Stream", read)
