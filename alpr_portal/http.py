"""The request behind the wall: its user is a member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from training.models import Member


class MemberRequest(HttpRequest):
    """What a view behind the wall is called with (for the type checker; the wall has let only members through)."""

    user: Member  # type: ignore[assignment]
