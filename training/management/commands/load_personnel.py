"""Personnel's leavers and transfers from a file, at the terminal: the same rows, rules and records as on the page."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from alpr_portal.management.base import PortalCommand, printable
from alpr_portal.policy.refusal import Refused
from training import personnel
from training.access import may_use
from training.intakes import ALREADY, MAX_BYTES
from training.models import Member
from training.personnel_rules import COLUMNS

VERB = "training.load_personnel"


class Command(PortalCommand):
    help = (
        f"Close the accounts of who left, and move who was transferred. Columns: {', '.join(COLUMNS)}. One error "
        "anywhere, and nothing of the file is done. The same file is applied once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="The system administrator who loads it.")
        parser.add_argument("--dry-run", action="store_true", help="Show what each row would do, and do nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        by, now = acting(options["by"]), timezone.now()
        data = read(options["file"])
        with transaction.atomic():
            intake = personnel.receive(options["file"].name, data, by=by)
            if hasattr(intake, "applied"):
                raise Refused(ALREADY)
            rows = personnel.judged(intake, by=by, now=now)
            transaction.set_rollback(options["dry_run"])
        wrong = [row for row in rows if row.faults]
        for row in rows if options["dry_run"] and not wrong else wrong:
            who = printable(str(row.member)) if row.member else "nobody known"
            self.say(f"line {row.line}, {who}: {' '.join(row.faults) or row.does}")
        if wrong:
            raise CommandError(f"Rows with errors: {len(wrong)} of {len(rows)}. Nothing was done.")
        if options["dry_run"]:
            self.say(f"Rows that would be done: {len(rows)}. Nothing was done.")
            return
        counts = personnel.apply_personnel(intake, by=by, now=now).counts
        self.say(
            f"Left: {counts['leavers']}. Transferred: {counts['transfers']}. Roles ended: {counts['roles_ended']}."
        )


def acting(username: str) -> Member:
    """The member who loads the file. CommandError where there is none who may."""
    member = Member.objects.filter(username=username, is_active=True).first()
    if member is None:
        raise CommandError("--by: no active member has this user name.")
    refusal = may_use(permission=VERB, held=member.has_perm(VERB))
    if refusal:
        raise CommandError(str(refusal))
    return member


def read(path: Path) -> bytes:
    """The file's bytes, up to what is taken. CommandError where it cannot be opened."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"The file cannot be opened: {error.strerror}.") from error
