"""When the disposal stops itself: a clock that cannot be trusted would let it destroy what nobody may destroy yet."""

from __future__ import annotations

from datetime import datetime

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import BRAKE_DAYS, CLOCK_JUMP, CLOCKS_AGREE


@clause("G")
def why_stopped(*, database: datetime, host: datetime, last: datetime | None) -> str:
    """Why a run must not begin: ``clocks_differ``, ``jumped_ahead`` or ``went_back``; "" where it may.

    ``last``: when the run before was, by the database's clock, or when a person let it go on since; None before the first.
    """
    if abs(database - host) > CLOCKS_AGREE.now:
        return "clocks_differ"
    if last is not None and database < last:
        return "went_back"
    if last is not None and database - last > CLOCK_JUMP.now:
        return "jumped_ahead"
    return ""


def may_take(taken: int) -> bool:
    """Whether a run that took so many upload days with anything in them may take another one."""
    return taken < BRAKE_DAYS.now
