"""What left the disk, every run that saw to it with its certificate, the brake on it, and the days in breach (G)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from alpr_portal.records import Record

OF_DISPOSAL = {"alpr_app": "SELECT", "alpr_purge": "…"}  # the application reads these and writes none


class DisposedDay(Record):
    """G: an upload day that left the disk. Written in the transaction that dropped it, before its key and packs go.

    ``stored``: reads that deliveries brought on the day, by their own receipts. ``held``: how many of the reads lie in held
    storage. ``bytes``: its tables on the disk; ``packs_bytes``: its pack files; ``has_key``: whether it had a key. These
    five are null where the day went before certificates were issued.
    """

    run_id = models.UUIDField()
    day = models.DateField()
    reads = models.PositiveBigIntegerField()
    pictures = models.PositiveBigIntegerField()
    stored = models.PositiveBigIntegerField(null=True)
    held = models.PositiveBigIntegerField(null=True)
    bytes = models.PositiveBigIntegerField(null=True)
    packs_bytes = models.PositiveBigIntegerField(null=True)
    has_key = models.BooleanField(null=True)
    privileges: ClassVar[dict[str, str]] = OF_DISPOSAL

    class Meta:
        indexes = [models.Index(fields=["-day"], name="disposed_day_newest_first")]


class BrakeRaised(Record):
    """G: the disposal stopped itself, since a clock cannot be trusted. It stays so until a person releases it.

    ``after``: the number of the last certificate of a run that was not stopped, 0 before the first. ``last_at``: when that
    run was, or the release since.
    """

    number = models.PositiveIntegerField(unique=True)
    after = models.PositiveIntegerField()
    why = models.CharField(
        max_length=20,
        choices=[
            ("clocks_differ", "The clocks of the database and of the portal differ"),
            ("jumped_ahead", "The clock is far ahead of the last run"),
            ("went_back", "The clock is behind the last run"),
        ],
    )
    database_at = models.DateTimeField()
    host_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    privileges: ClassVar[dict[str, str]] = OF_DISPOSAL

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(why__in=["clocks_differ", "jumped_ahead", "went_back"]), name="brake_why_listed"
            )
        ]


class BrakeReleased(Record):
    """G: a person at the console lets the disposal go on, and says why."""

    brake = models.OneToOneField(BrakeRaised, models.PROTECT, related_name="released")
    operator = models.CharField(max_length=200)
    reason = models.TextField()
    privileges: ClassVar[dict[str, str]] = OF_DISPOSAL

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(operator="") & ~Q(reason=""), name="brake_released_by_and_why")
        ]


class PurgeRun(Record):
    """G: one run of the disposal and its certificate, whether or not anything was due.

    ``partitions`` and ``purged``: upload days it certifies, and their reads. ``left``: expired days that wait for the next
    run. ``holds``: what of held storage left in it. ``digest``: SHA-256 of the certificate's line, which holds ``previous``,
    the digest of the one before: none can be changed or taken out unseen. Runs before certificates have no number.
    """

    number = models.PositiveIntegerField(null=True, unique=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    partitions = models.PositiveIntegerField()
    purged = models.PositiveBigIntegerField()
    oldest_at = models.DateTimeField(null=True)
    failed = models.JSONField(default=list)
    left = models.PositiveIntegerField(default=0)
    holds = models.JSONField(default=list)
    brake = models.ForeignKey(BrakeRaised, models.PROTECT, null=True, related_name="runs")
    took_ms = models.PositiveIntegerField()
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    privileges: ClassVar[dict[str, str]] = OF_DISPOSAL

    class Meta:
        indexes = [models.Index(fields=["-at"], name="purge_run_newest_first")]
        constraints = [
            models.UniqueConstraint(fields=["previous"], condition=~Q(digest=""), name="certificate_follows_one"),
            models.CheckConstraint(
                condition=Q(digest="", number__isnull=True) | ~Q(digest="") & Q(number__isnull=False),
                name="certificate_has_number",
            ),
        ]


class CertifiedDay(Record):
    """G: a certificate tells of an upload day: its reads, its key and its packs are gone.

    ``key_gone_at``: when this run destroyed the key; null where there was none, or where a run that broke off did it.
    """

    run = models.ForeignKey(PurgeRun, models.PROTECT, related_name="days")
    disposed = models.OneToOneField(DisposedDay, models.PROTECT, related_name="certified")
    key_gone_at = models.DateTimeField(null=True)
    privileges: ClassVar[dict[str, str]] = OF_DISPOSAL


class RetentionBreach(Record):
    """G: a day (Oakland's) on which something was kept for longer than the order lets it be; for the annual report.

    ``readable``: expired rows that could still be read. ``late``: reads on the disk for over 746 hours. ``held_late``:
    holds whose data should have left a day before. ``unfinished``: upload days whose pictures or key were still there, or
    whose end nobody had certified.
    """

    on = models.DateField(unique=True)
    readable = models.PositiveBigIntegerField()
    late = models.PositiveBigIntegerField()
    held_late = models.PositiveIntegerField()
    unfinished = models.PositiveIntegerField(default=0)
    oldest_at = models.DateTimeField(null=True)
