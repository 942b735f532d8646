"""What the cameras saw, and who looked: cameras, sources, batches, queries and the accesses that open the reads."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase
from simple_history.models import HistoricalRecords

from alpr_portal.policy.vocabulary import Mount, Outcome, Purpose, Siting
from alpr_portal.records import Record

from .adapters import own

POLICE_AREAS = [(str(n), f"Area {n}") for n in range(1, 7)]


def listed(field: str, values: Any, name: str) -> models.CheckConstraint:
    """The database's side of a closed list."""
    return models.CheckConstraint(condition=Q(**{f"{field}__in": [str(v) for v in values]}), name=name)


class Source(models.Model):
    """F.2: whoever sends reads: a camera network, a vendor, a patrol car.

    Its key is kept as a digest; for our own format also sealed under a secret that is not in the database, since a
    signature can be checked only with the key itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=30)
    key_digest = models.CharField(max_length=64, blank=True)
    key_hint = models.CharField(max_length=12, blank=True)
    key_made_at = models.DateTimeField(null=True)
    sealed_key = models.BinaryField(null=True)
    signed_only = models.BooleanField(default=False)
    columns = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)

    history = HistoricalRecords(excluded_fields=["key_digest", "sealed_key"])
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "SELECT"}

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_only=False) | Q(format=own.ADAPTER.name), name="source_signs_own_format"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_sign(self) -> bool:
        """Whether its format is ours: a vendor's sends what the vendor can."""
        return self.format == own.ADAPTER.name


class Camera(models.Model):
    """A.1: a reader on a fixed object or a vehicle, where it looks, and since when. Without siting it cannot send."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="cameras")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    mount = models.CharField(max_length=10, choices=Mount.choices(), default=Mount.FIXED)
    area = models.CharField("police area", max_length=2, choices=POLICE_AREAS)
    lat = models.FloatField("latitude", null=True, blank=True)
    lon = models.FloatField("longitude", null=True, blank=True)
    in_service_from = models.DateField()
    in_service_to = models.DateField(null=True, blank=True)
    # Names where the camera stands and looks; a new one whenever that changes, so that an attestation cannot travel.
    place_id = models.UUIDField(default=uuid.uuid4, editable=False)

    history = HistoricalRecords(excluded_fields=["place_id"])
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "SELECT"}

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["source", "code"], name="camera_code_once_per_source"),
            listed("mount", Mount, "camera_mount_listed"),
            models.CheckConstraint(
                condition=Q(in_service_to__isnull=True) | Q(in_service_to__gte=F("in_service_from")),
                name="camera_service_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SitingAttestation(Record):
    """C.3.1: a named person attests that a camera looks at what is open to public view, or under which court order."""

    camera = models.ForeignKey(Camera, models.PROTECT, related_name="attestations")
    siting = models.CharField(max_length=20, choices=Siting.choices())
    court_order = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    place_id = models.UUIDField(null=True)
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "SELECT (id, camera_id, at, siting, place_id)"}

    class Meta:
        constraints = [
            listed("siting", Siting, "siting_listed"),
            models.CheckConstraint(
                condition=~Q(siting=Siting.COURT_ORDER.value) | ~Q(court_order=""), name="court_order_siting_has_number"
            ),
        ]


class Batch(Record):
    """F.2, A.2: one delivery of reads. Its key outlives the reads, so a replay finds the first answer and no clock restarts."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="batches")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    received = models.PositiveIntegerField()
    stored = models.PositiveIntegerField()
    duplicates = models.PositiveIntegerField()
    refused = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    # seconds from capture to upload, over the reads that were taken
    lag_median = models.PositiveIntegerField(null=True)
    lag_longest = models.PositiveIntegerField(null=True)
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "…"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="batch_once_per_source")]
        indexes = [models.Index(fields=["source", "-at"])]


class DeliveryRefused(Record):
    """F.2: a delivery that was turned away whole: unknown key, malformed body, unattested camera. Counted per source."""

    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="refusals")
    code = models.CharField(max_length=60)
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "…"}


class NonceSeen(Record):
    """F.2: a signed delivery that came with this nonce; a second one with the same is a replay, whoever sends it."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="nonces")
    nonce = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    privileges: ClassVar[dict[str, str]] = {"alpr_ingest": "…"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "nonce"], name="nonce_once_per_source")]


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

    It rests on a query, or on the hits (by id) whose sights it opens.
    """

    class Kind(models.TextChoices):
        RESULTS = "results", "Page of results"
        READ = "read", "One read"
        IMAGE = "image", "Image"
        EXPORT = "export", "Export"
        HITS = "hits", "Hits"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    query = models.ForeignKey(Query, models.PROTECT, null=True, related_name="accesses")
    hits = ArrayField(models.UUIDField(), default=list)
    read_id = models.UUIDField(null=True)
    page = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["query", "at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["results", "read", "image", "export", "hits"]), name="access_kind_listed"
            ),
            models.CheckConstraint(condition=Q(query__isnull=False) | ~Q(hits=[]), name="access_rests_on_something"),
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


class Read(models.Model):
    """A plate read, as the gated window shows it. Not a table of ours: without a recorded access it raises."""

    id = models.UUIDField(primary_key=True)
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


class DisposedDay(Record):
    """G: an upload day that left the disk: how many reads and pictures. Written in the transaction that dropped them."""

    run_id = models.UUIDField()
    day = models.DateField()
    reads = models.PositiveBigIntegerField()
    pictures = models.PositiveBigIntegerField()
    privileges: ClassVar[dict[str, str]] = {"alpr_purge": "…"}

    class Meta:
        indexes = [models.Index(fields=["-day"], name="disposed_day_newest_first")]


class PurgeRun(Record):
    """G: one run of the disposal, whether or not anything was due: days and reads that went, the oldest read left."""

    partitions = models.PositiveIntegerField()
    purged = models.PositiveBigIntegerField()
    oldest_at = models.DateTimeField(null=True)
    failed = models.JSONField(default=list)
    took_ms = models.PositiveIntegerField()
    privileges: ClassVar[dict[str, str]] = {"alpr_purge": "…"}

    class Meta:
        indexes = [models.Index(fields=["-at"], name="purge_run_newest_first")]


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
