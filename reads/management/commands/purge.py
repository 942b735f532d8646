"""Dispose of the upload days whose 720 hours are over, as the hourly task does; a receipt is kept of every run."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.management.base import PortalCommand
from reads.disposal import AlreadyRunning, purge


class Command(PortalCommand):
    help = "Take expired upload days off the disk (G). Can be stopped and run again; a second run at once is refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would go, and leave it.")
        parser.add_argument("--json", action="store_true", help="Answer as JSON on standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = purge(dry_run=options["dry_run"], tell=self.stderr.write)
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.say(json.dumps(done.as_json()))
        else:
            would = "Would dispose" if options["dry_run"] else "Disposed"
            oldest = f"{done.oldest_at:%Y-%m-%d %H:%M} UTC" if done.oldest_at else "none"
            self.say(
                f"{would} of {done.partitions} upload days with {done.purged:,} reads. Oldest read left: {oldest}."
            )
        if done.failed:
            days = ", ".join(one["day"] for one in done.failed)
            raise CommandError(
                f"Still on the disk: {days}. The hourly task tries again; if it stays so, see docs/runbook.md."
            )
