"""News of the queue by server-sent events; the small process of alpr_portal/asgi.py answers it, no other."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from alpr_portal.http import MemberRequest
from training.access import requires

from .. import events
from ..incidents import WORK


@requires(WORK)
@require_safe
def hit_events(request: MemberRequest) -> HttpResponseBase:
    """Tell an open page which incidents changed; what it missed first, from Last-Event-ID or ``after``.

    Where threads serve pages, 204 says that there is no news here, and the browser does not ask again.
    """
    if not isinstance(request, ASGIRequest):
        return allowed(HttpResponse(status=204))
    known = request.headers.get("Last-Event-ID", "")
    last = number(known) if known else number(request.GET.get("after", ""))
    key = request.session.session_key or ""
    lines = events.stream(key, request.user.unit, last, again=bool(known))
    response = StreamingHttpResponse(lines, content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return allowed(response)


def number(text: str) -> int | None:
    """The number of an event; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def allowed(response: HttpResponseBase) -> HttpResponseBase:
    """Where events have an address of their own, the portal's pages may read them, and no others."""
    if settings.EVENTS_URL:
        parts = urlsplit(settings.PORTAL_URL)
        response["Access-Control-Allow-Origin"] = f"{parts.scheme}://{parts.netloc}"
        response["Access-Control-Allow-Credentials"] = "true"
        response["Vary"] = "Origin"
    return response
