"""How long records are kept: reports issued, legal holds over records, and their disposal by two persons."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from alpr_portal.policy.vocabulary import RecordClass
from alpr_portal.records import Deputed, Record
from training.models import Publication

READ_ONLY: dict[str, str] = {"alpr_app": "SELECT"}  # written by the database
KINDS = [kind.value for kind in RecordClass]


class ReportIssued(Deputed):
    """K.report: the annual report of a year is issued, as this published document; what it needed may go from now on."""

    year = models.PositiveSmallIntegerField()
    publication = models.OneToOneField(Publication, models.PROTECT, related_name="issued")

    class Meta:
        indexes = [models.Index(fields=["year"], name="report_of_year")]


class RecordsHold(Record):
    """K.report: records that a legal matter needs, however old: of these classes, and of these days or this case."""

    classes = ArrayField(models.CharField(max_length=10, choices=RecordClass.choices()))
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    case_number = models.CharField(max_length=20, blank=True)
    matter = models.CharField(max_length=200)
    court_document = models.CharField(max_length=200, blank=True)
    reason = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["-at"], name="records_hold_newest_first")]
        constraints = [
            models.CheckConstraint(
                condition=Q(classes__contained_by=KINDS) & ~Q(classes=[]), name="records_hold_classes_listed"
            ),
            models.CheckConstraint(
                condition=Q(from_on__isnull=True, to_on__isnull=True)
                | Q(from_on__isnull=False, to_on__isnull=False, to_on__gte=F("from_on")),
                name="records_hold_days_in_order",
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False) & ~Q(matter="") & ~Q(reason=""), name="records_hold_says_why"
            ),
        ]

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its id."""
        return str(self.pk)[:8].upper()


class RecordsHoldEndAsked(Record):
    """K.report: somebody says that a legal hold over records is not needed any more, and why."""

    hold = models.ForeignKey(RecordsHold, models.PROTECT, related_name="ends_asked")
    reason = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(by__isnull=False) & ~Q(reason=""), name="records_hold_end_says_why")
        ]


class RecordsHoldEndDecision(Record):
    """K.report: another person ends a legal hold over records, or lets it stand."""

    asked = models.OneToOneField(RecordsHoldEndAsked, models.PROTECT, related_name="decision")
    hold = models.ForeignKey(RecordsHold, models.PROTECT, related_name="end_decisions")
    approved = models.BooleanField()
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(by__isnull=False) & ~Q(by=F("asked_by")), name="records_hold_ended_by_someone_else"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="records_hold_end_decision_has_reason"),
            models.UniqueConstraint(fields=["hold"], condition=Q(approved=True), name="records_hold_ends_once"),
        ]


class DisposalProposed(Record):
    """K.report: stories of one class that ended on or before a day and may go; which ones stands in ``DisposalRow``.

    The database writes everything but class, day and reason. ``counts``: rows by table; ``digest``: SHA-256 over the
    sorted lines ``table id``, so that what is approved is what goes.
    """

    kind = models.CharField(max_length=10, choices=RecordClass.choices())
    up_to = models.DateField()
    reason = models.TextField()
    stories = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    oldest_at = models.DateTimeField(null=True)
    newest_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="disposal_newest_first")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="disposal_class_listed"),
            models.CheckConstraint(condition=Q(by__isnull=False) & ~Q(reason=""), name="disposal_says_why"),
        ]

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its id."""
        return str(self.pk)[:8].upper()


class DisposalDecision(Record):
    """K.report: another person lets the records of a proposal go, or not, once; ``digest`` says which they saw."""

    proposal = models.OneToOneField(DisposalProposed, models.PROTECT, related_name="decision")
    approved = models.BooleanField()
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(by__isnull=False) & ~Q(by=F("asked_by")), name="disposal_decided_by_someone_else"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="disposal_decision_has_reason"),
        ]


class DisposedRecords(Record):
    """K.report: the receipt of one table: how many rows of a batch went, their digest, and how many were kept back."""

    proposal = models.ForeignKey(DisposalProposed, models.PROTECT, related_name="disposed")
    table = models.CharField(max_length=63)
    rows = models.PositiveIntegerField()
    kept = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    privileges: ClassVar[dict[str, str]] = READ_ONLY

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "table"], name="disposed_table_once")]


class DisposalFinished(Record):
    """K.report: a batch is done. ``kept``: verdict and how many rows were kept back for it; ``digest``: of all that went."""

    proposal = models.OneToOneField(DisposalProposed, models.PROTECT, related_name="finished")
    rows = models.PositiveIntegerField()
    kept = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    privileges: ClassVar[dict[str, str]] = READ_ONLY


class DisposalRow(models.Model):
    """One row that a batch which is not finished disposes of. Written and emptied by the database.

    ``number``: the story's turn; ``state``: "" waits, "gone", or the verdict for which it is kept.
    """

    pk = models.CompositePrimaryKey("proposal_id", "table", "key")
    proposal_id = models.UUIDField()
    table = models.CharField(max_length=63)
    key = models.CharField(max_length=40)
    root = models.CharField(max_length=63)
    story = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="", blank=True)
    privileges: ClassVar[dict[str, str]] = READ_ONLY

    class Meta:
        indexes = [models.Index(fields=["proposal_id", "number"], name="disposal_row_turns", condition=Q(state=""))]
