"""What allauth may and may not do here: no self sign-up, and no way past a lock or a closed account."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal

from . import locks, quarantine
from .models import Member, SignIn
from .second_factor import has_second_factor, is_confirmed, signed_in_just_now

STAMP = "door_stamp"  # where a sign-in that is half finished keeps what it rests on


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from the department, never from a form; who is locked or closed out does not come in."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": "Too many tries from this network address. Wait a few minutes, then try again.",
        "username_password_mismatch": "User name and password do not go together. Check both, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    @clause("K.login")
    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The member whose password this is, also one who is turned away later; None where it is nobody's."""
        again = request.user.is_authenticated
        if again and (refusal := locks.confirm_refusal(cast(Member, request.user))):
            raise ValidationError(f"{refusal.sentence} {refusal.remedy}", code=refusal.code)
        member = super().authenticate(request, **credentials)
        if member is None or again or locks.tells(member):
            return member
        record(request, member, SignIn.Kind.TURNED_AWAY, note="locked")
        return None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Every wrong password is a record, and the fifth a lock; also when a session asks again."""
        member = named(str(credentials.get("username", "")))
        again = request.user.is_authenticated
        said = {"now": timezone.now(), "address": address(request), "device": device(request)}
        locks.failed(member, SignIn.Kind.FAILED, again=again, **said)  # type: ignore[arg-type]

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Between the right password, or passkey, and the second factor."""
        refusal = quarantine.refusal() or locks.refusal(user)
        request.session[STAMP] = locks.stamp(user)
        return turn_away(request, user, refusal) if refusal else None

    @clause("K.login", "C.1")
    def login(self, request: HttpRequest, user: Any) -> None:
        """The last step of every way in: a lock or a closing that came meanwhile still holds."""
        with locks.in_turn(user):
            refusal = quarantine.refusal() or stale(request, user) or locks.refusal(user)
            if refusal is None:
                super().login(request, user)
        if refusal:
            raise ImmediateHttpResponse(turn_away(request, user, refusal))

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        refusal = locks.refusal(user)
        return turn_away(request, user, refusal) if refusal else super().respond_user_inactive(request, user)

    @clause("F.1")
    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within ten minutes of the second factor; nor, for who has none yet, of the sign-in itself."""
        request = context.request
        if has_second_factor(request.user):
            return not is_confirmed(request)
        return not signed_in_just_now(request)

    @clause("F.1")
    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Whoever has a second factor confirms by it: a password alone adds and removes no factor."""
        if not user.is_authenticated:
            return []
        kinds = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
        code = {
            "id": "mfa_reauthenticate",
            "description": "Use your code app or a recovery code"
            if Authenticator.Type.TOTP in kinds
            else "Use a recovery code",
            "url": reverse("mfa_reauthenticate"),
        }
        passkey = {
            "id": "mfa_reauthenticate:webauthn",
            "description": "Use a passkey",
            "url": reverse("mfa_reauthenticate_webauthn"),
        }
        password = {
            "id": "reauthenticate",
            "description": "Use your password",
            "url": reverse("account_reauthenticate"),
        }
        if Authenticator.Type.WEBAUTHN not in kinds:
            return [code] if Authenticator.Type.TOTP in kinds else [password]
        with_code = [code] if kinds - {Authenticator.Type.WEBAUTHN} else []
        return [*with_code, passkey] if Authenticator.Type.TOTP in kinds else [passkey, *with_code]

    def get_client_ip(self, request: HttpRequest) -> Any:
        """The address that the outermost proxy of ours saw; "" where nobody saw one."""
        try:
            found = super().get_client_ip(request)
        except (ImproperlyConfigured, PermissionDenied):  # the chain is shorter than configured, or no address
            found = request.META.get("REMOTE_ADDR") or ""
        return str(found).partition("%")[0]  # the zone of a link-local address is nobody else's business


def stale(request: HttpRequest, member: Member) -> Refusal | None:
    """A sign-in begun with a password, or before a reset, that holds no more goes no further."""
    if request.session.get(STAMP) == locks.stamp(member):
        return None
    return Refusal(
        "K.login", "Your password or second factor was set anew meanwhile.", "Sign in again.", "account.changed"
    )


def named(username: str) -> Member | None:
    """The member whose user name this is, however its letters are written; None where it is nobody's."""
    found = list(Member.objects.filter(username__iexact=username[:60].replace("\0", ""))[:2])
    return found[0] if len(found) == 1 else None


def address(request: Any) -> str | None:
    """The client's address; None where there is no request or none is known."""
    return (AccountAdapter().get_client_ip(request) or None) if request is not None else None


def device(request: Any) -> str:
    """The browser as it names itself, shortened; "" where there is no request."""
    said = str(request.headers.get("User-Agent", "")) if request is not None else ""
    return "".join(character for character in said if character.isprintable())[:120]


def record(request: Any, member: Member | None, kind: str, *, note: str = "") -> SignIn:
    """What happened at the door, with where from."""
    written: SignIn = SignIn.objects.write(
        by=member, kind=kind, address=address(request), device=device(request), note=note
    )
    return written


def turn_away(request: HttpRequest, member: Member, refusal: Refusal) -> HttpResponse:
    """Say why, to somebody who has just proved whose account it is; the half-finished sign-in is forgotten."""
    clear_login(request)
    record(request, member, SignIn.Kind.TURNED_AWAY, note=refusal.code.removeprefix("account."))
    return render(request, "account/account_inactive.html", {"refusal": refusal}, status=403)
