"""Entries that members propose: each version waits for the Administrator or designee before anything matches it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from alpr_portal.policy.vocabulary import Confidentiality, EndedBecause, Purpose, Watched
from alpr_portal.records import Deputed, Record
from reads.models import listed

from .lists import READ_ONLY, HotList


class Entry(Record):
    """C.2.B.2: what is watched for on one list, through all its versions. ``by`` proposed it first."""

    hot_list = models.ForeignKey(HotList, models.PROTECT, related_name="entries")

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its id."""
        return str(self.pk)[:8].upper()


class EntryVersion(Record):
    """C.2.B.2, C.2.B.2-min: an entry as it was proposed or changed; every edit and renewal is a new version that waits.

    ``plate`` is the match key of a whole plate; of a part of one, ``plate`` is what was typed with ``*`` and ``?``.
    """

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    watched = models.CharField(max_length=10, choices=Watched.choices())
    plate = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=2, blank=True)
    make = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=60, blank=True)
    colour = models.CharField(max_length=30, blank=True)
    year = models.CharField(max_length=4, blank=True)
    marks = models.CharField("other characteristics", max_length=200, blank=True)
    purpose = models.CharField(max_length=40, choices=Purpose.choices())
    justification = models.TextField()
    case_number = models.CharField(max_length=20)
    report_number = models.CharField(max_length=20)
    expires_at = models.DateTimeField()
    confidentiality = models.CharField(max_length=12, choices=Confidentiality.choices())
    instructions = models.TextField("what to do on a hit")
    urgent = models.BooleanField(default=False)
    change = models.TextField("what changed and why", blank=True)
    screening = models.JSONField(default=dict)
    answers = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="entry_version_numbered_once"),
            listed("watched", Watched, "entry_watched_listed"),
            listed("confidentiality", Confidentiality, "entry_confidentiality_listed"),
            models.CheckConstraint(
                condition=Q(purpose__in=[p.value for p in Purpose if p != Purpose.COURT_ORDER]),
                name="entry_purpose_of_the_five",
            ),
            models.CheckConstraint(
                condition=Q(watched="vehicle", plate="") | ~Q(watched="vehicle") & ~Q(plate=""),
                name="entry_has_plate_or_vehicle",
            ),
            models.CheckConstraint(
                condition=~Q(confidentiality="unit") | ~Q(by_unit=""), name="entry_of_a_unit_has_a_unit"
            ),
            models.CheckConstraint(condition=Q(number=1) | ~Q(change=""), name="entry_edit_says_why"),
            models.CheckConstraint(
                condition=Q(by__isnull=False) & ~Q(justification="") & ~Q(case_number="") & ~Q(report_number=""),
                name="entry_has_minimum_content",
            ),
        ]
        indexes = [models.Index(fields=["-at"], name="entry_version_newest_first")]


class EntryDecision(Deputed):
    """C.2.B.2: the Administrator's or designee's word on the very version they saw; never its author's."""

    version = models.OneToOneField(EntryVersion, models.PROTECT, related_name="decision")
    approved = models.BooleanField()
    reason = models.TextField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(by=F("proposed_by")), name="entry_decided_by_someone_else"),
            models.CheckConstraint(condition=Q(by__isnull=False) & ~Q(reason=""), name="entry_decision_has_reason"),
        ]


class EntryConfirmation(Record):
    """C.2.B.2: the Administrator's own word on an urgent entry that a designee let in; without it the entry ends."""

    decision = models.OneToOneField(EntryDecision, models.PROTECT, related_name="confirmation")
    confirmed = models.BooleanField()
    reason = models.TextField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(by=F("proposed_by")), name="entry_confirmed_by_someone_else"),
            models.CheckConstraint(condition=Q(by__isnull=False) & ~Q(reason=""), name="entry_confirmation_has_reason"),
        ]


class EntryEnd(Record):
    """C.2.B.2: an entry that ended before its time; it matches nothing from that moment on."""

    entry = models.OneToOneField(Entry, models.PROTECT, related_name="end")
    because = models.CharField(max_length=10, choices=EndedBecause.choices())
    note = models.TextField()

    class Meta:
        constraints = [
            listed("because", EndedBecause, "entry_end_because_listed"),
            models.CheckConstraint(condition=Q(by__isnull=False) & ~Q(note=""), name="entry_end_has_note"),
        ]


class EntryUse(models.Model):
    """How often an entry was hit: a number without place or time. Written by the database."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="use")
    alerts = models.PositiveIntegerField(default=0)
    candidates = models.PositiveIntegerField(default=0)
    privileges: ClassVar[dict[str, str]] = READ_ONLY
