"""The command: parts in their order, each saved as it ends, so that a run that broke off goes on where it was."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import cluster
from .sizes import FULL, QUICK, Sizes

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "docs" / "benchmarks.md"
PARTS = ("search", "peer", "ingest", "matching", "http", "disposal")
Measure = Callable[[], dict[str, Any]]


def options(words: Sequence[str]) -> argparse.Namespace:
    asked = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure the portal beside plainer ways and write docs/benchmarks.md. A run that broke off goes on "
        "where it was. BENCH_DATABASE_URL names a server (a superuser's address) in place of the benchmark's own.",
    )
    asked.add_argument(
        "--only", default="", help=f"Some parts, by commas: {', '.join(PARTS)}. The report keeps the others."
    )
    asked.add_argument("--rows", type=int, help=f"Reads that a search can see ({FULL.rows:,}).")
    asked.add_argument(
        "--quick", action="store_true", help="Small sizes, to try it; the report goes to the data folder."
    )
    asked.add_argument("--fresh", action="store_true", help="Forget what a run that broke off has measured.")
    asked.add_argument(
        "--keep", action="store_true", help="Leave data and results for another run; else they go at the end."
    )
    given = asked.parse_args(words)
    given.parts = given.only.split(",") if given.only else list(PARTS)
    if unknown := set(given.parts) - set(PARTS):
        asked.error(f"there is no part {', '.join(sorted(unknown))}")
    if given.rows is not None and given.rows < 3_000:
        asked.error("--rows: at least 3,000")
    return given


def main(words: Sequence[str]) -> int:
    """Measure and report; 0, also where a target was missed: the report says so."""
    given = options(words)
    sizes = QUICK if given.quick else FULL
    sizes = replace(sizes, rows=given.rows) if given.rows else sizes
    is_full = not given.quick and sizes.rows >= FULL.rows
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tell = Teller()
    ground = cluster.start()
    try:
        enter_django()
        run = Run(ground, sizes, tell, fresh=given.fresh)
        run.measure(given.parts)
        target = REPORT if is_full else ground.folder / "benchmarks.md"
        run.write(target, command="make bench" if is_full else f"python -m bench {' '.join(words)}".rstrip())
        from django.db import connections

        connections.close_all()
        if not (given.keep or given.only):
            cluster.forget(ground)
            run.forget()
    except KeyboardInterrupt:
        tell("stopped; run it again and it goes on from here")
        return 130
    finally:
        cluster.stop(ground)
    return 0


def enter_django() -> None:
    """Django with the benchmark's settings, its log quiet, and the database as the migrations make it."""
    import django
    import structlog
    from django.core.management import call_command

    django.setup()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    call_command("migrate", verbosity=0)


class Teller:
    """Says where it is, with the seconds since it began."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, said: str) -> None:
        print(f"{time.monotonic() - self.began:7.0f} s  {said}", flush=True)


class Run:
    """The parts of one run and what they gave, a file each."""

    def __init__(self, ground: cluster.Ground, sizes: Sizes, tell: Callable[[str], None], *, fresh: bool = False):
        self.ground, self.sizes, self.tell = ground, sizes, tell
        self.folder = ground.folder / "results"
        asked = self.folder / "sizes.json"
        wanted = json.dumps(asdict(sizes))
        if fresh or not asked.exists() or asked.read_text() != wanted:
            self.forget()
        self.folder.mkdir(parents=True, exist_ok=True)
        asked.write_text(wanted)

    def forget(self) -> None:
        for file in self.folder.glob("*.json"):
            file.unlink()

    def measure(self, parts: Sequence[str]) -> None:
        """Measure the parts; one that is there already is done, unless it alone was asked for."""
        from django.utils import timezone

        from . import data, disposal, http, ingest, matching, peer, people, search

        made = people.make(self.sizes.cameras)
        ground, sizes, tell = self.ground, self.sizes, self.tell
        acts: dict[str, Measure] = {
            "search": lambda: search.measure(ground, made, sizes, tell),
            "peer": lambda: peer.measure(ground, made, sizes, tell),
            "ingest": lambda: ingest.measure(made, sizes, tell),
            "matching": lambda: matching.measure(ground, made, sizes, tell),
            "http": lambda: http.measure(ground, made, sizes, tell),
            "disposal": lambda: disposal.measure(ground, made, sizes, tell),
        }
        asked_alone = list(parts) != list(PARTS)
        for name in parts:
            if self.has(name) and not asked_alone:
                tell(f"{name}: measured already")
                continue
            tell(f"{name}: the data")
            shape = data.ensure(ground, made, sizes, tell, now=timezone.now())
            if shape["days_made"] > 20 or not self.has("data"):
                said = {"vehicles": sizes.vehicles, "cameras": sizes.cameras, "rounds": sizes.rounds}
                self.save("data", {**shape, **said}, took_s=shape["made_s"] + shape["indexed_s"])
            tell(f"{name}: begins")
            began = time.monotonic()
            self.save(name, acts[name](), took_s=time.monotonic() - began)
        self.save("machine", cluster.facts(ground), took_s=0)

    def has(self, name: str) -> bool:
        return (self.folder / f"{name}.json").exists()

    def save(self, name: str, figures: dict[str, Any], *, took_s: float) -> None:
        """Keep what a part gave; the file appears whole or not at all."""
        at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
        fresh = self.folder / f".{name}"
        fresh.write_text(json.dumps({"at": at, "took_s": took_s, "figures": figures}, indent=1))
        os.replace(fresh, self.folder / f"{name}.json")

    def results(self) -> dict[str, Any]:
        """What there is, in the order of the parts."""
        order = ["machine", "data", *PARTS]
        return {name: json.loads((self.folder / f"{name}.json").read_text()) for name in order if self.has(name)}

    def write(self, target: Path, *, command: str) -> None:
        from .report import render

        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(render(self.results(), command=command))
        self.tell(f"written: {target.relative_to(ROOT) if target.is_relative_to(ROOT) else target}")
