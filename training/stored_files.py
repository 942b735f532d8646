"""Papers from outside are looked at before they are kept: what they are, never what their name says, and nothing that acts."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from PIL import Image, ImageOps, UnidentifiedImageError

from alpr_portal.policy.inputs import read_filename
from alpr_portal.policy.refusal import BadInput

from . import pdf_files
from .models import Member, StoredFile

MAX_BYTES = 5_000_000
MAX_PIXELS = 25_000_000
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
MARKDOWN, TEXT = "text/markdown", "text/plain"
EVIDENCE = frozenset({PDF, PNG, JPEG})
DOCUMENT = frozenset({PDF, MARKDOWN, TEXT})

SUFFIXES = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg", MARKDOWN: ".md", TEXT: ".txt"}
SAYS = {PDF: "a PDF", PNG: "a PNG", JPEG: "a JPEG", MARKDOWN: "a Markdown file (.md)", TEXT: "a text file (.txt)"}
SEALED = "default-src 'none'; sandbox; frame-ancestors 'none'"


def store(upload_name: str, data: bytes, *, by: Member, kinds: frozenset[str]) -> StoredFile:
    """Keep a file of one of ``kinds`` (media types above), under a cleaned name; at most 5 MB.

    A PDF without scripts, actions, files inside or a password; a picture drawn anew from its pixels; Markdown and
    plain text in UTF-8. Raises BadInput ``file.*``, ``pdf.*`` or ``image.*`` otherwise.
    """
    media_type, content = look_at(upload_name, data, kinds=kinds)
    return StoredFile.objects.write(
        by=by,
        name=read_filename(_stem(upload_name, media_type), suffix=SUFFIXES[media_type]),
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )


def look_at(upload_name: str, data: bytes, *, kinds: frozenset[str]) -> tuple[str, bytes]:
    """The media type of a file and the bytes to be kept of it. Raises BadInput as ``store``."""
    if not data:
        raise BadInput("file.empty", "The file is empty: choose it again.", "file")
    if len(data) > MAX_BYTES:
        raise BadInput("file.too_large", "The file is over 5 MB: send a smaller one.", "file")
    media_type = _media_type(upload_name, data)
    if media_type not in kinds:
        if upload_name.lower().endswith(".pdf") and PDF in kinds:
            raise BadInput("pdf.not_pdf", "The file is no PDF, whatever its name says: save it as PDF again.", "file")
        wanted = " or ".join(SAYS[kind] for kind in SAYS if kind in kinds)
        raise BadInput("file.type", f"The file is of a kind that is not taken here: send {wanted}.", "file")
    return media_type, CLEAN[media_type](data)


def response(stored: StoredFile, *, inline: bool = False) -> HttpResponse:
    """The file to be kept by who asked; with ``inline`` a PDF is shown, in a page that may do nothing at all."""
    shown = inline and stored.media_type == PDF
    charset = "; charset=utf-8" if stored.media_type in {MARKDOWN, TEXT} else ""
    answer = HttpResponse(bytes(stored.content), content_type=f"{stored.media_type}{charset}")
    answer["Content-Disposition"] = content_disposition_header(not shown, stored.name) or "attachment"
    answer["Content-Security-Policy"] = SEALED
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _media_type(name: str, data: bytes) -> str:
    """What the content is; "" for what is none of ours. Text has no mark of its own: there the name must say it too."""
    for mark, media_type in ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG)):
        if data.startswith(mark):
            return media_type
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):  # a page or XML, whatever it is called
        return ""
    ending = name.lower().rpartition(".")[2]
    return {"md": MARKDOWN, "markdown": MARKDOWN, "txt": TEXT}.get(ending, "")


def _stem(name: str, media_type: str) -> str:
    """The name without the ending that it is about to get, however that was written."""
    stem, _, ending = name.rpartition(".")
    same = {"jpeg": JPEG, "jpg": JPEG, "markdown": MARKDOWN, "md": MARKDOWN, "png": PNG, "pdf": PDF, "txt": TEXT}
    return stem if stem and same.get(ending.lower()) == media_type else name


def _text(data: bytes) -> bytes:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(
            "file.not_text", "The file is not UTF-8 text: save it as UTF-8 and send it again.", "file"
        ) from None
    if "\0" in text:
        raise BadInput("file.not_text", "The file has a NUL character in it: save it as text again.", "file")
    return text.encode()


def _pdf(data: bytes) -> bytes:
    pdf_files.inspect(data)
    return data


def _picture(kind: str) -> Callable[[bytes], bytes]:
    def drawn(data: bytes) -> bytes:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                with Image.open(io.BytesIO(data), formats=(kind,)) as image:
                    if image.width * image.height > MAX_PIXELS:
                        raise Image.DecompressionBombError
                    out = io.BytesIO()
                    upright = ImageOps.exif_transpose(image)
                    upright.convert("RGB").save(out, kind, **({"quality": 90} if kind == "JPEG" else {}))
                    return out.getvalue()
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            says = "The image has over 25 megapixels: send a smaller one."
            raise BadInput("image.too_many_pixels", says, "file") from None
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
            raise BadInput("image.damaged", "The image cannot be read to its end: send it again.", "file") from None

    return drawn


CLEAN: dict[str, Callable[[bytes], bytes]] = {
    PDF: _pdf,
    PNG: _picture("PNG"),
    JPEG: _picture("JPEG"),
    MARKDOWN: _text,
    TEXT: _text,
}
