"""The door: sign-in by password, code or passkey, confirming again who one is, and one's own factors and password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import ReauthenticateView, login, password_change
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as CodeAgainView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth, flows
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    ListWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from .. import locks
from ..adapter import address, record, stale, turn_away
from ..models import SignIn
from ..second_factor import SPENT, SecondFactorAdapter, ask_again, has_second_factor, is_confirmed

Kind = SignIn.Kind
LAST_STAYS = "This is your only second factor. Add another one first, then remove it."


def paced(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view lets an address that failed too often wait: 429, with the time."""

    @wraps(view)
    def slowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            waits = locks.wait(address(request), now=timezone.now())
            if waits:
                return too_many(request, waits)
        answer = view(request, *args, **kwargs)
        if answer.status_code == 429:
            answer.headers.setdefault("Retry-After", "60")
        return answer

    return slowed


def too_many(request: HttpRequest, waits: timedelta) -> HttpResponse:
    """Try again later, and when."""
    seconds = max(1, int(waits.total_seconds()) + 1)
    context = {"minutes": max(1, round(seconds / 60))}
    answer = render(request, "429.html", context, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


sign_in = paced(login)


class SignInByCode(AuthenticateView):
    """Between the password and the session: a code, a recovery code or a passkey."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shut() or super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shut() or super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.shut() or super().form_invalid(form)

    def shut(self) -> HttpResponse | None:
        """A sign-in begun before the lock, or the closing, goes no further; nor after the try that locked."""
        member = self.stage.login.user
        refusal = stale(self.request, member) or locks.refusal(member)
        return turn_away(self.request, member, refusal) if refusal else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        has_codes = bool(kinds - {Authenticator.Type.WEBAUTHN})
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "has_codes": has_codes, "has_passkey": Authenticator.Type.WEBAUTHN in kinds}


class SignInByPasskey(LoginWebAuthnView):
    """A passkey alone: it is held and knows its owner, which is two factors."""

    def form_valid(self, form: Any) -> HttpResponse:
        authenticator = form.cleaned_data["credential"]
        onward = Login(user=authenticator.user, redirect_url=get_next_redirect_url(self.request))
        answer: HttpResponse = flows.perform_passwordless_login(self.request, authenticator, onward)
        return answer


class Confirms:
    """Asked again, and answered: a record."""

    def form_valid(self: Any, form: Any) -> HttpResponse:
        record(self.request, self.request.user, Kind.CONFIRMED)
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        return answer


class ConfirmByPassword(Confirms, ReauthenticateView):
    """For a member who has no second factor yet."""


class ConfirmByCode(Confirms, CodeAgainView):
    """Is it still you? By code."""


class ConfirmByPasskey(Confirms, ReauthenticateWebAuthnView):
    """Is it still you? By passkey."""

    def form_invalid(self, form: Any) -> HttpResponse:
        for message in form.errors.get("credential", []):
            messages.error(self.request, message)
        return redirect(self.passthrough_next_url(reverse("mfa_reauthenticate_webauthn")))


class ListFactors(IndexView):
    """One's second factors; for who has none, the page to set one up."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "is_set_up": has_second_factor(self.request.user)}


def added(request: HttpRequest, authenticator: Authenticator, *, with_codes: bool) -> None:
    """A factor is there, and was shown in being added: the member is not asked for it once more right away."""
    record(request, request.user, Kind.FACTOR_ADDED, note=kind_of(authenticator))  # type: ignore[arg-type]
    if with_codes:
        record(request, request.user, Kind.CODES_MADE)  # type: ignore[arg-type]
    said = {"id": authenticator.pk, "type": authenticator.type, "reauthenticated": True}
    record_authentication(request, request.user, "mfa", **said)  # type: ignore[arg-type]
    locks.tell(request.user, f"A second factor was added to your account: {kind_of(authenticator)}")  # type: ignore[arg-type]


def kind_of(authenticator: Authenticator) -> str:
    """A factor in words."""
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        return f"passkey {authenticator.wrap().name}"
    return "code app" if authenticator.type == Authenticator.Type.TOTP else "recovery codes"


class AddCodeApp(ActivateTOTPView):
    """Add a code app: scan the picture or type the seed, then show that it works."""

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic(), locks.in_turn(self.request.user):  # type: ignore[arg-type]
            if Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.TOTP).exists():
                return redirect("mfa_index")
            answer: HttpResponse = super().form_valid(form)
            made = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
            made.data[SPENT] = form.step
            made.save(update_fields=["data"])
            added(self.request, made, with_codes=self.did_generate_recovery_codes)
        return answer


class AddPasskey(AddWebAuthnView):
    """Add a passkey that signs in alone."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super(AddWebAuthnView, self).get_context_data(**kwargs)
        context["js_data"] = {"creation_options": auth.begin_registration(self.request.user, True)}
        return dict(context)

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic(), locks.in_turn(self.request.user):  # type: ignore[arg-type]
            answer: HttpResponse = super().form_valid(form)
            passkeys = Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.WEBAUTHN)
            added(self.request, passkeys.latest("pk"), with_codes=self.did_generate_recovery_codes)
        return answer


class LastStays:
    """A factor goes only while another one stays, however many pages ask at once."""

    def factor(self) -> Authenticator:
        raise NotImplementedError

    def form_valid(self: Any, form: Any) -> HttpResponse:
        authenticator = self.factor()
        said = kind_of(authenticator)
        with transaction.atomic(), locks.in_turn(self.request.user):
            if not SecondFactorAdapter().can_delete_authenticator(authenticator):
                messages.error(self.request, LAST_STAYS)
                return redirect("mfa_index")
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            record(self.request, self.request.user, Kind.FACTOR_REMOVED, note=said)
            locks.tell(self.request.user, f"A second factor was removed from your account: {said}")
        return answer

    def get_context_data(self: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**context, "may_go": SecondFactorAdapter().can_delete_authenticator(self.factor())}


class RemoveCodeApp(LastStays, DeactivateTOTPView):
    """Take the code app away."""

    def factor(self) -> Authenticator:
        found: Authenticator = self.authenticator
        return found


class RemovePasskey(LastStays, RemoveWebAuthnView):
    """Take a passkey away."""

    def factor(self) -> Authenticator:
        return self.object


class MakeCodes(GenerateRecoveryCodesView):
    """New recovery codes; the older ones open nothing any more."""

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)
            record(self.request, self.request.user, Kind.CODES_MADE)  # type: ignore[arg-type]
            locks.tell(self.request.user, "New recovery codes were made for your account")  # type: ignore[arg-type]
        return answer


def change_password(request: HttpRequest) -> HttpResponseBase:
    """A new password of one's own, after the second factor. 404 for who never set one: an invitation does that."""
    if request.user.is_authenticated and not request.user.has_usable_password():
        raise Http404
    if has_second_factor(request.user) and not is_confirmed(request):
        return ask_again(request)
    answer: HttpResponseBase = password_change(request)
    return answer


sign_in_by_code = paced(SignInByCode.as_view())
sign_in_by_passkey = paced(SignInByPasskey.as_view())
list_passkeys, rename_passkey = ListWebAuthnView.as_view(), EditWebAuthnView.as_view()
view_codes = ViewRecoveryCodesView.as_view()
