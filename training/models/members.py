"""Members and the life of an account: proposed, created, given roles, closed and opened again, each by two people."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from alpr_portal.policy.vocabulary import AccountStep, Category, ClosedBecause
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


class AccountProposal(Record):
    """The first of two people: a supervisor proposes a member, a role, a category, or that an account opens again.

    ``member``: None where a new one is proposed (``step`` join), whose facts are then in ``details``
    (username, name, email, badge, unit, rank, supervisor's id). ``roles``: names of ``alpr_portal.roles.ROLES``.
    """

    step = models.CharField(max_length=10, choices=AccountStep.choices())
    member = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="proposals")
    details = models.JSONField(default=dict, blank=True)
    category = models.CharField(max_length=10, choices=Category.choices(), blank=True)
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    reason = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["-at"])]
        constraints = [
            models.CheckConstraint(condition=~Q(by=F("member")), name="proposal_for_someone_else"),
            models.CheckConstraint(condition=Q(by__isnull=False), name="proposal_by_a_member"),
            models.CheckConstraint(condition=Q(step__in=[s.value for s in AccountStep]), name="proposal_step_listed"),
            models.CheckConstraint(
                condition=Q(member__isnull=True, step=AccountStep.JOIN.value)
                | Q(member__isnull=False) & ~Q(step=AccountStep.JOIN.value),
                name="proposal_names_its_member",
            ),
        ]


class AccountDecision(Record):
    """The second of two people decides a proposal, once. ``member``: whom it concerns; for a new one, who was created."""

    proposal = models.OneToOneField(AccountProposal, models.PROTECT, related_name="decision")
    proposed_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    approved = models.BooleanField()
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(by__isnull=False), name="decision_by_a_member"),
            models.CheckConstraint(condition=~Q(by=F("proposed_by")), name="decision_by_a_second_person"),
            models.CheckConstraint(condition=~Q(by=F("member")), name="decision_about_someone_else"),
            models.CheckConstraint(condition=Q(approved=True) | ~Q(reason=""), name="decision_no_has_a_reason"),
        ]


class RoleGrant(Record):
    """A role was given, by two people. The database itself puts the member into the role's group; nobody else can."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=40)
    decision = models.ForeignKey(AccountDecision, models.PROTECT, null=True, blank=True, related_name="grants")
    proposed_by = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["member", "role"]), models.Index(fields=["-at"])]
        constraints = [
            models.CheckConstraint(condition=~Q(by=F("member")), name="role_granted_by_someone_else"),
            models.CheckConstraint(condition=~Q(by=F("proposed_by")), name="role_granted_by_two"),
            models.CheckConstraint(condition=~Q(proposed_by=F("member")), name="role_proposed_by_someone_else"),
        ]


class RoleEnd(Record):
    """A role was taken away; one person suffices, and it works on the member's very next request."""

    grant = models.OneToOneField(RoleGrant, models.PROTECT, related_name="end")
    reason = models.TextField()


class AccountClosed(Record):
    """An account was closed: who left, or did not come for 90 days. The database ends its session with it."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="closings")
    because = models.CharField(max_length=20, choices=ClosedBecause.choices())
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["member", "-at"])]
        constraints = [models.CheckConstraint(condition=~Q(by=F("member")), name="closed_by_someone_else")]


class AccountReopened(Record):
    """A closed account was opened again: its supervisor's word, a second person's decision, training that is current."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="reopenings")
    decision = models.OneToOneField(AccountDecision, models.PROTECT, related_name="reopened")


class CategoryChanged(Record):
    """C.1: a member became sworn, a Police Service Technician or other; decides whether a designation is needed."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="category_changes")
    category = models.CharField(max_length=10, choices=Category.choices())
    decision = models.OneToOneField(AccountDecision, models.PROTECT, related_name="category_change")


class FactorReset(Record):
    """F.1: the second factor of a member who lost it was removed, by two people; the member sets up a new one."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="factor_resets")
    decision = models.OneToOneField(AccountDecision, models.PROTECT, related_name="factor_reset")


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
