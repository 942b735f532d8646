"""Background duties of reads: three lines each, ids only."""

from celery import shared_task
from django.utils import timezone

from . import disposal, erasures, partitions, watching


@shared_task
def make_partitions() -> int:
    """Daily partitions stand ready ahead of time (A.2)."""
    return partitions.make_ahead()


@shared_task
def purge() -> int:
    """Expired upload days leave the disk (G); where another run is at work, that one does it."""
    try:
        return disposal.purge().partitions
    except disposal.AlreadyRunning:
        return 0


@shared_task
def index_closed_days() -> int:
    """Closed upload days get the index for parts of plates (A.2)."""
    return partitions.index_closed_days()


@shared_task
def watch() -> int:
    """Whether retention is kept (G): a day in breach is recorded, and told to the Administrator and the Coordinator.

    Before that: a database that is older than its journal of erasures was restored, and is closed.
    """
    erasures.close()
    return watching.watch(timezone.now())
