"""Close the accounts that nobody used for 90 days; the nightly task does the same."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from alpr_portal.management.base import PortalCommand, printable
from alpr_portal.policy.parameters import UNUSED
from training.unused import close_unused, unused


class Command(PortalCommand):
    help = (
        f"Close every account that nobody used for {UNUSED.now.days} days. Its roles rest; two people open it again. "
        "The last system administrator stays. Safe to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Name them and close nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            found = list(unused(now))
            for member in found:
                seen = timezone.localtime(member.seen_at)  # type: ignore[attr-defined]
                self.say(f"{member.username}, {printable(member.name)}: last seen {seen:%Y-%m-%d}")
            self.say(f"Would close {len(found)}. Nothing was done.")
            return
        closed = close_unused(now)
        for record in closed:
            self.say(f"{record.member.username}, {printable(record.member.name)}: closed")
        self.say(f"Closed {len(closed)}.")
