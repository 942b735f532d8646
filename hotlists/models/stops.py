"""Stops as they were, verified or not; and the signed list files that patrol vehicles take along."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from alpr_portal.policy.vocabulary import Disposition, PackFormat
from alpr_portal.records import Record
from reads.models import Camera, listed

from .lists import HotList


class VehiclePack(Record):
    """A.1: a signed list file that somebody took for one vehicle reader and shift.

    ``lists``: per list ``{"list", "title", "refresh", "version", "refreshed_at", "rows"}``; ``digest``: SHA-256 of the
    list file, ``signature``: Ed25519 over the manifest, in base64.
    """

    camera = models.ForeignKey(Camera, models.PROTECT, related_name="packs")
    format = models.CharField(max_length=10, choices=PackFormat.choices())
    shift = models.CharField(max_length=60)
    lists = models.JSONField(default=list)
    rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    manifest = models.TextField()
    signature = models.CharField(max_length=120)

    class Meta:
        constraints = [
            listed("format", PackFormat, "pack_format_listed"),
            models.CheckConstraint(condition=Q(by__isnull=False), name="pack_taken_by_a_member"),
        ]
        indexes = [models.Index(fields=["camera", "-at"], name="pack_of_camera")]


class Stop(Record):
    """C.2.A.2: one stop from a hot-list alert, with the order's six fields; recorded as it was, verified or not.

    ``member`` responded (a), ``justification`` (b), ``case_number`` (c), ``disposition`` (d), ``responded_at`` (e); next
    steps (f) are ``NextStep``. The stop copies what it needs of the hit, since the hit's sight goes with the read.
    ``verification``: "full", "partial" or "none", as the records stood when the stop was recorded; ``missing``: what was
    not verified. ``people``: counts by ``StopOutcome``.
    """

    incident = models.OneToOneField("hotlists.Incident", models.PROTECT, null=True, related_name="stop")
    hot_list = models.ForeignKey(HotList, models.PROTECT, related_name="stops")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    member_name = models.CharField(max_length=200)
    member_badge = models.CharField(max_length=40, blank=True)
    member_unit = models.CharField(max_length=120, blank=True)
    justification = models.TextField()
    case_number = models.CharField(max_length=20)
    disposition = models.CharField(max_length=20, choices=Disposition.choices())
    responded_at = models.DateTimeField()
    next_steps = models.TextField()
    report_number = models.CharField(max_length=20, blank=True)
    area = models.CharField(max_length=2)
    people = models.JSONField(default=dict)
    plate = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=2, blank=True)
    vehicle = models.CharField(max_length=160, blank=True)
    list_version = models.PositiveIntegerField(null=True)
    list_age = models.PositiveIntegerField(null=True)
    verification = models.CharField(max_length=10)
    missing = models.JSONField(default=list)

    class Meta:
        constraints = [
            listed("disposition", Disposition, "stop_disposition_listed"),
            listed("verification", ["full", "partial", "none"], "stop_verification_listed"),
            models.CheckConstraint(
                condition=Q(by__isnull=False) & ~Q(justification="") & ~Q(case_number="") & ~Q(next_steps=""),
                name="stop_has_six_fields",
            ),
        ]
        indexes = [models.Index(fields=["-responded_at"], name="stop_newest_first")]

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its id."""
        return str(self.pk)[:8].upper()


class NextStep(Record):
    """C.2.A.2 f): a step that follows a stop, and by when."""

    stop = models.ForeignKey(Stop, models.PROTECT, related_name="steps")
    what = models.CharField(max_length=200)
    due_on = models.DateField(null=True)


class StepDone(Record):
    """A next step that was done, or is no longer needed."""

    step = models.OneToOneField(NextStep, models.PROTECT, related_name="done")
    note = models.CharField(max_length=200)


class StopNote(Record):
    """What was learned of a stop later, or was recorded wrong: added to it, since a record is written once."""

    stop = models.ForeignKey(Stop, models.PROTECT, related_name="notes")
    text = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="stop_note_has_text")]
