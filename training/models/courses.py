"""J: courses, the question bank, exams, completions and their corrections."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from alpr_portal.policy.vocabulary import TrainingTopic
from alpr_portal.records import Deputed, Record

from .members import Member
from .papers import Intake, Publication, StoredFile


class Course(models.Model):
    """J: one version of a course: its topics, for how many days a completion counts, and what its exam asks.

    ``pass_mark``: percent; ``questions_per_topic``: how many an exam draws for each topic, 0 where the course has no
    exam in the portal. Once approved, the database lets nothing of it change: a change is a new version.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    version = models.CharField(max_length=20)
    topics = ArrayField(models.CharField(max_length=30, choices=TrainingTopic.choices()))
    valid_days = models.PositiveIntegerField(default=365)
    pass_mark = models.PositiveSmallIntegerField(default=80)
    questions_per_topic = models.PositiveSmallIntegerField(default=0)
    material = models.ForeignKey(Publication, models.PROTECT, null=True, blank=True, related_name="courses")
    made_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["title", "version"], name="course_version_once"),
            models.CheckConstraint(condition=Q(pass_mark__gte=1, pass_mark__lte=100), name="course_pass_mark_percent"),
            models.CheckConstraint(condition=Q(valid_days__gte=1, valid_days__lte=1826), name="course_valid_days"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"


class CourseApproval(Deputed):
    """C.3.a, "department-approved": from here on completions of the course count."""

    course = models.OneToOneField(Course, models.PROTECT, related_name="approval")
    made_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(by=F("made_by")), name="course_approved_by_someone_else")]


class CourseEnd(Record):
    """The course is given no more; completions of it count until they run out."""

    course = models.OneToOneField(Course, models.PROTECT, related_name="end")
    reason = models.TextField()


class Question(models.Model):
    """One question of the bank of a topic. ``right``: the index of the right one of ``choices``, from 0."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    topic = models.CharField(max_length=30, choices=TrainingTopic.choices())
    text = models.TextField()
    choices = ArrayField(models.CharField(max_length=300))
    right = models.PositiveSmallIntegerField()
    in_use = models.BooleanField(default=True)

    history = HistoricalRecords()

    class Meta:
        indexes = [models.Index(fields=["topic"])]

    def __str__(self) -> str:
        return self.text


class Attempt(Record):
    """``by`` began an exam: the questions as they were asked. ``questions``: [{"topic", "text", "choices"}]."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="attempts")
    questions = models.JSONField()
    right = ArrayField(models.PositiveSmallIntegerField())

    class Meta:
        indexes = [models.Index(fields=["by", "-at"])]


class AttemptAnswered(Record):
    """What was answered, once; the database marks it again and refuses another score. ``score``: percent."""

    attempt = models.OneToOneField(Attempt, models.PROTECT, related_name="answered")
    answers = ArrayField(models.SmallIntegerField())
    score = models.PositiveSmallIntegerField()
    passed = models.BooleanField()


class Completion(Record):
    """J, C.3.a: one member completed one course; it covers ``topics`` until ``expires_at``.

    ``entered``: how it came in. ``attempt``: the exam it rests on, then ``by`` is the member. ``corrects``: the
    withdrawn completion that it replaces.
    """

    class Entered(models.TextChoices):
        SINGLY = "singly", "Entered singly"
        ROSTER = "roster", "From a roster"
        EXAM = "exam", "Exam in the portal"

    member = models.ForeignKey(Member, models.PROTECT, related_name="completions")
    course = models.ForeignKey(Course, models.PROTECT, related_name="completions")
    completed_on = models.DateField()
    topics = ArrayField(models.CharField(max_length=30))
    expires_at = models.DateTimeField()
    instructor = models.CharField(max_length=200, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    entered = models.CharField(max_length=10, choices=Entered.choices, default=Entered.SINGLY)
    evidence = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    intake = models.ForeignKey(Intake, models.PROTECT, null=True, blank=True, related_name="completions")
    attempt = models.OneToOneField(Attempt, models.PROTECT, null=True, blank=True, related_name="completion")
    corrects = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="corrected_by")

    class Meta:
        indexes = [models.Index(fields=["member", "expires_at"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(by=F("member")) | Q(attempt__isnull=False), name="completion_entered_by_someone_else"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__lte=100), name="completion_score_percent"
            ),
        ]


class CompletionWithdrawn(Record):
    """A completion that a second person found wrong: it counts no longer; the completion itself stays on record."""

    completion = models.OneToOneField(Completion, models.PROTECT, related_name="withdrawn")
    entered_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    reason = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(by=F("entered_by")), name="withdrawn_by_someone_else")]
