"""Where searches read: on a streaming replica where one is configured and has the access already, else on the primary.

The gate stands on the replica too: it opens for an access that is committed there. An access that has not arrived yet
waits a moment for it; a replica that lags, rests or is gone costs a search that moment and nothing else, and one that
falls silent costs the first searches a second. A search under way when the replica dies fails, and is asked again.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.models import Model

from alpr_portal.policy.clauses import clause

log = structlog.get_logger()
REPLICA = "replica"
ARRIVAL = 0.05  # seconds that an access may take to arrive; commits are visible in 0.4 ms, in 99 of 100 in 2.7 ms
BEHIND_THE_GATE = {"reads.Read", "reads.Picture"}
REST = 10.0  # seconds that a replica is left alone after it failed
SILENCE = 1.0  # seconds after which one that says nothing at all is hung up on
LONGEST = 60.0  # seconds of a look: its access opens the gate for no longer

_serving: ContextVar[str] = ContextVar("serving", default=DEFAULT_DB_ALIAS)
_rests_until = 0.0


class SearchesReadFromReplica:
    """Django's router: reads and their pictures come from where the access in force was opened."""

    def db_for_read(self, model: type[Model], **hints: object) -> str | None:
        return _serving.get() if model._meta.label in BEHIND_THE_GATE else None


@contextmanager
@clause("F.1")
def opened(access_id: uuid.UUID) -> Iterator[str]:
    """A transaction in which the gate knows the access; answers the alias of the database that serves it."""
    alias = REPLICA if settings.SEARCH_REPLICA and has_arrived(access_id) else DEFAULT_DB_ALIAS
    with hung_up_after(LONGEST) if alias == REPLICA else nullcontext(), transaction.atomic(using=alias):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(access_id)])
        token = _serving.set(alias)
        try:
            yield alias
        finally:
            _serving.reset(token)


def has_arrived(access_id: uuid.UUID) -> bool:
    """Whether the replica holds this access now or within ``ARRIVAL``; False also where it does not answer."""
    global _rests_until
    if time.monotonic() < _rests_until:
        return False
    until, pause = time.monotonic() + ARRIVAL, 0.001
    try:
        with hung_up_after(SILENCE), connections[REPLICA].cursor() as cursor:
            while True:
                cursor.execute("SELECT EXISTS (SELECT 1 FROM reads_access WHERE id = %s)", [access_id])
                if cursor.fetchone()[0]:
                    return True
                if time.monotonic() + pause > until:
                    log.info("replica_lags")
                    return False
                time.sleep(pause)
                pause *= 2
    except DatabaseError as error:
        connections[REPLICA].close()
        _rests_until = time.monotonic() + REST
        log.warning("replica_rests", seconds=REST, reason=type(error).__name__)
        return False


@contextmanager
def hung_up_after(seconds: float) -> Iterator[None]:
    """Whoever waits for the replica in here gets an OperationalError after that time: its own limits need it to be alive.

    A machine or a disk that stalls keeps its connections open and says nothing; every thread would come to wait for it.
    """
    replica = connections[REPLICA]
    replica.ensure_connection()
    with replica.wrap_database_errors:
        copy = os.dup(replica.connection.fileno())
    with socket.socket(fileno=copy) as line:

        def hang_up() -> None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
