"""The locks of the disposal on the purge role's own connection: one run at a time, and one upload day to itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date

from django.db import DatabaseError, OperationalError, connections

PURGE = "purge"
ONE_AT_A_TIME = 7_220_720  # the advisory lock of a run
OF_A_DAY = 7_220_721  # with the number of the day: approvals of holds share it while they copy (0014_held_data.py)


class AlreadyRunning(Exception):  # noqa: N818 - read as a sentence: "raise AlreadyRunning"
    """Another run is at work: two are never needed."""


@contextmanager
def alone() -> Iterator[None]:
    """One run at a time: a lock of the purge role's connection, gone with it. Raises AlreadyRunning."""
    with connections[PURGE].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            raise AlreadyRunning("Another run of the disposal is at work: look at what it reports.")
    try:
        yield
    finally:
        with suppress(DatabaseError), connections[PURGE].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


@contextmanager
def day_to_itself(day: date, *, attempts: int, pause: float) -> Iterator[None]:
    """No hold copies reads of the day meanwhile: what was approved before is copied, what comes after finds the day gone.

    Raises OperationalError where approvals held on to it through all attempts.
    """
    number = "reads_day_number(%s)"
    for attempt in range(attempts):
        with connections[PURGE].cursor() as cursor:
            cursor.execute(f"SELECT pg_try_advisory_lock(%s, {number})", [OF_A_DAY, day])
            if cursor.fetchone()[0]:
                break
        if attempt + 1 == attempts:
            raise OperationalError(f"upload day {day} is being copied for a hold")
        time.sleep(pause)
    try:
        yield
    finally:
        with suppress(DatabaseError), connections[PURGE].cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_unlock(%s, {number})", [OF_A_DAY, day])
