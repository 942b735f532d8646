"""Pictures of reads: drawn anew from their pixels, a thumbnail beside them, so that nothing else of a file is kept."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput

MAX_BYTES = 10_485_760
MAX_PIXELS = 25_000_000
PIXELS_TOGETHER = 100_000_000  # drawn for one delivery
BYTES_TOGETHER = 64_000_000  # kept of one delivery
THUMBNAIL = (160, 120)  # pixels


@dataclass(frozen=True)
class Clean:
    """A picture as it is kept: a fresh JPEG, its thumbnail, and which of plate, vehicle and overview it shows."""

    jpeg: bytes
    thumbnail: bytes
    kind: str = "overview"
    pixels: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of the JPEG, in hexadecimal."""
        return hashlib.sha256(self.jpeg).hexdigest()


@clause("D")
def clean(picture: bytes, *, kind: str = "overview", field: str = "image") -> Clean:
    """The same picture as a fresh JPEG: nothing of the original file but its pixels. Raises BadInput ``image.*``."""
    if not picture:
        raise BadInput("image.empty", "The image is empty: send a PNG or JPEG, or none.", field)
    if len(picture) > MAX_BYTES:
        raise BadInput("image.too_large", "The image is over 10 MB: send a smaller one.", field)
    if not picture.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        raise BadInput("image.type", "The image is neither PNG nor JPEG: convert it first.", field)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(picture), formats=("PNG", "JPEG")) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _too_many_pixels(field)
                pixels = image.convert("RGB")
                jpeg = _jpeg(pixels, quality=85)
                pixels.thumbnail(THUMBNAIL)
                return Clean(jpeg, _jpeg(pixels, quality=70), kind, image.width * image.height)
    except BadInput:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_many_pixels(field) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise BadInput("image.damaged", "The image cannot be read to its end: send it again.", field) from None


class Cleaner:
    """Cleans the pictures of one delivery: each once however many reads share it, and within a budget.

    A picture of few bytes may hold millions of pixels: without a budget, one message could keep a process busy for minutes.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, str], Clean] = {}
        self._pixels = self._bytes = 0

    def clean(self, picture: bytes, kind: str) -> Clean:
        """As ``clean``; raises BadInput ``image.too_many`` for what goes beyond the budget of the delivery."""
        found = self._known.get((picture, kind))
        if found is None:
            if self._pixels > PIXELS_TOGETHER:
                raise _too_many()
            found = self._known[picture, kind] = clean(picture, kind=kind)
            self._pixels += found.pixels
        self._bytes += len(found.jpeg)
        if self._bytes > BYTES_TOGETHER:
            raise _too_many()
        return found


def _too_many() -> BadInput:
    return BadInput(
        "image.too_many", "The images of this delivery are too large together: send fewer at a time.", "image"
    )


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _too_many_pixels(field: str) -> BadInput:
    return BadInput("image.too_many_pixels", "The image has over 25 megapixels: send a smaller one.", field)
