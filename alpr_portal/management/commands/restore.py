"""Bring a backup back into an empty database, which stays closed until ``leave_quarantine``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.backup import BackupError
from alpr_portal.backup.restore import restore, verify
from alpr_portal.management.base import PortalCommand


class Command(PortalCommand):
    help = 'Restore a backup into an empty database; it is in quarantine then. Read docs/runbook.md, "Restore", first.'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The backup, a file that ends in .alprbackup.")
        parser.add_argument("--verify", action="store_true", help="Only read it from end to end; touch nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verify"]:
                found = verify(options["file"])
                self.say(
                    f"Whole: made {found['made_at']}, {sum(found['tables'].values()):,} rows, {len(found['held'])} holds."
                )
                return
            restore(options["file"], tell=lambda said: self.stderr.write(said))
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.say("Restored, in quarantine: nobody signs in yet. Now run manage.py leave_quarantine.")
