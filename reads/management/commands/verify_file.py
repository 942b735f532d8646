"""Tell whether a file is one that left the portal, unchanged: a sheet, a package or an export that somebody hands in."""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser
from itertools import groupby
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.management.base import PortalCommand
from alpr_portal.templatetags.portal import when
from reads.models import Answer
from reads.queries import in_words, who


class Command(PortalCommand):
    help = (
        "Say which export a file is: the portal keeps the SHA-256 of every evidence sheet, evidence package and file of "
        "results that left it. Exit code 1 where no export has this file's: it was changed, or made elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        digest = digest_of(options["file"])
        found = (
            Answer.objects.filter(digest=digest)
            .select_related("access__query", "access__hold")
            .order_by("access__at", "access__hold")
        )
        if not found:
            raise CommandError(
                f"No export on record has SHA-256 {digest}: the file was changed, or did not leave here."
            )
        for _, same in groupby(found, key=lambda answer: (answer.access.hold_id or answer.access_id, answer.access.at)):
            self.say(told(list(same), digest))


def told(same: list[Answer], digest: str) -> str:
    """One export in a line; each read of an evidence package has an access of its own."""
    record, rows = same[0].access, sum(answer.rows for answer in same)
    under = f" under query {record.query.number}" if record.query else ""
    under = f" under hold {record.hold.number}" if record.hold else under
    by, accesses = f"taken by {who(record)} at {when(record.at)}", ", ".join(str(answer.access_id) for answer in same)
    return f"{in_words(record, rows)}{under}, {by}, access {accesses}. SHA-256 {digest}."


def digest_of(file: Path) -> str:
    """SHA-256 of a file of any size, in hexadecimal. CommandError where it cannot be read."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise CommandError(f"{file}: {error.strerror}. Name a file that you may read.") from error
