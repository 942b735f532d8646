"""A certificate is issued at the end of every run of the disposal, and all of them can be checked again at any time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Prefetch

from alpr_portal.policy.clauses import clause

from ..disposal_locks import PURGE
from ..models import CertifiedDay, DisposedDay, HeldDisposed, PurgeRun
from .rules import broken, digest_of

BY = {"by_name": "the portal"}


@clause("G")
def issue(run: PurgeRun, gone: dict[date, datetime | None], *, ended_at: datetime) -> PurgeRun:
    """Certify a run that is over, in one transaction; to be called while no other run is at work.

    ``run``: unsaved, with what it came to but what is filled in here. ``gone``: the upload days whose reads, key and packs
    are gone, and when this run destroyed the key; what a run that broke off left uncertified, of them or of holds, is told
    with it.
    """
    records = DisposedDay.objects.using(PURGE).filter(day__in=gone, bytes__isnull=False, certified__isnull=True)
    days = [
        CertifiedDay(**BY, run=run, disposed=one, key_gone_at=gone[one.day] if one.has_key else None)
        for one in records.order_by("day", "at", "pk")
    ]
    last = PurgeRun.objects.using(PURGE).aggregate(number=Max("number"))["number"]
    before = PurgeRun.objects.using(PURGE).get(number=last) if last else None
    run.number, run.previous = (last or 0) + 1, before.digest if before else ""
    run.partitions, run.purged = len({one.disposed.day for one in days}), sum(one.disposed.reads for one in days)
    run.holds = [
        {"hold": str(one.hold_id), "because": one.because, "reads": one.reads, "pictures": one.pictures}
        for one in ended_holds()
    ]
    run.ended_at = ended_at
    run.digest = digest_of(said(run, days))
    with transaction.atomic(using=PURGE):
        run.save(using=PURGE, force_insert=True)
        for one in days:
            one.save(using=PURGE, force_insert=True)
    return run


def ended_holds() -> list[HeldDisposed]:
    """The holds whose copies left and that no certificate names: of this run, and of runs that broke off before theirs.

    Certificates go with the records of their time: a hold that ended before the oldest that is kept had one.
    """
    runs = PurgeRun.objects.using(PURGE)
    found = HeldDisposed.objects.using(PURGE).filter(~Exists(runs.filter(pk=OuterRef("run_id"))))
    first = runs.exclude(digest="").order_by("number").first()
    if first and first.number and first.number > 1:
        found = found.filter(at__gt=first.at)
    return [
        one
        for one in found.order_by("at", "pk")
        if not runs.filter(holds__contains=[{"hold": str(one.hold_id)}]).exists()
    ]


def said(run: PurgeRun, days: Sequence[CertifiedDay]) -> dict[str, Any]:
    """Everything that a certificate tells, by name; its digest is over these."""
    return {
        "certificate": run.number,
        "previous": run.previous,
        "run": run.pk,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "days": [day_said(one) for one in days],
        "holds": run.holds,
        "oldest_at": run.oldest_at,
        "failed": run.failed,
        "left": run.left,
        "brake": run.brake_id,
    }


def day_said(one: CertifiedDay) -> dict[str, Any]:
    """What a certificate tells of an upload day."""
    gone = one.disposed
    return {
        "record": gone.pk,
        "day": gone.day,
        "in": gone.stored,
        "held": gone.held,
        "purged": gone.reads,
        "pictures": gone.pictures,
        "bytes": gone.bytes,
        "packs_bytes": gone.packs_bytes,
        "key": "destroyed" if gone.has_key else "none",
        "key_gone_at": one.key_gone_at,
        "purged_at": gone.at,
    }


def with_days(runs: Any) -> Any:
    """Certificates with their days, in the order in which they are hashed."""
    days = CertifiedDay.objects.select_related("disposed").order_by("disposed__day", "disposed__at", "disposed__pk")
    return runs.prefetch_related(Prefetch("days", queryset=days))


def is_whole(run: PurgeRun) -> bool:
    """Whether the records still say what was certified. ``run``: one of ``with_days``."""
    return run.digest == digest_of(said(run, list(run.days.all())))


@dataclass(frozen=True)
class Verdict:
    """What looking through all certificates came to."""

    checked: int
    wrong: list[str]
    last: PurgeRun | None


@clause("G")
def verify(using: str = PURGE) -> Verdict:
    """Compute every certificate anew from the records, and see that each follows the one before."""
    last: list[PurgeRun] = []

    def chain() -> Iterator[tuple[int, str, str, str]]:
        runs = PurgeRun.objects.using(using).exclude(digest="").order_by("number")
        for run in with_days(runs).iterator(chunk_size=500):
            last[:] = [run]
            yield run.number, run.previous, run.digest, digest_of(said(run, list(run.days.all())))

    found: list[tuple[int, str, str, str]] = list(chain())
    return Verdict(len(found), broken(found), last[0] if last else None)


def of_run(run_id: uuid.UUID) -> PurgeRun:
    """The certificate of a run, with its days."""
    found: PurgeRun = with_days(PurgeRun.objects.using(PURGE)).get(pk=run_id)
    return found
