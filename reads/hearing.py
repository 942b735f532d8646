"""Which cameras were heard of last, and which have fallen silent: by the times of their reads, and nothing else of them."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import SILENT_FIXED, SILENT_VEHICLE
from alpr_portal.policy.vocabulary import Mount

from .inventory import attested
from .models import Camera, SitingAttestation


def last_heard() -> dict[uuid.UUID, datetime | None]:
    """Per camera the newest capture of the last eight upload days, or None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT camera_id, captured_at FROM reads_last_heard()")
        return dict(cursor.fetchall())


@clause("L.4", "A.1")
def is_silent(mount: str, heard_at: datetime | None, now: datetime) -> bool:
    """Whether a camera that may deliver has not for longer than its mount explains."""
    allowed = (SILENT_VEHICLE if mount == Mount.VEHICLE else SILENT_FIXED).now
    return heard_at is None or now - heard_at > allowed


def delivering(now: datetime) -> QuerySet[Camera]:
    """The cameras that should be heard of: attested, in service, of an active source."""
    today = timezone.localdate(now)
    in_service = Q(in_service_to__isnull=True) | Q(in_service_to__gte=today)
    return Camera.objects.filter(in_service, attested(), in_service_from__lte=today, source__is_active=True)


def silent(now: datetime) -> list[Camera]:
    """The silent ones, by code. A new one has as long to be heard of, from its attestation on."""
    heard = last_heard()
    attested_at = SitingAttestation.objects.filter(camera=OuterRef("pk"), place_id=OuterRef("place_id")).order_by("-at")
    cameras = delivering(now).annotate(since=Subquery(attested_at.values("at")[:1])).order_by("code")
    return [camera for camera in cameras if is_silent(camera.mount, heard.get(camera.pk) or camera.since, now)]
