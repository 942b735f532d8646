"""The sweep: a delivery of reads that left no match receipt is compared later, with what was in force when it came (B.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, connections
from django.db.models import Exists, OuterRef

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import RETENTION
from reads.models import Batch

from .models import MatchReceipt

MOST = 500  # deliveries in one run
GRACE = timedelta(minutes=10)  # the sweep has been there by then


@clause("B.1")
def match_unmatched(most: int = MOST) -> tuple[int, int]:
    """Compare deliveries without a receipt, each in a transaction of its own; answers how many, and how many hits.

    The trigger on the reads leaves none behind; restored or switched-off triggers do. Can be killed and run again.
    """
    with connections["purge"].cursor() as cursor:
        cursor.execute("SELECT hotlists_unmatched(%s)", [most])
        batches = [batch for (batch,) in cursor.fetchall()]
        hits = 0
        for batch in batches:
            cursor.execute("SELECT hotlists_match_batch(%s)", [batch])
            hits += cursor.fetchone()[0]
    return len(batches), hits


def unmatched(now: datetime) -> int:
    """How many deliveries of the last 720 hours are without a receipt, though the sweep should have been there."""
    receipts = MatchReceipt.objects.filter(batch_id=OuterRef("pk"))
    came = Batch.objects.filter(stored__gt=0, at__gt=now - RETENTION.now, at__lt=now - GRACE)
    return came.filter(~Exists(receipts)).count()


def is_on() -> bool:
    """Whether the database compares what it stores, in every mode."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass('reads_read')"
            " AND tgname = 'hotlists_match' AND tgenabled = 'A')"
        )
        return bool(cursor.fetchone()[0])
