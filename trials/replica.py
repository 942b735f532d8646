"""Searches on a streaming replica: two local clusters, and everything the portal says of them tried out.

`python -m trials.replica`. Answers 1 where one of the promises did not hold.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from .ground import Ground, alone
from .standby import Primary, Standby
from .verdict import Verdict

ROWS = 300_000  # reads that a search can see
Say = Callable[[str], None]


def options(words: Sequence[str]) -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m trials.replica", description=__doc__.split("\n\n")[0])
    asked.add_argument("--rows", type=int, default=ROWS, help=f"reads that a search can see ({ROWS:,})")
    asked.add_argument("--write", action="store_true", help="write the replica's part of docs/trials.md")
    asked.add_argument("--no-sync", action="store_true", help="no synchronous standby, to see the last step fail")
    return asked.parse_args(words)


def prepared(folder: Path, rows: int, say: Say) -> tuple[Ground, Standby]:
    """Primary and standby, the portal's settings with both addresses, people and reads."""
    primary = Primary(folder / "primary", {"wal_keep_size": "1GB"})
    primary.database_url()
    standby = Standby(folder / "standby", primary)
    standby.remember()
    ground = Ground(folder, primary)
    ground.prepare(DATABASE_REPLICA_URL=standby.url("alpr_app"))
    from django.utils import timezone

    from bench import data, people
    from bench.sizes import QUICK

    from .flood import CAMERAS

    sizes = replace(QUICK, rows=rows, cameras=CAMERAS)
    who = people.make(CAMERAS)
    data.ensure(ground, who, sizes, say, now=timezone.now())  # type: ignore[arg-type]  # it asks only for admin()
    standby.catch_up()
    return ground, standby


def main(words: Sequence[str]) -> int:
    given = options(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with alone("replica") as folder:
        say("preparing primary, standby, database and reads")
        ground, standby = prepared(folder, given.rows, say)
        from . import losses, searches

        verdict, waits = Verdict(), searches.Waits()
        look = searches.Look(ground)
        for step in searches.STEPS:
            say((step.__doc__ or "").splitlines()[0])
            step(verdict, waits, look, standby)
        say("the primary is killed and the standby takes over")
        losses.primary_is_lost(verdict, ground, standby, is_synchronous=not given.no_sync)
    verdict.text = "\n\n".join(
        [
            "## Replica",
            f"`python -m trials.replica --rows {given.rows}`, {datetime.now(UTC):%Y-%m-%d}.",
            "\n".join(f"- {fact}" for fact in look.facts),
            waits.table(),
            verdict.table("found"),
        ]
    )
    print(verdict.text)
    if given.write:
        from .report import write

        say(f"written: {write('replica', verdict.text).relative_to(Path.cwd())}")
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
