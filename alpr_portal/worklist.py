"""What waits for me, oldest first: a query over state, never a second store."""

from __future__ import annotations

from collections.abc import Callable
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
    log, cameras = reverse("list_queries"), reverse("list_cameras")
    decide, ask = "reads.decide_query", "reads.run_query"
    # verb, words, what counts it, where it is done, clause, picture
    lines: list[tuple[str, str, Callable[[Any], waiting.Waiting], str, str, str]] = [
        (
            decide,
            "Searches that await your decision",
            waiting.to_decide,
            reverse("list_waiting"),
            "C.2.B",
            "clipboard-check",
        ),
        (
            decide,
            "Searches of your unit with an overdue case number",
            waiting.overdue,
            f"{log}?state=owes",
            "C.2.B",
            "clock",
        ),
        (ask, "Approved searches, ready to run", waiting.approved, f"{log}?state=ready", "C.2.B", "search"),
        (ask, "Searches that were not approved", waiting.denied, f"{log}?state=not_approved", "C.2.B", "x-octagon"),
        (
            "reads.attest_siting",
            "Cameras without a siting attestation",
            waiting.unattested,
            f"{cameras}?siting=none",
            "C.3.1",
            "camera-video",
        ),
    ]
    items = [
        Item(label, *count(member), url, id_, icon)
        for verb, label, count, url, id_, icon in lines
        if member.has_perm(verb)
    ]
    if member.has_perm(ask):
        count, oldest = waiting.case_numbers(member)
        due = oldest + CASE_NUMBER_DUE.now if oldest else None
        words = "Searches that owe their case number"
        items.append(Item(words, count, oldest, f"{log}?state=owes", "C.2.B", "file-earmark-text", due_at=due))
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
