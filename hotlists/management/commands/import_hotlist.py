"""Replace a hot list by a file, as the drop folder and the upload do, and answer the receipt."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.management.base import PortalCommand
from alpr_portal.policy.vocabulary import RefreshOutcome, Via
from hotlists import importer
from hotlists.models import HotList, Refresh

PATIENCE = 60  # seconds for which somebody else may be reading the same list


class Command(PortalCommand):
    help = (
        "Replace a hot list by the rows of a file, in one transaction: the old list or the new one, never a mix. The file "
        "is read by the list's approved template. Exit code 0 only where it replaced the list; a file that is held or "
        "refused leaves its receipt, and the old list stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--list", required=True, metavar="NAME", help="Name of the hot list that the file replaces."
        )
        parser.add_argument("--json", action="store_true", help="Answer the receipt as one line of JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        hot_list = find_list(options["list"])
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                delivery = importer.take(hot_list, importer.pieces_of(file), name=path.name, via=Via.COMMAND, by=None)
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            raise CommandError("file.missing: this file cannot be opened. Check its path.") from None
        receipt, began = None, time.monotonic()
        with self.progress("bytes", delivery.size) as at:
            for _ in range(PATIENCE):
                if receipt := importer.read(delivery, tell=at):
                    break
                time.sleep(1)
        if receipt is None:
            raise CommandError(
                "hotlist.busy: another file of this list is being read. This one is kept and is read after it."
            )
        self.say(
            json.dumps({**as_json(receipt), "seconds": round(time.monotonic() - began, 3)})
            if options["json"]
            else readable(receipt)
        )
        if receipt.outcome != RefreshOutcome.APPLIED:
            sys.exit(1)


def find_list(name: str) -> HotList:
    """The list of this name. CommandError names those there are."""
    known = {one.name: one for one in HotList.objects.all()}
    if name not in known:
        raise CommandError(f"list.unknown: no list has this name. There are: {', '.join(sorted(known)) or 'none'}.")
    return known[name]


def as_json(receipt: Refresh) -> dict[str, Any]:
    """A receipt for machines."""
    names = ("number", "rows", "kept", "immigration", "refused", "previous_rows", "outcome", "code", "says", "faults")
    said = {name: getattr(receipt, name) for name in names}
    return {
        "list": receipt.hot_list.name,
        "receipt": str(receipt.pk),
        **said,
        "digest": receipt.delivery.digest,
    }


def readable(receipt: Refresh) -> str:
    """A receipt in lines."""
    lines = [
        f"{receipt.rows:,} rows in, {receipt.kept:,} kept, {receipt.immigration:,} refused as immigration.",
        f"{RefreshOutcome.says(receipt.outcome)}: version {receipt.number} of {receipt.hot_list}.",
    ]
    lines += [f"{receipt.code}: {receipt.says}"] if receipt.code else []
    lines += [f"{n:>8} {code}" for code, n in sorted(receipt.refused.items())]
    lines += [each["message"] for each in receipt.faults[:10]]
    return "\n".join([*lines, f"Receipt {receipt.pk}."])
