"""The roof's own pages: worklist, the order, health, the public page, and what errors look like."""

from __future__ import annotations

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe

from training.access import EVERYBODY, MEMBERS, open_to, refuse, requires

from . import health as health_checks
from . import order as the_order
from . import receipts
from . import worklist as work
from .http import MemberRequest
from .policy.refusal import Refusal
from .public import figures, papers


@open_to(MEMBERS)
@require_safe
def home(request: MemberRequest) -> HttpResponse:
    """What waits for me, oldest first."""
    context = {"items": work.of(request), "training": work.training_notice(request.user)}
    return render(request, "portal/home.html", context)


@open_to(EVERYBODY)
@require_safe
def public(request: MemberRequest) -> HttpResponse:
    """The numbers anybody may see; computed through the database role that cannot see plates or names."""
    return render(request, "portal/public.html", {"figures": figures(), "papers": papers()})


@open_to(EVERYBODY)
@require_safe
def order(request: MemberRequest) -> HttpResponse:
    """Each duty of the order: who answers it, what proves it."""
    return render(
        request,
        "portal/order.html",
        {"sections": the_order.sections(), "summary": the_order.summary(), "receipts": receipts.counts()},
    )


@requires("training.view_health")
@require_safe
def health(request: MemberRequest) -> HttpResponse:
    return render(request, "portal/health.html", {"checks": health_checks.report()})


@open_to(EVERYBODY)
@require_safe
def healthz(request: MemberRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


@open_to(EVERYBODY)
@require_safe
def readyz(request: MemberRequest) -> HttpResponse:
    """The portal can serve: 200, or 503 with the names of the checks that are red."""
    red = [check.name for check in health_checks.report() if check.needed and not check.ok]
    return JsonResponse({"ok": not red, "red": red}, status=503 if red else 200)


@open_to(MEMBERS, untrained=True)
@require_POST
def stay_signed_in(request: MemberRequest) -> HttpResponse:
    """One click keeps the session: the session clock has counted the request itself."""
    return HttpResponse(status=204)


@open_to(EVERYBODY)
@require_safe
def root(request: MemberRequest) -> HttpResponse:
    return redirect("home" if request.user.is_authenticated else "public")


def csrf_failure(request: MemberRequest, reason: str = "") -> HttpResponse:
    refusal = Refusal("F.1", "This form did not come from your own session.", "Go back, reload the page, send again.")
    return refuse(request, refusal, act="csrf")


def failed(request: HttpRequest) -> HttpResponse:
    """The last handler: 503 while the database does not answer, 500 for a fault of ours; for the door for reads as JSON."""
    away = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status = 503 if away else 500
    headers = {"Retry-After": "30"} if away else {}
    if request.path.startswith("/api/"):
        said = (
            "The portal cannot store reads now: send the same batch again."
            if away
            else "A fault of the portal: send it again."
        )
        body = {"type": "about:blank", "title": "unavailable", "status": status, "code": "unavailable", "detail": said}
        return JsonResponse(body, status=status, content_type="application/problem+json", headers=headers)
    return HttpResponse(render_to_string(f"{status}.html"), status=status, headers=headers)


def error(status: int) -> Any:
    """The handler for one kind of failure; says what happened and what to do, never what was typed."""

    def handler(request: MemberRequest, exception: Exception | None = None) -> HttpResponse:
        return render(request, f"{status}.html", status=status)

    return handler
