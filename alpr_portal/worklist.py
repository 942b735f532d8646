"""What waits for me, oldest first: a query over state, never a second store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from reads import waiting
from training.standing import standing


@dataclass(frozen=True)
class Item:
    """One line of the worklist: what, how many, the oldest one's time, where it is done, the clause behind it."""

    title: str
    count: int
    oldest_at: datetime | None
    url: str
    clause: str
    due_at: datetime | None = None


def worklist(member: Any) -> list[Item]:
    """Everything that waits for this member now, oldest first; a constant number of queries."""
    items = []
    if member.has_perm("reads.decide_query"):
        count, oldest = waiting.to_decide(member)
        items.append(Item("searches await your decision", count, oldest, reverse("list_waiting"), "C.2.B"))
    if member.has_perm("reads.run_query"):
        count, oldest = waiting.approved(member)
        items.append(
            Item("approved searches are ready to run", count, oldest, reverse("list_queries") + "?state=ready", "C.2.B")
        )
        count, oldest = waiting.case_numbers(member)
        items.append(
            Item("searches owe their case number", count, oldest, reverse("list_queries") + "?state=owes", "C.2.B")
        )
    if member.has_perm("reads.attest_siting"):
        count, oldest = waiting.unattested()
        items.append(
            Item("cameras lack a siting attestation", count, oldest, reverse("list_cameras") + "?siting=none", "C.3.1")
        )
    return sorted((item for item in items if item.count), key=lambda item: item.oldest_at or timezone.now())


def waiting_count(member: Any) -> int:
    """The number in the navigation."""
    return sum(item.count for item in worklist(member))


def training_notice(member: Any) -> dict[str, Any]:
    """Whether the member may enter today, and until when."""
    papers = standing(member, timezone.now())
    return {"refusal": papers.refusal, "lapses_at": papers.lapses_at}
