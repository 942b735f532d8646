"""What a hit saw, to be kept for a case: its reads by number, found under a recorded look at its hits (G)."""

from __future__ import annotations

from datetime import datetime

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import HOLD_CAP
from alpr_portal.policy.vocabulary import HoldScope
from reads.holds.asking import Found, Item
from reads.search import answered
from training.models import Member

from . import incident_page, sights
from .models import Incident


@clause("G", "F.1")
def found_by(incident: Incident, *, by: Member, now: datetime) -> Found:
    """The reads that the hits of an incident saw and that are still there, each once. Raises Refused."""
    hits = list(incident_page.hits_of(by, incident)[: HOLD_CAP.now + 1])
    with sights.opened(by, hits, now=now) as opened:
        seen = [look.sight for look in opened.looks.values() if look.sight and look.read]
    answered(opened.window.record, rows=len(seen))
    items = {sight.read_id: Item(sight.read_id, sight.upload_day, sight.uploaded_at) for sight in seen}
    return Found(HoldScope.HIT.value, list(items.values()), hits=[sight.hit_id for sight in seen])
