"""The request behind the wall, whose user is a member; and a file as the answer to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from training.models import Member


class MemberRequest(HttpRequest):
    """What a view behind the wall is called with (for the type checker; the wall has let only members through)."""

    user: Member  # type: ignore[assignment]


def download(body: bytes, content_type: str, name: str) -> HttpResponse:
    """A file to be kept, never shown or run by the browser."""
    response = HttpResponse(body, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response
