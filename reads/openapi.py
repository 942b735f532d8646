"""The OpenAPI description of the door for reads, written beside it and compared with it by tests."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from alpr_portal.policy.parameters import SIGNATURE_WINDOW

from . import signatures
from .adapters import ADAPTERS

TEXT = {"type": "string"}
FRACTION = {"type": "number", "minimum": 0, "maximum": 1}

READ: dict[str, Any] = {
    "type": "object",
    "required": ["plate", "captured_at", "camera"],
    "additionalProperties": False,
    "properties": {
        "plate": {
            **TEXT,
            "description": "As seen; letters A–Z and digits, separators are dropped.",
            "examples": ["8ABC123"],
        },
        "state": {**TEXT, "description": "CA, us-ca or California."},
        "captured_at": {**TEXT, "format": "date-time", "description": "RFC 3339 with an offset."},
        "camera": {**TEXT, "description": "The camera's code in the inventory, under the key's own source."},
        "id": {**TEXT, "maxLength": 128, "description": "Your own id: a second delivery of it stores nothing."},
        "confidence": FRACTION,
        "location": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "number"},
            "description": "Latitude and longitude in degrees.",
        },
        "direction": TEXT,
        "vehicle": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"make": TEXT, "model": TEXT, "colour": TEXT, "body": TEXT},
        },
        "image": {
            **TEXT,
            "contentEncoding": "base64",
            "description": "PNG or JPEG, at most 25 megapixels. No address is ever fetched.",
        },
    },
}
RECEIPT: dict[str, Any] = {
    "type": "object",
    "required": ["received", "stored", "duplicates", "refused", "batch", "faults"],
    "properties": {
        "received": {"type": "integer"},
        "stored": {"type": "integer"},
        "duplicates": {"type": "integer"},
        "refused": {"type": "object", "additionalProperties": {"type": "integer"}},
        "batch": {**TEXT, "format": "uuid"},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"index": {"type": "integer"}, "code": TEXT, "field": TEXT, "message": TEXT},
            },
        },
        "note": TEXT,
    },
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "code": TEXT,
        "detail": TEXT,
        "field": TEXT,
    },
}


MINUTES = int(SIGNATURE_WINDOW.now.total_seconds() // 60)
SIGNED_HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    signatures.SOURCE: ({"pattern": f"^{signatures.SOURCE_NAME.pattern}$"}, "The source's name in the portal."),
    signatures.TIME: (
        {"format": "date-time"},
        f"When it was signed: RFC 3339 in UTC, at most {MINUTES} minutes from the portal's clock.",
    ),
    signatures.NONCE: (
        {"pattern": f"^{signatures.NONCE_FORM.pattern}$"},
        "16 to 64 letters, digits, hyphens or underscores; new for each delivery, also of the same reads.",
    ),
    signatures.SIGNATURE: (
        {"pattern": f"^{signatures.SIGNATURE_FORM.pattern}$"},
        (
            "HMAC-SHA256 in hex, under the source's key, of three lines without a last newline: the time, the nonce, "
            "and the SHA-256 of the body in hex."
        ),
    ),
}


# Of each format: how it is sent, where it names the camera and the moment, what makes a second delivery the same read,
# and what of it is left out. No address of a picture in any of them is ever fetched.
FORMATS: dict[str, dict[str, str]] = {
    "portal": {
        "sent": "application/json",
        "camera": "camera",
        "captured": "captured_at, RFC 3339 with its offset",
        "same": "id, else camera, time and plate",
        "left_out": "nothing: an unknown field is refused",
    },
    "openalpr": {
        "sent": "application/json",
        "camera": "camera_id, else camera_label",
        "captured": "best_uuid_epoch_ms, else epoch_start: milliseconds since 1970",
        "same": "best_uuid; of frames also the place in it",
        "left_out": "heartbeats, previews, candidates, the words of an alert",
    },
    "platerecognizer": {
        "sent": "application/json, or a form with parts json and upload",
        "camera": "camera_id",
        "captured": "timestamp (UTC where it names no zone), else timestamp_local",
        "same": "camera, time and plate",
        "left_out": "vehicles without a plate, candidates, user_data",
    },
    "platerecognizer_csv": {
        "sent": "text/csv",
        "camera": "the folder in file: camera-1_screenshots/…",
        "captured": "timestamp, with its offset",
        "same": "camera, time and plate",
        "left_out": "rows without a plate, candidates, the paths of pictures and videos",
    },
    "flock": {
        "sent": "application/json",
        "camera": "deviceExternalId",
        "captured": "eventTime, RFC 3339 with its offset",
        "same": "objectId",
        "left_out": "alerts without a plate, pictures (they lie behind an address), the hot lists and their words",
    },
    "genetec": {
        "sent": "application/json",
        "camera": "CameraName",
        "captured": "DateUtc as dd/mm/yyyy, the day first, and TimeUtc as hh:mm:ss",
        "same": "camera, time and plate",
        "left_out": "Relative Motion",
    },
    "axis": {
        "sent": "application/json, or a form with parts event and image",
        "camera": "camera_info.SerialNumber",
        "captured": "capture_timestamp: milliseconds since 1970",
        "same": "camera, carID, day and plate; without carID, time and plate",
        "left_out": "events whose carState is not lost, cars without a plate, imagesURI, carMoveDirection, foreign countries",
    },
    "generic_csv": {
        "sent": "text/csv",
        "camera": "a column, or one camera for the whole file",
        "captured": "one or two columns, in the form and on the clock that are set for the source",
        "same": "a column, else camera, time and plate",
        "left_out": "every column that is not set for the source",
    },
}


def problem(says: str) -> dict[str, Any]:
    return {"description": says, "content": {"application/problem+json": {"schema": PROBLEM}}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "ALPR Portal: delivering reads",
        "version": settings.VERSION,
        "description": "Cameras, vendors and patrol cars deliver plate reads here (DGO I-12 A.2, F.2).",
    },
    "paths": {
        "/api/v1/reads": {
            "post": {
                "operationId": "post_reads",
                "summary": "Deliver a batch of reads",
                "description": (
                    "Idempotent: the same batch id, or the same body, gets the first answer, today and after a year; "
                    "no retention clock restarts. A bad item is answered and the good ones are stored. The body's form "
                    "is the one set for the key's source; the schema is of the portal's own, x-formats tells the others."
                ),
                "x-formats": [
                    {"name": name, "label": adapter.label, **FORMATS[name]} for name, adapter in ADAPTERS.items()
                ],
                "security": [{"signature": []}, {"bearer": []}, {"apiKey": []}, {"basic": []}],
                "parameters": [
                    {"name": name, "in": "header", "required": False, "schema": {**TEXT, **form}, "description": says}
                    for name, (form, says) in SIGNED_HEADERS.items()
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "oneOf": [
                                    {"type": "array", "items": READ, "minItems": 1, "maxItems": 1000},
                                    {
                                        "type": "object",
                                        "additionalProperties": False,
                                        "required": ["reads"],
                                        "properties": {
                                            "batch": {**TEXT, "maxLength": 128},
                                            "reads": {"type": "array", "items": READ, "minItems": 1, "maxItems": 1000},
                                        },
                                    },
                                ]
                            }
                        },
                        "text/csv": {
                            "schema": {
                                **TEXT,
                                "description": (
                                    "For sources whose format is a table: UTF-8, a line of headers, then up to 1,000 rows. "
                                    "A row that is wrong is told by its line."
                                ),
                            }
                        },
                    },
                },
                "responses": {
                    "200": {"description": "The receipt", "content": {"application/json": {"schema": RECEIPT}}},
                    "400": problem("The body cannot be read; nothing was stored"),
                    "401": problem(
                        "No key, or one that no source holds; or a signature that is missing, wrong or stale"
                    ),
                    "409": problem("This batch id came before with other reads; or this signed delivery came before"),
                    "413": problem("The body is over 2.5 MB"),
                    "415": problem("The body is not of a kind this source sends"),
                },
            }
        }
    },
    "components": {
        "securitySchemes": {
            "signature": {
                "type": "apiKey",
                "in": "header",
                "name": signatures.SIGNATURE,
                "description": "Signed delivery, for sources of the portal's own format; all four headers are needed.",
            },
            "bearer": {"type": "http", "scheme": "bearer"},
            "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            "basic": {"type": "http", "scheme": "basic"},
        }
    },
}
