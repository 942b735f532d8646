"""Flock alerts: a message for each read that stood on a hot list, of which only the read is taken.

Its picture lies behind an address that expires and is never fetched, so these reads have none. The lists it stood on,
and why, are no part of a read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alpr_portal.policy.inputs import read_confidence, read_moment
from alpr_portal.policy.refusal import BadInput

from ..payload import load
from ..plates import read_plate, read_state
from .base import ID_LIMIT, Adapter, Limits, NormalRead, Parsed, each, need, need_json, read_name, read_place

MARKS = {"objectId", "eventTime", "deviceExternalId"}


def read(
    body: bytes, content_type: str, parts: dict[str, Any] | None = None, *, now: datetime, limits: Limits
) -> Parsed:
    """The read of one alert, or of a list of them; an alert whose plate nobody read is none, and the note counts it.

    Raises media_type, json.shape for a message that is no alert, and what ``payload.load`` raises.
    """
    need_json(content_type)
    value = load(body)
    alerts = value if isinstance(value, list) else [value]
    if not all(isinstance(alert, dict) and MARKS & alert.keys() for alert in alerts):
        raise BadInput("json.shape", "Body: it is no alert of this format.", "body")
    plated = [alert for alert in alerts if _has_plate(alert.get("ocr"))]
    note = f"Alerts without a plate, not stored: {len(alerts) - len(plated)}." if len(plated) < len(alerts) else ""
    return Parsed(each(plated, lambda alert: _read(alert, now=now, limits=limits)), note=note)


def _has_plate(ocr: Any) -> bool:
    """Whether there is anything to read: what is no object is told as a fault, not passed over."""
    if isinstance(ocr, dict):
        label = ocr.get("label")
        return bool(label.strip() if isinstance(label, str) else label is not None)
    return ocr is not None


def _read(alert: dict[str, Any], *, now: datetime, limits: Limits) -> NormalRead:
    ocr, event_time = alert["ocr"], alert.get("eventTime")
    if not isinstance(ocr, dict):
        raise BadInput("json.shape", "ocr: it must be an object, or null where no plate was read.", "ocr")
    camera = read_name(alert.get("deviceExternalId"), field="deviceExternalId")
    external_id = read_name(alert.get("objectId"), field="objectId", limit=ID_LIMIT)
    if not external_id:
        raise BadInput("field.missing", "Read: the field objectId is missing. Add it.", "objectId")
    plate = read_plate(ocr["label"])
    need({"plate": plate, "captured_at": event_time, "camera": camera})
    captured_at, offset = read_moment(event_time, now=now, field="eventTime", oldest=limits.oldest, ahead=limits.ahead)
    lat, lon = read_place(alert.get("deviceLat"), alert.get("deviceLong"), near=limits.near)
    return NormalRead(
        plate_seen=ocr["label"].strip(),
        plate=plate,
        captured_at=captured_at,
        camera=camera,
        external_id=external_id,
        state=read_state(ocr.get("state")),
        confidence=read_confidence(ocr.get("labelConfidence")),
        offset_minutes=offset,
        lat=lat,
        lon=lon,
    )


ADAPTER = Adapter("flock", "Flock alerts", read)
