"""The table of reads as a plain Django model: what `bulk_create`, `save` and the serializer of the comparison use."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class PlainRead(models.Model):
    """One row of ``reads_read``. The two columns that start the clock are the database's own (G)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    captured_at = models.DateTimeField()
    offset_minutes = models.SmallIntegerField(null=True)
    camera_id = models.UUIDField()
    source_id = models.UUIDField()
    batch_id = models.UUIDField()
    plate_seen = models.CharField(max_length=64)
    plate = models.CharField(max_length=10)
    plate_fold = models.CharField(max_length=10)
    state = models.CharField(max_length=2, blank=True)
    confidence = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    direction = models.CharField(max_length=20, blank=True)
    make = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=60, blank=True)
    colour = models.CharField(max_length=30, blank=True)
    body = models.CharField(max_length=40, blank=True)
    images = models.SmallIntegerField(default=0)

    objects: ClassVar[models.Manager[PlainRead]] = models.Manager()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "reads_read"
