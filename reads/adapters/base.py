"""The one form all reads take, and what every adapter needs to bring a source's words into it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from alpr_portal.policy.inputs import OAKLAND_AREA, Box, read_coordinates, read_text
from alpr_portal.policy.parameters import CLOCK_AHEAD, LATE_VEHICLE
from alpr_portal.policy.refusal import BadInput

from ..payload import MOST_READS, bad, load

IMAGE_LIMIT = 10_485_760  # bytes
CAMERA_LIMIT, ID_LIMIT = 60, 128
HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
NEEDED = ("plate", "captured_at", "camera")
POINTS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
WORDS = {"north": "N", "northeast": "NE", "east": "E", "southeast": "SE", "south": "S", "southwest": "SW"}
WORDS |= {"west": "W", "northwest": "NW"}
NO_FIX = ([None, None], [0, 0], [-1, -1])  # what readers without GPS send
NUMBER = re.compile(r"([+-]?[0-9]{1,9})(?:[.,]([0-9]{1,20}))?%?")


@dataclass(frozen=True)
class Limits:
    """How long after capture a read may come, how far ahead a clock may run, and the area a read must lie in."""

    oldest: timedelta = LATE_VEHICLE.now
    ahead: timedelta = CLOCK_AHEAD.now
    near: Box = OAKLAND_AREA


class NormalRead(msgspec.Struct, frozen=True, kw_only=True):
    """A read in our words. It has no place for anything about a person.

    ``plate_seen`` is what the source said, ``plate`` the match key; ``captured_at`` is UTC, ``offset_minutes`` the
    source's own offset; ``confidence`` is 0 to 1; ``direction`` is one of the eight points of the compass, or whole
    degrees in the picture where the source knows no more; ``lat`` and ``lon`` are degrees; ``camera`` and
    ``external_id`` are the source's own names. ``images`` are the pictures as they came, to be decoded and encoded anew
    before they are kept, and ``kinds`` says of each whether it shows the plate, the vehicle or an overview.
    """

    plate_seen: str
    plate: str
    captured_at: datetime
    camera: str
    external_id: str
    state: str = ""
    confidence: float | None = None
    offset_minutes: int | None = None
    lat: float | None = None
    lon: float | None = None
    direction: str = ""
    make: str = ""
    model: str = ""
    colour: str = ""
    body: str = ""
    images: tuple[bytes, ...] = ()
    kinds: tuple[str, ...] = ()


class ItemFault(msgspec.Struct, frozen=True):
    """One read that cannot be taken: its place in the body (from 0), and the code, field and message of BadInput."""

    index: int
    code: str
    field: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """As an answer to the source."""
        return msgspec.structs.asdict(self)


class Parsed(msgspec.Struct, frozen=True):
    """A body in our words: reads and faults in its order, the sender's own batch id, and a note on the rest."""

    items: list[NormalRead | ItemFault]
    batch_id: str | None = None
    note: str = ""


class Piece(NamedTuple):
    """One batch of a file: what the adapter made of it, and the bytes it is known by."""

    parsed: Parsed
    body: bytes


Read = Callable[..., Parsed]
Cut = Callable[..., Iterator[Piece]]


@dataclass(frozen=True)
class Adapter:
    """A format of reads: ``read(body, content_type, parts, *, now, limits)`` answers Parsed or raises BadInput.

    ``part`` is the part of a form that holds the message. A format of tables also has ``cut(file, *, now, limits)``,
    which answers a file of any length in Pieces. One that needs to be told the columns of its source has ``fit``: from
    what is saved with the source it answers the adapter for that source; see ``adapter_of``.
    """

    name: str
    label: str
    read: Read
    part: str = "json"
    cut: Cut | None = None
    fit: Callable[[Any], Adapter] | None = None


def each(raw: Sequence[Any], take: Callable[[Any], NormalRead]) -> list[NormalRead | ItemFault]:
    """Take the raw reads one by one: a bad one does not sink the good ones. Raises batch.too_many."""
    if len(raw) > MOST_READS:
        raise bad("batch.too_many")
    found: list[NormalRead | ItemFault] = []
    for index, one in enumerate(raw):
        try:
            found.append(take(one))
        except BadInput as fault:
            found.append(ItemFault(index, fault.code, fault.field, fault.message))
    return found


def need_json(content_type: str) -> None:
    """Raise media_type unless the body says it is JSON."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise BadInput("media_type", "Body: send JSON, with the content type application/json.", "body")


def message_of(body: bytes, content_type: str, parts: Mapping[str, Any] | None, name: str) -> Any:
    """The JSON of a body, or of the part ``name`` of a form. Raises media_type, json.shape, and what ``load`` raises."""
    if parts is None:
        need_json(content_type)
        return load(body)
    if name not in parts:
        raise BadInput("json.shape", f"Body: the form must have a part named {name}.", name)
    part = parts[name]
    return load(part.encode() if isinstance(part, str) else part)


def as_object(value: Any) -> dict[str, Any]:
    """An object inside a vendor's message; empty for anything else."""
    return value if isinstance(value, dict) else {}


def need_object(raw: Any) -> dict[str, Any]:
    """Raise json.shape for a read that is not an object."""
    if type(raw) is not dict:
        raise BadInput("json.shape", "Read: each one must be an object.")
    return raw


def need(values: Mapping[str, Any]) -> None:
    """Raise field.missing for the first of plate, captured_at and camera that is not there."""
    for name in NEEDED:
        if not values[name]:
            raise BadInput("field.missing", f"Read: the field {name} is missing. Add it.", name)


def derived_id(camera: str, captured_at: datetime, plate: str) -> str:
    """An id for a read that came without one: the same read sent again has the same."""
    said = f"{camera}\0{captured_at.isoformat()}\0{plate}"
    return f"d-{hashlib.blake2b(said.encode(), digest_size=16).hexdigest()}"


def read_name(value: Any, *, field: str, limit: int = CAMERA_LIMIT) -> str:
    """A source's name for a camera or a read. Numbers are taken as text: vendors count their cameras."""
    if type(value) is int:
        value = str(value)
    return read_text(value, field=field, limit=limit, one_line=True)


def read_word(value: Any, *, field: str, limit: int = 30) -> str:
    """A word about a vehicle, in small letters. Raises text.*."""
    if type(value) is str and len(value) <= limit and value.isascii() and value.isalnum():
        return value.lower()
    return read_text(value, field=field, limit=limit, one_line=True).replace("_", " ").lower()


def try_word(value: Any, *, limit: int = 30) -> str:
    """As ``read_word`` for a vendor's word, but empty where it cannot be taken: a colour must not lose a read."""
    try:
        return read_word(value, field="vehicle", limit=limit)
    except BadInput:
        return ""


def number_of(value: Any) -> Any:
    """A number that was written as text (``97``, ``0.93``, ``0,93``, ``97 %``); None for nothing, the rest as it is."""
    if not isinstance(value, str):
        return value
    text = value.replace(" ", "") if len(value) <= 40 else value
    if not text:
        return None
    match = NUMBER.fullmatch(text)
    return float(f"{match[1]}.{match[2] or 0}") if match else value


def read_place(lat: Any, lon: Any, *, near: Box) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude in degrees; neither where the reader had no fix. Raises geo.* as ``read_coordinates``."""
    return (None, None) if [lat, lon] in NO_FIX else read_coordinates([lat, lon], near=near)


def read_direction(value: Any) -> str:
    """A point of the compass from its letters, its name or degrees from north. Raises direction.unknown."""
    if value is None or value == "":
        return ""
    if type(value) in {int, float} and 0 <= value <= 360:
        return POINTS[round(value / 45) % 8]
    if isinstance(value, str) and len(value) <= 20:
        if value.upper() in POINTS:
            return value.upper()
        if word := WORDS.get(value.lower().removesuffix("bound").replace("-", "")):
            return word
    raise BadInput(
        "direction.unknown", "Direction: give N, NE, E, SE, S, SW, W, NW or degrees from north.", "direction"
    )


def picture_degrees(value: Any) -> str:
    """Whole degrees in the picture, as vendors measure them; empty for anything else."""
    return str(round(value) % 360) if type(value) in {int, float} and 0 <= value <= 360 else ""


def check_image(data: bytes, *, field: str = "image") -> bytes:
    """The bytes of a PNG or JPEG by their head and size. Raises image.empty, image.too_large, image.type."""
    if not data:
        raise BadInput("image.empty", "Image: it is empty. Leave it out, or send the picture.", field)
    if len(data) > IMAGE_LIMIT:
        raise BadInput("image.too_large", f"Image: it is over {IMAGE_LIMIT >> 20} MB. Send a smaller one.", field)
    if not data.startswith(HEADS):
        raise BadInput("image.type", "Image: send a PNG or a JPEG.", field)
    return data


def read_image(value: Any, *, field: str = "image") -> bytes:
    """The bytes of a picture in base64. No address is ever fetched. Raises image.* as ``check_image``."""
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True) if isinstance(value, str) else None
    except (binascii.Error, UnicodeEncodeError):
        data = None
    if data is None:
        raise BadInput("image.type", "Image: send the picture itself, a PNG or JPEG in base64.", field)
    return check_image(data, field=field)


def try_images(given: Mapping[str, Any]) -> dict[str, bytes]:
    """A vendor's pictures by kind, those that can be taken: a spoilt picture is no reason to lose a read."""
    found = {}
    for kind, value in given.items():
        if not value:
            continue
        try:
            found[kind] = check_image(value) if isinstance(value, bytes) else read_image(value)
        except BadInput:
            continue
    return found
