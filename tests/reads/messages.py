"""What sources send: one whole message of each format, to be changed by the tests."""

import base64
import csv
import io
import json
from datetime import UTC, datetime

from reads.adapters import ADAPTERS, ItemFault, Limits, NormalRead, adapter_of

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
THEN = datetime(2026, 6, 15, 11, 59, 58, tzinfo=UTC)
MS = int(THEN.timestamp() * 1000)
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
JPEG = b"\xff\xd8\xff" + b"picture"


def b64(data):
    return base64.b64encode(data).decode()


def parse(name, message, parts=None, content_type="application/json"):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return ADAPTERS[name].read(body, content_type, parts, now=NOW, limits=Limits())


def one(name, message, parts=None):
    """The only read of a message."""
    (read,) = parse(name, message, parts).items
    assert isinstance(read, NormalRead), read
    return read


def codes(parsed):
    return [item.code if isinstance(item, ItemFault) else item.plate for item in parsed.items]


OWN = {"plate": "8abc-123", "captured_at": "2026-06-15T04:59:58-07:00", "camera": "cam-1"}
FULL = OWN | {
    "state": "us-ca",
    "id": "7f3",
    "confidence": 0.93,
    "location": [37.80440000000001, -122.2712],
    "direction": "northbound",
    "vehicle": {"make": "Honda", "model": "CR-V", "colour": "Silver_Gray", "body": "SUV"},
    "image": b64(PNG),
}


GROUP = {
    "data_type": "alpr_group",
    "epoch_start": MS - 1000,
    "best_uuid_epoch_ms": MS,
    "camera_id": 101,
    "country": "us",
    "best_plate_number": "7ABC123",
    "best_confidence": 91.5,
    "best_region": "us-ca",
    "best_uuid": "A1-101-7",
    "travel_direction": 182.4,
    "gps_latitude": 37.8044,
    "gps_longitude": -122.2712,
    "vehicle": {
        "color": [{"name": "white", "confidence": 20}, {"name": "silver-gray", "confidence": 71.0}],
        "make": [{"name": "honda", "confidence": 90}],
        "make_model": [{"name": "honda_civic", "confidence": 64.0}],
        "body_type": [{"name": "sedan-compact", "confidence": 50}],
    },
    "best_plate": {"plate": "7ABC123", "confidence": 91.5, "plate_crop_jpeg": b64(JPEG)},
    "vehicle_crop_jpeg": b64(JPEG + b"2"),
    "candidates": [{"plate": "7A8C123", "confidence": 80, "matches_template": 0}],
}
FRAME = {
    "data_type": "alpr_results",
    "epoch_time": MS,
    "camera_id": 101,
    "uuid": "A1-101-8",
    "results": [
        {"plate": "7ABC123", "confidence": 88, "region": "ca"},
        {"plate": "9XYZ999", "confidence": 70, "region": "nv"},
    ],
}


V1 = {
    "plate": "8abc123",
    "score": 0.902,
    "dscore": 0.9,
    "region": {"code": "us-ca", "score": 0.8},
    "vehicle": {"type": "Sedan", "score": 0.7},
    "color": [{"color": "silver", "score": 0.5}, {"color": "white", "score": 0.4}],
    "model_make": [{"make": "Honda", "model": "Civic", "score": 0.4}],
    "direction": 225,
    "source_url": "rtsp://example.com/1",
    "user_data": "a person",
}
V2 = {
    "plate": {
        "type": "Plate",
        "score": 0.88,
        "props": {"plate": [{"value": "8abc123", "score": 0.902}], "region": [{"value": "us-ca", "score": 0.8}]},
    },
    "vehicle": {
        "type": "Sedan",
        "props": {
            "make_model": [{"make": "Honda", "model": "Civic", "score": 0.4}],
            "color": [{"value": "white", "score": 0.4}, {"value": "silver", "score": 0.5}],
        },
    },
    "direction": 225,
}


def stream(*results, **data):
    said = {"camera_id": "gate-2", "timestamp": "2026-06-15T11:59:58Z", "timestamp_local": "2026-06-15 04:59:58-07:00"}
    hook = {"target": "https://example.com", "id": "gate-2", "event": "recognition", "filename": "a.jpg"}
    return {"hook": hook, "data": said | {"results": list(results)} | data}


FLOCK = {
    "deviceLat": 37.8044,
    "deviceLong": -122.2712,
    "deviceName": "Foothill and 35th",
    "deviceExternalId": "0a6b1f3e-0000-4000-8000-000000000101",
    "networkName": "Oakland",
    "objectId": "5f0c2d9a-0000-4000-8000-000000000007",
    "eventTime": "2026-06-15T11:59:58.000Z",
    "imageUrl": "https://images.example.com/signed?key=7",
    "imageExpiration": "2026-06-15T12:59:58Z",
    "detailsUrl": "https://vendor.example.com/alerts/7",
    "ocr": {"label": "8abc123", "labelConfidence": 0.93, "state": "California", "stateConfidence": 0.8},
    "sources": [{"name": "NCIC", "reason": "Stolen Vehicle", "caseNumber": "26-0815"}],
}
GENETEC = {
    "CameraName": "Gate 2",
    "Plate": "8ABC123",
    "State": "CA",
    "DateUtc": "15/06/2026",
    "TimeUtc": "11:59:58",
    "ConfidenceScore": "93",
    "ContextImage": b64(JPEG),
    "Attributes": {
        "State Name Confidence Score": "80",
        "Vehicle Type": "Sedan",
        "Vehicle Color": "Silver",
        "Vehicle Make": "Honda",
        "Vehicle Model": "Civic",
        "Relative Motion": "Moving Away",
    },
}
AXIS = {
    "packetCounter": "7",
    "capture_timestamp": str(MS),
    "datetime": "20260615 115958000",
    "plateText": "8ABC123",
    "plateUTF8": "8abc123",
    "plateCountry": "USA",
    "plateConfidence": "0.93",
    "carState": "lost",
    "carID": "41",
    "carMoveDirection": "in",
    "geotag": {"lat": 37.8044, "lon": -122.2712},
    "imageType": "vehicle",
    "imagesURI": ["/local/tools.cgi?name=7.jpg"],
    "camera_info": {"SerialNumber": "ACCC8E000101"},
}
STREAM_ROW = {
    "timestamp": "2026-06-15 04:59:58-07:00",
    "plate": "8abc123",
    "score": "0.902",
    "dscore": "0.9",
    "file": "/gate-2_screenshots/26-06-15/04-59-58.jpg",
    "box": "{'xmin': 483, 'ymin': 325, 'xmax': 540, 'ymax': 343}",
    "model_make": "[{'make': 'Honda', 'model': 'Civic', 'score': 0.4}]",
    "color": "[{'color': 'silver', 'score': 0.5}, {'color': 'white', 'score': 0.4}]",
    "vehicle": "{'score': 0.7, 'type': 'Sedan', 'box': {'xmin': 436, 'ymin': 184, 'xmax': 676, 'ymax': 357}}",
    "region": "{'code': 'us-ca', 'score': 0.8}",
    "orientation": "[{'orientation': 'Front', 'score': 0.9}]",
    "candidates": "[{'score': 0.999, 'plate': '8abc123'}, {'score': 0.8, 'plate': '8a8c123'}]",
    "source_url": "rtsp://example.com/1",
    "position_sec": "0.11",
    "direction": "225",
}
STREAM_CSV = ",".join(STREAM_ROW)
COLUMNS = {
    "delimiter": ",",
    "columns": {"Plate": "plate", "Read at": "captured_at", "Unit": "camera"},
    "time_format": "year_first",
    "zone": "America/Los_Angeles",
    "confidence": 1,
}
PATROL = "Plate,Read at,Unit\n8ABC-123,2026-06-15 04:59:58,cam-1\n"


def csv_of(*rows, header=STREAM_CSV):
    """A file of rows by header, every cell quoted where it must be."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, header.split(","))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def parse_csv(body, name="generic_csv", **columns):
    """What the adapter of tables makes of a body, with some of the source's columns changed."""
    body = body.encode() if isinstance(body, str) else body
    adapter = adapter_of(name, COLUMNS | columns)
    return adapter.read(body, "text/csv; charset=utf-8", None, now=NOW, limits=Limits())
