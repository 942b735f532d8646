"""Reads and pictures as their gated windows show them: not tables of ours, and closed without a recorded access."""

from __future__ import annotations

from django.db import models

from .cameras import Camera, Source


class Detection(models.Model):
    """What a reader saw, and when it came in."""

    upload_day = models.DateField()
    uploaded_at = models.DateTimeField()
    captured_at = models.DateTimeField()
    offset_minutes = models.SmallIntegerField(null=True)
    camera = models.ForeignKey(Camera, models.DO_NOTHING, db_constraint=False, related_name="+")
    source = models.ForeignKey(Source, models.DO_NOTHING, db_constraint=False, related_name="+")
    batch_id = models.UUIDField()
    plate_seen = models.CharField(max_length=64)
    plate = models.CharField(max_length=10)
    plate_fold = models.CharField(max_length=10)
    state = models.CharField(max_length=2)
    confidence = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    direction = models.CharField(max_length=20)
    make = models.CharField(max_length=40)
    model = models.CharField(max_length=60)
    colour = models.CharField(max_length=30)
    body = models.CharField(max_length=40)
    images = models.SmallIntegerField()

    class Meta:
        abstract = True


class Read(Detection):
    """A plate read, as the gated window shows it. Not a table of ours: without a recorded access it raises."""

    id = models.UUIDField(primary_key=True)

    class Meta:
        managed = False
        db_table = "reads_window"
        ordering = ["-captured_at", "-id"]


class Picture(models.Model):
    """A picture of a read, as the gated window shows it: its kind and where it lies. Not a table of ours."""

    pk = models.CompositePrimaryKey("read_id", "number", "upload_day")
    read_id = models.UUIDField()
    upload_day = models.DateField()
    number = models.SmallIntegerField()
    kind = models.CharField(max_length=10)
    pack = models.CharField(max_length=2)
    starts_at = models.BigIntegerField()
    size = models.IntegerField()
    thumbnail_starts_at = models.BigIntegerField()
    thumbnail_size = models.IntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        managed = False
        db_table = "reads_picture_window"
        ordering = ["read_id", "number"]


class HeldRead(Detection):
    """A held read, as its gated window shows it: only to an access that rests on a hold of the same case, while it runs."""

    pk = models.CompositePrimaryKey("hold_id", "id")
    hold = models.ForeignKey("reads.Hold", models.DO_NOTHING, db_constraint=False, related_name="+")
    id = models.UUIDField()
    held_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "reads_held_window"
        ordering = ["-captured_at", "-id"]


class HeldPicture(models.Model):
    """A picture of a held read: where it lies in the pack of its hold. Not a table of ours."""

    pk = models.CompositePrimaryKey("hold_id", "read_id", "number")
    hold_id = models.UUIDField()
    read_id = models.UUIDField()
    number = models.SmallIntegerField()
    kind = models.CharField(max_length=10)
    starts_at = models.BigIntegerField()
    size = models.IntegerField()
    thumbnail_starts_at = models.BigIntegerField()
    thumbnail_size = models.IntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        managed = False
        db_table = "reads_held_picture_window"
        ordering = ["hold_id", "read_id", "number"]
