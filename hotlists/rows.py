"""Each night what is watched for is written anew: plates of lists that were replaced leave the database's files too (G)."""

from __future__ import annotations

import time

import structlog
from django.db import OperationalError, connections

from alpr_portal.policy.clauses import clause

ATTEMPTS = 40
PAUSE = 0.25  # seconds between attempts while reads are being stored; with the lock's own 200 ms, 18 s in all
log = structlog.get_logger()


@clause("G")
def write_anew() -> bool:
    """Forget the rows of entries that ended long ago, then write the rest anew; False where it never had a turn."""
    with connections["purge"].cursor() as cursor:
        cursor.execute("SELECT hotlists_forget_ended()")
        for _ in range(ATTEMPTS):
            try:
                cursor.execute("SELECT hotlists_write_anew()")
            except OperationalError:  # whoever stores reads goes first
                time.sleep(PAUSE)
            else:
                return True
    log.error("rows_not_written_anew")
    return False
