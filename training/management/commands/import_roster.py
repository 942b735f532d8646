"""Load a roster of completed training from a file, by the same readers and the same rules as the page."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from alpr_portal.management.base import PortalCommand
from alpr_portal.policy.refusal import Refused
from training import intakes, rosters
from training.access import may_use
from training.models import Member

VERB = "training.enter_completion"


class Command(PortalCommand):
    help = (
        "Enter the completions of a roster (CSV with the columns badge, course, version, completed_on, instructor, "
        "score). Everything in one transaction or nothing; what is on record already is counted, not entered again. "
        "The same file twice answers as the first time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="The member who enters them.")
        parser.add_argument("--dry-run", action="store_true", help="Read and judge every row, store nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        by, now = entering(options["by"]), timezone.now()
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error.strerror}.") from None
        if options["dry_run"]:
            self.judged(rosters.judge(intakes.numbered(intakes.decode(data), columns=rosters.COLUMNS), by=by, now=now))
            return
        with transaction.atomic():
            intake = rosters.receive(options["file"].name, data, by=by)
            applied = getattr(intake, "applied", None)
            if applied is None:
                self.judged(rosters.preview(intake, by=by, now=now))
                applied = rosters.load_roster(intake, by=by, now=now)
        counts = applied.counts
        self.stdout.write(
            f"Entered {counts['new']}, on record already {counts['known']}. Receipt {str(applied.pk)[:8].upper()}."
        )

    def judged(self, found: rosters.Judged) -> None:
        """Say what is wrong, each at its line; CommandError where anything is."""
        for line in found.faulty:
            for message in line.messages:
                self.stderr.write(f"line {line.number}: {message}")
        if found.faulty:
            raise CommandError(f"{len(found.faulty)} of {len(found.lines)} rows are wrong. Nothing was loaded.")
        counts = found.counts
        self.stdout.write(f"{counts['rows']} rows: {counts['new']} new, {counts['known']} on record already.")


def entering(username: str) -> Member:
    """The active member who may enter completions. Raises CommandError, or Refused with the clause."""
    member = Member.objects.filter(username=username, is_active=True).first()
    if member is None:
        raise CommandError("No active member has this user name.")
    refusal = may_use(permission=VERB, held=member.has_perm(VERB))
    if refusal:
        raise Refused(refusal)
    return member
