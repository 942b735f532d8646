"""Work that runs later for a member: asked again when it runs, at most three times, and never lost with Redis (C.3.b)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal
from alpr_portal.records import broken_constraint
from alpr_portal.roles import VERBS

from .access import may_use, opens_data, record_refusal
from .models import Job, JobDone, JobTry, Member
from .standing import standing

MOST_TRIES = 3
HOLDS = timedelta(minutes=5)  # a try without an end holds the job for this long: its worker may still be at it
WAITS = timedelta(minutes=1)  # after that the sweep takes a job up: the broker may never have heard of it
KEPT = timedelta(days=7)  # a file may be fetched for this long
NEWS = timedelta(days=1)  # a file that is ready stands in the worklist for this long
FAILED = (
    "The portal tried three times and could not make this file. Ask for it again; where it fails again, tell the "
    "system administrator its number."
)
TRY_ONCE, DONE_ONCE = "job_try_once", "training_jobdone_job_id_key"
log = structlog.get_logger()


@dataclass(frozen=True)
class File:
    """What a job makes. ``rows``: how many rows of data it holds, the head not counted."""

    name: str
    media_type: str
    content: bytes
    rows: int


Work = Callable[[dict[str, Any], Member, datetime], File]
WORK: dict[str, Work] = {}
LABELS: dict[str, str] = {}


def job(what: str, label: str) -> Callable[[Work], Work]:
    """The function does this kind of job: it takes the arguments, for whom, and the time. ``label``: as a page says it."""

    def mark(function: Work) -> Work:
        WORK[what], LABELS[what] = function, label
        return function

    return mark


@clause("F.1")
def queue(what: str, *, verb: str, arguments: dict[str, Any], by: Member) -> Job:
    """Record that ``by`` asked for a job, and hurry a worker once that is committed.

    ``verb``: the permission that is asked again when it runs. KeyError: no such job or verb.
    """
    WORK[what], VERBS[verb]
    asked: Job = Job.objects.write(by=by, what=what, verb=verb, arguments=arguments)
    transaction.on_commit(partial(hurry, asked.pk))
    return asked


def hurry(job_id: uuid.UUID) -> None:
    """Tell a worker; where the broker is away, the sweep finds the job in the database within three minutes."""
    if not current_app.conf.broker_url:
        return
    try:
        current_app.send_task("training.tasks.run_job", [str(job_id)], retry=False)
    except Exception as error:  # whatever the broker's library raises: the act itself stands
        log.warning("broker away", error=type(error).__name__)


def waiting(now: datetime) -> QuerySet[Job]:
    """Jobs that nobody is at: asked for over a minute ago, without an end, and no try younger than five minutes."""
    held = JobTry.objects.filter(job=OuterRef("pk"), at__gt=now - HOLDS)
    return Job.objects.filter(~Exists(held), done__isnull=True, at__lte=now - WAITS).order_by("at")


def sweep(now: datetime) -> int:
    """Run every job that waits; answers how many came to an end."""
    return sum(run(pk, now) is not None for pk in list(waiting(now).values_list("pk", flat=True)))


@clause("C.3.b", "C.3.a", "F.1")
def run(job_id: uuid.UUID, now: datetime) -> JobDone | None:
    """Run a job, where nobody else does: asks again whether its member may, then makes the file.

    Answers how it ended; None where it is done, held by another worker, unknown, or will be tried again.
    """
    found = Job.objects.select_related("by").filter(pk=job_id, done__isnull=True).first()
    number = _take(found, now) if found else 0
    if found is None or not number:
        return None
    if number > MOST_TRIES:
        return _end(found, outcome=JobDone.Outcome.FAILED, says=FAILED)
    assert found.by is not None
    refusal = may_run(found, found.by, now)
    if refusal:
        return _refuse(found, refusal)
    try:
        made = WORK[found.what](found.arguments, found.by, now)
    except Exception as error:  # a job's fault must not end the worker
        log.error("job failed", what=found.what, number=number, error=type(error).__name__)
        return _end(found, outcome=JobDone.Outcome.FAILED, says=FAILED) if number == MOST_TRIES else None
    return _end(
        found,
        outcome=JobDone.Outcome.DONE,
        name=made.name,
        media_type=made.media_type,
        content=made.content,
        rows=made.rows,
    )


def _take(found: Job, now: datetime) -> int:
    """The number of this worker's try, from 1; four where three came to nothing; 0 where another worker has it."""
    tried = found.tries.aggregate(n=Count("pk"), last=Max("at"))
    if tried["last"] and now - tried["last"] < HOLDS:
        return 0
    number = int(tried["n"]) + 1
    if number > MOST_TRIES:
        return number
    try:
        with transaction.atomic():
            JobTry.objects.write(by=None, job=found, number=number)
    except IntegrityError as error:
        if broken_constraint(error) != TRY_ONCE:
            raise
        return 0
    return number


def may_run(found: Job, member: Member, now: datetime) -> Refusal | None:
    """What stands against the job today: the account, the verb, and where data is opened, designation and training."""
    if not member.is_active:
        return Refusal("C.1", "Only members with an active account may use the portal.", "Ask your supervisor.")
    refusal = may_use(permission=found.verb, held=member.has_perm(found.verb))
    if refusal is None and (VERBS[found.verb].opens_data or opens_data(member)):
        refusal = standing(member, now).refusal
    return refusal


def _refuse(found: Job, refusal: Refusal) -> JobDone | None:
    """No file; the refusal is kept with the job, and as a record of its own."""
    done = _end(
        found,
        outcome=JobDone.Outcome.REFUSED,
        clause=refusal.clause,
        says=f"{refusal.sentence} {refusal.remedy}".strip(),
    )
    if done:
        record_refusal(found.by, refusal, act=f"job {found.what}")
    return done


def _end(found: Job, **values: Any) -> JobDone | None:
    """Record how the job ended, once; None where another worker was faster."""
    try:
        with transaction.atomic():
            return JobDone.objects.write(by=None, job=found, **values)
    except IntegrityError as error:
        if broken_constraint(error) != DONE_ONCE:
            raise
        return None


def mine(member: Member) -> QuerySet[Job]:
    """A member's own jobs, newest first, without the files themselves."""
    jobs = Job.objects.filter(by=member).select_related("done").defer("done__content")
    return jobs.annotate(n_tries=Count("tries")).order_by("-at")


def ready(member: Member, now: datetime) -> QuerySet[Job]:
    """Files that are ready and new."""
    return Job.objects.filter(by=member, done__outcome=JobDone.Outcome.DONE, done__at__gt=now - NEWS)


def open_until(done: JobDone) -> datetime:
    """Until when the file may be fetched."""
    return done.at + KEPT


def state_of(one: Job, now: datetime) -> tuple[str, str]:
    """A job's state: (badge kind, words)."""
    done = getattr(one, "done", None)
    if done is None:
        return "wait", "Being made" if getattr(one, "n_tries", 0) else "Waits"
    if done.outcome == JobDone.Outcome.DONE:
        return ("run", "Ready") if now < open_until(done) else ("", "No longer kept ready")
    return "refuse", "Refused" if done.outcome == JobDone.Outcome.REFUSED else "Failed"


def unfinished(member: Member) -> bool:
    """Whether one of the member's jobs still waits."""
    return Job.objects.filter(by=member, done__isnull=True).exists()
