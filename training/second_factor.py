"""The second factor: secrets encrypted at rest under rotating keys, and when it is asked again (F.1)."""

from __future__ import annotations

import hmac
from functools import cache
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import CONFIRMED_FOR


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in keys])


def box() -> MultiFernet:
    """The keys in force, newest first; ValueError where one is no 32 bytes in URL-safe base64."""
    return _box(tuple(settings.SECOND_FACTOR_KEYS))


SECRETS = ("secret", "seed")  # of a factor's data, what is encrypted


def rotated(data: dict[str, Any]) -> dict[str, Any] | None:
    """A factor's data under the newest key; None where it is already. InvalidToken where no key opens a secret."""
    newest = Fernet(settings.SECOND_FACTOR_KEYS[0].strip())
    changed = dict(data)
    for name in SECRETS:
        if name not in data:
            continue
        try:
            newest.decrypt(data[name].encode())
        except InvalidToken:
            changed[name] = box().rotate(data[name].encode()).decode()
    return changed if changed != data else None


class SecondFactorAdapter(DefaultMFAAdapter):
    """Encrypts TOTP seeds and recovery codes, so that a copy of the database opens no account."""

    @clause("F.1")
    def encrypt(self, text: str) -> str:
        return box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; InvalidToken where no key of the settings opens it."""
        return box().decrypt(encrypted_text.encode()).decode()

    @clause("F.1")
    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last code app or passkey stays: nobody steps back to a password alone."""
        others = Authenticator.objects.filter(user=authenticator.user_id, type__in=FACTORS).exclude(pk=authenticator.pk)
        return bool(authenticator.type not in FACTORS or others.exists())

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        n = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {n + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the host it was made on, and answers no other."""
        host, _, _ = context.request.get_host().partition(":")
        return {"id": host, "name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {"id": user.pk.hex.encode(), "display_name": user.name, "name": user.username}

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.username)  # an e-mail address would tell more to whoever sees the phone


FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes alone are none
SPENT = "spent"  # where a code app keeps the time step of the last code that it opened something with


def step_of(secret: str, code: str) -> int | None:
    """The time step whose code this is, within the tolerance; None where it is none's."""
    typed = normalize_user_code(code).encode()
    return next(
        (
            step
            for step in yield_hotp_counters_from_time()
            if hmac.compare_digest(typed, format_hotp_value(hotp_value(secret, step)).encode())
        ),
        None,
    )


@clause("F.1")
def spend(member: Any, code: str) -> Authenticator | None:
    """The code app, or the recovery codes, that this code opens, once; the caller holds the member's turn.

    What is spent is kept in the database: a code that was seen opens nothing a second time, whatever the cache lost.
    """
    kinds = {found.type: found for found in Authenticator.objects.filter(user=member)}
    app = kinds.get(Authenticator.Type.TOTP)
    if app:
        step = step_of(box().decrypt(app.data["secret"].encode()).decode(), code)
        if step is not None and step > app.data.get(SPENT, 0):
            app.data[SPENT] = step
            app.save(update_fields=["data"])
            return app
    codes = kinds.get(Authenticator.Type.RECOVERY_CODES)
    if codes and (app or Authenticator.Type.WEBAUTHN in kinds) and codes.wrap().validate_code(code):
        codes.refresh_from_db()
        return codes
    return None


def signed_in_just_now(request: HttpRequest) -> bool:
    """Whether the sign-in itself lies within the last ten minutes."""
    began = request.session.get("signed_in_at", 0)
    return bool(timezone.now().timestamp() - began < CONFIRMED_FOR.now.total_seconds())


def code_app(member: Any, secret: str = "") -> str:
    """Give a member a code app without their doing, for benchmarks, trials, tests and the demo; answers its seed."""
    seed = secret or generate_totp_secret()
    sealed = SecondFactorAdapter().encrypt(seed)
    Authenticator.objects.create(user=member, type=Authenticator.Type.TOTP, data={"secret": sealed})
    return seed


@clause("F.1")
def has_second_factor(member: Any) -> bool:
    """Whether the member has set up a code app or a passkey; one query."""
    return bool(Authenticator.objects.filter(user=member, type__in=FACTORS).exists())


@clause("F.1")
def is_confirmed(request: HttpRequest) -> bool:
    """Whether the second factor was shown within the last ten minutes, at sign-in or since."""
    shown = [record["at"] for record in get_authentication_records(request, request.user) if record["method"] == "mfa"]
    return bool(shown) and timezone.now().timestamp() - max(shown) < CONFIRMED_FOR.now.total_seconds()


def ask_again(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor, then lead back: to the page itself, or to the page whose form was sent."""
    kinds = set(Authenticator.objects.filter(user=request.user.pk).values_list("type", flat=True))
    by_code = Authenticator.Type.TOTP in kinds
    way = reverse("mfa_reauthenticate" if by_code else "mfa_reauthenticate_webauthn")
    back = request.path if request.method in {"GET", "HEAD"} else came_from(request)
    return redirect(f"{way}?{urlencode({'next': back})}")


def came_from(request: HttpRequest) -> str:
    """The path of the page that sent a form, where it is ours; otherwise home."""
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return "/" + referer.split("://", 1)[-1].partition("/")[2].partition("?")[0].lstrip("/\\")
    return reverse("home")
