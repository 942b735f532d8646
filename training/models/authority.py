"""Whose word lets a member act: designations, verbs lent to designees, and the yearly review of who may."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from alpr_portal.records import Deputed, Record

from .members import Member


class Designation(Deputed):
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


class DesignationEnd(Deputed):
    """A designation that ended before its date."""

    designation = models.OneToOneField(Designation, models.PROTECT, related_name="end")
    reason = models.TextField()


class Loan(Record):
    """L.2, "or designee": ``by``, the principal, lends one verb to a designee between two times."""

    designee = models.ForeignKey(Member, models.PROTECT, related_name="loans")
    verb = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["designee", "ends_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="loan_ends_after_start"),
            models.CheckConstraint(condition=Q(by__isnull=False), name="loan_by_a_member"),
            models.CheckConstraint(condition=~Q(by=F("designee")), name="loan_to_someone_else"),
        ]


class LoanEnd(Record):
    """A loan that ended before its date."""

    loan = models.OneToOneField(Loan, models.PROTECT, related_name="end")
    reason = models.TextField()


class AccessReview(Record):
    """A reviewer's yearly sign-off: each of their people still needs what they have, or lost it."""

    year = models.PositiveSmallIntegerField()
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["year", "by"])]
        constraints = [models.CheckConstraint(condition=Q(by__isnull=False), name="review_by_a_member")]


class ReviewedMember(Record):
    """One line of a review: who, which roles they had, and whether they keep them."""

    review = models.ForeignKey(AccessReview, models.PROTECT, related_name="lines")
    member = models.ForeignKey(Member, models.PROTECT, related_name="reviews")
    roles = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    kept = models.BooleanField()
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "member"], name="reviewed_once_a_review"),
            models.CheckConstraint(condition=~Q(by=F("member")), name="reviewed_by_someone_else"),
            models.CheckConstraint(condition=Q(kept=True) | ~Q(reason=""), name="review_no_has_a_reason"),
        ]
