"""Reads that are kept past their 720 hours: asked for, decided by another, reviewed, released, gone (G.1 to G.3)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from alpr_portal.policy.vocabulary import HoldGround, HoldScope
from alpr_portal.records import Deputed, Record
from training.models import StoredFile

from .base import listed
from .queries import Query

# neither the asker, nor somebody whom the asker lent the verb to and who decides in the asker's name
SOMEONE_ELSE = ~Q(by=F("asked_by")) & (Q(on_behalf_of__isnull=True) | ~Q(on_behalf_of=F("asked_by")))


class Hold(Record):
    """G.1, G.2, G.3: reads that a case needs longer, as ``by`` asked for them; which ones stands in ``HoldItem``.

    ``review_on``: within 90 days of the asking. ``expires_at``: when the first of its reads is over its 720 hours, unless
    the hold is approved before. ``items``: how many reads; above 1,000 ``bulk_reason`` says why so many.
    """

    ground = models.CharField(max_length=30, choices=HoldGround.choices())
    case_number = models.CharField(max_length=20)
    reason = models.TextField()
    scope = models.CharField(max_length=10, choices=HoldScope.choices())
    query = models.ForeignKey(Query, models.PROTECT, null=True, related_name="holds")
    hits = ArrayField(models.UUIDField(), default=list)
    items = models.PositiveIntegerField()
    bulk_reason = models.TextField(blank=True)
    review_on = models.DateField()
    expires_at = models.DateTimeField()
    obligation_of = models.CharField(max_length=200, blank=True)
    document = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["-at"]), models.Index(fields=["case_number"])]
        constraints = [
            listed("ground", HoldGround, "hold_ground_listed"),
            listed("scope", HoldScope, "hold_scope_listed"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(case_number=""), name="hold_has_reason_and_case"),
            models.CheckConstraint(condition=Q(items__gt=0), name="hold_holds_something"),
            models.CheckConstraint(condition=Q(items__lte=1000) | ~Q(bulk_reason=""), name="hold_of_many_says_why"),
            models.CheckConstraint(
                condition=Q(scope=HoldScope.HIT.value, query__isnull=True) & ~Q(hits=[])
                | ~Q(scope=HoldScope.HIT.value) & Q(query__isnull=False, hits=[]),
                name="hold_rests_on_query_or_hit",
            ),
            models.CheckConstraint(
                condition=~Q(ground=HoldGround.LEGAL_OBLIGATION.value)
                | ~Q(obligation_of="") & Q(document__isnull=False),
                name="hold_for_others_has_document",
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.number}"

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its id."""
        return str(self.pk)[:8].upper()


class HoldItem(models.Model):
    """One read that a hold asks for, by number; written with its hold and never changed."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="reads")
    read_id = models.UUIDField()
    upload_day = models.DateField()
    privileges: ClassVar[dict[str, str]] = {"alpr_app": "SELECT, INSERT"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold", "read_id"], name="hold_item_once")]


class HoldDecision(Deputed):
    """G: another person lets reads be kept, or not, once; with it the database copies them, whatever runs beside it.

    ``reads`` and ``pictures``: how many were copied; ``gone``: how many were off the disk already. All three the
    database writes.
    """

    hold = models.OneToOneField(Hold, models.PROTECT, related_name="decision")
    approved = models.BooleanField()
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reads = models.PositiveIntegerField(default=0)
    pictures = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=SOMEONE_ELSE, name="hold_decided_by_someone_else"),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_decision_has_reason"),
        ]


class HoldReview(Deputed):
    """G: a hold is still needed, and until when at most: within 90 days. Never by the member who asked for it."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="reviews")
    keep_until = models.DateField()
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=SOMEONE_ELSE, name="hold_reviewed_by_someone_else"),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_review_has_reason"),
        ]


class HoldMember(Record):
    """A colleague who works on the case of a hold, and may open what it holds."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="members")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold", "member"], name="hold_member_once")]


class ReleaseAsked(Record):
    """G: somebody says that a hold is not needed any more, and why."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="releases")
    reason = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="release_has_reason")]


class ReleaseDecision(Deputed):
    """G: another person releases a hold, or keeps it. What is released is closed at once and gone within a day."""

    release = models.OneToOneField(ReleaseAsked, models.PROTECT, related_name="decision")
    approved = models.BooleanField()
    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(by=F("asked_by")), name="release_decided_by_someone_else"),
            models.CheckConstraint(condition=~Q(reason=""), name="release_decision_has_reason"),
        ]


class HeldDisposed(Record):
    """G: what a hold kept has left the disk: released by two persons, or not reviewed in time."""

    hold = models.OneToOneField(Hold, models.PROTECT, related_name="disposed")
    run_id = models.UUIDField()
    because = models.CharField(max_length=10, choices=[("released", "Released"), ("lapsed", "Not reviewed in time")])
    reads = models.PositiveIntegerField()
    pictures = models.PositiveIntegerField()
    privileges: ClassVar[dict[str, str]] = {"alpr_purge": "…"}

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(because__in=["released", "lapsed"]), name="held_disposed_because_listed")
        ]


class HoldState(models.Model):
    """Derived, never written by the application: until when each approved hold runs, and when it was released.

    ``keep_until``: the last day (Oakland's) on which its data is open; its copy goes a week after that day, or at the
    next run of the disposal once it was released. The row goes when the copy has gone.
    """

    hold = models.OneToOneField(Hold, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="state")
    case_number = models.CharField(max_length=20, db_index=True)
    keep_until = models.DateField()
    released_at = models.DateTimeField(null=True)
    privileges: ClassVar[dict[str, str]] = {"alpr_app": "SELECT", "alpr_purge": "SELECT"}
