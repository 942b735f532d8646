"""One act of `make kills` in a process of its own, which kills itself at a line or in a statement of the database.

`python -m trials.killed ACT ARGUMENT FILE`. ``KILL_AT`` names the place: ``reads/disposal.py:101#2`` (before that line runs
the second time) or ``sql#7+3`` (three milliseconds into the seventh statement). Without one nothing happens to it, and FILE
holds in the end which lines ran how often, and how many statements. Nothing of the portal knows of this: the lines are
followed by Python's own tracing, the statements by Django's wrapper of them.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import django

from alpr_portal.embedded import ROOT

WATCHED = ("reads/", "alpr_portal/backup/", "audits/disposal")
LOADED = (
    "reads.disposal",
    "reads.holds.asking",
    "reads.holds.releases",
    "alpr_portal.backup.restore",
    "alpr_portal.urls",
)
WHY = "Tried by make kills"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Lines:
    """Counts the lines that run in watched files; dies before one of them."""

    def __init__(self, at: str) -> None:
        self.at, _, nth = at.partition("#")
        self.nth = 0 if at.startswith("sql#") else int(nth or 0)
        self.ran: Counter[str] = Counter()
        self.files: dict[str, str] = {}

    def named(self, file: str) -> str:
        """What a watched file is called; "" for any other."""
        if file not in self.files:
            inside = file.removeprefix(f"{ROOT}/") if file.startswith(f"{ROOT}/") else ""
            ends = "transaction.py" if file.endswith("django/db/transaction.py") else ""
            self.files[file] = inside if inside.startswith(WATCHED) and "/migrations/" not in inside else ends
        return self.files[file]

    def entered(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        return self.line if self.named(frame.f_code.co_filename) else None

    def line(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        if event == "line":
            place = f"{self.named(frame.f_code.co_filename)}:{frame.f_lineno}"
            self.ran[place] += 1
            if place == self.at and self.ran[place] == self.nth:
                die()
        return self.line


class Statements:
    """Counts the statements of every connection; dies some milliseconds into one of them, or when it ends before."""

    def __init__(self, at: str) -> None:
        nth, _, delay = at.removeprefix("sql#").partition("+")
        self.nth, self.delay = (int(nth), float(delay) / 1000) if at.startswith("sql#") else (0, 0.0)
        self.ran = 0

    def soon(self) -> None:
        time.sleep(self.delay)
        die()

    def __call__(self, execute: Callable[..., Any], *said: Any) -> Any:
        self.ran += 1
        if self.ran != self.nth:
            return execute(*said)
        threading.Thread(target=self.soon, daemon=True).start()
        try:
            return execute(*said)
        finally:
            die()


def purge(argument: str) -> None:
    """The disposal, until no day is left."""
    from reads import disposal

    while disposal.purge().left:
        pass


def hold(argument: str) -> None:
    """Ask for a hold of everything that a search found, and approve it; what was done before is not done again."""
    from datetime import timedelta

    from django.utils import timezone

    from reads.holds import asking, deciding
    from reads.models import Hold, HoldDecision, Query

    query, now = Query.objects.get(pk=argument), timezone.now()
    found = Hold.objects.filter(query=query).first()
    if found is None:
        review = timezone.localdate() + timedelta(days=30)
        assert query.by
        said = asking.Said("active_investigation", "26-012345", WHY, review)
        found = asking.ask_hold(said, asking.found_by(query, None, by=query.by, now=now), by=query.by, now=now)
    if not HoldDecision.objects.filter(hold=found).exists():
        deciding.decide_hold(found, approved=True, reason=WHY, by=decider(), now=now)


def release(argument: str) -> None:
    """Decide the release of a hold, and dispose of what it kept."""
    from django.utils import timezone

    from reads.holds import releases
    from reads.models import ReleaseAsked, ReleaseDecision

    asked = ReleaseAsked.objects.get(hold_id=uuid.UUID(argument))
    if not ReleaseDecision.objects.filter(release=asked).exists():
        releases.decide_release(asked, approved=True, reason=WHY, by=decider(), now=timezone.now())
    purge("")


def restore(argument: str) -> None:
    """Bring a backup back where the database is empty, else go on as docs/runbook.md says; then leave quarantine."""
    from django.core.management import call_command
    from django.db import connections

    from alpr_portal.backup.quarantine import leave, stands
    from alpr_portal.backup.restore import restore

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.django_migrations') IS NULL")
        (empty,) = cursor.fetchone()
    if empty:
        restore(Path(argument))
    else:
        call_command("migrate", verbosity=0)
    if stands():
        leave(operator="Kit Kills")


def decider() -> Any:
    from training.models import Member

    return Member.objects.get(username="kills-admin")


ACTS = {act.__name__: act for act in (purge, hold, release, restore)}


def main(act: str, argument: str, file: Path) -> None:
    django.setup()
    for module in LOADED:  # what runs while a module is loaded is no part of an act
        import_module(module)
    from django.db import connections

    at = os.environ.get("KILL_AT", "")
    lines, statements = Lines(at), Statements(at)
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(statements))
        if not at.startswith("sql#"):
            sys.settrace(lines.entered)
            threading.settrace(lines.entered)
        try:
            ACTS[act](argument)
        finally:
            sys.settrace(None)
    file.write_text(json.dumps({"lines": lines.ran, "statements": statements.ran}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
