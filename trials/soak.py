"""The soak: deliveries at twice Oakland's rate beside searches, while web and database are killed again and again.

`python -m trials.soak`. Answers 1 where anything acknowledged is lost or doubled, or where something else that the
portal promises did not hold.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alpr_portal.embedded import ROOT

from .count import Outage, acknowledged
from .ground import HOST, Cluster, Ground, alone
from .processes import die_with_parent, resident
from .web import HEADERS, LOOPBACK, Web

SOURCES, CAMERAS, CONNECTIONS = 4, 12, 8
SEARCHES = 1.0  # a second, of two officers together
EVERY = 5.0  # seconds between two looks at the workers' memory
DOWN = 1.0  # seconds that something stays away: whoever supervises it needs as long
MIDST = 3.0  # seconds to wait for a delivery to be in the midst of being stored
# When, as a share of the run, what is killed with -9. The rest of the run is long enough to say something of memory.
PLAN = (
    (0.05, "worker"),
    (0.08, "web"),
    (0.13, "database"),
    (0.18, "web"),
    (0.23, "database"),
    (0.28, "web"),
    (0.33, "database"),
    (0.38, "worker"),
)
Say = Callable[[str], None]
Plan = Sequence[tuple[float, str]]


class Soak:
    """One run: who is at work, what was killed when, how large the workers were."""

    def __init__(self, ground: Ground, *, seconds: float, rate: float, plan: Plan, say: Say):
        self.ground, self.seconds, self.rate, self.plan, self.say = ground, seconds, rate, plan, say
        self.web = Web(ground)
        self.file = ground.folder / "acknowledged.jsonl"
        self.outages: list[Outage] = []
        self.killed: dict[str, int] = {"worker": 0, "web": 0, "database": 0}
        self.sizes: list[tuple[float, int, int]] = []
        self.midst = 0
        self.before: dict[Any, Any] = {}
        self.began = 0.0

    def run(self) -> dict[str, Any]:
        """Everything from the first post to the last acknowledgement; what sender and searcher saw."""
        from django.db import connections

        from bench.people import make

        from . import people

        officer = make(0).officer
        sources = people.sources(officer, SOURCES, CAMERAS)
        cookies = [people.cookie(one) for one in (officer, people.colleague(officer, "second"))]
        pictures = people.pictures(8)
        connections.close_all()  # what kill -9 breaks is the web's to mend, not ours
        self.web.start()
        self.began = time.time() + 1
        common = {"host": LOOPBACK, "port": self.web.port, "began": self.began, "seconds": self.seconds}
        sender = Helper(
            "trials.sender", self.ground.folder, **common, sources=sources, rate=self.rate, connections=CONNECTIONS,
            headers=HEADERS, pictures=pictures, label="soak", file=str(self.file),
        )  # fmt: skip
        searcher = Helper(
            "trials.searcher", self.ground.folder, **common, cookies=cookies, rate=SEARCHES, form=people.form(),
            headers=HEADERS, origin=f"https://{HOST}",
        )  # fmt: skip
        try:
            self.watch([sender, searcher])
            return {"sender": sender.end(), "searcher": searcher.end()}
        finally:
            for helper in (sender, searcher):
                helper.process.kill()
            self.web.stop()

    def watch(self, working: list[Helper]) -> None:
        """Kill by the plan and weigh the workers, until everybody has finished."""
        due = [(self.began + share * self.seconds, what) for share, what in self.plan]
        looked = told = snapped = 0.0
        while any(helper.is_at_work for helper in working):
            now = time.time()
            if due and now >= due[0][0]:
                self.take_down(due.pop(0)[1])
            if now - looked >= EVERY:
                looked = now
                self.weigh()
            if now - told >= 15:
                told = now
                self.tell()
            if not snapped and now >= self.began + self.seconds / 2:
                snapped = now
                self.before = dict(self.upload_times())
            time.sleep(0.05)

    def take_down(self, what: str) -> None:
        """kill -9 in the midst of a delivery, and start again after a moment."""
        is_midst = self.await_midst()
        self.midst += is_midst
        began = time.time()
        if what == "worker":
            self.web.kill_worker()
        elif what == "web":
            self.web.kill()
            time.sleep(DOWN)
            self.web.start()
        else:
            self.ground.cluster.kill()
            time.sleep(DOWN)
            self.ground.cluster.database_url()
        ended = time.time()
        self.outages.append(Outage(what, began, ended))
        self.killed[what] += 1
        midst = "in the midst of a delivery" if is_midst else "between two deliveries"
        self.say(f"kill -9 of the {what} {midst}; back after {ended - began:.1f} s")

    def await_midst(self) -> bool:
        """Whether a delivery is being stored now, or was within the time one waits for it."""
        deadline = time.monotonic() + MIDST
        with self.ground.admin() as admin:
            while time.monotonic() < deadline:
                found = admin.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'alpr_ingest' AND xact_start IS NOT NULL"
                ).fetchone()
                if found and found[0]:
                    return True
        return False

    def weigh(self) -> None:
        for pid in self.web.workers():
            if size := resident(pid):
                self.sizes.append((time.time() - self.began, pid, size))

    def upload_times(self) -> list[tuple[Any, Any]]:
        with self.ground.admin() as admin:
            return admin.execute("SELECT id, uploaded_at FROM reads_read").fetchall()

    def tell(self) -> None:
        posts = acknowledged(self.file)
        reads = sum(len(post["reads"]) for post in posts)
        sizes = ", ".join(f"{size / 1e6:.0f}" for _, _, size in self.sizes[-len(self.web.workers()) :])
        at = max(0.0, time.time() - self.began)
        self.say(f"{at:4.0f} s: {reads:,} reads in {len(posts):,} posts acknowledged; workers hold {sizes} MB")


class Helper:
    """A process of the trial: started with its orders, ended with what it saw."""

    def __init__(self, module: str, folder: Path, **orders: Any):
        self.module, self.seen = module, folder / f"{module}.json"
        with self.seen.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=out,
                preexec_fn=die_with_parent,
            )
        assert self.process.stdin is not None
        with self.process.stdin as given:
            given.write(json.dumps(orders).encode())

    @property
    def is_at_work(self) -> bool:
        return self.process.poll() is None

    def end(self) -> dict[str, Any]:
        """What it saw, once it has finished. RuntimeError where it broke."""
        if self.process.wait():
            raise RuntimeError(f"{self.module} ended with {self.process.returncode}")
        found: dict[str, Any] = json.loads(self.seen.read_text())
        return found


def options(words: Sequence[str]) -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m trials.soak", description=__doc__.split("\n\n")[0])
    asked.add_argument("--minutes", type=float, default=10.0, help="how long posts come (10)")
    asked.add_argument("--rate", type=float, default=36.0, help="reads a second (36: twice Oakland's)")
    asked.add_argument("--calm", action="store_true", help="kill nothing: to look at memory alone")
    asked.add_argument("--write", action="store_true", help="write the soak's part of docs/trials.md")
    asked.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
        help="a setting of PostgreSQL, to see the trial fail: synchronous_commit=off loses acknowledged reads",
    )  # fmt: skip
    return asked.parse_args(words)


def main(words: Sequence[str]) -> int:
    given = options(words)
    random.seed()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with alone("soak") as folder:
        settings = dict(pair.split("=", 1) for pair in given.settings)
        ground = Ground(folder, Cluster(folder / "data", settings))
        say("preparing servers, database and people")
        ground.prepare()
        soak = Soak(ground, seconds=given.minutes * 60, rate=given.rate, plan=() if given.calm else PLAN, say=say)
        seen = soak.run()
        from .judge import judge

        verdict = judge(soak, seen)
    print(verdict.text)
    if given.write:
        from .report import write

        say(f"written: {write('soak', verdict.text).relative_to(Path.cwd())}")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
