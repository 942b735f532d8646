"""The process of events on the worker's own database, and a line to it as a browser opens one."""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from typing import Any

from django.conf import settings

from tests.commands.run import ROOT, address_of

# the clocks of a line, short enough for a test
QUICK = """
from alpr_portal.asgi import application
import hotlists.events as e
import uvicorn
e.BEAT, e.RECHECK, e.LASTS = {beat}, {recheck}, {lasts}
uvicorn.run(application, host="127.0.0.1", port={port}, lifespan="off", access_log=False, log_level="error",
    server_header=False, proxy_headers=False, timeout_graceful_shutdown=1)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(port: int, path: str) -> int:
    """What the process answers to a plain request."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as caller:
        caller.request("GET", path)
        with closing(caller.getresponse()) as answer:
            return answer.status


@contextmanager
def serving(*, beat: float = 15, recheck: float = 30, lasts: float = 300, **environment: str) -> Iterator[int]:
    """The port of an events process of our own, ended with the block."""
    port = free_port()
    given = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": address_of(settings.DATABASES["default"]["NAME"]),
        **environment,
    }
    words = QUICK.format(beat=beat, recheck=recheck, lasts=lasts, port=port)
    process = subprocess.Popen([sys.executable, "-c", words], cwd=ROOT, env={**os.environ, **given})
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(OSError):
                if status(port, "/healthz") == 200:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Line:
    """One open line: its status and headers, and each event as (id, data) as it comes; None at its end."""

    def __init__(self, port: int, client: Any, query: str = "", **headers: str):
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        said = {"Cookie": cookies, "Accept": "text/event-stream", **headers}
        self.connection.request("GET", f"/events/hits/{query}", headers=said)
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.events: queue.Queue[tuple[str, str] | None] = queue.Queue()
        self.beats = 0
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        if self.status == 200:
            self.reader.start()
            assert self.ready.wait(15)

    def read(self) -> None:
        number = ""
        with suppress(OSError, ValueError, AttributeError):
            for raw in self.answer:
                text = raw.decode().rstrip("\n")
                if text.startswith("retry:"):
                    self.ready.set()
                elif text.startswith(":"):
                    self.beats += 1
                elif text.startswith("id: "):
                    number = text[4:]
                elif text.startswith("data: "):
                    self.events.put((number, text[6:]))
        self.events.put(None)

    def next(self, timeout: float = 5) -> tuple[str, str] | None:
        """The next event, or None where the line ended; queue.Empty where neither came."""
        return self.events.get(timeout=timeout)

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        if self.reader.is_alive():
            self.reader.join(5)
        self.answer.close()
        self.connection.close()
        self.socket.close()
