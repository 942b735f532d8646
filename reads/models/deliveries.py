"""What sources sent: deliveries, those that were turned away, and the nonces that tell a replay."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from alpr_portal.records import Record

from .cameras import Source


class Batch(Record):
    """F.2, A.2: one delivery of reads. Its key outlives the reads, so a replay finds the first answer and no clock restarts."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="batches")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    received = models.PositiveIntegerField()
    stored = models.PositiveIntegerField()
    duplicates = models.PositiveIntegerField()
    refused = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    # seconds from capture to upload, over the reads that were taken
    lag_median = models.PositiveIntegerField(null=True)
    lag_longest = models.PositiveIntegerField(null=True)
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "…"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="batch_once_per_source")]
        indexes = [models.Index(fields=["source", "-at"])]


class DeliveryRefused(Record):
    """F.2: a delivery that was turned away whole: unknown key, malformed body, unattested camera. Counted per source."""

    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="refusals")
    code = models.CharField(max_length=60)
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "…"}


class NonceSeen(Record):
    """F.2: a signed delivery that came with this nonce; a second one with the same is a replay, whoever sends it."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="nonces")
    nonce = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "…"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "nonce"], name="nonce_once_per_source")]
