"""A PDF is a small program: it is taken only where nothing in it acts, hides or is locked."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from alpr_portal.policy.refusal import BadInput

MOST_OBJECTS = 20_000
DEEPEST = 60
# Keys of a dictionary that let a document act or carry another file.
KEYS = ("/JS", "/JavaScript", "/AA", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent", "/RichMediaSettings")
# Kinds of action. /URI (a link that a reader clicks) and /GoTo (a place in the document) are none of these.
ACTIONS = frozenset(
    {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound"}
    | {"/RichMediaExecute", "/ResetForm", "/GoTo3DView", "/Trans", "/SetOCGState", "/Hide", "/Thread", "/GoToDp"}
)
SHOWS = frozenset({"/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"})  # annotations that play something
LINK = re.compile(r"(?i)(https?|mailto):")
FILES = frozenset({"/EmbeddedFile", "/Filespec"})
STREAM = re.compile(rb"\bstream\r?\n.*?\bendstream\b", re.DOTALL)
HASHED = re.compile(rb"#([0-9A-Fa-f]{2})")
ACTS = re.compile(
    rb"/(?:JS|JavaScript|AA|EmbeddedFiles|EF|XFA|RichMediaContent|Launch|SubmitForm|ImportData|GoToE)(?![A-Za-z0-9_.-])"
    rb"|/OpenAction\s*<<(?!\s*/S\s*/GoTo\b|[^>]*/S\s*/GoTo\b)"
)
LOCKED = re.compile(rb"/Encrypt(?![A-Za-z0-9_.-])")
TOGETHER = "Print it to PDF again, without forms, scripts or attachments, and send that."


def inspect(data: bytes) -> None:
    """Raise BadInput unless this PDF can be read to its end and does nothing.

    pdf.active (scripts, actions, files inside), pdf.encrypted, pdf.trailing (something follows its end), pdf.damaged.
    Looked at twice: the bytes between streams, whoever would read them, and every object that the file's index names.
    """
    bare = HASHED.sub(lambda match: bytes([int(match[1], 16)]), STREAM.sub(b"", data))
    if ACTS.search(bare):
        raise _active()
    if LOCKED.search(bare):
        raise _encrypted()
    end = data.rfind(b"%%EOF")
    if end >= 0 and data[end + 5 :].strip(b" \t\r\n\0"):
        raise BadInput("pdf.trailing", f"Something follows the end of the PDF. {TOGETHER}", "file")
    try:
        _walk(data)
    except BadInput:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError):
        raise BadInput("pdf.damaged", f"The PDF cannot be read to its end. {TOGETHER}", "file") from None


def _walk(data: bytes) -> None:
    reader = PdfReader(io.BytesIO(data), strict=True)
    if reader.is_encrypted:
        raise _encrypted()
    numbers = {(number, generation) for generation, found in reader.xref.items() for number in found if number}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MOST_OBJECTS:
        raise BadInput("pdf.too_large", f"The PDF is made of too many parts. {TOGETHER}", "file")
    for number, generation in sorted(numbers):
        for found in _dictionaries(IndirectObject(number, generation, reader).get_object()):
            if _acts(found):
                raise _active()
    if not len(reader.pages):
        raise BadInput("pdf.damaged", f"The PDF has no page. {TOGETHER}", "file")


def _dictionaries(part: Any, depth: int = 0) -> Iterator[DictionaryObject]:
    """Every dictionary that is written inside this object; what it only points at is met as an object of its own."""
    if depth > DEEPEST:
        raise RecursionError
    inside: Any = ()
    if isinstance(part, DictionaryObject):
        yield part
        inside = [part.raw_get(key) for key in part]
    elif isinstance(part, ArrayObject):
        inside = list.__iter__(part)
    for each in inside:
        if isinstance(each, (DictionaryObject, ArrayObject)):
            yield from _dictionaries(each, depth + 1)


def _acts(found: DictionaryObject) -> bool:
    if any(key in found for key in KEYS) or _named(found, "/S") in ACTIONS or _named(found, "/Type") in FILES:
        return True
    if _named(found, "/Subtype") in SHOWS:
        return True
    if _named(found, "/S") == "/URI" and not LINK.match(str(_named(found, "/URI")).strip()):
        return True
    opens = _named(found, "/OpenAction")
    return isinstance(opens, DictionaryObject) and _named(opens, "/S") != "/GoTo"


def _named(found: DictionaryObject, key: str) -> Any:
    """A value, also where it is written elsewhere and only pointed at."""
    value = found.raw_get(key) if key in found else None
    return value.get_object() if isinstance(value, IndirectObject) else value


def _active() -> BadInput:
    return BadInput("pdf.active", f"The PDF holds a script, an action or another file. {TOGETHER}", "file")


def _encrypted() -> BadInput:
    return BadInput(
        "pdf.encrypted", "The PDF is locked by a password, so that nobody could review it. Unlock it first.", "file"
    )
