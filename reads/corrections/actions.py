"""What is done about a wrong read: reported by who saw it, decided by another; the read stays as it was observed (G)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Case, CharField, Q, QuerySet, Value, When

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import RETENTION
from alpr_portal.policy.refusal import Refusal, require
from alpr_portal.records import write_or_tell
from training.models import Member

from ..models import Access, Correction, ReadReport
from . import rules
from .rules import Life, Right

REPORT, DECIDE, VIEW = "reads.report_read", "reads.correct_read", "reads.view_corrections"
# The loser of a race is told what the rule would have said: constraint → refusal.
RACES = {
    "read_reported_once": rules.may_report(flagged=True),
    "reads_correction_report_id_key": rules.may_decide(decider=1, reported_by=2, life=Life.CONFIRMED),
    "reported_read_is_there": rules.may_decide(decider=1, reported_by=2, life=Life.GONE),
    "read_corrected_by_entitled": Refusal(
        "C.2.A.1-age", "A supervisor decides on reads reported wrong.", "Your permission to decide has ended."
    ),
}


def with_life(reports: QuerySet[ReadReport], now: datetime) -> QuerySet[Any]:
    """Each report with ``life`` and ``flagged`` as the records tell them. The twin of ``rules.life``, ``is_flagged``."""
    return reports.annotate(
        life=Case(
            When(correction__confirmed=True, then=Value(Life.CONFIRMED.value)),
            When(correction__confirmed=False, then=Value(Life.REJECTED.value)),
            When(uploaded_at__gt=now - RETENTION.now, then=Value(Life.OPEN.value)),
            default=Value(Life.GONE.value),
            output_field=CharField(),
        ),
        flagged=Case(
            When(correction__confirmed=False, then=Value(False)), default=Value(True), output_field=BooleanField()
        ),
    )


def flagged() -> QuerySet[ReadReport]:
    """The reports that make a read stand as wrong: one for each such read."""
    return ReadReport.objects.filter(Q(correction=None) | Q(correction__confirmed=True))


def decidable_by(member: Member, now: datetime) -> QuerySet[Any]:
    """The reports that this member may decide, oldest first: not their own, and of no other unit's hits."""
    waiting = with_life(ReadReport.objects.all(), now).filter(life=Life.OPEN.value, unit__in={"", member.unit})
    return waiting.exclude(by=member).order_by("at")


def life_of(report: ReadReport, now: datetime) -> Life:
    """How a report stands, for the pure rule."""
    decision = Correction.objects.filter(report=report).first()
    confirmed = decision.confirmed if decision else None
    return rules.life(confirmed=confirmed, uploaded_at=report.uploaded_at, now=now, retention=RETENTION.now)


def blocks_decision(report: ReadReport, by: Member, *, now: datetime) -> Refusal | None:
    """What stands against ``by`` deciding this report now."""
    return rules.may_decide(decider=by.pk, reported_by=report.by_id, life=life_of(report, now))


@clause("C.2.A.1-age", "G")
def report_read(
    read: Any, *, kind: str, right: Right | None, access: Access, unit: str = "", by: Member, now: datetime
) -> ReadReport:
    """Say that a read is wrong; from here on it is shown as such and matches no list. Raises Refused.

    ``access``: the look at this read by ``by``. ``unit``: the only one whose members may open it, if any.
    """
    with transaction.atomic():
        lock(read.id)
        require(rules.may_report(flagged=flagged().filter(read_id=read.id).exists()))
        said = {"read_id": read.id, "upload_day": read.upload_day, "uploaded_at": read.uploaded_at}
        report: ReadReport = write_or_tell(RACES, ReadReport, by=by, kind=kind, access=access, unit=unit, **said)
        _say_right(report.pk, right)
        return report


@clause("C.2.A.1-age", "G")
def decide_report(
    report: ReadReport,
    *,
    confirmed: bool,
    ground: str,
    right: Right | None,
    access: Access,
    by: Member,
    now: datetime,
) -> Correction:
    """Confirm that a read is wrong, with what it reads right, or reject the report: then it matches again. Raises Refused."""
    with transaction.atomic():
        lock(report.read_id)
        require(blocks_decision(report, by, now=now))
        said = {"confirmed": confirmed, "ground": rules.check_ground(ground, confirmed=confirmed), "access": access}
        decision: Correction = write_or_tell(RACES, Correction, by=by, report=report, reported_by=report.by, **said)
        _say_right(decision.pk, right if confirmed else None)
        return decision


def lock(read: uuid.UUID) -> None:
    """Take turns on one read until the end of the transaction, as the triggers do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reads_lock_read(%s)", [read])


def _say_right(record: uuid.UUID, right: Right | None) -> None:
    """Keep what the plate reads right beside the record, as long as the read."""
    if right:
        with connection.cursor() as cursor:
            cursor.execute("SELECT reads_say_right(%s, %s, %s)", [record, right.plate, right.state])
