"""Make a sealed backup, and let those go that are to pass their seventh day."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.backup import BackupError
from alpr_portal.backup.make import make
from alpr_portal.management.base import PortalCommand


class Command(PortalCommand):
    help = "Make a backup: the database and the packs of holds, sealed under BACKUP_KEY, into BACKUP_DIR; daily."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help='As {"name", "size", "sha256", "seconds", "gone"}.')

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = make(tell=lambda said: self.stderr.write(said))
        except BackupError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.say(json.dumps(made.as_json()))
            return
        self.say(f"Made: {made.path} ({made.size:,} bytes in {made.seconds:.1f} s, SHA-256 {made.sha256}).")
        self.say(f"Let go: {', '.join(made.gone) or 'none'}. Images of days and their keys are in no backup.")
