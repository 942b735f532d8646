"""Purge, hold, release and restore killed with -9 over and over: no held read is lost, nothing expired can be seen.

`python -m trials.kills` (`make kills`). Each round arranges what an act needs, runs the act in a process that kills itself
at a line or in a statement drawn from the seed, looks at once, runs the act again to its end, and looks again. A round
in which nothing was killed fails. Prints JSON; ends with 1 where anything was lost or left.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alpr_portal.embedded import ROOT

from .ground import Cluster, alone
from .kill_checks import Found, looked, settled
from .kill_ground import Arranged, Ledger, Scratch
from .killed import purge
from .verdict import Verdict

ACTS = ("purge", "hold", "release", "restore")
OF_SQL = 0.3  # of the kills that fall into a statement; the others fall before a line
LONGEST_DELAY = 6.0  # milliseconds into a statement
AIMS = 4  # a place that is not reached is no kill: another one is drawn
PATIENCE = 120.0  # seconds for one act
SIGKILLED = -9


@dataclass
class Tally:
    """What a run of rounds did: ``killed`` by act, ``places`` where, ``missed``: aims that were not reached."""

    rounds: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    places: list[str] = field(default_factory=list)
    missed: int = 0
    without_a_kill: int = 0
    found: Found = field(default_factory=Found)

    @property
    def holds(self) -> bool:
        return not self.found.faults() and not self.without_a_kill and sum(self.killed.values()) == self.rounds

    def as_json(self) -> dict[str, Any]:
        said = {"rounds": self.rounds, "killed": sum(self.killed.values()), "by_act": dict(sorted(self.killed.items()))}
        said |= {"places": len(set(self.places)), "missed_aims": self.missed, "without_a_kill": self.without_a_kill}
        return {**said, **asdict(self.found), "holds": self.holds}


class Rounds:
    """The rounds on one scratch database."""

    def __init__(self, scratch: Scratch, seed: int):
        self.scratch, self.ledger, self.tally = scratch, Ledger(), Tally()
        self.draw = random.Random(seed)
        self.arranged = Arranged(scratch, self.ledger)
        self.officer = self.arranged.people.officer.pk
        self.ran: dict[str, dict[str, Any]] = {}

    def arrange(self, act: str) -> str:
        """What the act needs; answers its argument."""
        if act == "purge":
            self.arranged.expired()
            return "-"
        if act == "hold":
            return str(self.arranged.fresh().pk)
        if act == "release":
            held = self.arranged.expired()
            self.purge()
            self.arranged.ask_release(held)
            return str(held.hold_id)
        return self.backed_up()

    def backed_up(self) -> str:
        """A backup, after it a day that goes and a hold that is released and gone, and then an empty database."""
        from alpr_portal.backup import make

        self.arranged.expired()
        held = self.arranged.expired()
        path = make.make().path
        self.arranged.ask_release(held)
        self.act("release", str(held.hold_id))
        held.released = True
        self.disconnect()
        self.scratch.empty()
        return str(path)

    def act(self, act: str, argument: str, at: str = "") -> int:
        """Run an act in a process of its own; how it ended. Nothing of it goes on when this returns."""
        self.disconnect()
        file = self.scratch.folder / "ran.json"
        file.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "trials.killed", act, argument, str(file)],
            cwd=ROOT,
            env={**os.environ, "KILL_AT": at},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        _, errors = process.communicate(timeout=PATIENCE)
        self.quiet()
        if process.returncode not in (0, SIGKILLED):
            raise RuntimeError(f"{act} ended with {process.returncode} at {at!r}: {errors.decode()[-2000:]}")
        if process.returncode == 0 and not at:
            self.ran.setdefault(act, json.loads(file.read_text()))
        return process.returncode

    def purge(self) -> None:
        """The disposal, until no day is left, here and unharmed."""
        purge("")
        self.disconnect()

    def disconnect(self) -> None:
        from django.db import connections

        connections.close_all()

    def quiet(self) -> None:
        """Wait until nobody works in the database: a killed process leaves a statement, or a pg_restore, behind it."""
        until = time.monotonic() + PATIENCE
        while True:
            with self.scratch.connect() as admin:
                others = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
                row = admin.execute(f"{others} AND backend_type = 'client backend'", [self.scratch.name]).fetchone()
            if row == (0,):
                return
            if time.monotonic() > until:
                raise TimeoutError("a process that was killed is still at work in the database")
            time.sleep(0.02)

    def rehearse(self, act: str) -> None:
        """The act once without a kill: which lines it runs, and how many statements. It is no round."""
        argument = self.arrange(act)
        self.ran.pop(act, None)
        self.act(act, argument)
        self.over(act, argument)
        settled(self.scratch, self.ledger, self.tally.found, self.officer, where=f"{act}, not killed")

    def aim(self, act: str) -> str:
        """Where the act is to be killed next."""
        ran = self.ran[act]
        if ran["statements"] and self.draw.random() < OF_SQL:
            return f"sql#{self.draw.randint(1, ran['statements'])}+{self.draw.uniform(0, LONGEST_DELAY):.2f}"
        place = self.draw.choice(sorted(ran["lines"]))
        return f"{place}#{self.draw.randint(1, min(3, ran['lines'][place]))}"

    def over(self, act: str, argument: str) -> None:
        """What the act came to, entered into the ledger."""
        if act == "hold":
            with self.scratch.connect() as admin:
                row = admin.execute("SELECT id FROM reads_hold WHERE query_id = %s", [argument]).fetchone()
            assert row
            self.arranged.entered(row[0])
        if act == "release":
            self.ledger.held[uuid.UUID(argument)].released = True

    def round(self, act: str) -> None:
        """One round: arranged, killed, looked at, run to the end, looked at again."""
        self.tally.rounds += 1
        for _ in range(AIMS):
            argument, at = self.arrange(act), self.aim(act)
            where = f"{act} at {at}"
            killed = self.act(act, argument, at) == SIGKILLED
            if killed:
                self.tally.killed[act] += 1
                self.tally.places.append(at.partition("#")[0] if ":" in at else at.partition("+")[0])
                looked(self.scratch, self.ledger, self.tally.found, self.officer, where=where)
                self.act(act, argument)
            else:
                self.tally.missed += 1
            self.over(act, argument)
            if act != "purge":
                self.purge()
            settled(self.scratch, self.ledger, self.tally.found, self.officer, where=where)
            if killed:
                return
        self.tally.without_a_kill += 1


def run(scratch: Scratch, *, rounds: int, seed: int, acts: tuple[str, ...], tell: Any) -> Tally:
    """All rounds, the acts in turn in an order of the seed's."""
    scratch.prepare()
    trial = Rounds(scratch, seed)
    trial.arranged.fresh()  # so that there is something to be seen
    for act in acts:
        tell(f"rehearsing {act}")
        trial.rehearse(act)
        ran = trial.ran[act]
        tell(f"{act}: {len(ran['lines'])} lines and {ran['statements']} statements to be killed at")
    order: list[str] = []
    while len(order) < rounds:
        order += trial.draw.sample(acts, len(acts))
    for number, act in enumerate(order[:rounds], 1):
        before = trial.tally.found.faults()
        trial.round(act)
        at = trial.tally.places[-1] if trial.tally.places else "nowhere"
        held = "held" if trial.tally.found.faults() == before else "**NOT**"
        tell(f"round {number} of {rounds}: {act}, killed at {at}: {held}")
    return trial.tally


def paper(tally: Tally, facts: list[str], command: str) -> str:
    """The part of docs/trials.md."""
    said = tally.as_json()
    words = {
        "rounds": "rounds",
        "killed": "processes killed",
        "places": "at different lines and statements",
        "missed_aims": "aims that were not reached, drawn again",
        "held_reads": "held reads compared",
        "held_pictures": "held pictures opened and compared",
    }
    must = {
        "without_a_kill": "rounds in which nothing was killed",
        "lost_reads": "held reads **lost**",
        "lost_pictures": "held pictures lost",
        "expired_visible": "expired reads **visible**",
        "released_visible": "released holds visible",
        "expired_on_disk": "expired or released data on the disk",
        "receipts_wrong": "receipts and certificates wrong",
        "orphans": "files that belong to nothing",
    }
    verdict = Verdict()
    for name, label in words.items():
        verdict.say(label, said[name])
    for act, number in said["by_act"].items():
        verdict.say(f"killed in: {act}", number)
    for name, label in must.items():
        verdict.must(label, said[name])
    parts = ["## Kills", f"`{command}`, {datetime.now(UTC):%Y-%m-%d}.", "\n".join(f"- {fact}" for fact in facts)]
    return "\n\n".join([*parts, verdict.table("found")])


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m trials.kills", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=720)
    parser.add_argument("--acts", default=",".join(ACTS), help=f"some of {', '.join(ACTS)}")
    parser.add_argument("--server", default="", help="a superuser's address; the trial's own server otherwise")
    parser.add_argument("--template", default="", help="a migrated, empty database of that server to copy")
    parser.add_argument("--write", action="store_true", help="write docs/trials.md")
    given = parser.parse_args(argv)
    acts = tuple(act for act in ACTS if act in given.acts.split(","))

    def tell(said: str) -> None:
        print(said, file=sys.stderr, flush=True)

    with ExitStack() as stack:
        folder = stack.enter_context(alone(f"kills-{os.getpid()}" if given.server else "kills"))
        address, redis = given.server, os.environ.get("REDIS_URL", "")
        if not address:
            cluster = Cluster(folder / "server")
            address, redis = cluster.url(name="postgres"), cluster.redis_url()
        scratch = Scratch(address, Path(folder) / "files", redis=redis, template=given.template)
        scratch.folder.mkdir()
        stack.callback(scratch.throw_away)
        tally = run(scratch, rounds=given.rounds, seed=given.seed, acts=acts, tell=tell)
        if given.write:
            from .report import write

            command = f"python -m trials.kills --rounds {given.rounds} --seed {given.seed}"
            tell(f"written: {write('kills', paper(tally, scratch.facts(), command))}")
    print(json.dumps(tally.as_json(), indent=2))
    return 0 if tally.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
