"""A backup is a stream of sealed pieces: a changed, missing, moved or added byte anywhere is noticed, in flat memory.

The file: mark, the stream's number, a check of the key; then pieces of 1 MiB under AES-256-GCM with a key of this stream
alone. A piece's nonce is its place and whether it is the last: without the last one the stream was cut.
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from . import BackupError

MARK = b"ALPRBK01"
PIECE = 1 << 20
TAG, NUMBER, CHECK = 16, 16, 16
HEAD = len(MARK) + NUMBER + CHECK


def key() -> bytes:
    """The key of backups. Raises BackupError where this process has none."""
    try:
        found = base64.b64decode(settings.BACKUP_KEY, validate=True)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise BackupError(
            "BACKUP_KEY is not set here, or is no 32 bytes in base64: give it to this command (.env.example)."
        )
    return found


class Sealer:
    """A file to write into that writes sealed pieces into another. Nothing counts before ``close``."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.place, self.waits = file, 0, bytearray()
        self.sha256, self.size = hashlib.sha256(), 0
        number = os.urandom(NUMBER)
        self.cipher, check = of_stream(key(), number)
        self.head = MARK + number + check
        self._write(self.head)

    def write(self, data: bytes) -> int:
        self.waits += data
        while len(self.waits) > PIECE:  # one piece is always left, to be the last
            self._seal(bytes(self.waits[:PIECE]), last=False)
            del self.waits[:PIECE]
        return len(data)

    def close(self) -> None:
        self._seal(bytes(self.waits), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._write(self.cipher.encrypt(nonce(self.place, last=last), piece, self.head))
        self.place += 1

    def _write(self, data: bytes) -> None:
        self.file.write(data)
        self.sha256.update(data)
        self.size += len(data)


class Opener:
    """A file to read from what a Sealer wrote. Raises BackupError at the first piece that is not as it was sealed."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.place, self.ready = file, 0, bytearray()
        self.head = file.read(HEAD)
        if len(self.head) != HEAD or not self.head.startswith(MARK):
            raise BackupError("This file is no backup of the portal, or its beginning is damaged: take another one.")
        self.cipher, check = of_stream(key(), self.head[len(MARK) : len(MARK) + NUMBER])
        if self.head[-CHECK:] != check:
            raise BackupError("This backup was sealed under another BACKUP_KEY: give the key of its time.")
        self.next = file.read(PIECE + TAG)
        self.done = False

    def read(self, size: int) -> bytes:
        while len(self.ready) < size and not self.done:
            self._open()
        found = bytes(self.ready[:size])
        del self.ready[:size]
        return found

    def drain(self) -> None:
        """Read to the end: only then is it known that nothing is missing."""
        while self.read(PIECE):
            pass

    def _open(self) -> None:
        sealed, self.next = self.next, self.file.read(PIECE + TAG)
        self.done = not self.next
        try:
            self.ready += self.cipher.decrypt(nonce(self.place, last=self.done), sealed, self.head)
        except (InvalidTag, ValueError):
            said = "is cut off, or changed near its end" if self.done else "was changed"
            raise BackupError(f"This backup {said} (piece {self.place + 1}): take another one.") from None
        self.place += 1


def of_stream(whole: bytes, number: bytes) -> tuple[AESGCM, bytes]:
    """The cipher of one stream, and what tells whether the key is the right one."""
    made = HKDF(SHA256(), 32 + CHECK, salt=number, info=b"alpr portal backup").derive(whole)
    return AESGCM(made[:32]), made[32:]


def nonce(place: int, *, last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes([last])
