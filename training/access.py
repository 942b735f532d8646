"""The wall: every view names its permission or says to whom it is open; one that names neither is shut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal
from alpr_portal.roles import VERBS

from .models import Member, RefusalRecord
from .second_factor import ask_again, came_from, has_second_factor, is_confirmed
from .standing import standing

V = TypeVar("V", bound=Callable[..., Any])
EVERYBODY, MEMBERS, KEY = "everybody", "members", "key"

# Views of libraries and what is made of them, which carry no decorator: by URL name. Every other one stays shut.
LIBRARY_VIEWS = {
    "account_login": EVERYBODY,
    "mfa_authenticate": EVERYBODY,  # between password and second factor nobody is signed in yet
    "mfa_login_webauthn": EVERYBODY,
    "account_logout": EVERYBODY,  # also out of a sign-in that is only half finished
    "account_reauthenticate": MEMBERS,
    "account_change_password": MEMBERS,
    "mfa_index": MEMBERS,
    "mfa_reauthenticate": MEMBERS,
    "mfa_reauthenticate_webauthn": MEMBERS,
    "mfa_activate_totp": MEMBERS,
    "mfa_deactivate_totp": MEMBERS,
    "mfa_list_webauthn": MEMBERS,
    "mfa_add_webauthn": MEMBERS,
    "mfa_edit_webauthn": MEMBERS,
    "mfa_remove_webauthn": MEMBERS,
    "mfa_view_recovery_codes": MEMBERS,
    "mfa_generate_recovery_codes": MEMBERS,
}
# Where a member without a second factor gets, and no further.
SETUP = frozenset(
    {"account_logout", "account_reauthenticate", "account_change_password", "mfa_index", "mfa_activate_totp"}
    | {"mfa_add_webauthn", "mfa_list_webauthn", "mfa_view_recovery_codes", "mfa_reauthenticate"}
    | {"mfa_reauthenticate_webauthn", "mfa_generate_recovery_codes", "stay_signed_in"}
)


def requires(*permissions: str) -> Callable[[V], V]:
    """The view needs every one of these permissions; an unknown one stops the import with KeyError."""
    for permission in permissions:
        VERBS[permission]

    def mark(view: V) -> V:
        view.alpr_requires = permissions  # type: ignore[attr-defined]
        return view

    return mark


def open_to(whom: str, *, untrained: bool = False) -> Callable[[V], V]:
    """The view is open to ``everybody``, to signed-in ``members``, or to holders of a source ``key`` (checked inside).

    ``untrained``: also to members whose role opens data and whose training or designation does not hold today; they
    reach nothing else (C.3.a).
    """
    if whom not in {EVERYBODY, MEMBERS, KEY}:
        raise ValueError(whom)

    def mark(view: V) -> V:
        view.alpr_open_to, view.alpr_untrained = whom, untrained  # type: ignore[attr-defined]
        return view

    return mark


def confirms(view: V) -> V:
    """The view wants to know again who it is, whatever permission opened it: what leaves the portal, what is decided."""
    view.alpr_confirms = True  # type: ignore[attr-defined]
    return view


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
    """Middleware that lets a request through to its view, or shuts it.

    In that order: sign-in, second factor, training, role, and for acts that confirm, whether it is still you.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = (request.resolver_match.url_name if request.resolver_match else None) or ""
        opened, permissions = demands(view, name)
        if opened in {EVERYBODY, KEY}:
            return None
        if not opened and not permissions:
            raise Http404
        if not request.user.is_authenticated:
            return redirect_to_login(request.path if request.method in {"GET", "HEAD"} else came_from(request))
        if not has_second_factor(request.user):
            return None if name in SETUP else redirect("mfa_index")
        if name in LIBRARY_VIEWS:
            return None
        return self.shut(request, name, view) or self.unpermitted(request, view, permissions)

    def shut(self, request: HttpRequest, name: str, view: Any) -> HttpResponse | None:
        """C.3.a: whoever has a role that opens data and may not enter today reaches their training, and nothing else."""
        if getattr(view, "alpr_untrained", False) or not opens_data(request.user):
            return None
        refusal = standing(cast(Member, request.user), timezone.now()).refusal
        if refusal is None:
            return None
        return redirect("my_training") if name == "home" else refuse(request, refusal, act=name)

    def unpermitted(self, request: HttpRequest, view: Any, permissions: tuple[str, ...]) -> HttpResponse | None:
        for permission in permissions:
            refusal = may_use(permission=permission, held=request.user.has_perm(permission))
            if refusal:
                return refuse(request, refusal, act=permission)
        asks = getattr(view, "alpr_confirms", False) or any(VERBS[verb].confirms for verb in permissions)
        return ask_again(request) if asks and not is_confirmed(request) else None


def opens_data(member: Any) -> bool:
    """Whether one of the member's roles opens ALPR data."""
    return any(verb.opens_data and member.has_perm(name) for name, verb in VERBS.items())


def record_refusal(by: Member | None, refusal: Refusal, *, act: str) -> None:
    """Keep that the portal said no: who asked for what, and which duty stood against it."""
    RefusalRecord.objects.write(by=by, act=act, clause=refusal.clause, sentence=refusal.sentence, code=refusal.code)


def refuse(request: HttpRequest, refusal: Refusal, *, act: str, status: int = 403) -> HttpResponse:
    """Record a refusal and show it: the duty, its clause, what would help."""
    record_refusal(request.user if request.user.is_authenticated else None, refusal, act=act)
    return render(request, "403.html", {"refusal": refusal}, status=status)
