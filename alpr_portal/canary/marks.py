"""How the canary's plate is told in bytes of any kind: plain or folded, any case, wide, encoded, or pressed together."""

from __future__ import annotations

import base64
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

from reads.plates import fold

PLATE = "ZQX7K3M"
DEEPEST = 3  # a spreadsheet in a pack in a column
LARGEST = 64 << 20  # bytes that one pressed stream may hold


def _letters() -> bytes:
    """Each character plain or folded, in any case, wide or not, with a space or hyphen between."""
    one = [
        b"[" + f"{plain}{plain.lower()}{folded}".encode() + b"]"
        for plain, folded in zip(PLATE, fold(PLATE), strict=True)
    ]
    return rb"\x00?[ \-]?\x00?".join(one)


def _encoded() -> Iterator[bytes]:
    """As base64 writes it, wherever it begins in a group of three, and as hexadecimal digits."""
    for text in {PLATE, fold(PLATE), PLATE.lower()}:
        plain = text.encode()
        yield plain.hex().encode()
        for lead in range(3):
            whole = base64.b64encode(b"\0" * lead + plain)
            safe = whole[-(-lead * 4 // 3) : (lead + len(plain)) * 4 // 3]
            yield from {re.escape(safe), re.escape(safe.translate(bytes.maketrans(b"+/", b"-_")))}


MARK = re.compile(_letters())
ENCODED = re.compile(b"|".join(sorted(set(_encoded()))))
# Where a stream that zlib or gzip wrote begins: its first bytes, as their formats fix them.
STREAM = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")

ASCII85 = re.compile(rb"stream\r?\n([!-u\s]+~>)")  # as reportlab writes the streams of a PDF


def carries(data: bytes | memoryview | str, *, pressed: bool = True) -> bool:
    """Whether the plate is in there. ``pressed``: look into gzip, zlib (as PDF has it) and zip (as XLSX is) as well."""
    raw = data.encode() if isinstance(data, str) else bytes(data)
    return any(MARK.search(each) or ENCODED.search(each) for each in (opened(raw) if pressed else (raw,)))


def opened(raw: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and whatever is pressed together inside them."""
    yield raw
    if depth == DEEPEST:
        return
    for inner in (*_members(raw), *_streams(raw)):
        yield from opened(inner, depth + 1)


def _members(raw: bytes) -> Iterator[bytes]:
    begins = raw.find(b"PK\x03\x04")
    if begins >= 0:
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(BytesIO(raw[begins:])) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)


def _streams(raw: bytes) -> Iterator[bytes]:
    for found in STREAM.finditer(raw):
        with suppress(zlib.error):
            inner = zlib.decompressobj(47).decompress(raw[found.start() :], LARGEST)
            if inner:
                yield inner
    for text in ASCII85.findall(raw):
        with suppress(ValueError, zlib.error):
            yield zlib.decompress(base64.a85decode(b"<~" + text.strip(), adobe=True))
