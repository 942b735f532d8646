"""The way in, as people go: the form with the password, then a code of the code app; and what the door wrote down."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2 import cbor
from fido2.cose import ES256

from tests import make
from tests.cast import PASSWORD
from training.models import SignIn

LOGIN, CODE, FACTORS = "/accounts/login/", "/accounts/2fa/authenticate/", "/accounts/2fa/"
WRONG = "wrong password 12"


def code(secret: str = make.SECRET, *, steps: int = 0) -> str:
    """The code that a code app shows now, or so many half minutes on."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def kinds(**filters: Any) -> list[str]:
    """The kinds of what happened at the doors, oldest first."""
    return list(SignIn.objects.filter(**filters).order_by("at").values_list("kind", flat=True))


def password(username: str, given: str = PASSWORD, client: Client | None = None, **options: Any) -> tuple[Client, Any]:
    """Post the form of the first page; answers the client and the answer."""
    client = client or Client()
    return client, client.post(LOGIN, {"login": username, "password": given}, **options)


def forget_codes(username: str) -> None:
    """Codes that earlier sign-ins of this test spent may be shown again."""
    for app in Authenticator.objects.filter(user__username=username, type="totp"):
        app.data.pop("spent", None)
        app.save()


def sign_in(username: str, **options: Any) -> tuple[Client, Any]:
    """Both pages."""
    forget_codes(username)
    client, _ = password(username, **options)
    return client, client.post(CODE, {"code": code()}, **options)


def wrong_codes(client: Client, n: int) -> Any:
    """So many wrong codes on the second page; answers the last answer."""
    answers = [client.post(CODE, {"code": "000000"}) for _ in range(n)]
    return answers[-1]


def words(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Passkey:
    """A passkey made of software: it signs whatever challenge a page holds. ``verified``: it asked for a finger or PIN."""

    def __init__(self, *, host: str = "testserver", verified: bool = True):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.host, self.verified = os.urandom(16), host, verified
        self.handle = ""

    def said(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": f"https://{self.host}"}).encode()

    def data(self, flags: int) -> bytes:
        flags |= 0x01 | (0x04 if self.verified else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + struct.pack(">I", 0)

    def make(self, options: dict[str, Any]) -> str:
        """Answer ``options`` of a page that adds a passkey."""
        options = options["publicKey"]
        self.handle = options["user"]["id"]
        public = cbor.encode(ES256.from_cryptography_key(self.key.public_key()))
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": self.data(0x40) + attested})
        client = self.said("webauthn.create", options["challenge"])
        return self.sent({"clientDataJSON": words(client), "attestationObject": words(attestation)})

    def answer(self, options: dict[str, Any]) -> str:
        """Answer ``options`` of a page that asks for a passkey."""
        client, data = self.said("webauthn.get", options["publicKey"]["challenge"]), self.data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": words(client), "authenticatorData": words(data), "signature": words(signature)}
        return self.sent(response | {"userHandle": self.handle})

    def sent(self, response: dict[str, str]) -> str:
        identity = words(self.id)
        return json.dumps({"type": "public-key", "id": identity, "rawId": identity, "response": response})


def options_of(answer: Any) -> Any:
    """What a page asks the browser's passkeys."""
    data = answer.context["js_data"]
    return json.loads(json.dumps(data.get("creation_options") or data["request_options"]))


def add_passkey(client: Client, passkey: Passkey, name: str = "") -> Any:
    """Add a passkey on its page; answers the answer."""
    options = options_of(client.get("/accounts/2fa/webauthn/add/"))
    return client.post("/accounts/2fa/webauthn/add/", {"name": name, "credential": passkey.make(options)})


def challenge(client: Client) -> Any:
    """What the sign-in page asks of a passkey alone."""
    answer = client.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    return answer.json()["request_options"]


def sign_in_by_passkey(passkey: Passkey, client: Client | None = None) -> tuple[Client, Any]:
    """By passkey alone."""
    client = client or Client()
    credential = passkey.answer(challenge(client))
    return client, client.post("/accounts/2fa/webauthn/login/", {"credential": credential})
