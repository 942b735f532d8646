"""Backups that were made, and the time in which a restored database stays closed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from alpr_portal.records import Record

READ_ONLY: dict[str, str] = {"alpr_app": "SELECT"}  # commands write these, as the owner


class BackupMade(Record):
    """G: one backup: its file, its size, and the oldest one that was left beside it."""

    name = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    took_ms = models.PositiveIntegerField()
    kept = models.PositiveIntegerField()
    oldest_at = models.DateTimeField()
    privileges: ClassVar[dict[str, str]] = READ_ONLY

    class Meta:
        indexes = [models.Index(fields=["-at"], name="backup_newest_first")]


class Quarantine(Record):
    """G: a restored database is closed from here on, until its expired days and erased data are gone again.

    ``backup``: the file it came from; "" where it was brought back by other means. ``made_at``: when that backup was made.
    """

    backup = models.CharField(max_length=60, blank=True)
    made_at = models.DateTimeField(null=True)
    privileges: ClassVar[dict[str, str]] = READ_ONLY


class QuarantineEnd(Record):
    """G: nothing expired is left, every erasure since the backup was done again, every running hold is whole.

    ``without_journal``: why it ended although the journal that knows those erasures is lost; "" where it is there.
    """

    quarantine = models.OneToOneField(Quarantine, models.PROTECT, related_name="end")
    days = models.PositiveIntegerField()
    holds = models.PositiveIntegerField()
    records = models.PositiveIntegerField()
    expired_on_disk = models.PositiveIntegerField()
    expired_readable = models.PositiveIntegerField()
    running_holds = models.PositiveIntegerField()
    without_journal = models.CharField(max_length=200, blank=True, default="")
    privileges: ClassVar[dict[str, str]] = READ_ONLY

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expired_on_disk=0, expired_readable=0), name="quarantine_ends_with_nothing_expired"
            )
        ]
