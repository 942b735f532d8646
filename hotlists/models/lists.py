"""The hot lists and where their plates come from: file templates, files that came in, and what became of each."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from alpr_portal.policy.vocabulary import Feed, ListKind, RefreshOutcome, Via
from alpr_portal.records import Deputed, Record
from reads.models import listed

PRIORITIES = [(1, "High"), (2, "Ordinary"), (3, "Low")]
READ_ONLY: dict[str, str] = {"alpr_app": "SELECT"}  # written by the database from records


class HotList(models.Model):
    """C.2.A.1: one hot list of a kind that the order names, fed by its source's files or by members' entries."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=ListKind.choices())
    feed = models.CharField(max_length=10, choices=Feed.choices())
    priority = models.PositiveSmallIntegerField(choices=PRIORITIES, default=2)
    description = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["priority", "title"]
        constraints = [
            listed("kind", ListKind, "hot_list_kind_listed"),
            listed("feed", Feed, "hot_list_feed_listed"),
            models.CheckConstraint(
                condition=~Q(kind__in=["svs", "ncic", "ca_doj"]) | Q(feed="file"), name="general_lists_come_as_files"
            ),
            models.CheckConstraint(condition=Q(priority__in=[1, 2, 3]), name="hot_list_priority_listed"),
        ]

    def __str__(self) -> str:
        return self.title


class ListTemplate(Record):
    """C.2.B.1: what the columns of a list's files mean, as one version. Read with only once the Administrator approved it.

    ``layout``: as ``hotlists.layouts.read_layout`` takes and ``as_json`` gives it.
    """

    hot_list = models.ForeignKey(HotList, models.PROTECT, related_name="templates")
    number = models.PositiveIntegerField()
    layout = models.JSONField()
    note = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hot_list", "number"], name="list_template_numbered_once")]

    def __str__(self) -> str:
        return f"template {self.number}"


class TemplateDecision(Deputed):
    """C.2.A.1: the Administrator's or designee's word on a version of the template; never its own author's."""

    template = models.OneToOneField(ListTemplate, models.PROTECT, related_name="decision")
    approved = models.BooleanField()
    reason = models.TextField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(by=F("proposed_by")), name="template_decided_by_someone_else"),
            models.CheckConstraint(condition=Q(by__isnull=False) & ~Q(reason=""), name="template_decision_has_reason"),
        ]


class Delivery(Record):
    """C.2.B.1: a list's file that came in and is to be read; ``spool`` names it in the data folder until it was."""

    hot_list = models.ForeignKey(HotList, models.PROTECT, related_name="deliveries")
    via = models.CharField(max_length=10, choices=Via.choices())
    file_name = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    spool = models.CharField(max_length=60)

    class Meta:
        constraints = [listed("via", Via, "delivery_via_listed")]
        indexes = [models.Index(fields=["hot_list", "-at"])]


class DeliveryProgress(models.Model):
    """How far the reading of a file is; whoever reads it holds it while ``beat_at`` is young."""

    delivery = models.OneToOneField(Delivery, models.PROTECT, primary_key=True, related_name="progress")
    rows = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    beat_at = models.DateTimeField()


class Refresh(Record):
    """C.2.B.1: the receipt of one file: what it held, what was kept, what was refused and why, and what became of the list.

    ``number`` is the list's version; ``refused``: code and how many rows; ``faults``: the first hundred, as
    ``{"line", "code", "message"}`` without any plate. ``kept`` rows stand in ``WatchRow``, in force or held.
    """

    hot_list = models.ForeignKey(HotList, models.PROTECT, related_name="refreshes")
    delivery = models.OneToOneField(Delivery, models.PROTECT, related_name="refresh")
    template = models.ForeignKey(ListTemplate, models.PROTECT, null=True, related_name="refreshes")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    kept = models.PositiveIntegerField()
    refused = models.JSONField(default=dict)
    immigration = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list)
    previous_rows = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=10, choices=RefreshOutcome.choices())
    code = models.CharField(max_length=60, blank=True)
    says = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hot_list", "number"], name="refresh_numbered_once"),
            listed("outcome", RefreshOutcome, "refresh_outcome_listed"),
            models.CheckConstraint(condition=Q(outcome="applied") | ~Q(code=""), name="refresh_stopped_says_why"),
            models.CheckConstraint(
                condition=Q(outcome="refused") | Q(template__isnull=False, kept__gt=0), name="refresh_has_rows"
            ),
        ]
        indexes = [models.Index(fields=["hot_list", "-at"])]

    def __str__(self) -> str:
        return f"version {self.number}"


class RefreshDecision(Record):
    """C.2.B.1: a person lets a held file replace the list, or not; never whoever delivered it."""

    refresh = models.OneToOneField(Refresh, models.PROTECT, related_name="decision")
    applied = models.BooleanField()
    reason = models.TextField()
    delivered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(delivered_by__isnull=True) | ~Q(by=F("delivered_by")),
                name="held_file_decided_by_someone_else",
            ),
            models.CheckConstraint(condition=Q(by__isnull=False) & ~Q(reason=""), name="held_file_decision_has_reason"),
        ]


class ListState(models.Model):
    """Which version of a file-fed list is in force, and since when. Written by the database."""

    hot_list = models.OneToOneField(HotList, models.PROTECT, primary_key=True, related_name="state")
    refresh = models.ForeignKey(Refresh, models.PROTECT, related_name="+")
    refreshed_at = models.DateTimeField()
    privileges: ClassVar[dict[str, str]] = READ_ONLY


class WatchRow(models.Model):
    """One plate, or part of one, that reads are compared with: a row of a list's file, or an approved entry.

    Rows of a file are inserted beside their ``Refresh``, in its transaction; those of entries only the database writes,
    from a decision. ``detail``: plain words of the source: reason, make, model, colour, year, case_number, list, source.
    """

    id = models.BigAutoField(primary_key=True)
    hot_list = models.ForeignKey(HotList, models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+")
    refresh_id = models.UUIDField(null=True)
    version_id = models.UUIDField(null=True)
    entry_id = models.UUIDField(null=True)
    plate = models.CharField(max_length=10, db_collation="C", null=True)  # noqa: DJ001 - an entry may have none
    plate_fold = models.CharField(max_length=10, db_collation="C", null=True)  # noqa: DJ001
    pattern = models.CharField(max_length=40, db_collation="C", null=True)  # noqa: DJ001
    state = models.CharField(max_length=2, blank=True, default="")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    detail = models.JSONField(default=dict)
    privileges: ClassVar[dict[str, str]] = {
        "alpr_app": "SELECT, INSERT (hot_list_id, refresh_id, plate, plate_fold, state, starts_at, ends_at, detail)"
    }

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    refresh_id__isnull=False, version_id__isnull=True, entry_id__isnull=True, plate__isnull=False
                )
                | Q(refresh_id__isnull=True, version_id__isnull=False, entry_id__isnull=False),
                name="watch_row_of_file_or_entry",
            ),
            models.CheckConstraint(
                condition=Q(plate__isnull=False, plate_fold__isnull=False, pattern__isnull=True)
                | Q(plate__isnull=True, plate_fold__isnull=True, pattern__isnull=False),
                name="watch_row_is_plate_or_pattern",
            ),
        ]
        indexes = [
            models.Index(fields=["plate_fold"], name="watch_by_fold", condition=Q(plate_fold__isnull=False)),
            models.Index(fields=["hot_list"], name="watch_patterns", condition=Q(pattern__isnull=False)),
            models.Index(fields=["entry_id"], name="watch_by_entry", condition=Q(entry_id__isnull=False)),
        ]
