"""The door: every sign-in and refusal, the one live session of a member, and locks with their release (F.1, K.login)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from alpr_portal.records import Record

from .members import Member


class SignIn(Record):
    """K.login: what happened at the door of an account. ``by``: whose account it is; ``note`` names who else acted.

    A failed name that is no member's is not kept.
    """

    class Kind(models.TextChoices):
        IN = "in", "Signed in"
        OUT = "out", "Signed out"
        FAILED = "failed", "Password failed"
        FACTOR_FAILED = "factor_failed", "Second factor failed"
        TURNED_AWAY = "turned_away", "Turned away: locked or closed"
        LOCKED = "locked", "Locked after failures"
        RELEASED = "released", "Lock released"
        IDLE = "idle", "Locked when idle"
        LIMIT = "limit", "Ended by the time limit"
        ENDED = "ended", "Ended by a newer sign-in"
        REVOKED = "revoked", "Ended by its owner from another page"
        CONFIRMED = "confirmed", "Confirmed again who it is"
        FACTOR_ADDED = "factor_added", "Second factor added"
        FACTOR_REMOVED = "factor_removed", "Second factor removed"
        CODES_MADE = "codes_made", "Recovery codes made"
        PASSWORD = "password", "Password set or changed"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["by", "-at"]), models.Index(fields=["address", "-at"])]


class RefusalRecord(Record):
    """The portal said no: which duty stood against what. Written after the refused act was rolled back."""

    act = models.CharField(max_length=80)
    clause = models.CharField(max_length=20)
    sentence = models.TextField()
    code = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at"])]


class LiveSession(models.Model):
    """The one session of a member that is live: the member is the key, so a newer sign-in replaces an older one.

    ``number`` is written into the session too; a session that carries another number is over.
    """

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="live_session")
    number = models.UUIDField(default=uuid.uuid4)
    began_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=120, blank=True)


class AccountLock(Record):
    """Too many failures of password or second factor: sign-in is shut until someone releases it."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="locks")
    failures = models.PositiveSmallIntegerField()
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(fields=["member", "-at"])]


class LockRelease(Record):
    """A lock was released, by a system administrator's page or the console; never by the locked member."""

    class Through(models.TextChoices):
        PAGE = "page", "Page"
        CONSOLE = "console", "Console"

    lock = models.OneToOneField(AccountLock, models.PROTECT, related_name="release")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    through = models.CharField(max_length=10, choices=Through.choices)
    reason = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(by=F("member")), name="released_by_someone_else"),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(through="console"), name="released_by_a_member_or_console"
            ),
        ]
