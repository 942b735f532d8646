"""Images of reads: re-encoded, without EXIF, encrypted with a key per upload day: without that key they are noise."""

from __future__ import annotations

import base64
import io
import os
import uuid
import warnings
from contextlib import suppress
from datetime import date
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from PIL import Image, UnidentifiedImageError

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput

MAX_BYTES = 10_485_760
MAX_PIXELS = 25_000_000
NONCE = 12


def clean(picture: bytes, *, field: str = "image") -> bytes:
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
                    raise BadInput(
                        "image.too_many_pixels", "The image has over 25 megapixels: send a smaller one.", field
                    )
                out = io.BytesIO()
                image.convert("RGB").save(out, "JPEG", quality=85)
    except BadInput:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise BadInput(
            "image.too_many_pixels", "The image has over 25 megapixels: send a smaller one.", field
        ) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise BadInput("image.damaged", "The image cannot be read to its end: send it again.", field) from None
    return out.getvalue()


def _folder(day: date) -> Path:
    return Path(settings.DATA_DIR) / "images" / day.isoformat()


def _day_key(day: date, *, make: bool) -> bytes | None:
    """The day's key, wrapped by the portal's; made at the day's first image. None where the day has none any more."""
    path = _folder(day) / "key"
    wrapper = AESGCM(base64.b64decode(settings.IMAGE_KEY))
    if make and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        nonce = os.urandom(NONCE)
        fresh = path.with_name(f"key.{uuid.uuid4()}")
        fresh.write_bytes(nonce + wrapper.encrypt(nonce, AESGCM.generate_key(256), day.isoformat().encode()))
        with suppress(FileExistsError):  # the first maker wins, others read what it wrote
            os.link(fresh, path)
        fresh.unlink()
    try:
        sealed = path.read_bytes()
    except FileNotFoundError:
        return None
    return wrapper.decrypt(sealed[:NONCE], sealed[NONCE:], day.isoformat().encode())


@clause("D", "G")
def store(day: date, read_id: uuid.UUID, number: int, picture: bytes) -> None:
    """Encrypt and keep one cleaned image of a read that was uploaded on ``day`` (UTC)."""
    key = _day_key(day, make=True)
    assert key is not None
    nonce = os.urandom(NONCE)
    path = _folder(day) / f"{read_id}.{number}"
    path.write_bytes(nonce + AESGCM(key).encrypt(nonce, picture, str(read_id).encode()))


def load(day: date, read_id: uuid.UUID, number: int) -> bytes | None:
    """The JPEG of a read, or None where there is none, or its day's key is gone. Only inside an access."""
    try:
        key = _day_key(day, make=False)
        if key is None:
            return None
        sealed = (_folder(day) / f"{read_id}.{number}").read_bytes()
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], str(read_id).encode())
    except (FileNotFoundError, InvalidTag):
        return None
