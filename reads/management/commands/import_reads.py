"""Take reads from a file, by the same adapters and the same store as the API, and answer what became of them."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from alpr_portal.management.base import PortalCommand
from alpr_portal.policy.refusal import BadInput
from reads import files, ingest
from reads.adapters import ADAPTERS
from reads.ingest import Receipt
from reads.models import Source

FORMATS = ", ".join(sorted(ADAPTERS))


class Command(PortalCommand):
    help = (
        "Store the reads of a file: one JSON document as the API takes it, or JSON lines with one message each. A "
        "large file becomes several batches of up to 1,000 reads; a replay answers as the first time. What is late "
        "for the API is late here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--source", required=True, metavar="S", help="Name of the source whose reads these are.")
        parser.add_argument("--format", metavar="F", help=f"One of {FORMATS} (default: the source's).")
        parser.add_argument(
            "--json",
            action="store_true",
            help='Answer {"received", "stored", "duplicates", "refused", "batch"}; batch is the first one\'s id.',
        )
        parser.add_argument("--dry-run", action="store_true", help="Read and judge everything, store nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        source = find_source(options["source"])
        kind, now = options["format"] or source.format, timezone.now()
        if kind not in ADAPTERS:
            raise CommandError(f"format.unknown: no adapter has this name. There are: {FORMATS}.")
        with files.opened(options["file"]) as file:
            try:
                batches = sum(1 for _ in files.batches(file, kind, now=now))  # all of it is read before any is stored
                receipts = self.store(source, files.batches(file, kind, now=now), batches, now, options["dry_run"])
            except BadInput as error:
                if not options["dry_run"]:
                    ingest.refuse_delivery(error.code, source)
                raise
        answer = total(receipts).as_json(with_faults=False)
        self.say(json.dumps(answer) if options["json"] else readable(answer, receipts, options["dry_run"]))

    def store(
        self, source: Source, batches: Iterator[files.Piece], n: int, now: datetime, dry_run: bool
    ) -> list[Receipt]:
        receipts = []
        with self.progress("batches", n) as at:
            for done, piece in enumerate(batches, start=1):
                if dry_run:
                    receipts.append(judged(source, piece, now))
                else:
                    receipts.append(ingest.store_batch(source, piece.parsed, body=piece.body, now=now))
                at(done)
        return receipts


def find_source(name: str) -> Source:
    """The active source of this name. CommandError names those there are."""
    known = {source.name: source for source in Source.objects.using("ingest")}
    if name not in known:
        raise CommandError(f"source.unknown: no source has this name. There are: {', '.join(sorted(known)) or 'none'}.")
    if not known[name].is_active:
        raise CommandError("source.inactive: this source is switched off: the Coordinator can switch it on.")
    return known[name]


def judged(source: Source, piece: files.Piece, now: datetime) -> Receipt:
    """What would become of a batch, as far as it can be told without storing it: duplicates are not."""
    reads, faults = ingest.deliverable(source, piece.parsed.items, now=now)
    refused = dict(Counter(fault.code for fault in faults))
    return Receipt(len(piece.parsed.items), len(reads), 0, refused, "", [fault.as_json() for fault in faults])


def total(receipts: list[Receipt]) -> Receipt:
    """The sum of several batches; its batch is the first one's id."""
    refused = sum((Counter(one.refused) for one in receipts), Counter[str]())
    return Receipt(
        received=sum(one.received for one in receipts),
        stored=sum(one.stored for one in receipts),
        duplicates=sum(one.duplicates for one in receipts),
        refused=dict(refused),
        batch=receipts[0].batch if receipts else "",
    )


def readable(answer: dict[str, Any], receipts: list[Receipt], dry_run: bool) -> str:
    stored = "could be stored (duplicates are not looked for)" if dry_run else "stored"
    lines = [f"{answer['received']} received, {answer['stored']} {stored}, {answer['duplicates']} duplicates."]
    for code, n in sorted(answer["refused"].items()):
        example = next((f["message"] for one in receipts for f in one.faults if f["code"] == code), "")
        lines.append(f"{n:>8} refused  {code}: {example}")
    if answer["batch"]:
        lines.append(f"Batch {answer['batch']}" + (f" and {len(receipts) - 1} more." if len(receipts) > 1 else "."))
    return "\n".join(lines)
