"""A signed delivery proves who sent it, when, and that nobody changed it or sends it again; the key never travels."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_moment
from alpr_portal.policy.refusal import BadInput

SOURCE, TIME, NONCE, SIGNATURE = HEADERS = ("X-Alpr-Source", "X-Alpr-Time", "X-Alpr-Nonce", "X-Alpr-Signature")
SOURCE_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
NONCE_FORM = re.compile(r"[A-Za-z0-9_-]{16,64}")
SIGNATURE_FORM = re.compile(r"[0-9A-Fa-f]{64}")
LABEL = b"source signing"  # keeps this use of the portal's secret apart from the images'
IV = 12
UTC_TIME = "give the time in UTC, such as 2025-03-04T05:06:07Z."
UNFIT = "it does not fit. Sign time, nonce and the body as sent, with the source's newest key."


@dataclass(frozen=True)
class Signed:
    """What the four headers of a signed delivery say, as they came; "" where one is not there."""

    source: str
    time: str
    nonce: str
    signature: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Signed | None:
        """The headers of a request, or None where it has none of the four."""
        said = [headers.get(name, "") for name in HEADERS]
        return cls(*said) if any(said) else None


def message(time: str, nonce: str, body: bytes) -> bytes:
    """What is signed: time, nonce and the SHA-256 of the body in hex, each on its line, with no newline at the end."""
    return f"{time}\n{nonce}\n{hashlib.sha256(body).hexdigest()}".encode()


def sign(key: str, time: str, nonce: str, body: bytes) -> str:
    """The signature in hex: HMAC-SHA256 of the message under the source's key as it was shown."""
    return hmac.new(key.encode(), message(time, nonce, body), hashlib.sha256).hexdigest()


def check_form(said: Signed) -> None:
    """Raise signature.missing where a header is not there, signature.wrong where one cannot be what it should be."""
    for name, value in zip(HEADERS, (said.source, said.time, said.nonce, said.signature), strict=True):
        if not value:
            raise missing(name)
    if not NONCE_FORM.fullmatch(said.nonce):
        raise wrong("give 16 to 64 letters, digits, hyphens or underscores, new for each delivery.", NONCE)
    if not SIGNATURE_FORM.fullmatch(said.signature):
        raise wrong("give the HMAC-SHA256 as 64 hexadecimal digits.", SIGNATURE)
    if not said.time.isascii():
        raise wrong(UTC_TIME, TIME)


@clause("F.2")
def check(said: Signed, key: str | None, body: bytes, *, now: datetime, window: timedelta) -> datetime:
    """The time at which a delivery was signed. ``key``: the source's, or None where there is none to check with.

    Raises BadInput signature.missing, signature.wrong, and signature.stale where that time is more than ``window``
    from ``now``: only who holds the key can be late.
    """
    check_form(said)
    if key is None or not hmac.compare_digest(sign(key, said.time, said.nonce, body), said.signature.lower()):
        raise wrong(UNFIT)
    try:
        at, offset = read_moment(said.time, now=now, field=TIME, oldest=window, ahead=window)
    except BadInput as error:
        if error.code not in {"time.future", "time.too_old"}:
            raise wrong(UTC_TIME, TIME) from None
        minutes = window // timedelta(minutes=1)
        says = f"{TIME}: more than {minutes} minutes from now. Check the sender's clock, and sign when you send."
        raise BadInput("signature.stale", says, TIME) from None
    if offset != 0:
        raise wrong(UTC_TIME, TIME)
    return at


def missing(name: str = SIGNATURE) -> BadInput:
    return BadInput("signature.missing", f"{name}: not there. A signed delivery sends {', '.join(HEADERS)}.", name)


def wrong(remedy: str, name: str = SIGNATURE) -> BadInput:
    return BadInput("signature.wrong", f"{name}: {remedy}", name)


def seal(key: str, source: uuid.UUID, secret: str) -> bytes:
    """A source's key as the database may keep it: AES-GCM, bound to the source. ``secret``: the portal's, in base64."""
    iv = os.urandom(IV)
    return iv + _sealer(secret).encrypt(iv, key.encode(), source.bytes)


def unseal(sealed: bytes, source: uuid.UUID, secret: str) -> str | None:
    """The key again, or None where it was sealed for another source or under another secret."""
    try:
        return _sealer(secret).decrypt(sealed[:IV], sealed[IV:], source.bytes).decode()
    except (InvalidTag, ValueError):
        return None


def _sealer(secret: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=LABEL).derive(base64.b64decode(secret)))
