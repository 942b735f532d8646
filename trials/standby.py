"""A primary that may be replicated, and a hot standby of it made by pg_basebackup: throw-away clusters of a trial."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from alpr_portal import embedded_machine as machine
from bench.cluster import with_name

from .ground import NAME, Cluster
from .processes import children

PLACE = "replica"  # what the standby calls itself, and its slot
DELAY = "30s"  # how long replay waits for a search before it cancels it
SOON = 30.0  # seconds within which a standby must have caught up


class Primary(Cluster):
    """A cluster from which a standby may stream."""

    def _publish(self, path: Path, text: str) -> None:
        more = "local replication all peer map=everyone\n" if path.name == "pg_hba.conf" else ""
        super()._publish(path, text + more)


class Standby(Cluster):
    """A streaming replica of ``primary`` that answers searches."""

    def __init__(self, folder: Path, primary: Primary):
        super().__init__(folder, {"hot_standby": "on", "max_standby_streaming_delay": DELAY})
        self.primary = primary

    def _create_cluster(self, program: Path) -> None:
        fresh = self.home / "postgres.new"
        machine.private_folder(fresh, self.who)
        address = f"host={self.primary.sockets} port=5432 user=postgres application_name={PLACE}"
        copy = ["--dbname", address, "--write-recovery-conf", "--create-slot", "--slot", PLACE, "--checkpoint=fast"]
        machine.run([program.with_name("pg_basebackup"), "--pgdata", fresh, *copy], self.who)
        fresh.rename(self.cluster)

    def remember(self) -> None:
        """Start it, and keep its address for when it is not to be started by being asked."""
        self.address = self.database_url()

    def admin(self) -> psycopg.Connection[Any]:
        """A superuser's connection to it, autocommit; raises where it does not run."""
        return psycopg.connect(with_name(self.address, NAME), autocommit=True)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Replay stands still; what the primary commits does not arrive."""
        with self.admin() as admin:
            admin.execute("SELECT pg_wal_replay_pause()")
            wait_for(lambda: _one(admin, "SELECT pg_get_wal_replay_pause_state()") == "paused")
            try:
                yield
            finally:
                admin.execute("SELECT pg_wal_replay_resume()")
        self.catch_up()

    def catch_up(self) -> float:
        """Wait until it has replayed what the primary has written by now; answers the seconds. TimeoutError."""
        began = time.monotonic()
        with psycopg.connect(with_name(self.primary.database_url(), NAME), autocommit=True) as admin:
            written = _one(admin, "SELECT pg_current_wal_insert_lsn()")
        with self.admin() as admin:
            wait_for(lambda: bool(_one(admin, f"SELECT pg_last_wal_replay_lsn() >= '{written}'")))
        return time.monotonic() - began

    @contextlib.contextmanager
    def deaf(self) -> Iterator[None]:
        """Its receiver stands still, so nothing that the primary sends is taken in."""
        with _still([pid for pid in children(self.head()) if b"walreceiver" in _title(pid)]):
            yield

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """All of it stands still, as when its disk or its machine stalls: connections stay open, nobody answers."""
        head = self.head()
        with _still([head, *children(head)]):
            yield

    def promote(self) -> None:
        """Make it a primary."""
        with self.admin() as admin:
            admin.execute("SELECT pg_promote(true, 60)")


def wait_for(true: Any, seconds: float = SOON) -> float:
    """Wait until something is true; answers the seconds. TimeoutError where it does not become so."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds:.0f} s")
        time.sleep(0.002)
    return time.monotonic() - began


def _one(connection: psycopg.Connection[Any], question: Any) -> Any:
    row = connection.execute(question).fetchone()
    return row[0] if row else None


@contextlib.contextmanager
def _still(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _title(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
