"""Pictures of held reads: opened while their day's key still stands, and sealed anew under a key of the hold alone.

A pack is written before the approval is committed. Of an approval that was rolled back only the file is left, without a
key: the disposal sweeps it up.
"""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from alpr_portal.policy.clauses import clause

from .. import packs
from ..folders import settle
from ..models import HeldPicture

log = structlog.get_logger()
AT_A_TIME = 500  # rows told to the database together
INSERT = (
    "INSERT INTO reads_heldpicture (hold_id, read_id, number, kind, starts_at, size, thumbnail_starts_at, "
    "thumbnail_size, digest) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def folder() -> Path:
    """The packs of all holds."""
    return Path(settings.DATA_DIR) / "held"


def pack_of(hold_id: uuid.UUID) -> Path:
    return folder() / f"{hold_id}.pack"


@clause("G")
def keep(hold_id: uuid.UUID) -> int:
    """Keep the pictures of a hold's reads; on the disk when this returns, answers how many.

    To be called in the transaction that approves the hold: its lock lets nobody else write or sweep this pack. A picture
    that cannot be opened any more is told to the log and left out; its read is held all the same.
    """
    pictures = _to_hold(hold_id)
    if not pictures:
        return 0
    key = AESGCM.generate_key(256)
    folder().mkdir(parents=True, exist_ok=True, mode=packs.PRIVATE)
    rows, kept, at = [], 0, 0
    handle = os.open(pack_of(hold_id), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "wb") as file, connection.cursor() as cursor:
        for picture in pictures:
            whole, small = packs.load(picture), packs.load(picture, thumbnail=True)
            if whole is None or small is None:
                log.error("picture_not_held", hold=str(hold_id), day=picture.upload_day.isoformat())
                continue
            sealed = [
                _seal(key, jpeg, hold_id, picture, which) for jpeg, which in ((whole, "picture"), (small, "thumbnail"))
            ]
            size, thumbnail = (len(part) for part in sealed)
            file.write(b"".join(sealed))
            places = (at, size, at + size, thumbnail)
            rows.append((hold_id, picture.read_id, picture.number, picture.kind, *places, picture.digest))
            at += size + thumbnail
            kept += 1
            if len(rows) == AT_A_TIME:
                cursor.executemany(INSERT, rows)
                rows = []
        if rows:
            cursor.executemany(INSERT, rows)
        file.flush()
        os.fsync(file.fileno())
        nonce = os.urandom(packs.NONCE)
        sealed_key = nonce + _wrapper().encrypt(nonce, key, str(hold_id).encode())
        cursor.execute("INSERT INTO reads_heldkey (hold_id, sealed) VALUES (%s, %s)", [hold_id, sealed_key])
    settle(folder())
    return kept


def load(picture: HeldPicture, *, thumbnail: bool = False, key: bytes | None = None) -> bytes | None:
    """The JPEG of a held picture, or None where its pack or its hold's key is gone; to be called inside the access.

    ``key``: of its hold, where several pictures are opened (``keys_of``); otherwise it is asked for.
    """
    key = key or keys_of([picture.hold_id]).get(picture.hold_id)
    if key is None:
        return None
    at, size, which = picture.starts_at, picture.size, "picture"
    if thumbnail:
        at, size, which = picture.thumbnail_starts_at, picture.thumbnail_size, "thumbnail"
    try:
        with pack_of(picture.hold_id).open("rb") as file:
            file.seek(at)
            sealed = file.read(size)
        name = _name(picture.hold_id, picture.read_id, picture.number, which)
        return AESGCM(key).decrypt(sealed[: packs.NONCE], sealed[packs.NONCE :], name)
    except (FileNotFoundError, InvalidTag, ValueError):
        return None


def keys_of(holds: Collection[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """The keys of these holds, unwrapped, by hold: one query. A hold without pictures, or gone, has none."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT hold_id, sealed FROM reads_heldkey WHERE hold_id = ANY (%s)", [list(holds)])
        for hold_id, sealed in cursor.fetchall():
            with suppress(InvalidTag):
                whole = bytes(sealed)
                nonce, rest = whole[: packs.NONCE], whole[packs.NONCE :]
                found[hold_id] = _wrapper().decrypt(nonce, rest, str(hold_id).encode())
    return found


@clause("G")
def destroy(hold_id: uuid.UUID) -> None:
    """Take a hold's pack off the disk. Broken off anywhere, it may be called again."""
    with suppress(FileNotFoundError):
        pack_of(hold_id).unlink()
        settle(folder())


def on_disk() -> list[uuid.UUID]:
    """The holds of which a pack is there."""
    found = []
    for path in sorted(folder().glob("*.pack")):
        with suppress(ValueError):
            found.append(uuid.UUID(path.stem))
    return found


def _to_hold(hold_id: uuid.UUID) -> list[packs.Kept]:
    """Where the pictures lie that are to be held, in the order of their packs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM reads_pictures_to_hold(%s)", [hold_id])
        names = [column.name for column in cursor.description]
        return [packs.Kept(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _wrapper() -> AESGCM:
    return AESGCM(base64.b64decode(settings.IMAGE_KEY))


def _seal(key: bytes, jpeg: bytes, hold_id: uuid.UUID, picture: packs.Kept, which: str) -> bytes:
    nonce = os.urandom(packs.NONCE)
    return nonce + AESGCM(key).encrypt(nonce, jpeg, _name(hold_id, picture.read_id, picture.number, which))


def _name(hold_id: uuid.UUID, read_id: uuid.UUID, number: int, which: str) -> bytes:
    return f"{hold_id} {read_id} {number} {which}".encode()
