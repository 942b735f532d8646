"""Background duties of reads: three lines each, ids only."""

from celery import shared_task

from .partitions import make_ahead


@shared_task
def make_partitions() -> int:
    """Daily partitions stand ready ahead of time (A.2)."""
    return make_ahead()
