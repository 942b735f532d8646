"""What sources send of one car, in every format there is an adapter for; its plate is the canary's."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone as local
from PIL import Image

from .marks import PLATE

CAMERA = "canary-1"
COLUMNS = {
    "delimiter": ",",
    "columns": {"Plate": "plate", "Read at": "captured_at", "Unit": "camera"},
    "time_format": "year_first",
    "zone": "America/Los_Angeles",
    "confidence": 1,
    "camera": "",
}
Message = tuple[bytes, str]  # body and media type


def picture() -> bytes:
    """A JPEG whose EXIF tells the plate: description, maker's comment."""
    image = Image.effect_noise((96, 64), 80).convert("RGB")
    exif = image.getexif()
    exif[0x010E] = f"Plate {PLATE}"
    exif[0x9286] = PLATE
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=PLATE.encode())
    return out.getvalue()


def shot() -> str:
    return base64.b64encode(picture()).decode()


def portal(at: datetime) -> Any:
    item = {"plate": f"{PLATE[:3]} {PLATE[3:]}", "camera": CAMERA, "captured_at": at.isoformat(), "state": "CA"}
    return [{**item, "id": at.isoformat(), "image": shot()}]


def openalpr(at: datetime) -> Any:
    ms = int(at.timestamp() * 1000)
    return {
        "data_type": "alpr_group", "epoch_start": ms - 1000, "best_uuid_epoch_ms": ms, "camera_id": CAMERA,
        "best_plate_number": PLATE, "best_confidence": 91.5, "best_region": "us-ca", "best_uuid": f"A1-{ms}",
        "best_plate": {"plate": PLATE, "confidence": 91.5, "plate_crop_jpeg": shot()}, "vehicle_crop_jpeg": shot(),
        "candidates": [{"plate": PLATE, "confidence": 80, "matches_template": 0}],
    }  # fmt: skip


def platerecognizer(at: datetime) -> Any:
    found = {"plate": PLATE.lower(), "score": 0.902, "region": {"code": "us-ca", "score": 0.8}}
    said = {"camera_id": CAMERA, "timestamp": at.isoformat(), "timestamp_local": local.localtime(at).isoformat(" ")}
    hook = {"target": "https://canary.invalid", "id": CAMERA, "event": "recognition", "filename": f"{PLATE}.jpg"}
    return {"hook": hook, "data": {**said, "results": [found]}}


def flock(at: datetime) -> Any:
    return {
        "deviceLat": 37.8044, "deviceLong": -122.2712, "deviceName": "Canary", "deviceExternalId": CAMERA,
        "objectId": f"flock-{at.timestamp()}", "eventTime": at.isoformat(),
        "ocr": {"label": PLATE, "labelConfidence": 0.93, "state": "California", "stateConfidence": 0.8},
        "imageUrl": f"https://images.canary.invalid/{PLATE}",
    }  # fmt: skip


def genetec(at: datetime) -> Any:
    when = at.astimezone(UTC)
    return {
        "CameraName": CAMERA, "Plate": PLATE, "State": "CA", "DateUtc": f"{when:%d/%m/%Y}", "TimeUtc": f"{when:%H:%M:%S}",
        "ConfidenceScore": "93", "ContextImage": shot(), "Attributes": {"Vehicle Color": "Silver"},
    }  # fmt: skip


def axis(at: datetime) -> Any:
    return {
        "packetCounter": "7", "capture_timestamp": str(int(at.timestamp() * 1000)), "plateText": PLATE, "plateUTF8": PLATE,
        "plateCountry": "USA", "plateConfidence": "0.93", "carState": "lost", "carID": str(int(at.timestamp())),
        "imagesURI": [f"/local/tools.cgi?name={PLATE}.jpg"], "camera_info": {"SerialNumber": CAMERA},
    }  # fmt: skip


def generic_csv(at: datetime) -> str:
    return f"Plate,Read at,Unit\n{PLATE[:4]}-{PLATE[4:]},{local.localtime(at):%Y-%m-%d %H:%M:%S},{CAMERA}\n"


def platerecognizer_csv(at: datetime) -> str:
    head = "timestamp,plate,score,dscore,file,box,model_make,color,vehicle,region,orientation,candidates,source_url"
    cells = (
        f"{local.localtime(at).isoformat(' ')},{PLATE.lower()},0.902,0.9,"
        f"/{CAMERA}_screenshots/{PLATE}.jpg,,,,,\"{{'code': 'us-ca', 'score': 0.8}}\",,"
        f"\"[{{'score': 0.999, 'plate': '{PLATE.lower()}'}}]\",rtsp://canary.invalid/1"
    )
    return f"{head}\n{cells}\n"


def message(kind: str, at: datetime) -> Message:
    """The body of one delivery in a format, and its media type."""
    said = globals()[kind](at)
    return (said.encode(), "text/csv") if isinstance(said, str) else (json.dumps(said).encode(), "application/json")
