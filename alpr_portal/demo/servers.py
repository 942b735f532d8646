"""What the demo starts, and stops again: web, events, worker, and the embedded servers where nobody else uses them."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from redis import Redis
from redis.exceptions import RedisError

from alpr_portal import embedded
from alpr_portal.cache import redis_url

HOST = "127.0.0.1"
ROOM = 300_000_000  # bytes that the demo's data and logs need
START, POLITE = 60.0, 12.0  # seconds


def require_port(port: int) -> None:
    """CommandError where something listens on the port already, or where it is not ours to take."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                other = port + 1 if port < 65535 else 8000
                raise CommandError(
                    f"Port {port} is busy: stop what uses it, or choose another: make demo PORT={other}."
                ) from error
            raise CommandError(f"Port {port} cannot be used ({error.strerror}): choose one from 1024 on.") from error


def free_beside(port: int) -> int:
    """A port for the events: the next one, or another where that is busy."""
    for wanted in (port + 1, 0) if port < 65535 else (0,):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, wanted))
            return int(probe.getsockname()[1])
    raise CommandError("No port is free for the events process.")


def require_room() -> None:
    """CommandError where the disk of the data folder is full."""
    folder = Path(settings.DATA_DIR)
    while not folder.exists():
        folder = folder.parent
    if shutil.disk_usage(folder).free < ROOM:
        raise CommandError(
            f"The disk is full: the demo needs {ROOM // 10**6} MB in {folder}; free some space, or set DATA_DIR to a "
            "folder on another disk."
        )


def started_here() -> list[str]:
    """The embedded servers that this start of the demo will have started, because they do not run yet."""
    uses = {"PostgreSQL": settings.DATABASE_URL, "Redis": settings.REDIS_URL}
    status = embedded.status()
    return [name for name, url in uses.items() if url.startswith("embedded:") and status[name] == "stopped"]


class Servers:
    """Web, events and worker as processes of their own. ``with servers.running(): servers.wait()``"""

    def __init__(self, port: int) -> None:
        self.port = port
        self.events_port = free_beside(port)
        self.log = Path(settings.DATA_DIR) / "log" / "demo.log"
        self.broker = ""
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}/"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Start, wait until the web answers, and stop everything at the end whatever happens."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # a shell starts what it puts into the background deaf to Ctrl-C: listen anyway
        before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            broker = self.broker = broker_url()
            self._start(
                "web",
                [
                    "gunicorn",
                    "--config",
                    str(settings.BASE_DIR / "deploy/gunicorn.conf.py"),
                    "alpr_portal.wsgi:application",
                ],
            )
            self._start("events", [
                "uvicorn", "alpr_portal.asgi:application", "--host", HOST, "--port", str(self.events_port), "--lifespan",
                "off", "--no-access-log", "--no-server-header", "--no-proxy-headers", "--log-level", "warning",
                "--timeout-graceful-shutdown", "2",
            ])  # fmt: skip
            if broker:
                schedule = str(Path(settings.DATA_DIR) / "demo-timetable")
                self._start("worker", [
                    "celery", "--app", "alpr_portal.celery:app", "--broker", broker, "worker", "--beat", "--schedule",
                    schedule, "--concurrency", "1", "--loglevel", "warning", "--without-gossip", "--without-mingle",
                ])  # fmt: skip
            self._wait_for_web()
            yield
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def wait(self) -> None:
        """Return never, unless a process ends by itself: then CommandError. Ctrl-C comes as KeyboardInterrupt."""
        while True:
            time.sleep(0.5)
            self._require_alive()

    def _start(self, name: str, words: list[str]) -> None:
        given = {
            "ENVIRONMENT": "demo", "WEB_BIND": f"{HOST}:{self.port}", "DATA_DIR": str(settings.DATA_DIR),
            "DJANGO_SETTINGS_MODULE": "alpr_portal.settings", "BROKER_URL": self.broker,
            "PORTAL_URL": self.address.rstrip("/"),
            "EVENTS_URL": f"http://localhost:{self.events_port}/events/hits/",
        }  # fmt: skip
        with self.log.open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own interpreter and words
                [sys.executable, "-m", *words], cwd=settings.BASE_DIR, env={**os.environ, **given},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def _require_alive(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise CommandError(f"The {name} ended by itself with code {process.returncode}: see {self.log}.")

    def _wait_for_web(self) -> None:
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            self._require_alive()
            with contextlib.suppress(OSError, HTTPException):
                line = HTTPConnection(HOST, self.port, timeout=5)
                line.request("GET", "/healthz")
                if line.getresponse().status == 200:
                    return
            time.sleep(0.2)
        raise CommandError(f"The web does not answer after {START:.0f} s: see {self.log}.")

    def _stop(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + POLITE
        for process in self.processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def broker_url() -> str:
    """The worker's address of Redis; "" where Redis does not answer: the portal goes on without its timetable."""
    try:
        url = redis_url(settings.REDIS_URL)
        with Redis.from_url(url, socket_connect_timeout=3) as client:
            client.ping()
    except (RedisError, embedded.EmbeddedError):
        return ""
    path = url.removeprefix("unix://").partition("?")[0]
    return f"redis+socket://{path}?virtual_host=0" if url.startswith("unix://") else url


def stop_embedded(mine: list[str]) -> str:
    """Stop the embedded servers that the demo started, unless somebody else uses them by now; says what was done."""
    if not mine:
        return ""
    if "PostgreSQL" in mine:
        with psycopg.connect(embedded.database_url(), dbname="postgres") as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchone()
        if row and row[0]:
            return "The embedded servers go on: somebody else uses them. `make stop` stops them."
    embedded.stop()
    return "The embedded servers are stopped."


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
