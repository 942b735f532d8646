"""Make the daily partitions that stand ready ahead of time, as the hourly task does."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from alpr_portal import health
from alpr_portal.management.base import PortalCommand
from alpr_portal.policy.parameters import PARTITIONS_AHEAD
from reads.partitions import make_ahead

MOST = 60  # days


class Command(PortalCommand):
    help = "Make the upload days ahead (A.2). Can be run again: days that stand are left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=days, default=PARTITIONS_AHEAD.now, help="How many days after today (default %(default)s)."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say how many days stand and make none.")

    def handle(self, *args: Any, **options: Any) -> None:
        made = 0 if options["dry_run"] else make_ahead(days=options["days"] + 1)
        ready = health.partitions_ahead()
        self.say(f"Made {made} upload days. {ready.says}.")


def days(text: str) -> int:
    """A whole number of days, 0 to ``MOST``."""
    if not text.isascii() or not text.isdigit() or int(text) > MOST:
        raise ArgumentTypeError(f"give a whole number from 0 to {MOST}")
    return int(text)
