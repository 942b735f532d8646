"""Write the letters about lapses that are due and send all that is unsent, as the tasks do; also what was given up."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from alpr_portal.management.base import PortalCommand
from training import letters


class Command(PortalCommand):
    help = (
        "Write the letters about lapses that are due (J) and send what is unsent, older letters too. Can be run twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would be written and sent, and do neither."
        )
        parser.add_argument("--json", action="store_true", help="Answer as JSON on standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        now, dry = timezone.now(), bool(options["dry_run"])
        with transaction.atomic():
            written, waits = letters.due(now), letters.unsent().count()
            transaction.set_rollback(dry)
        sent = letters.Sent(waits) if dry else letters.send_due(now, given_up=True)
        if options["json"]:
            self.say(json.dumps({"dry_run": dry, "written": written, "sent": sent.left, "away": sent.away}))
        else:
            words = ("Would write", "would send") if dry else ("Wrote", "sent")
            self.say(f"{words[0]} {written} letters about lapses, {words[1]} {sent.left}.")
        if sent.away:
            raise CommandError("The mail server is away (EMAIL_URL): what is unsent stays, and is tried again.")
        if sent.kept:
            raise CommandError(
                f"The mail server refused {sent.kept} letters: look at the addresses in the log's lines."
            )
