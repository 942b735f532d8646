"""Hits: written by the database in the transaction that stores the reads, worked by members as incidents.

What a hit saw (read, plate, entry) stands in ``Sight`` and goes with the read; the hit keeps what figures need (G).
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from alpr_portal.policy.vocabulary import CletsResult, Closing, Match, Seen
from alpr_portal.records import Record
from reads.models import Camera, listed

from .lists import PRIORITIES, READ_ONLY, HotList, Refresh
from .stops import VehiclePack


class MatchReceipt(models.Model):
    """B.1: one delivery of reads was compared with every list in force. A batch without one is found by the sweep."""

    batch_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    reads = models.PositiveIntegerField()
    alerts = models.PositiveIntegerField()
    candidates = models.PositiveIntegerField()
    privileges: ClassVar[dict[str, str]] = READ_ONLY


class Incident(Record):
    """C.2.A: alerts of one plate and entry close together, worked as one. Opened by the database; holds no plate.

    ``unit``: whose members alone see it; "" for everybody who works hits.
    """

    hot_list = models.ForeignKey(HotList, models.PROTECT, related_name="incidents")
    camera = models.ForeignKey(Camera, models.PROTECT, related_name="+")
    area = models.CharField(max_length=2)
    priority = models.PositiveSmallIntegerField(choices=PRIORITIES)
    unit = models.CharField(max_length=120, blank=True)
    privileges: ClassVar[dict[str, str]] = READ_ONLY

    class Meta:
        indexes = [models.Index(fields=["-at"], name="incident_newest_first")]

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its id."""
        return str(self.pk)[:8].upper()


class Hit(Record):
    """B.1, C.2.A.1-age: a read matched a list: which, where, how, and how old the list was (``list_age``: seconds).

    ``incident`` is null for a candidate, which is never an alert. ``pack``: the list that the vehicle carried.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, null=True, related_name="hits")
    hot_list = models.ForeignKey(HotList, models.PROTECT, related_name="hits")
    refresh = models.ForeignKey(Refresh, models.PROTECT, null=True, related_name="+")
    camera = models.ForeignKey(Camera, models.PROTECT, related_name="+")
    area = models.CharField(max_length=2)
    day = models.DateField()
    match = models.CharField(max_length=10, choices=Match.choices())
    state_confirmed = models.BooleanField()
    list_age = models.PositiveIntegerField(null=True)
    stale = models.BooleanField()
    unit = models.CharField(max_length=120, blank=True)
    pack = models.ForeignKey(VehiclePack, models.PROTECT, null=True, related_name="+")
    privileges: ClassVar[dict[str, str]] = READ_ONLY

    class Meta:
        constraints = [
            listed("match", Match, "hit_match_listed"),
            models.CheckConstraint(
                condition=Q(match="exact", incident__isnull=False) | ~Q(match="exact") & Q(incident__isnull=True),
                name="only_exact_hits_alert",
            ),
        ]
        indexes = [
            models.Index(fields=["-at"], name="hit_newest_first"),
            models.Index(fields=["incident", "-at"], name="hit_of_incident"),
            models.Index(fields=["day", "hot_list"], name="hit_by_day"),
        ]


class Sight(models.Model):
    """What a hit saw: the read, the plate, the entry; a partition for each upload day (migration 0004).

    No role of the portal reads it but through ``SightWindow``.
    """

    hit = models.OneToOneField(Hit, models.PROTECT, primary_key=True, related_name="+", db_constraint=False)
    incident_id = models.UUIDField(null=True)
    read_id = models.UUIDField()
    upload_day = models.DateField()
    uploaded_at = models.DateTimeField()
    hot_list_id = models.UUIDField()
    entry_id = models.UUIDField(null=True)
    version_id = models.UUIDField(null=True)
    plate = models.CharField(max_length=10, db_collation="C")
    listed = models.CharField(max_length=40, db_collation="C")
    listed_state = models.CharField(max_length=2, blank=True)
    detail = models.JSONField()

    class Meta:
        managed = False


class SightWindow(models.Model):
    """What hits saw, as the gated window shows it, for 720 hours. Not a table of ours: without an access it raises."""

    hit = models.OneToOneField(Hit, models.DO_NOTHING, primary_key=True, related_name="sight", db_constraint=False)
    incident_id = models.UUIDField(null=True)
    read_id = models.UUIDField()
    upload_day = models.DateField()
    uploaded_at = models.DateTimeField()
    entry_id = models.UUIDField(null=True)
    version_id = models.UUIDField(null=True)
    plate = models.CharField(max_length=10)
    listed = models.CharField(max_length=40)
    listed_state = models.CharField(max_length=2)
    detail = models.JSONField()

    class Meta:
        managed = False
        db_table = "hotlists_sight_window"


class QueueItem(models.Model):
    """An incident that waits to be worked. Filled and emptied by the database from the same records; holds no plate."""

    incident = models.OneToOneField(Incident, models.PROTECT, primary_key=True, related_name="queued")
    hot_list = models.ForeignKey(HotList, models.PROTECT, related_name="+")
    camera = models.ForeignKey(Camera, models.PROTECT, related_name="+")
    area = models.CharField(max_length=2)
    priority = models.PositiveSmallIntegerField(choices=PRIORITIES)
    unit = models.CharField(max_length=120, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    hits = models.PositiveIntegerField()
    state_confirmed = models.BooleanField()
    stale = models.BooleanField()
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True)
    muted_until = models.DateTimeField(null=True)
    privileges: ClassVar[dict[str, str]] = READ_ONLY

    class Meta:
        indexes = [
            models.Index(fields=["priority", "-last_at"], name="queue_order"),
            models.Index(fields=["-last_at"], name="queue_newest_first"),
        ]


class HitEvent(models.Model):
    """News of the queue, told to open pages: an id that counts up and the incident, nothing else. Kept for a day."""

    id = models.BigAutoField(primary_key=True)
    incident_id = models.UUIDField()
    at = models.DateTimeField()
    privileges: ClassVar[dict[str, str]] = READ_ONLY


class IncidentAssigned(Record):
    """C.2.A: who is to work an incident; null gives it back to everybody."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="assignments")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    member_name = models.CharField(max_length=200, blank=True)


class Mute(Record):
    """C.2.A: further hits of an incident's plate and entry stay quiet until ``ends_at``, for the reason said."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="mutes")
    reason = models.TextField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="mute_has_reason"),
            models.CheckConstraint(condition=Q(ends_at__lte=F("at") + timedelta(hours=24)), name="mute_lasts_a_day"),
        ]


class Verification(Record):
    """C.2.A: what a member compared with the vehicle and with CLETS, as it was; a witness, not a gate.

    ``outcome``: one of ``Closing`` closes the incident, once; "" keeps it open. ``clets``: whether the inquiry was done.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="verifications")
    plate = models.CharField(max_length=12, choices=Seen.choices())
    state = models.CharField(max_length=12, choices=Seen.choices())
    make = models.CharField(max_length=12, choices=Seen.choices())
    model = models.CharField(max_length=12, choices=Seen.choices())
    colour = models.CharField(max_length=12, choices=Seen.choices())
    other = models.CharField(max_length=12, choices=Seen.choices())
    clets = models.CharField(
        max_length=12, choices=[("yes", "Done"), ("no", "Not done"), ("not_possible", "Not possible")]
    )
    clets_by = models.CharField(max_length=120, blank=True)
    clets_at = models.DateTimeField(null=True)
    clets_result = models.CharField(max_length=12, choices=CletsResult.choices(), blank=True)
    outcome = models.CharField(max_length=12, choices=Closing.choices(), blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            *(
                listed(name, Seen, f"verification_{name}_listed")
                for name in ("plate", "state", "make", "model", "colour", "other", "clets")
            ),
            models.CheckConstraint(
                condition=Q(clets_result__in=["", *(r.value for r in CletsResult)]), name="clets_result_listed"
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(outcome__in=[c.value for c in Closing]), name="verification_outcome_listed"
            ),
            models.CheckConstraint(
                condition=~Q(clets="yes") | (~Q(clets_by="") & ~Q(clets_result="") & Q(clets_at__isnull=False)),
                name="clets_inquiry_says_who_when_what",
            ),
            models.CheckConstraint(condition=Q(by__isnull=False), name="verification_by_a_member"),
            models.UniqueConstraint(fields=["incident"], condition=~Q(outcome=""), name="incident_closed_once"),
        ]
        indexes = [models.Index(fields=["incident", "-at"], name="verification_of_incident")]
