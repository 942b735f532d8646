"""Who looked, for what, and what they were given."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from alpr_portal.policy.vocabulary import Outcome, Purpose
from alpr_portal.records import Record

from .base import listed


class Query(Record):
    """C.2.B-log, C.2.B, C.3.c: one search as it was asked: when, by whom, why, for what; whatever became of it."""

    purpose = models.CharField(max_length=40, choices=Purpose.choices())
    offence = models.CharField(max_length=120, blank=True)
    offence_mapping = models.JSONField(default=dict)
    case_number = models.CharField(max_length=20, blank=True)
    court_document = models.CharField(max_length=200, blank=True)
    case_number_due_at = models.DateTimeField(null=True)
    facts = models.TextField()
    right_to_know = models.TextField()
    need_to_know = models.TextField()
    for_whom = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    for_whom_name = models.CharField(max_length=200)
    outside = models.BooleanField()
    organization = models.CharField(max_length=120, default="Oakland Police Department")
    attested = models.BooleanField()
    plate = models.CharField(max_length=64, blank=True)
    criteria = models.JSONField(default=dict)
    screening = models.JSONField(default=dict)
    answers = models.JSONField(default=dict)
    outcome = models.CharField(max_length=10, choices=Outcome.choices())
    clause = models.CharField(max_length=20, blank=True)
    sentence = models.TextField(blank=True)
    training = ArrayField(models.UUIDField(), default=list)

    class Meta:
        indexes = [
            models.Index(fields=["-at"]),
            models.Index(fields=["by", "-at"]),
            models.Index(fields=["outcome", "-at"]),
        ]
        constraints = [
            listed("purpose", Purpose, "query_purpose_listed"),
            listed("outcome", Outcome, "query_outcome_listed"),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.RUN.value) | Q(outside=False, attested=True), name="query_runs_attested"
            ),
            models.CheckConstraint(
                condition=~Q(case_number="") | ~Q(court_document="") | Q(case_number_due_at__isnull=False),
                name="query_has_case_or_document_or_due",
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.RUN.value) | ~Q(clause=""), name="query_stopped_names_clause"
            ),
        ]

    def __str__(self) -> str:
        return f"query {str(self.pk)[:8]}"

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its id."""
        return str(self.pk)[:8].upper()


class QueryUserObjectPermission(UserObjectPermissionBase):
    """A colleague named as the one a search is for may open that one query."""

    content_object = models.ForeignKey(Query, models.CASCADE)


class QueryDecision(Record):
    """C.2.B: a supervisor lets a waiting search run, or not, once. Never the member who asked, nor the one it is for."""

    query = models.OneToOneField(Query, models.PROTECT, related_name="decision")
    approved = models.BooleanField()
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(by=F("asked_by")) & ~Q(by=F("asked_for")), name="query_decided_by_someone_else"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="query_decision_has_reason"),
        ]


class QueryRun(Record):
    """A query that was let run, once: from here on its results are open for some hours."""

    query = models.OneToOneField(Query, models.PROTECT, related_name="run")


class CaseNumberSupplied(Record):
    """C.2.B: the case number that a search "in progress" owed."""

    query = models.OneToOneField(Query, models.PROTECT, related_name="supplied")
    case_number = models.CharField(max_length=20)


class Access(Record):
    """F.1, C.3.b: one look at reads. Committed before the look; without it the database answers no row.

    It rests on a query, on the hits (by id) whose sights it opens, or on a hold whose case's held reads it opens.
    """

    class Kind(models.TextChoices):
        RESULTS = "results", "Page of results"
        READ = "read", "One read"
        IMAGE = "image", "Image"
        EXPORT = "export", "Export"
        HITS = "hits", "Hits"
        HELD = "held", "Held data"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    query = models.ForeignKey(Query, models.PROTECT, null=True, related_name="accesses")
    hits = ArrayField(models.UUIDField(), default=list)
    hold = models.ForeignKey("reads.Hold", models.PROTECT, null=True, related_name="accesses")
    read_id = models.UUIDField(null=True)
    page = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["query", "at"]),
            models.Index(fields=["read_id"], condition=Q(read_id__isnull=False), name="access_of_a_read"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["results", "read", "image", "export", "hits", "held"]), name="access_kind_listed"
            ),
            models.CheckConstraint(
                condition=Q(query__isnull=False) | ~Q(hits=[]) | Q(hold__isnull=False), name="access_rests_on_something"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["read", "image"]) | Q(read_id__isnull=False), name="access_names_its_read"
            ),
        ]


class Answer(Record):
    """F.1: what an access gave: how many reads, whether there were more than may be shown, and how old they were.

    ``ages``: whole days from capture to the look, as text, and how many reads were that old; kept with the first page.
    ``digest``: SHA-256 of a file that left the portal, in hexadecimal. ``first``: of a page of results, which of the reads
    found it began with, counted from the newest; ``rows`` of them were shown.
    """

    access = models.OneToOneField(Access, models.PROTECT, related_name="answer")
    rows = models.PositiveIntegerField()
    truncated = models.BooleanField(default=False)
    ages = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    first = models.PositiveIntegerField(null=True)


class ListExport(Record):
    """F.1: a list that left the portal as a file: which one, under which filters, how many rows."""

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    list_name = models.CharField(max_length=60)
    filters = models.JSONField(default=dict)
    rows = models.PositiveIntegerField()
    format = models.CharField(max_length=10, choices=Format.choices)

    class Meta:
        indexes = [models.Index(fields=["-at"])]
