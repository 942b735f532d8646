"""Put one plate through every door, let 65 days pass, and look for it everywhere: in a database made for it alone."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.canary import ground
from alpr_portal.embedded import EmbeddedError
from alpr_portal.management.base import PortalCommand


class Command(PortalCommand):
    help = (
        "Whether a plate outlives its 30 days anywhere (G): puts one through every door of a portal of its own, on servers "
        "made for it (the configured database is never touched), ages it, runs every duty of the timetable, and looks for it "
        "in tables, statistics, files, Redis, logs, mail and a backup. Exit code 1 where it is found, or a door let nothing in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Answer as JSON on standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            status, report = ground.fly()
        except (EmbeddedError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        self.say(json.dumps(report) if options["json"] else readable(report))
        if status:
            raise CommandError("A plate outlives its 30 days, or the canary cannot tell: see above.")


def readable(report: dict[str, Any]) -> str:
    """The report for people."""
    lines = [f"{report['survivors']} survivors outside the allowed list, of {report['places']} places looked at."]
    lines += [f"  found: {one}" for one in report["found"]]
    lines += [f"  a door that is none: {one}" for one in report["faults"]]
    lines += [f"  allowed, but not needed: {one}" for one in report["stale"]]
    seconds = report.get("seconds")
    if seconds:
        lines.append(f"It took {seconds['flight']} seconds, {seconds['backup']} of them for the backup.")
    wal = report.get("write_ahead_log")
    if wal:
        lines.append(
            f"Write-ahead log, told apart: the plate in {wal['holding']} of {wal['files']} files; {wal['says']}."
        )
    return "\n".join(lines)
