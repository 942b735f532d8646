"""Holds of the demo: one waits, one runs, one ends soon, one was released. Asked and decided as members would."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connections
from django.db.models import F
from django.utils import timezone

from alpr_portal.policy.vocabulary import HoldGround, HoldScope
from reads.holds import asking, deciding, releases
from reads.holds.asking import Found, Item, Said
from reads.models import Hold, Query
from training.models import Member

MOST = 12  # reads of one hold
SAYS = "The case file names this vehicle and the trial is ahead; checked with the investigator."
REASONS = (
    ("The robbery goes to trial in spring; these sightings place the vehicle near the shop that night.", 60),
    ("Series of burglaries still open; the route of this vehicle ties three of the scenes together.", 45),
    ("The missing man's car was seen here last; the search for him goes on.", 5),
    ("Robbery of a clerk; the driver was charged, and the vehicle's way is in the charge.", 30),
)


def tell(now: datetime) -> None:
    """Ask and decide, where the demo has no hold of these weeks yet. Reads and searches stand already."""
    if Hold.objects.filter(at__gt=now - timedelta(days=20)).exists():
        return
    administrator = Member.objects.get(username="administrator")
    ran = Query.objects.filter(run__isnull=False, for_whom=F("by")).exclude(plate="").exclude(case_number="")
    asked: list[Hold] = []
    for query in ran.select_related("by").order_by("-at")[:60]:
        items = seen(query)
        if items and len(asked) < len(REASONS):
            asked.append(ask(query, items, *REASONS[len(asked)], now=now))
    for hold in asked[1:]:
        deciding.decide_hold(hold, approved=True, reason=SAYS, by=administrator, now=now)
    for hold in asked[3:]:
        over = "The case was settled; nobody needs these reads any more."
        assert hold.by is not None
        release = releases.ask_release(hold, reason=over, by=hold.by, now=now)
        releases.decide_release(release, approved=True, reason=SAYS, by=administrator, now=now)


def ask(query: Query, items: list[Item], reason: str, days: int, *, now: datetime) -> Hold:
    """A hold on what a search found, by whoever searched."""
    assert query.by is not None
    missing = "missing" in reason
    ground = HoldGround.MISSING_OR_AT_RISK_PERSON if missing else HoldGround.ACTIVE_INVESTIGATION
    review_on = timezone.localdate(now) + timedelta(days=days)
    said = Said(ground=ground.value, case_number=query.case_number, reason=reason, review_on=review_on)
    found = Found(HoldScope.READS.value, items, query=query)
    return asking.ask_hold(said, found, by=query.by, now=now)


def seen(query: Query) -> list[Item]:
    """Reads of the plate that a search asked for, the newest, as the owner finds them."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT id, upload_day, uploaded_at FROM reads_read WHERE plate = %s "
            "AND uploaded_at > now() - interval '600 hours' ORDER BY uploaded_at DESC LIMIT %s",
            [query.plate, MOST],
        )
        return [Item(*row) for row in cursor.fetchall()]
