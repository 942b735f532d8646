"""Who may come in: members, designations, training and the record of every sign-in (C.1, C.3.a, E.1, F.1, J)."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from alpr_portal.policy.vocabulary import Category, TrainingTopic
from alpr_portal.records import Record


class MemberManager(BaseUserManager["Member"]):
    """Finds members by their user name; makes one with an unusable password until an invitation is taken up."""

    def create_user(self, username: str, password: str | None = None, **values: object) -> Member:
        member = self.model(username=username, **values)
        member.set_password(password)
        member.save(using=self._db)
        return member


class Member(AbstractBaseUser, PermissionsMixin):
    """A member of the department, or an officer of the City's oversight. Deactivated, never deleted; never a superuser."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    badge = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=120, blank=True)
    rank = models.CharField(max_length=60, blank=True)
    category = models.CharField(max_length=10, choices=Category.choices(), default=Category.SWORN)
    supervisor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reports")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    objects = MemberManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_superuser=False), name="member_is_never_superuser"),
            models.CheckConstraint(
                condition=Q(category__in=[c.value for c in Category]), name="member_category_listed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.badge})" if self.badge else self.name

    def get_full_name(self) -> str:
        return self.name


class Designation(Record):
    """C.1, E.1: the Chief's word that a member who is neither sworn nor a PST may use the technology, between two dates."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="designations")
    scope = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="designation_ends_after_start"),
            models.CheckConstraint(condition=~Q(by=F("member")), name="designation_by_someone_else"),
        ]


class DesignationEnd(Record):
    """A designation that ended before its date."""

    designation = models.OneToOneField(Designation, models.PROTECT, related_name="end")
    reason = models.TextField()


class Course(models.Model):
    """J: a course the department approved, the topics it covers, and for how many days a completion counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    version = models.CharField(max_length=20)
    topics = ArrayField(models.CharField(max_length=30, choices=TrainingTopic.choices()))
    valid_days = models.PositiveIntegerField(default=365)
    approved_on = models.DateField()

    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["title", "version"], name="course_version_once")]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"


class Completion(Record):
    """J, C.3.a: one member completed one course; it covers ``topics`` until ``expires_at``."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="completions")
    course = models.ForeignKey(Course, models.PROTECT)
    completed_on = models.DateField()
    topics = ArrayField(models.CharField(max_length=30))
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["member", "expires_at"])]


class CompletionWithdrawn(Record):
    """A completion that a second person found wrong: it counts no longer; the completion itself stays on record."""

    completion = models.OneToOneField(Completion, models.PROTECT, related_name="withdrawn")
    entered_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    reason = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(by=F("entered_by")), name="withdrawn_by_someone_else")]


class SignIn(Record):
    """K.login: signed in, signed out, failed, locked by idleness. A failed name that is no member's is not kept."""

    class Kind(models.TextChoices):
        IN = "in", "Signed in"
        OUT = "out", "Signed out"
        FAILED = "failed", "Failed"
        IDLE = "idle", "Locked when idle"
        LIMIT = "limit", "Ended by the time limit"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(fields=["by", "-at"])]


class RefusalRecord(Record):
    """The portal said no: which duty stood against what. Written after the refused act was rolled back."""

    act = models.CharField(max_length=80)
    clause = models.CharField(max_length=20)
    sentence = models.TextField()
    code = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at"])]


class Invitation(Record):
    """F.1: a one-time way in for a new member, who sets a password nobody else ever knows. Only a digest is kept."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="invitations")
    token_digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["member", "-at"])]


class InvitationUsed(Record):
    """The invitation was taken up, once, by the member it was for."""

    invitation = models.OneToOneField(Invitation, models.PROTECT, related_name="used")
