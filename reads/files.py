"""Files of reads cut into batches, the same way each time, so that a file given twice is the same batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from alpr_portal.policy.refusal import BadInput

from .adapters import Adapter, Limits, Parsed, Piece
from .payload import BODY_LIMIT, MOST_READS, envelope, load

WHOLE_LIMIT = 256 << 20  # bytes of one JSON document; JSON lines may be of any length
JSON = "application/json"
OWN = "portal"
MESSAGES = 200  # of a vendor's, in one batch: each may hold several reads
BLANK = b" \t\r\n"


class Message(NamedTuple):
    """One element of a file: what people call it, and its JSON."""

    name: str
    text: bytes


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file for reading. Raises BadInput file.unreadable, file.empty."""
    try:
        file = path.open("rb")
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise BadInput("file.unreadable", f"File: {reason}. Check the path and its permissions.", "file") from error
    with file:
        if not file.read(1):
            raise BadInput("file.empty", "File: it is empty. Check that it was written to its end.", "file")
        yield file


def batches(file: BinaryIO, adapter: Adapter, *, now: datetime) -> Iterator[Piece]:
    """The batches of a file, from its beginning, each of up to 1,000 reads and 2.5 MB.

    A document that the API would take is one batch, known by its own bytes, so the two doors know each other's. Raises
    what the adapter raises, and body.too_large; for tables and JSON lines the message names the line.
    """
    file.seek(0)
    if adapter.cut:
        yield from adapter.cut(file, now=now, limits=Limits())
        return
    if is_lines(file):
        yield from _cut(_lines(file), adapter, now)
        return
    body = file.read(WHOLE_LIMIT + 1)
    if len(body) > WHOLE_LIMIT:
        raise BadInput("body.too_large", "File: over 256 MB. Give it as JSON lines, one message a line.", "file")
    if len(body) <= BODY_LIMIT:
        try:
            yield Piece(_read(body, adapter, now), body)
            return
        except BadInput as error:
            if error.code != "batch.too_many":
                raise
    batch, messages = _messages(body, adapter)
    for number, piece in enumerate(_cut(messages, adapter, now), start=1):
        key = f"{batch} {number}" if batch else None
        yield Piece(msgspec.structs.replace(piece.parsed, batch_id=key), piece.body)


def is_lines(file: BinaryIO) -> bool:
    """Whether the first line is a whole JSON value and another one follows. Leaves the file at its beginning."""
    filled = (line for line in iter(lambda: file.readline(WHOLE_LIMIT), b"") if line.strip(BLANK))
    try:
        load(next(filled, b""), limit=WHOLE_LIMIT)
        return next(filled, None) is not None
    except BadInput:
        return False
    finally:
        file.seek(0)


def _lines(file: BinaryIO) -> Iterator[Message]:
    for number, line in enumerate(iter(lambda: file.readline(BODY_LIMIT + 2), b""), start=1):
        if text := line.strip(BLANK):
            message = Message(f"Line {number}", text)
            with _named(message):
                load(text)
            yield message


def _messages(body: bytes, adapter: Adapter) -> tuple[str | None, Iterator[Message]]:
    """The batch id and the elements of one document, of any number. Raises json.shape and what the envelope raises."""
    value = load(body, limit=WHOLE_LIMIT)
    batch = None
    if adapter.name == OWN:
        inner = value.get("reads") if isinstance(value, dict) else value
        if isinstance(value, dict) and isinstance(inner, list):
            batch = envelope({**value, "reads": inner[:1]})[0]
        value = inner if isinstance(inner, list) else envelope(value)[1]
    elements = value if isinstance(value, list) else [value]
    return batch, (Message(f"Element {n}", msgspec.json.encode(one)) for n, one in enumerate(elements, start=1))


def _cut(messages: Iterable[Message], adapter: Adapter, now: datetime) -> Iterator[Piece]:
    """Messages in the order of the file, as many to a batch as fit."""
    most = MOST_READS if adapter.name == OWN else MESSAGES
    held: list[Message] = []
    size = 2
    for message in messages:
        if held and (len(held) == most or size + len(message.text) + 1 > BODY_LIMIT):
            yield from _pieces(held, adapter, now)
            held, size = [], 2
        held.append(message)
        size += len(message.text) + 1
    if held:
        yield from _pieces(held, adapter, now)


def _pieces(messages: list[Message], adapter: Adapter, now: datetime) -> Iterator[Piece]:
    """One batch of these messages, or two of half of them where they hold too many reads."""
    body = b"[" + b",".join(message.text for message in messages) + b"]"
    try:
        yield Piece(_read(body, adapter, now), body)
    except BadInput as error:
        if error.code != "batch.too_many" or len(messages) == 1:
            for message in messages:
                with _named(message):
                    _read(b"[" + message.text + b"]", adapter, now)
            raise
        half = len(messages) // 2
        yield from _pieces(messages[:half], adapter, now)
        yield from _pieces(messages[half:], adapter, now)


@contextmanager
def _named(message: Message) -> Iterator[None]:
    """Say in a refusal which message it is."""
    try:
        yield
    except BadInput as error:
        raise BadInput(error.code, f"{message.name}: {error.message}", error.field) from error


def _read(body: bytes, adapter: Adapter, now: datetime) -> Parsed:
    return adapter.read(body, JSON, None, now=now, limits=Limits())
