"""Nobody comes in to a database that was restored, until what had gone from it is gone again (G)."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.db.models import BooleanField, Func
from django.db.models.lookups import Exact

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal

OPEN = Exact(Func(function="reads_in_quarantine", output_field=BooleanField()), False)
CLOSED = Refusal(
    "G",
    "The portal was restored from a backup and is closed until everything that had expired or was erased is gone again.",
    "Wait: the system administrators open it. Nothing is wrong with your account.",
    "account.quarantine",
)
# What else closes it, told by the apps above: each answers whether it does.
ALSO: list[Callable[[], bool]] = []


@clause("G")
def refusal() -> Refusal | None:
    """Why nobody signs in now; None where the door is open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reads_in_quarantine()")
        (shut,) = cursor.fetchone()
    return CLOSED if shut or also() else None


def also() -> bool:
    """Whether one of the apps above closes the portal."""
    return any(closed() for closed in ALSO)
