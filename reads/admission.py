"""How many deliveries are worked on at a time: the rest of the threads stay with the people who search."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

RETRY_AFTER = (1, 4)  # seconds, drawn at random: senders turned away together do not come back together


class TooBusy(Exception):  # noqa: N818 - read as a sentence: "raise TooBusy"
    """Every place is taken. ``retry_after``: seconds after which to send the same delivery again."""

    def __init__(self) -> None:
        super().__init__("The portal is taking in as much as it can: send the same delivery again later.")
        self.retry_after = random.randint(*RETRY_AFTER)  # noqa: S311 - to spread, not to hide


class Admission:
    """A fixed number of places for deliveries in one process."""

    def __init__(self, places: int):
        self.places = places
        self._free = threading.BoundedSemaphore(places)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold one place; raises TooBusy at once where none is free: a thread that waits would be missing elsewhere."""
        if not self._free.acquire(blocking=False):
            raise TooBusy
        try:
            yield
        finally:
            self._free.release()


DELIVERIES = Admission(settings.INGEST_PLACES)
