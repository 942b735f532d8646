"""How many deliveries are worked on at a time: the rest of the threads stay with the people who search."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

PATIENCE = 2.0  # seconds that a delivery waits for a place before it is turned away after all
RETRY_AFTER = (1, 4)  # seconds, drawn at random: senders turned away together do not come back together


class TooBusy(Exception):  # noqa: N818 - read as a sentence: "raise TooBusy"
    """Every place is taken. ``retry_after``: seconds after which to send the same delivery again."""

    def __init__(self) -> None:
        super().__init__("The portal is taking in as much as it can: send the same delivery again later.")
        self.retry_after = random.randint(*RETRY_AFTER)  # noqa: S311 - to spread, not to hide


class Admission:
    """Places for deliveries in one process: ``places`` are at work at a time, and as many as ``queue`` wait for one."""

    def __init__(self, places: int, queue: int = 0):
        self._room = threading.BoundedSemaphore(places + queue)
        self._free = threading.BoundedSemaphore(places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one place. Raises TooBusy, at once where the queue is full too: a thread that waits is missing elsewhere."""
        if not self._room.acquire(blocking=False):
            raise TooBusy
        try:
            if not self._free.acquire(timeout=PATIENCE):
                raise TooBusy
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._room.release()


DELIVERIES = Admission(settings.INGEST_PLACES, settings.INGEST_QUEUE)
