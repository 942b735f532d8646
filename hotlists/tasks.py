"""Background duties of hot lists: three lines each, ids only."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from . import drop_folders, importer, rows, sweep
from .models import Delivery


@shared_task
def read_delivery(delivery_id: str) -> None:
    """One file that came in."""
    if found := Delivery.objects.select_related("hot_list", "by").filter(pk=UUID(delivery_id)).first():
        importer.read(found)


@shared_task
def import_waiting() -> int:
    """Files that the broker never heard of, or whose reader died (C.2.B.1)."""
    importer.tidy()
    return importer.read_waiting(timezone.now())


@shared_task
def scan_folders() -> int:
    """What lies in the drop folders is taken and read (C.2.B.1)."""
    drop_folders.scan()
    return importer.read_waiting(timezone.now())


@shared_task
def match_unmatched() -> int:
    """Deliveries of reads that left no match receipt are compared (B.1)."""
    return sweep.match_unmatched()[0]


@shared_task
def write_anew() -> bool:
    """The rows that reads are compared with, without those that were replaced (G)."""
    return rows.write_anew()
