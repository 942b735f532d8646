"""The portal's web server, as production starts it: gunicorn with deploy/gunicorn.conf.py, killed and started anew."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time

from alpr_portal.embedded import ROOT

from .ground import HOST, Ground
from .processes import await_gone, children, die_with_parent, kill_family

LOOPBACK = "127.0.0.1"
START = 60.0  # seconds
HEADERS = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": LOOPBACK}  # as the proxy in front sets them


class Web:
    """One web server on a port of its own."""

    def __init__(self, ground: Ground):
        self.ground = ground
        self.log = ground.folder / "web.log"
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until a page comes. RuntimeError where it does not."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "alpr_portal.wsgi:application"],
                cwd=ROOT,
                env={**self.ground.of_web(), "WEB_BIND": f"{LOOPBACK}:{self.port}"},
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        deadline = time.monotonic() + START
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the web server does not answer: see {self.log}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether ``/healthz`` says 200."""
        line = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            line.request("GET", "/healthz", headers=HEADERS)
            return line.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def workers(self) -> list[int]:
        """Process ids of its workers."""
        return children(self.process.pid) if self.process else []

    def kill(self) -> None:
        """kill -9 of the master and all workers."""
        assert self.process is not None
        family = kill_family(self.process.pid)
        self.process.wait()
        await_gone(family)

    def kill_worker(self) -> None:
        """kill -9 of one worker; the master starts another. Waits until there are as many as before."""
        before = self.workers()
        os.kill(before[0], signal.SIGKILL)
        deadline = time.monotonic() + START
        while before[0] in (now := self.workers()) or len(now) < len(before):
            if time.monotonic() > deadline:
                raise RuntimeError("the master does not start another worker")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it politely; with force where that does not help."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()
