"""One builder per record: what a test needs, with everything else filled in."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connections
from django.utils import timezone
from PIL import Image

from alpr_portal.policy.vocabulary import TrainingTopic
from reads import images, packs, staging
from reads.models import Camera, Query, QueryRun, SitingAttestation, Source
from reads.plates import fold
from training.models import Completion, Course, Member

TOPICS = [topic.value for topic in TrainingTopic]


def course(**values: Any) -> Course:
    found, _ = Course.objects.get_or_create(
        title=values.pop("title", "ALPR operator"),
        version="1",
        defaults={"topics": TOPICS, "approved_on": timezone.localdate(), **values},
    )
    return found


def completion(member: Member, *, topics: list[str] | None = None, days: float = 300, **values: Any) -> Completion:
    """A completion that counts for ``days`` more days."""
    return Completion.objects.write(
        by=None,
        member=member,
        course=course(),
        completed_on=timezone.localdate(),
        topics=topics or TOPICS,
        expires_at=timezone.now() + timedelta(days=days),
        **values,
    )


def source(name: str = "street", *, format: str = "portal", **values: Any) -> Source:
    found, _ = Source.objects.get_or_create(name=name, defaults={"format": format, **values})
    return found


def camera(code: str = "cam-1", *, by: Member | None = None, attested: bool = True, **values: Any) -> Camera:
    """A camera in service; attested unless said otherwise."""
    if "source" not in values:
        values["source"] = source()
    defaults = {
        "name": "Foothill and 35th",
        "area": "4",
        "lat": 37.79,
        "lon": -122.21,
        "in_service_from": timezone.localdate() - timedelta(days=400),
    }
    found, made = Camera.objects.get_or_create(source=values.pop("source"), code=code, defaults={**defaults, **values})
    if made and attested:
        SitingAttestation.objects.write(by=by, camera=found, place_id=found.place_id, siting="right_of_way")
    return found


def read(plate: str = "8ABC123", **values: Any) -> uuid.UUID:
    """A stored read, written as the owner so that its upload may lie in the past. Needs ``committed``."""
    cam = values.pop("camera", None) or camera()
    uploaded = values.pop("uploaded_at", None) or datetime.now(UTC)
    row = {
        "id": uuid.uuid4(),
        "upload_day": uploaded.astimezone(UTC).date(),
        "uploaded_at": uploaded,
        "captured_at": uploaded - timedelta(minutes=1),
        "camera_id": cam.pk,
        "source_id": cam.source_id,
        "batch_id": uuid.uuid4(),
        "plate_seen": plate,
        "plate": plate,
        "plate_fold": fold(plate),
        "state": "CA",
        "lat": cam.lat,
        "lon": cam.lon,
        "confidence": 0.94,
        "make": "toyota",
        "colour": "silver",
        **values,
    }
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"INSERT INTO reads_read ({names}) VALUES ({places})", list(row.values()))
    return row["id"]


def pictures(read_id: uuid.UUID, *several: bytes, day: date | None = None) -> list[packs.Kept]:
    """Kept pictures of a stored read that was uploaded on ``day`` (default: today), told as the owner."""
    kept = packs.keep(day or datetime.now(UTC).date(), [(read_id, [images.clean(data) for data in several])])
    places = ", ".join(["%s"] * len(staging.PICTURE))
    with connections["owner"].cursor() as cursor:
        for one in kept:
            values = [getattr(one, name) for name in staging.PICTURE]
            cursor.execute(f"INSERT INTO reads_picture ({', '.join(staging.PICTURE)}) VALUES ({places})", values)
    return kept


def jpeg(width: int = 64, height: int = 32, colour: str = "navy") -> bytes:
    """A picture as a camera might send it."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


def criteria(**values: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "plate": "8ABC123",
        "approximate": False,
        "state": "",
        "make": "",
        "model": "",
        "colour": "",
        "areas": [],
        "cameras": [],
        "from": (now - timedelta(days=2)).isoformat(),
        "to": (now + timedelta(minutes=1)).isoformat(),
        **values,
    }


def query(by: Member, *, run: bool = True, **values: Any) -> Query:
    """A recorded query that ran, unless said otherwise."""
    asked = criteria(**values.pop("criteria", {}))
    found: Query = Query.objects.write(
        by=by,
        **{
            "purpose": "violent_crime",
            "offence": "211 PC",
            "case_number": "26-012345",
            "facts": "Robbery at a shop, plate seen.",
            "right_to_know": "Sworn officer",
            "need_to_know": "Assigned investigator",
            "for_whom": by,
            "for_whom_name": by.name,
            "outside": False,
            "attested": True,
            "plate": asked["plate"],
            "criteria": asked,
            "outcome": "run",
            **values,
        },
    )
    if run and found.outcome == "run":
        QueryRun.objects.write(by=by, query=found)
    return found


def waiting_query(by: Member, **values: Any) -> Query:
    """A query that waits for a supervisor."""
    said = {"outcome": "wait", "clause": "C.2.B", "sentence": "The offence is not settled."}
    return query(by, run=False, **{**said, **values})


def form(**values: Any) -> dict[str, Any]:
    """What an officer types into the guided search."""
    local = timezone.localtime()
    return {
        "purpose": "violent_crime",
        "offence": "211 PC",
        "basis": "case_number",
        "case_number": f"{local:%y}-012345",
        "facts": "Armed robbery of a shop, the clerk gave this plate",
        "right_to_know": "sworn",
        "need_to_know": "I am assigned to this robbery and look for the vehicle",
        "for_whom": "self",
        "outside": "no",
        "plate": "8ABC123",
        "start": f"{local - timedelta(days=2):%Y-%m-%d %H:%M}",
        "end": f"{local:%Y-%m-%d %H:%M}",
        "attested": "on",
        **values,
    }
