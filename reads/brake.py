"""The brake of the disposal: raised when a clock cannot be trusted, and released by nobody but a person at the console."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from django.db import connections
from django.db.models import F

from alpr_portal.policy.clauses import clause

from .brake_rules import why_stopped
from .disposal_locks import PURGE
from .models import BrakeRaised, BrakeReleased, PurgeRun

log = structlog.get_logger()


def database_clock() -> datetime:
    """The clock that expiry is counted by."""
    with connections[PURGE].cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def host_clock() -> datetime:
    """The clock of the machine that this process runs on."""
    return datetime.now(UTC)


def raised(using: str = PURGE) -> BrakeRaised | None:
    """The brake that is on, if one is."""
    return BrakeRaised.objects.using(using).filter(released__isnull=True).order_by("-number").first()


def trusted() -> tuple[int, datetime | None]:
    """The last run that was not stopped, by its number, and the last moment whose clock was trusted: that run's, or that
    of a person's release since."""
    runs = PurgeRun.objects.using(PURGE).filter(brake__isnull=True)
    last = runs.order_by(F("number").desc(nulls_last=True), "-at").first()
    number = (last.number or 0) if last else 0
    let_go = BrakeReleased.objects.using(PURGE).filter(brake__after=number).order_by("-brake__number").first()
    return number, let_go.at if let_go else last.at if last else None


@clause("G")
def look(*, dry_run: bool = False) -> BrakeRaised | None:
    """The brake that stops this run, raised now where it must be; None where the run may begin. Never releases one.

    ``dry_run``: answers an unsaved one.
    """
    found = raised()
    if found:
        return found
    number, last = trusted()
    database, host = database_clock(), host_clock()
    why = why_stopped(database=database, host=host, last=last)
    if not why:
        return None
    log.error("disposal_stopped", why=why)
    said = {"why": why, "after": number, "database_at": database, "host_at": host, "last_at": last}
    brake = BrakeRaised(by_name="the portal", number=BrakeRaised.objects.using(PURGE).count() + 1, **said)
    if not dry_run:
        brake.save(using=PURGE, force_insert=True)
    return brake


@clause("G")
def release(*, operator: str, reason: str) -> BrakeReleased | None:
    """Let the disposal go on, on the word of ``operator``; None where no brake is on. Call it while no run is at work."""
    found = raised()
    if found is None:
        return None
    return BrakeReleased.objects.using(PURGE).create(
        by_name="the portal", brake=found, operator=operator, reason=reason
    )
