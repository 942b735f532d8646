"""What a member's papers say today: active, designated, trained; and the completions that cover it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from alpr_portal.policy.refusal import Refusal

from .models import Completion, Designation, Member
from .rules import TOPICS, may_enter


@dataclass(frozen=True)
class Standing:
    """The facts of one moment and what the rule says of them. ``completions``: ids of the records that count."""

    refusal: Refusal | None
    designated: bool
    topics: frozenset[str]
    completions: list[uuid.UUID] = field(default_factory=list)
    lapses_at: datetime | None = None

    @property
    def may_enter(self) -> bool:
        return self.refusal is None


def standing(member: Member, now: datetime) -> Standing:
    """Read a member's standing at ``now`` from the records; two queries."""
    counting = list(
        Completion.objects.filter(member=member, expires_at__gt=now, withdrawn__isnull=True).order_by("-expires_at")
    )
    topics = frozenset(topic for completion in counting for topic in completion.topics) & TOPICS
    designated = Designation.objects.filter(
        member=member, starts_at__lte=now, ends_at__gt=now, end__isnull=True
    ).exists()
    last = {topic: max(c.expires_at for c in counting if topic in c.topics) for topic in topics}
    return Standing(
        refusal=may_enter(is_active=member.is_active, category=member.category, designated=designated, topics=topics),
        designated=designated,
        topics=topics,
        completions=[completion.pk for completion in counting],
        lapses_at=min(last.values()) if topics == TOPICS else None,
    )
