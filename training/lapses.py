"""Until when many members are trained, asked of the database at once: what reports, letters and worklists stand on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Case, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, Value, When

from alpr_portal.roles import ROLES, data_roles

from .members import people_of
from .models import Designation, Member
from .rules import TOPICS, WITHOUT_DESIGNATION

SOON = timedelta(days=60)  # "lapsing": within this
# what the report calls a member's training, worst first
STATES = {"never": "Never trained", "lapsed": "Lapsed", "lapsing": "Lapsing", "current": "Current"}


class LapsesAt(Func):
    """When the training of a member lapses or lapsed: the first of the eight topics to run out.

    NULL where a topic was never covered. Completions that were withdrawn do not count.
    """

    output_field = DateTimeField()
    template = (  # noqa: S608 - words of a closed list
        "(SELECT CASE WHEN count(*) = {n} THEN min(t.until) END FROM ("
        "SELECT topic, max(c.expires_at) AS until FROM training_completion c CROSS JOIN unnest(c.topics) AS topic "
        "WHERE c.member_id = %(expressions)s AND topic IN ({topics}) AND NOT EXISTS ("
        "SELECT 1 FROM training_completionwithdrawn w WHERE w.completion_id = c.id) GROUP BY topic) t)"
    ).format(n=len(TOPICS), topics=", ".join(f"'{topic}'" for topic in sorted(TOPICS)))


def with_access(now: datetime) -> QuerySet[Any]:
    """Active members whose role opens ALPR data, each with ``lapses_at`` and ``designated`` (True where none is needed)."""
    running = Designation.objects.filter(member=OuterRef("pk"), starts_at__lte=now, ends_at__gt=now, end__isnull=True)
    designated = Case(
        When(Q(category__in=WITHOUT_DESIGNATION) | Exists(running), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    opening = Exists(
        Member.groups.through.objects.filter(member=OuterRef("pk"), group__name__in=sorted(data_roles(ROLES)))
    )
    return Member.objects.filter(opening, is_active=True).annotate(lapses_at=LapsesAt(F("pk")), designated=designated)


def in_state(members: QuerySet[Any], state: str, now: datetime) -> QuerySet[Any]:
    """Those of ``with_access`` whose training is in one of ``STATES``. KeyError for another word."""
    return members.filter(
        {
            "never": Q(lapses_at__isnull=True),
            "lapsed": Q(lapses_at__lte=now),
            "lapsing": Q(lapses_at__gt=now, lapses_at__lte=now + SOON),
            "current": Q(lapses_at__gt=now + SOON),
        }[state]
    )


def state_of(lapses_at: datetime | None, now: datetime) -> str:
    """The word for one member's ``lapses_at``: one of ``STATES``."""
    if lapses_at is None:
        return "never"
    if lapses_at <= now:
        return "lapsed"
    return "lapsing" if lapses_at <= now + SOON else "current"


def seen_by(member: Member, members: QuerySet[Any]) -> QuerySet[Any]:
    """Whose training this member may see: who may export reports sees all, others their people and their unit."""
    return members if member.has_perm("training.export_training") else members.filter(people_of(member))
