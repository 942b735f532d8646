"""The wall: every view names its permission or says to whom it is open; one that names neither is shut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal
from alpr_portal.roles import VERBS

from .models import Member, RefusalRecord, SignIn
from .standing import standing

V = TypeVar("V", bound=Callable[..., Any])
EVERYBODY, MEMBERS, KEY = "everybody", "members", "key"

# Views of libraries, which cannot carry a decorator: by URL name. Every other view of theirs stays shut.
LIBRARY_VIEWS = {
    "account_login": EVERYBODY,
    "account_logout": MEMBERS,
    "account_reauthenticate": MEMBERS,
    "account_change_password": MEMBERS,
}


def requires(*permissions: str) -> Callable[[V], V]:
    """The view needs every one of these permissions; an unknown one stops the import with KeyError."""
    for permission in permissions:
        VERBS[permission]

    def mark(view: V) -> V:
        view.alpr_requires = permissions  # type: ignore[attr-defined]
        return view

    return mark


def open_to(whom: str) -> Callable[[V], V]:
    """The view is open to ``everybody``, to signed-in ``members``, or to holders of a source ``key`` (checked inside)."""
    if whom not in {EVERYBODY, MEMBERS, KEY}:
        raise ValueError(whom)

    def mark(view: V) -> V:
        view.alpr_open_to = whom  # type: ignore[attr-defined]
        return view

    return mark


def demands(view: Any, url_name: str | None) -> tuple[str | None, tuple[str, ...]]:
    """What a view demands: (open to whom or None, permissions). Both empty means shut."""
    opened = getattr(view, "alpr_open_to", None) or LIBRARY_VIEWS.get(url_name or "")
    return opened, getattr(view, "alpr_requires", ())


@clause("C.3.b", "E.1")
def may_use(*, permission: str, held: bool) -> Refusal | None:
    """Deny by default: only a role that lists the verb opens it."""
    if held:
        return None
    verb = VERBS[permission]
    return Refusal(
        verb.clause,
        f"Your role does not include to {verb.says}.",
        "Ask your supervisor to request the role if your duties need it.",
    )


class Wall:
    """Middleware that lets a request through to its view, or shuts it: sign-in, role, training, in that order."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        opened, permissions = demands(view, request.resolver_match.url_name if request.resolver_match else None)
        if opened in {EVERYBODY, KEY}:
            return None
        if not opened and not permissions:
            raise Http404
        if not request.user.is_authenticated:
            return redirect_to_login(request.path)
        for permission in permissions:
            refusal = may_use(permission=permission, held=request.user.has_perm(permission))
            if refusal is None and VERBS[permission].opens_data:
                refusal = standing(request.user, timezone.now()).refusal
            if refusal:
                return refuse(request, refusal, act=permission)
        return None


def record_refusal(by: Member | None, refusal: Refusal, *, act: str) -> None:
    """Keep that the portal said no: who asked for what, and which duty stood against it."""
    RefusalRecord.objects.write(by=by, act=act, clause=refusal.clause, sentence=refusal.sentence, code=refusal.code)


def refuse(request: HttpRequest, refusal: Refusal, *, act: str, status: int = 403) -> HttpResponse:
    """Record a refusal and show it: the duty, its clause, what would help."""
    record_refusal(request.user if request.user.is_authenticated else None, refusal, act=act)
    return render(request, "403.html", {"refusal": refusal}, status=status)


class SessionClock:
    """Middleware that locks an idle session (15 minutes) and ends any session at 12 hours (F.1)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ended = self.check(request)
        return ended or self.get_response(request)

    def check(self, request: HttpRequest) -> HttpResponse | None:
        from django.conf import settings

        if not request.user.is_authenticated:
            return None
        now = timezone.now().timestamp()
        active, began = request.session.get("active_at", 0), request.session.get("signed_in_at", 0)
        if now - active >= settings.SESSION_IDLE_SECONDS or now - began >= settings.SESSION_COOKIE_AGE:
            idle = now - active >= settings.SESSION_IDLE_SECONDS
            request.signed_out_because = SignIn.Kind.IDLE if idle else SignIn.Kind.LIMIT  # type: ignore[attr-defined]
            logout(request)
            if request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Redirect": reverse("account_login")})
            return redirect_to_login(request.path if request.method == "GET" else reverse("home"))
        if now - active > 5:
            request.session["active_at"] = now
        return None
