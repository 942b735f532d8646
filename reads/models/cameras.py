"""Who sends reads, and which readers there are: the inventory, and who says where each looks."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from alpr_portal.policy.vocabulary import Mount, Siting
from alpr_portal.records import Record

from ..adapters import own
from .base import listed

POLICE_AREAS = [(str(n), f"Area {n}") for n in range(1, 7)]


class Source(models.Model):
    """F.2: whoever sends reads: a camera network, a vendor, a patrol car.

    Its key is kept as a digest; for our own format also sealed under a secret that is not in the database, since a
    signature can be checked only with the key itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=30)
    key_digest = models.CharField(max_length=64, blank=True)
    key_hint = models.CharField(max_length=12, blank=True)
    key_made_at = models.DateTimeField(null=True)
    sealed_key = models.BinaryField(null=True)
    signed_only = models.BooleanField(default=False)
    columns = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)

    history = HistoricalRecords(excluded_fields=["key_digest", "sealed_key"])
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "SELECT"}

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_only=False) | Q(format=own.ADAPTER.name), name="source_signs_own_format"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_sign(self) -> bool:
        """Whether its format is ours: a vendor's sends what the vendor can."""
        return self.format == own.ADAPTER.name


class Camera(models.Model):
    """A.1: a reader on a fixed object or a vehicle, where it looks, and since when. Without siting it cannot send."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="cameras")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    mount = models.CharField(max_length=10, choices=Mount.choices(), default=Mount.FIXED)
    area = models.CharField("police area", max_length=2, choices=POLICE_AREAS)
    lat = models.FloatField("latitude", null=True, blank=True)
    lon = models.FloatField("longitude", null=True, blank=True)
    in_service_from = models.DateField()
    in_service_to = models.DateField(null=True, blank=True)
    # Names where the camera stands and looks; a new one whenever that changes, so that an attestation cannot travel.
    place_id = models.UUIDField(default=uuid.uuid4, editable=False)

    history = HistoricalRecords(excluded_fields=["place_id"])
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "SELECT"}

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["source", "code"], name="camera_code_once_per_source"),
            listed("mount", Mount, "camera_mount_listed"),
            models.CheckConstraint(
                condition=Q(in_service_to__isnull=True) | Q(in_service_to__gte=F("in_service_from")),
                name="camera_service_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SitingAttestation(Record):
    """C.3.1: a named person attests that a camera looks at what is open to public view, or under which court order."""

    camera = models.ForeignKey(Camera, models.PROTECT, related_name="attestations")
    siting = models.CharField(max_length=20, choices=Siting.choices())
    court_order = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    place_id = models.UUIDField(null=True)
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "SELECT (id, camera_id, at, siting, place_id)"}

    class Meta:
        constraints = [
            listed("siting", Siting, "siting_listed"),
            models.CheckConstraint(
                condition=~Q(siting=Siting.COURT_ORDER.value) | ~Q(court_order=""), name="court_order_siting_has_number"
            ),
        ]
