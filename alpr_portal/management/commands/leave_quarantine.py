"""Open a restored portal, once what had expired or was erased is gone again."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.backup import BackupError
from alpr_portal.backup.quarantine import ANYBODY, leave
from alpr_portal.management.base import PortalCommand
from reads.disposal import AlreadyRunning


class Command(PortalCommand):
    help = "After a restore: purge, replay the journal of erasures, check, and open sign-in. Prints the counts as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--operator", default=ANYBODY, help="Your full name, for the record.")
        parser.add_argument("--let-go", action="store_true", help="Let the holds go that it stopped for, and named.")
        parser.add_argument(
            "--without-journal", default="", help="The journal of erasures is lost: why, for the record."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            left = leave(
                operator=options["operator"],
                let_go=options["let_go"],
                without_journal=options["without_journal"],
                tell=lambda said: self.stderr.write(said),
            )
        except (BackupError, AlreadyRunning) as error:
            raise CommandError(str(error)) from error
        self.say(json.dumps(left.as_json()))
