"""What waits for whom among accounts, training and papers: how many, and since when the oldest; one query each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.mfa import app_settings as mfa
from allauth.mfa.models import Authenticator
from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from . import accounts, authority, courses, documents, exam_rules, gaps, jobs, lapses, letters, locks, members, reviews
from .models import Attempt, Course, Designation, Invitation, InvitationUsed, Member

ENDS_SOON = timedelta(days=30)
LATE_LETTER = timedelta(days=1)
FEW_CODES = 2


Waiting = tuple[int, datetime | None]  # how many, and the oldest one's time where one is known


def counted(found: QuerySet[Any], field: str = "at") -> Waiting:
    """One query: how many, and the smallest of a field."""
    said = found.order_by().aggregate(n=Count("pk"), oldest=Min(field))
    return said["n"], said["oldest"]


# --- accounts -------------------------------------------------------------------------------------------------------


def proposals(member: Member) -> Waiting:
    """Proposals about accounts, lost second factors among them, that wait for this member's word."""
    return accounts.to_decide(member)


def locked(member: Member) -> Waiting:
    return counted(locks.open_locks().filter(member__is_active=True))


def unsupervised(member: Member) -> Waiting:
    return counted(members.without_supervisor(), "joined_at")


def invited() -> QuerySet[Invitation]:
    """The newest invitation of each active member who never took one up."""
    newer = Invitation.objects.filter(member=OuterRef("member"), at__gt=OuterRef("at"))
    taken = InvitationUsed.objects.filter(invitation__member=OuterRef("member"))
    return Invitation.objects.filter(~Exists(newer), ~Exists(taken), member__is_active=True)


def not_taken_up(member: Member) -> Waiting:
    """Invitations that ran out before they were used: somebody has to send a new one."""
    return counted(invited().filter(expires_at__lte=timezone.now()), "expires_at")


def reviews_due(member: Member) -> Waiting:
    return reviews.due(member, timezone.now())


def reviewers_late(member: Member) -> Waiting:
    """Reviewers, and people whom nobody can review, whose review is due: for those who watch over it."""
    late = reviews.overdue(timezone.now())
    return len(late), late[0].oldest_at if late else None


def designations_ending(member: Member) -> Waiting:
    """Designations that end within thirty days, of active members, with none that goes on."""
    now = timezone.now()
    goes_on = Designation.objects.filter(
        member=OuterRef("member"), end__isnull=True, ends_at__gt=now + ENDS_SOON, starts_at__lte=OuterRef("ends_at")
    )
    ending = Designation.objects.filter(
        ~Exists(goes_on), end__isnull=True, ends_at__gt=now, ends_at__lte=now + ENDS_SOON, member__is_active=True
    )
    return counted(ending, "ends_at")


def undesignated(member: Member) -> Waiting:
    return counted(authority.undesignated(), "joined_at")


# --- training -------------------------------------------------------------------------------------------------------


def trained(member: Member) -> dict[str, Waiting]:
    """Of the members whose training this one sees: how many are lapsing, lapsed, never trained; one query."""
    now = timezone.now()
    seen = lapses.seen_by(member, lapses.with_access(now)).exclude(pk=member.pk)
    times: dict[str, list[datetime]] = {"lapsing": [], "lapsed": [], "never": []}
    for lapses_at, joined_at in seen.values_list("lapses_at", "joined_at"):
        state = lapses.state_of(lapses_at, now)
        if state in times:
            times[state].append(lapses_at or joined_at)
    return {state: (len(found), min(found, default=None)) for state, found in times.items()}


def to_approve(member: Member) -> Waiting:
    """Courses that wait for the Department's approval, those that this member made left out."""
    waiting = Course.objects.filter(approval__isnull=True, end__isnull=True).exclude(made_by=member)
    return waiting.count(), None


def unapproved(member: Member) -> Waiting:
    return Course.objects.filter(approval__isnull=True, end__isnull=True).count(), None


def uncovered(member: Member) -> Waiting:
    """Topics of J that no approved course covers."""
    return len(courses.uncovered_topics()), None


def open_exams(member: Member) -> Waiting:
    """Exams that the member began and may still answer."""
    return counted(
        Attempt.objects.filter(by=member, at__gt=timezone.now() - exam_rules.OPEN_FOR, answered__isnull=True)
    )


# --- papers ---------------------------------------------------------------------------------------------------------


def kinds_missing(member: Member) -> Waiting:
    """Kinds of documents of which none is in force."""
    return len(documents.missing_kinds(timezone.localdate())), None


def gaps_overdue(member: Member) -> Waiting:
    return gaps.overdue(timezone.localdate()).count(), None


def letters_late(member: Member) -> Waiting:
    """Letters that should have left a day ago."""
    return counted(letters.unsent().filter(at__lt=timezone.now() - LATE_LETTER))


def files_ready(member: Member) -> Waiting:
    return counted(jobs.ready(member, timezone.now()), "done__at")


def few_codes(member: Member) -> Waiting:
    """How many recovery codes are left, where a member made some and two or fewer are left; 0 otherwise is no news."""
    made = Authenticator.objects.filter(user=member, type=Authenticator.Type.RECOVERY_CODES).first()
    if made is None:
        return 0, None
    used = made.data.get("used_mask")
    codes = made.data.get("migrated_codes")
    left = len(codes) if codes is not None else mfa.RECOVERY_CODE_COUNT - int(used or 0).bit_count()
    return int(left <= FEW_CODES), None
