"""Every sign-in, sign-out and change of password becomes a record (K.login)."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.utils import timezone

from . import locks, sessions
from .adapter import address, device, record
from .models import Member, SignIn


@receiver(user_logged_in)
def signed_in(request: Any, user: Member, **kwargs: Any) -> None:
    record(request, user, SignIn.Kind.IN)
    if request is not None:
        sessions.begin(request, user, address=address(request), device=device(request), now=timezone.now())


@receiver(user_logged_out)
def signed_out(request: Any, user: Member | None, **kwargs: Any) -> None:
    kind = getattr(request, "signed_out_because", SignIn.Kind.OUT)
    if user is None:
        return
    if request is not None:
        sessions.forget(request, user)
    if kind is not None:
        record(request, user, kind)


@receiver(authentication_failed)
def factor_failed(request: Any, user: Member, reauthentication: bool = False, **kwargs: Any) -> None:
    """A wrong code or passkey counts like a wrong password."""
    said = {"now": timezone.now(), "address": address(request), "device": device(request)}
    locks.failed(user, SignIn.Kind.FACTOR_FAILED, again=reauthentication, **said)  # type: ignore[arg-type]


@receiver(password_changed)
def password_set(request: Any, user: Member, **kwargs: Any) -> None:
    record(request, user, SignIn.Kind.PASSWORD)
    locks.tell(user, "Your password was changed")
