"""What waits for me, oldest first: a query over state, never a second store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.parameters import CASE_NUMBER_DUE
from alpr_portal.templatetags.portal import ago, when
from reads import waiting
from training.standing import standing

LAPSES_SOON = timedelta(days=30)  # the worklist warns of training that lapses within this


@dataclass(frozen=True)
class Item:
    """One line of the worklist: what, how many, the oldest one's time, where it is done, the clause behind it, a picture."""

    label: str
    count: int
    oldest_at: datetime | None
    url: str
    clause: str
    icon: str
    due_at: datetime | None = None

    @property
    def clock(self) -> str:
        """``First due`` or ``Oldest``, its time, and how far it is; empty where no time is known."""
        at = self.due_at or self.oldest_at
        word = "First due" if self.due_at else "Oldest"
        return f"{word}: {when(at)} ({ago(at)})" if at else ""


def worklist(member: Any) -> list[Item]:
    """Everything that waits for this member now, oldest first; a constant number of queries."""
    items = []
    if member.has_perm("reads.decide_query"):
        count, oldest = waiting.to_decide(member)
        items.append(
            Item(
                "Searches that await your decision", count, oldest, reverse("list_waiting"), "C.2.B", "clipboard-check"
            )
        )
    if member.has_perm("reads.run_query"):
        count, oldest = waiting.approved(member)
        items.append(
            Item(
                "Approved searches, ready to run",
                count,
                oldest,
                reverse("list_queries") + "?state=ready",
                "C.2.B",
                "search",
            )
        )
        count, oldest = waiting.case_numbers(member)
        items.append(
            Item(
                "Searches that owe their case number",
                count,
                oldest,
                reverse("list_queries") + "?state=owes",
                "C.2.B",
                "file-earmark-text",
                due_at=oldest + CASE_NUMBER_DUE.now if oldest else None,
            )
        )
    if member.has_perm("reads.attest_siting"):
        count, oldest = waiting.unattested()
        items.append(
            Item(
                "Cameras without a siting attestation",
                count,
                oldest,
                reverse("list_cameras") + "?siting=none",
                "C.3.1",
                "camera-video",
            )
        )
    return sorted((item for item in items if item.count), key=lambda item: item.oldest_at or timezone.now())


def waiting_count(member: Any) -> int:
    """The number in the navigation."""
    return sum(item.count for item in worklist(member))


def training_notice(member: Any) -> dict[str, Any]:
    """Whether the member may enter today, until when, and whether that is soon."""
    now = timezone.now()
    papers = standing(member, now)
    soon = papers.lapses_at is not None and papers.lapses_at - now <= LAPSES_SOON
    return {"refusal": papers.refusal, "lapses_at": papers.lapses_at, "soon": soon}
