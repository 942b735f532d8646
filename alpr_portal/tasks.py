"""Background duties of the roof: three lines each, ids only."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from . import digest


@shared_task
def write_worklists() -> int:
    """The digest of each member's worklist, on working mornings."""
    return digest.due_worklist(timezone.now())
