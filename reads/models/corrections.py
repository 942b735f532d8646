"""Reads that were reported wrong, and what a second person found: never a plate, and never a change of the read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from alpr_portal.policy.vocabulary import CorrectionGround, ReadFault
from alpr_portal.records import Record

from .base import listed
from .queries import Access


class ReadReport(Record):
    """G: a member says that a read is wrong. It counts from this moment, unless a correction rejects it.

    ``access``: the look in which ``by`` saw the read. ``unit``: whose members alone may open it; "" where anybody may who
    opens reads. ``uploaded_at``: when the read came in; 720 hours later there is nothing left to decide on.
    """

    read_id = models.UUIDField()
    upload_day = models.DateField()
    uploaded_at = models.DateTimeField()
    kind = models.CharField(max_length=20, choices=ReadFault.choices())
    access = models.ForeignKey(Access, models.PROTECT, related_name="+")
    unit = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["read_id"]), models.Index(fields=["-at"])]
        constraints = [listed("kind", ReadFault, "read_report_kind_listed")]

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its id."""
        return str(self.pk)[:8].upper()


class Correction(Record):
    """Civil Code 1798.90.51(b)(2)(F): another person confirms that a read is wrong, or rejects the report, once."""

    report = models.OneToOneField(ReadReport, models.PROTECT, related_name="correction")
    confirmed = models.BooleanField()
    ground = models.CharField(max_length=20, choices=CorrectionGround.choices())
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    access = models.ForeignKey(Access, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            listed("ground", CorrectionGround, "correction_ground_listed"),
            models.CheckConstraint(condition=~Q(by=F("reported_by")), name="correction_by_someone_else"),
            models.CheckConstraint(
                condition=~Q(confirmed=True, ground=CorrectionGround.UNCLEAR.value), name="correction_is_sure"
            ),
        ]


class RightPlate(models.Model):
    """What a read's plate reads right, as its gated window shows it: written by functions only, gone with the read's day.

    ``said_in``: the report or the correction that says so.
    """

    said_in = models.UUIDField(primary_key=True)
    read_id = models.UUIDField()
    upload_day = models.DateField()
    uploaded_at = models.DateTimeField()
    confirmed = models.BooleanField()
    plate = models.CharField(max_length=10)
    plate_fold = models.CharField(max_length=10)
    state = models.CharField(max_length=2)

    class Meta:
        managed = False
        db_table = "reads_right_window"
