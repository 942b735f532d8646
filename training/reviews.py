"""The yearly access review: each supervisor answers for each of their people, the Chief for whoever has none (C.3.b)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import REVIEW_EVERY
from alpr_portal.policy.refusal import BadInput, require
from alpr_portal.roles import ROLES

from . import members
from . import review_rules as rules
from .models import AccessReview, AccountReopened, Member, ReviewedMember

SIGNERS = tuple(role for role, verbs in ROLES.items() if "training.sign_review" in verbs)


class Word(NamedTuple):
    """A reviewer's word on one member; ``reason`` is needed where the roles end."""

    kept: bool
    reason: str = ""


@dataclass(frozen=True)
class Due:
    """Whose review is due: the reviewer (None: nobody can), their people of whom it is, and since when."""

    reviewer: Member | None
    people: list[Member]
    oldest_at: datetime


def signing_supervisor() -> Q:
    """Members whose supervisor is active and may sign a review."""
    able = Member.objects.filter(members.holds(*SIGNERS), is_active=True)
    return Q(supervisor__in=able.values("pk"))


@clause("C.3.b")
def people_of(reviewer: Member) -> QuerySet[Member]:
    """The active members whom this reviewer answers for: each is somebody's, nobody is their own."""
    mine = Q(supervisor=reviewer)
    if reviewer.groups.filter(name="chief").exists():
        mine |= ~signing_supervisor() | Q(supervisor__isnull=True)
    return with_dates(Member.objects.filter(mine, is_active=True).exclude(pk=reviewer.pk)).order_by("name")


def with_dates(found: QuerySet[Member]) -> QuerySet[Member]:
    """Each with ``reviewed_at`` (None: never) and ``opened_at``, when two people let them in last."""
    reviewed = ReviewedMember.objects.filter(member=OuterRef("pk")).order_by("-at").values("at")[:1]
    opened = AccountReopened.objects.filter(member=OuterRef("pk")).order_by("-at").values("at")[:1]
    return found.annotate(reviewed_at=Subquery(reviewed), opened_at=Coalesce(Subquery(opened), F("joined_at")))


def next_at(member: Any) -> datetime:
    """When a member of ``with_dates`` is to be reviewed next."""
    return rules.due_at(reviewed_at=member.reviewed_at, opened_at=member.opened_at, every=REVIEW_EVERY.now)


def due(reviewer: Member, now: datetime) -> tuple[int, datetime | None]:
    """Of how many of this reviewer's people the review is due, and since when the oldest."""
    times = [at for at in map(next_at, people_of(reviewer)) if at <= now]
    return len(times), min(times, default=None)


def overdue(now: datetime) -> list[Due]:
    """Every reviewer whose review is due, the oldest first; nobody's people stand under None. A constant number of queries."""
    signers = {m.pk: m for m in Member.objects.filter(members.holds(*SIGNERS), is_active=True)}
    chiefs = list(Member.objects.filter(members.holds("chief"), is_active=True).order_by("joined_at", "pk"))
    late: dict[Any, list[Member]] = {}
    for member in with_dates(Member.objects.filter(is_active=True)).order_by("name"):
        if next_at(member) <= now:
            chief = next((c for c in chiefs if c.pk != member.pk), None)
            reviewer = (signers.get(member.supervisor_id) if member.supervisor_id else None) or chief
            late.setdefault(reviewer.pk if reviewer else None, []).append(member)
    known = {**signers, **{chief.pk: chief for chief in chiefs}}
    found = [Due(known.get(key), people, min(map(next_at, people))) for key, people in late.items()]
    return sorted(found, key=lambda one: one.oldest_at)


@clause("C.3.b")
def sign_review(words: Mapping[Any, Word], *, note: str, by: Member, now: datetime) -> AccessReview:
    """Sign for all of one's people at once; who is not kept loses every role in the same transaction.

    ``words``: member id → Word. Raises Refused where the people are others by now, BadInput for an end without reason.
    """
    with transaction.atomic():
        members.hold(members.LAST_OF_A_ROLE, f"review {by.pk}")
        people = list(people_of(by).prefetch_related("groups"))
        require(rules.may_sign(by=by.pk, people=[member.pk for member in people], answered=list(words)))
        review: AccessReview = AccessReview.objects.write(by=by, year=now.year, note=note)
        for member in people:
            word, held = words[member.pk], members.roles_of(member)
            if not word.kept and not word.reason:
                raise BadInput("reason.missing", "Reason: say why the roles end.", f"reason_{member.pk}")
            ReviewedMember.objects.write(
                by=by, review=review, member=member, roles=held, kept=word.kept, reason=word.reason
            )
            if not word.kept:
                members.end_all_roles(member, reason=f"Yearly review: {word.reason}", by=by)
    return review
