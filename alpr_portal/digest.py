"""The worklist by e-mail, each working morning: what waits, how many, and the way there; never a datum."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from alpr_portal.policy.clauses import clause
from training.letters import Values, page, says, write
from training.mail import link
from training.models import Letter, Member

from .worklist import worklist


@clause("L.4")
def due_worklist(now: datetime) -> int:
    """Write the day's digest for every active member for whom something waits; answers to how many."""
    today = timezone.localdate(now)
    members = Member.objects.filter(is_active=True).exclude(email="").iterator()
    return write([(member.pk, "worklist", today) for member in members if worklist(member)])


@says("worklist")
def of_worklist(letter: Letter, now: datetime) -> Values:
    """The lines as they stand when the letter leaves."""
    lines = [f"- {item.label}: {item.count}\n  {link(item.url)}" for item in worklist(letter.member)]
    return {"lines": "\n".join(lines) or "- Nothing any more: it was done since.", "link": page("home")}
