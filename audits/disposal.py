"""Records over their term go: one person proposes, another decides, and the database lets through what still may go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import RECORDS_FLOOR
from alpr_portal.policy.refusal import require
from alpr_portal.policy.vocabulary import RecordClass
from alpr_portal.records import write_or_tell
from reads import erasures
from reads.erasures import Erasure
from training.models import Member

from . import retention_rules as rules
from .holds import RACES
from .models import DisposalDecision, DisposalFinished, DisposalProposed, DisposalRow, DisposedRecords

PROPOSE, DECIDE, VIEW = "audits.propose_disposal", "audits.decide_disposal", "audits.view_records"
SLICE = 500  # stories of one transaction
PATIENCE = "120s"  # for the statement that looks through a class
FRESH = 300  # seconds


def years_kept() -> int:
    """For how many years records are kept."""
    return max(int(settings.RECORDS_KEPT_YEARS), RECORDS_FLOOR.now)


def overview() -> dict[str, dict[str, Any]]:
    """By class: how many records, the oldest, how many stories are over their term; counted every five minutes."""

    def count() -> dict[str, dict[str, Any]]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
            cursor.execute("SELECT kind, records, oldest_at, over_term FROM audits_overview()")
            found = {row[0]: {"records": row[1], "oldest_at": row[2], "over_term": row[3]} for row in cursor.fetchall()}
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
        nothing = {"records": 0, "oldest_at": None, "over_term": 0}
        return {kind.value: found.get(kind.value, nothing) for kind in RecordClass}

    said: dict[str, dict[str, Any]] = cache.get_or_set("records_overview", count, FRESH) or count()
    return said


def with_state(proposals: QuerySet[DisposalProposed]) -> QuerySet[DisposalProposed]:
    return proposals.select_related("decision", "finished")


def stands(proposal: DisposalProposed) -> str:
    """How a proposal stands: waits, denied, runs or done."""
    decision = getattr(proposal, "decision", None)
    if decision is None:
        return "waits"
    if not decision.approved:
        return "denied"
    return "done" if hasattr(proposal, "finished") else "runs"


def waiting(member: Member) -> QuerySet[DisposalProposed]:
    """The proposals that this member may decide."""
    return DisposalProposed.objects.filter(decision__isnull=True).exclude(by=member)


def approved_unfinished() -> QuerySet[DisposalProposed]:
    """The batches that two persons let go and that are not done, the oldest first."""
    return DisposalProposed.objects.filter(decision__approved=True, finished__isnull=True).order_by("at")


def progress(proposal: DisposalProposed) -> dict[str, int]:
    """How far a batch is: rows done, rows in all, and the share in per cent."""
    said = DisposalRow.objects.filter(proposal_id=proposal.pk).aggregate(
        rows=Count("key"), done=Count("key", filter=~Q(state=""))
    )
    return {**said, "share": 100 * said["done"] // max(1, said["rows"])}


@clause("F.1")
def propose(*, kind: str, up_to: date, reason: str, by: Member, now: datetime) -> DisposalProposed:
    """Propose that every story of a class goes that ended on or before a day and may go. Raises BadInput, Refused."""
    rules.read_up_to(up_to, today=timezone.localdate(now), years=years_kept())
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
        made: DisposalProposed = write_or_tell(RACES, DisposalProposed, by=by, kind=kind, up_to=up_to, reason=reason)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    made.refresh_from_db()
    return made


@clause("F.1")
def decide(
    proposal: DisposalProposed, *, approved: bool, reason: str, digest: str, by: Member, now: datetime
) -> DisposalDecision:
    """Let the records of a proposal go, or not; ``digest``: of those that were seen. Raises Refused."""
    decided = hasattr(proposal, "decision")
    require(rules.may_decide_disposal(proposed_by=proposal.by_id, by=by.pk, decided=decided))
    said = {"proposal": proposal, "approved": approved, "reason": reason, "asked_by": proposal.by, "digest": digest}
    made: DisposalDecision = write_or_tell(RACES, DisposalDecision, by=by, **said)
    return made


@clause("F.1")
def dispose(proposal: DisposalProposed, *, tell: Callable[[int], None] = lambda left: None) -> DisposalFinished:
    """Carry out an approved batch, slice by slice; broken off, it goes on where it stood. ``tell``: rows that wait."""
    left = 1
    while left:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT audits_dispose(%s, %s)", [proposal.pk, SLICE])
            left = cursor.fetchone()[0]
            erasures.note("records", str(proposal.pk))
        tell(left)
    cache.delete("records_overview")
    return DisposalFinished.objects.get(proposal=proposal)


def dispose_all() -> list[DisposalFinished]:
    """Every batch that two persons let go and that is not done."""
    return [dispose(batch) for batch in approved_unfinished()]


def replay(line: Erasure) -> str:
    """After a restore: let the batch of a line of the journal go again. "" where that is done, else what a person must do.

    A batch that the backup does not know as approved cannot go without two persons: its records are there again, over
    their term, and are proposed anew.
    """
    batch = DisposalProposed.objects.filter(pk=line.what).select_related("decision", "finished").first()
    if batch is not None and stands(batch) == "done":
        return ""
    if batch is None or stands(batch) != "runs":
        return (
            f"Batch {line.what[:8].upper()} went after this backup was made, and the backup does not know that it was "
            "approved: propose the disposal of records anew."
        )
    dispose(batch)
    return ""


class StillSeen(Exception):  # noqa: N818 - read as a sentence
    """A transaction that began before the batch was done still runs: what went would be written anew with the rest."""


def rewrite(
    batch: DisposalFinished, *, patience: float = 60, tell: Callable[[str], None] = lambda table: None
) -> list[str]:
    """Write the tables of a finished batch anew as the owner, so that nothing of what went lies in their files.

    Waits so many seconds for transactions that are older than the batch. Raises StillSeen.
    """
    until = monotonic() + patience
    while not _out_of_sight(batch):
        if monotonic() > until:
            raise StillSeen("A transaction older than the batch still runs: run this again when it is over.")
        sleep(0.5)
    tables = list(
        DisposedRecords.objects.filter(proposal=batch.proposal_id, rows__gt=0).values_list("table", flat=True)
    )
    for table in sorted(tables):
        with connections["owner"].cursor() as cursor:
            cursor.execute(f'VACUUM (FULL, ANALYZE) "{table}"')
        tell(table)
    return tables


def _out_of_sight(batch: DisposalFinished) -> bool:
    """Whether no transaction of the whole server is old enough to keep PostgreSQL from letting the rows go."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT age(f.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid) FROM audits_disposalfinished f "
            "WHERE f.id = %s",
            [batch.pk],
        )
        return bool(cursor.fetchone()[0])
