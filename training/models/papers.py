"""Papers: stored files, published documents, known gaps, files taken in, letters, and jobs that run later."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from alpr_portal.policy.vocabulary import IntakeKind, PublicationKind
from alpr_portal.records import Deputed, Record

from .members import Member


class StoredFile(Record):
    """A file as it was taken in, after it was looked at (training/stored_files.py): evidence, or a published document."""

    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()


class Publication(Deputed):
    """L.1: one version of a document that the department stands by; ``by`` approved it, in force from a day on."""

    kind = models.CharField(max_length=20, choices=PublicationKind.choices())
    title = models.CharField(max_length=200)
    version = models.CharField(max_length=40)
    in_force_on = models.DateField()
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="publications")
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "-in_force_on"])]
        constraints = [models.UniqueConstraint(fields=["kind", "title", "version"], name="publication_version_once")]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"


class PublicationEnd(Deputed):
    """A published document that holds no more; it stays readable as what it was."""

    publication = models.OneToOneField(Publication, models.PROTECT, related_name="end")
    reason = models.TextField()


class Gap(Record):
    """K.login: a known gap of the portal against the order, and the upgrade that is planned for it."""

    clause = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    gap = models.TextField()
    plan = models.TextField(blank=True)
    due_on = models.DateField(null=True, blank=True)


class GapStep(Record):
    """What was done about a gap; ``closed`` says that it is no more."""

    gap = models.ForeignKey(Gap, models.PROTECT, related_name="steps")
    note = models.TextField()
    closed = models.BooleanField(default=False)


class Intake(Record):
    """A file of rows as it was sent: a roster of completions, or personnel's leavers and transfers. Nothing done yet."""

    kind = models.CharField(max_length=10, choices=IntakeKind.choices())
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    content = models.TextField()
    rows = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["kind", "-at"])]


class IntakeApplied(Record):
    """The file was applied, whole, once. ``counts``: what it did, by kind of row; the receipt's numbers."""

    intake = models.OneToOneField(Intake, models.PROTECT, related_name="applied")
    counts = models.JSONField(default=dict)


class Letter(Record):
    """A letter that is due to a member, once per occasion. ``kind``: the Markdown file's name; it holds links, never data."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=40)
    about_on = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["-at"])]
        constraints = [models.UniqueConstraint(fields=["member", "kind", "about_on"], name="letter_once_an_occasion")]


class LetterSent(Record):
    """The letter left for the mail server."""

    letter = models.OneToOneField(Letter, models.PROTECT, related_name="sent")


class Job(Record):
    """Work that ``by`` asked for and that runs later. ``verb``: the permission that is asked again when it runs.

    ``arguments``: plain values without plates or names.
    """

    what = models.CharField(max_length=40)
    verb = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["by", "-at"])]
        constraints = [models.CheckConstraint(condition=Q(by__isnull=False), name="job_by_a_member")]


class JobTry(Record):
    """A worker took the job up; the number is unique, so two workers never have the same try. After three it is parked."""

    job = models.ForeignKey(Job, models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="job_try_once")]


class JobDone(Record):
    """How the job ended: a file, a refusal with its clause, or a failure."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed"

    job = models.OneToOneField(Job, models.PROTECT, related_name="done")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    name = models.CharField(max_length=120, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    content = models.BinaryField(null=True)
    rows = models.PositiveIntegerField(default=0)
    clause = models.CharField(max_length=20, blank=True)
    says = models.TextField(blank=True)
