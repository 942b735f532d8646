"""A member's one live session: idle after 15 minutes, over after 12 hours, ended by a newer one (F.1, K.login)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.clauses import clause

from . import quarantine
from .models import LiveSession, Member, SignIn
from .second_factor import came_from

LIVE = "live_session"  # where the session keeps its number
SAID = {  # why a session ended, on the page that asks to sign in again
    SignIn.Kind.IDLE: "You were signed out because nobody used the portal for 15 minutes.",
    SignIn.Kind.LIMIT: "You were signed out because a session ends after 12 hours.",
    SignIn.Kind.ENDED: "You were signed out here: this account signed in somewhere else, or was closed.",
}


@clause("F.1", "K.login")
def begin(request: HttpRequest, member: Member, *, address: str | None, device: str, now: datetime) -> None:
    """The member's only live session is this one from here on; an older one is over at its next request."""
    number = uuid.uuid4()
    values = {"number": number, "began_at": now, "address": address, "device": device}
    _, made = LiveSession.objects.update_or_create(member=member, defaults=values)
    request.session[LIVE] = str(number)
    request.session["signed_in_at"] = request.session["active_at"] = now.timestamp()
    if not made:
        SignIn.objects.write(by=member, kind=SignIn.Kind.ENDED, address=address, device=device)


def forget(request: HttpRequest, member: Member) -> None:
    """This session is no longer the member's live one; a newer one of theirs goes on."""
    number = request.session.get(LIVE)
    if number:
        LiveSession.objects.filter(member=member, number=number).delete()


def is_live(request: HttpRequest) -> bool:
    """Whether this session is the member's live one, and the portal not closed; one query, and now and then another."""
    live = LiveSession.objects.filter(quarantine.OPEN, member=request.user.pk).values_list("number", flat=True).first()
    return live is not None and str(live) == request.session.get(LIVE) and not quarantine.also()


def why_over(request: HttpRequest) -> SignIn.Kind | None:
    """Why this session is over: replaced by a newer one, idle, or too old; None while it goes on. One query."""
    now = timezone.now().timestamp()
    if not is_live(request):
        return SignIn.Kind.ENDED
    if now - request.session.get("active_at", 0) >= settings.SESSION_IDLE_SECONDS:
        return SignIn.Kind.IDLE
    if now - request.session.get("signed_in_at", 0) >= settings.SESSION_COOKIE_AGE:
        return SignIn.Kind.LIMIT
    return None


@clause("F.1")
def is_attended(request: HttpRequest) -> bool:
    """Whether a person asked for this. What an open page asks for by itself keeps no session awake."""
    by_itself = "X-Unattended" in request.headers or request.headers.get("Accept") == "text/event-stream"
    return not by_itself


class SessionClock:
    """Middleware that ends a session: idle for 15 minutes, 12 hours old, or replaced by a newer one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ended = self.check(request)
        return ended or self.get_response(request)

    def check(self, request: HttpRequest) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        why = why_over(request)
        if why is not None:
            # the newer sign-in has told that it ended this one
            request.signed_out_because = None if why == SignIn.Kind.ENDED else why  # type: ignore[attr-defined]
            return self.end(request, why)
        now = timezone.now().timestamp()
        began = request.session.get("signed_in_at", 0)
        if now - request.session.get("active_at", 0) > 5 and is_attended(request):
            request.session["active_at"] = now
        request.session_left = int(settings.SESSION_COOKIE_AGE - (now - began))  # type: ignore[attr-defined]
        return None

    def end(self, request: HttpRequest, why: SignIn.Kind) -> HttpResponse:
        """Sign out, and lead back to where the member was once they have signed in again."""
        part = bool(request.headers.get("HX-Request"))
        back = came_from(request) if part or request.method not in {"GET", "HEAD"} else request.path
        logout(request)
        messages.info(request, SAID[why])
        at_the_door = back == reverse("account_login")  # the page of an idle session went there by itself
        answer = redirect(request.get_full_path()) if at_the_door else redirect_to_login(back)
        return HttpResponse(status=204, headers={"HX-Redirect": answer["Location"]}) if part else answer
