"""Background duties of who may come in: three lines each, ids only."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from . import jobs, letters, reports, unused  # noqa: F401 - reports name their jobs as they are imported


@shared_task
def run_job(job_id: str) -> None:
    """One job that a member asked for."""
    jobs.run(UUID(job_id), timezone.now())


@shared_task
def sweep_jobs() -> int:
    """Jobs that the broker never heard of, or whose worker died (C.3.b)."""
    return jobs.sweep(timezone.now())


@shared_task
def write_letters() -> int:
    """Letters about lapses that are due today (J)."""
    return letters.due(timezone.now())


@shared_task
def write_roles_digest() -> int:
    """The week's granted and ended roles, to the Chief and the Coordinator (C.3.b)."""
    return letters.due_roles(timezone.now())


@shared_task
def send_letters() -> int:
    """What is unsent leaves for the mail server (J)."""
    return letters.send_due(timezone.now()).left


@shared_task
def close_unused() -> int:
    """Accounts that nobody used for 90 days are closed (C.3.b)."""
    return len(unused.close_unused(timezone.now()))
