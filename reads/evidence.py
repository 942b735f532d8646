"""One read as evidence: its pictures, its data as one line that can be hashed again, and every step since it was taken."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from alpr_portal.policy.clauses import clause

from . import packs
from .corrections import marks
from .models import Access, Batch, Query
from .queries import who
from .search import Window

CAUTION = "A camera can misread. A read is a lead: compare plate, state, make, model and color by eye before anyone acts on it."
OF_HOLD = {"hold_id", "held_at"}
KINDS = {"plate": "Plate", "vehicle": "Vehicle", "overview": "Overview"}


class Shot(NamedTuple):
    """One picture of a read as somebody is shown it; ``jpeg`` is None where its pack or its day's key is gone."""

    number: int
    kind: str
    jpeg: bytes | None
    digest: str

    @property
    def address(self) -> str:
        """The picture itself as an address, so that it is fetched with the page and under its access."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg or b'').decode()}"


class Step(NamedTuple):
    """What happened to a read, and when."""

    at: datetime
    what: str


@dataclass(frozen=True)
class Evidence:
    """What a sheet shows of a read; gathered inside the access that ``record`` is, drawn afterwards."""

    query: Query
    read: Any
    record: Access
    shots: list[Shot]
    steps: list[Step]

    @property
    def line(self) -> str:
        """The read's data as ``line_of`` writes it."""
        return line_of(self.read)

    @property
    def digest(self) -> str:
        """SHA-256 of that line, in hexadecimal."""
        return hashlib.sha256(self.line.encode()).hexdigest()


def gather(window: Window, read: Any) -> Evidence:
    """Everything about a read that its sheet needs. To be called inside the access of ``window``."""
    record = window.record
    return Evidence(window.query, read, record, shots(window, read), custody(read, record))


def shots(window: Any, read: Any, *, thumbnails: bool = False) -> list[Shot]:
    """The pictures of a read in their order, opened inside the access of ``window``; also those that are gone."""
    kept = {picture.number: picture for picture in window.pictures([read])[read.id]}
    found = []
    for number in range(read.images):
        picture = kept.get(number)
        jpeg = packs.load(picture, thumbnail=thumbnails) if picture else None
        kind, digest = (KINDS[picture.kind], picture.digest) if picture else ("Image", "")
        found.append(Shot(number, kind, jpeg, digest))
    return found


def line_of(read: Any) -> str:
    """All stored fields of a read as one line of JSON: names sorted, no spaces between, ASCII, times in UTC.

    Of a held read the same line as of the read that was copied: what the hold added is no part of it.
    """
    values = {f.attname: getattr(read, f.attname) for f in read._meta.concrete_fields if f.attname not in OF_HOLD}
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@clause("F.1", "F.2")
def custody(read: Any, record: Access) -> list[Step]:
    """From the camera to this look: captured, delivered, stored; each look under this query, what was found wrong."""
    source, batch = read.source.name, Batch.objects.filter(pk=read.batch_id).first()
    steps = [Step(read.captured_at, f"Captured by camera {read.camera} of source {source}, by the camera’s own clock")]
    if batch:
        held = f"{batch.received} read{'' if batch.received == 1 else 's'}"
        told = f"Delivered by source {source} in batch {batch.pk} of {held}; SHA-256 of the message as it came {batch.digest}"
        steps.append(Step(batch.at, told))
    else:
        steps.append(Step(read.uploaded_at, f"Delivered by source {source} in batch {read.batch_id}"))
    steps.append(Step(read.uploaded_at, "Stored by the portal, by the clock of its database"))
    looks = Access.objects.filter(query=record.query, read_id=read.id).select_related("answer").order_by("at")
    since = [Step(look.at, f"{_look(look, record)} by {who(look)}") for look in looks]
    since += [Step(said.at, said.what) for said in marks.story(read.id)]
    return steps + sorted(since, key=lambda step: step.at)


def _look(look: Access, record: Access) -> str:
    """What a look was, in words."""
    if look.pk == record.pk:
        return f"This sheet made, access {look.pk},"
    answer = getattr(look, "answer", None)
    if answer is None or not answer.rows:
        return "Look that was given nothing,"
    if look.kind == Access.Kind.EXPORT:
        return f"Evidence sheet, SHA-256 {answer.digest}, made"
    return {Access.Kind.READ: "Read looked at", Access.Kind.IMAGE: "Image looked at"}[Access.Kind(look.kind)]
