"""Where pictures lie: encrypted with a key per upload day, appended to hourly pack files, a folder a day.

Keys lie apart from the packs, in a folder that no backup takes in (``IMAGE_KEYS_DIR``): once a day's key is destroyed,
its pictures are noise, in the packs and in every copy that was ever made of them.
"""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from alpr_portal.policy.clauses import clause

from .folders import settle
from .images import Clean

NONCE = 12
PRIVATE = 0o700


@dataclass(frozen=True)
class Kept:
    """Where one picture went: the pack, and the place and size of the sealed picture and of its thumbnail, in bytes."""

    read_id: uuid.UUID
    upload_day: date
    number: int
    kind: str
    pack: str
    starts_at: int
    size: int
    thumbnail_starts_at: int
    thumbnail_size: int
    digest: str


def folder(day: date) -> Path:
    """The day's packs."""
    return Path(settings.DATA_DIR) / "images" / day.isoformat()


def key_file(day: date) -> Path:
    """The day's key, wrapped by the portal's."""
    return Path(settings.IMAGE_KEYS_DIR) / f"{day.isoformat()}.key"


@clause("D", "G")
def keep(day: date, pictures: Iterable[tuple[uuid.UUID, Sequence[Clean]]]) -> list[Kept]:
    """Seal and append the pictures of reads uploaded on ``day`` (UTC); on the disk when this returns.

    What a broken process left half-written at the end of a pack is never pointed at, and goes with the day.
    """
    sealer = AESGCM(_day_key(day, make=True) or b"")
    pack = f"{datetime.now(UTC):%H}"
    for place in (folder(day).parent, folder(day)):  # a parent made on the way would be open to all
        place.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    kept = []
    with open(os.open(folder(day) / f"{pack}.pack", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # one writer at a time knows where its own bytes begin
        at = file.seek(0, os.SEEK_END)
        is_new = at == 0
        for read_id, several in pictures:
            for number, picture in enumerate(several):
                whole = _seal(sealer, picture.jpeg, read_id, number, "picture")
                small = _seal(sealer, picture.thumbnail, read_id, number, "thumbnail")
                file.write(whole)
                file.write(small)
                places = (at, len(whole), at + len(whole), len(small))
                kept.append(Kept(read_id, day, number, picture.kind, pack, *places, picture.digest))
                at += len(whole) + len(small)
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        settle(folder(day))
        settle(folder(day).parent)
    return kept


def load(picture: Any, *, thumbnail: bool = False) -> bytes | None:
    """The JPEG of a kept picture (``Kept`` or its row), or None where its pack or its day's key is gone."""
    key = _day_key(picture.upload_day, make=False)
    if key is None:
        return None
    at, size = picture.starts_at, picture.size
    if thumbnail:
        at, size = picture.thumbnail_starts_at, picture.thumbnail_size
    try:
        with (folder(picture.upload_day) / f"{picture.pack}.pack").open("rb") as file:
            file.seek(at)
            sealed = file.read(size)
        which = "thumbnail" if thumbnail else "picture"
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], _name(picture.read_id, picture.number, which))
    except (FileNotFoundError, InvalidTag, ValueError):
        return None


@clause("G")
def destroy_key(day: date) -> None:
    """Destroy the day's key: from here on its pictures are noise, wherever they were copied."""
    key = key_file(day)
    with suppress(FileNotFoundError):
        with key.open("r+b") as file:
            file.write(bytes(key.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        key.unlink()
        settle(key.parent)


@clause("G")
def destroy(day: date) -> None:
    """Destroy the day's key and its packs. Broken off anywhere, it may be called again."""
    destroy_key(day)
    with suppress(FileNotFoundError):  # renamed, the folder is gone at once; taking it apart may take a while
        folder(day).rename(folder(day).with_name(f".{day.isoformat()}.{uuid.uuid4().hex}"))
        settle(folder(day).parent)
    for left in folder(day).parent.glob(f".{day.isoformat()}.*"):  # also what an earlier call was broken off in
        shutil.rmtree(left)


def size(day: date) -> int:
    """Bytes of the day's packs, also of those in a folder on its way out."""
    folders = (folder(day), *folder(day).parent.glob(f".{day.isoformat()}.*"))
    return sum(path.stat().st_size for one in folders for path in one.glob("*.pack"))


def days() -> set[date]:
    """The upload days of which a key or a pack is there, or a folder on its way out."""
    names = [path.name.lstrip(".")[:10] for path in (Path(settings.DATA_DIR) / "images").glob("*")]
    names += [path.name[:10] for path in Path(settings.IMAGE_KEYS_DIR).glob("*.key")]
    found = set()
    for name in names:
        with suppress(ValueError):
            found.add(date.fromisoformat(name))
    return found


def _day_key(day: date, *, make: bool) -> bytes | None:
    """The day's key; made at the day's first picture. None where the day has none any more."""
    path = key_file(day)
    wrapper = AESGCM(base64.b64decode(settings.IMAGE_KEY))
    if make and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        nonce = os.urandom(NONCE)
        fresh = path.with_name(f".{uuid.uuid4()}")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(nonce + wrapper.encrypt(nonce, AESGCM.generate_key(256), day.isoformat().encode()))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # the first maker wins, others read what it wrote
            os.link(fresh, path)
        fresh.unlink()
        settle(path.parent)
    try:
        sealed = path.read_bytes()
        return wrapper.decrypt(sealed[:NONCE], sealed[NONCE:], day.isoformat().encode())
    except (FileNotFoundError, InvalidTag):
        if make:
            raise
        return None


def _seal(sealer: AESGCM, jpeg: bytes, read_id: uuid.UUID, number: int, which: str) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + sealer.encrypt(nonce, jpeg, _name(read_id, number, which))


def _name(read_id: uuid.UUID, number: int, which: str) -> bytes:
    return f"{read_id} {number} {which}".encode()
