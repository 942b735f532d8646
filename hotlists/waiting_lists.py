"""What waits for whom among hot lists, their templates and files: how many, and since when the oldest; one query each."""

from __future__ import annotations

from django.utils import timezone

from training.models import Member
from training.waiting import Waiting, counted

from . import lists


def held_files(member: Member) -> Waiting:
    """Held files that this member may decide: not those that they delivered."""
    return counted(lists.held().exclude(by=member))


def open_templates(member: Member) -> Waiting:
    """Templates that this member may decide: not their own."""
    return counted(lists.open_templates().exclude(by=member))


def stale(member: Member) -> Waiting:
    """Lists whose files have stopped coming."""
    return counted(lists.late(timezone.now()), "state__refreshed_at")


def never_loaded(member: Member) -> Waiting:
    return lists.file_fed().filter(state__isnull=True).count(), None
