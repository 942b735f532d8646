"""The door for reads under load, beside the same door as it is usually written; and searches while it is overrun.

Both stand behind gunicorn with the portal's own configuration, settings and middleware, and write to the same table.
The load comes from a process of its own on the same machine, so all of them share its cores.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from . import search
from .cluster import Ground
from .ingest import stored_reads
from .measure import rounds, spread
from .people import People
from .sizes import Sizes

Say = Callable[[str], None]
HOST = "127.0.0.1"
DOOR = "/api/v1/reads"
A_POST = 50  # reads
BODIES = 40  # different ones; their ids are new in every post
OVERRUN = 64  # connections of the load that comes by the clock
START = 60.0  # seconds
WEB = {"door": "alpr_portal.settings", "drf": "bench.drf_settings"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def die_with_parent() -> None:
    """In a child before it runs: a benchmark that is killed leaves no web server behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@contextlib.contextmanager
def webs(ground: Ground) -> Iterator[dict[str, int]]:
    """gunicorn with the portal's configuration, once with each of the settings of ``WEB``; their ports by name."""
    with contextlib.ExitStack() as stack:
        running = {name: stack.enter_context(web(name, ground)) for name in WEB}
        for one in running.values():
            one.wait()
        try:
            yield {name: one.port for name, one in running.items()}
        finally:
            for one in running.values():
                one.process.terminate()


@dataclass
class Web:
    """A web server that was begun."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def wait(self) -> None:
        """Until it answers. Raises RuntimeError where it does not."""
        deadline = time.monotonic() + START
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"the web server does not answer: see {self.log}")


@contextlib.contextmanager
def web(name: str, ground: Ground) -> Iterator[Web]:
    port, log = free_port(), ground.folder / "log" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    configuration = Path(settings.BASE_DIR) / "deploy" / "gunicorn.conf.py"
    here = {"DJANGO_SETTINGS_MODULE": WEB[name], "DATABASE_URL": ground.url, "WEB_BIND": f"{HOST}:{port}"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", str(configuration), "alpr_portal.wsgi:application"],
            cwd=settings.BASE_DIR,
            env={**os.environ, **here},
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent,
        )
        try:
            yield Web(process, port, log)
        finally:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def bodies(people: People) -> list[str]:
    """Posts of fifty reads in our own format; ``@@`` in their ids is for the load to fill in."""
    draw, now = random.Random("bodies"), timezone.now()
    return [
        json.dumps(
            {
                "reads": [
                    {
                        "id": f"@@-{number}",
                        "plate": f"{draw.randint(1, 9)}{draw.choice('IOQ')}{draw.randint(0, 99_999):05}",
                        "state": "CA",
                        "captured_at": now.isoformat(timespec="milliseconds"),
                        "camera": draw.choice(people.cameras).code,
                        "confidence": 0.93,
                        "direction": "N",
                        "vehicle": {"make": "toyota", "model": "cedar", "colour": "silver", "body": "sedan"},
                    }
                    for number in range(A_POST)
                ]
            }
        )
        for _ in range(BODIES)
    ]


class Load:
    """Posts and pages asked of a web server by processes of their own."""

    def __init__(self, people: People, sizes: Sizes):
        self.people, self.sizes, self.bodies = people, sizes, bodies(people)

    def posts(self, port: int, seconds: float, **more: Any) -> subprocess.Popen[bytes]:
        key = {"Authorization": f"Bearer {self.people.key}", "Content-Type": "application/json"}
        return begin(
            method="POST", port=port, paths=[DOOR], headers=key, bodies=self.bodies, label=uuid.uuid4().hex[:8],
            seconds=seconds, **{"connections": self.sizes.connections, **more},
        )  # fmt: skip

    def pages(self, port: int, seconds: float, paths: list[str], cookie: str) -> subprocess.Popen[bytes]:
        return begin(
            method="GET", port=port, paths=paths, headers={"Cookie": cookie}, seconds=seconds, connections=2, pause=0.05,
        )  # fmt: skip


def begin(**orders: Any) -> subprocess.Popen[bytes]:
    """Start a load; see bench/load.py for what may be ordered."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"host": HOST, **orders}).encode())
    process.stdin.close()
    process.stdin = None
    return process


def end(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Wait for a load; what it saw."""
    out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the load ended with {process.returncode}")
    found: dict[str, Any] = json.loads(out)
    found["good"] = sum(n for status, n in found["statuses"].items() if status.startswith("2"))
    if not found["good"]:
        raise RuntimeError(f"no request was answered well: {found['statuses']}")
    return found


def pages_of(people: People, ground: Ground, n: int) -> tuple[list[str], str]:
    """Addresses of pages of results, of searches for one plate over thirty days, and the cookie of who may see them."""
    client = Client()
    client.force_login(people.officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    name = settings.SESSION_COOKIE_NAME
    paths = []
    for one in search.sample(ground, n):
        query = people.query(plate=one.plate, criteria=search.month(timezone.now(), plate=one.plate))
        paths.append(f"/searches/{query.pk}/")
    return paths, f"{name}={client.cookies[name].value}"


def measure(ground: Ground, people: People, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Reads a second through each door over the rounds; then twice of that on the portal's, beside searches."""
    load = Load(people, sizes)
    rates: dict[str, list[float]] = {name: [] for name in WEB}
    waits: dict[str, list[float]] = {name: [] for name in WEB}
    acknowledged, before = 0, stored_reads()
    with webs(ground) as ports:
        for number in range(sizes.rounds + 1):  # the first round warms both up and is not counted
            for name, port in ports.items():
                found = end(load.posts(port, sizes.seconds if number else sizes.seconds / 4))
                acknowledged += found["good"] * A_POST
                if number:
                    rates[name].append(found["good"] * A_POST / found["seconds"])
                    waits[name] += found["waits"]
            if number:
                say(f"posts of {A_POST} reads, round {number} of {sizes.rounds}")
        over = overrun(ground, people, sizes, load, ports["door"], rounds(rates["door"])["median"])
        say("twice of what the door takes")
    return {
        "a_post": A_POST,
        "connections": sizes.connections,
        "rates": {name: rounds(runs) for name, runs in rates.items()},
        "waits": {name: spread(all_) for name, all_ in waits.items()},
        "overrun": over,
        "acknowledged": acknowledged + over["acknowledged"],
        "stored": stored_reads() - before,
    }


def overrun(ground: Ground, people: People, sizes: Sizes, load: Load, port: int, sustained: float) -> dict[str, Any]:
    """Twice the posts that the door took, by the clock; what it answers, and pages of results before and meanwhile."""
    paths, cookie = pages_of(people, ground, 20)
    end(load.pages(port, sizes.seconds / 4, paths, cookie))
    idle = end(load.pages(port, sizes.seconds * 2, paths, cookie))
    rate = 2 * sustained / A_POST
    posting = load.posts(port, sizes.seconds * 2 + sizes.ahead, rate=rate, connections=OVERRUN)
    time.sleep(sizes.ahead / 2)
    busy = end(load.pages(port, sizes.seconds * 2, paths, cookie))
    posted = end(posting)
    return {
        "posts_ordered_s": rate,
        "posts_sent_s": sum(posted["statuses"].values()) / posted["seconds"],
        "statuses": posted["statuses"],
        "reads_s": posted["good"] * A_POST / posted["seconds"],
        "acknowledged": posted["good"] * A_POST,
        "without_retry_after": posted["without_retry_after"],
        "posts": spread(posted["waits"]),
        "turned_away": spread(posted["waits_503"]) if posted["waits_503"] else None,
        "pages_idle": spread(idle["waits"]),
        "pages_busy": spread(busy["waits"]),
        "pages_failed": sum(n for status, n in busy["statuses"].items() if status != "200"),
        "broken": posted["broken"] + busy["broken"],
    }
