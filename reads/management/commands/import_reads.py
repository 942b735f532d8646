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
from reads.adapters import ADAPTERS, adapter_of
from reads.ingest import Receipt
from reads.models import Source

FORMATS = ", ".join(sorted(ADAPTERS))


class Command(PortalCommand):
    help = (
        "Store the reads of a file: one JSON document as the API takes it, JSON lines with one message each, or a CSV "
        "where the source's format is one. A large file becomes several batches of up to 1,000 reads; a replay answers "
        "as the first time. What is late for the API is late here."
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
        self.notes: Counter[str] = Counter()  # what the adapter says of messages that bring no read
        if kind not in ADAPTERS:
            raise CommandError(f"format.unknown: no adapter has this name. There are: {FORMATS}.")
        with files.opened(options["file"]) as file:
            try:
                adapter = adapter_of(kind, source.columns)
                batches = sum(1 for _ in files.batches(file, adapter, now=now))  # all is read before any is stored
                pieces = files.batches(file, adapter, now=now)
                answer = total(self.store(source, pieces, batches, now, options["dry_run"]))
            except BadInput as error:
                if not options["dry_run"]:
                    ingest.refuse_delivery(error.code, source)
                raise
        for note, n in self.notes.items():
            self.stderr.write(f"{note}{f' ({n} batches)' if n > 1 else ''}")
        said = json.dumps(answer.as_json(with_faults=False))
        self.say(said if options["json"] else readable(answer, batches, options["dry_run"]))

    def store(
        self, source: Source, batches: Iterator[files.Piece], n: int, now: datetime, dry_run: bool
    ) -> Iterator[Receipt]:
        with self.progress("batches", n) as at:
            for done, piece in enumerate(batches, start=1):
                if piece.parsed.note:
                    self.notes[piece.parsed.note] += 1
                if dry_run:
                    yield judged(source, piece, now)
                else:
                    yield ingest.store_batch(source, piece.parsed, body=piece.body, now=now)
                at(done)


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


def total(receipts: Iterator[Receipt]) -> Receipt:
    """The sum of several batches; its batch is the first one's id, its faults the first of each code."""
    sum_, refused, examples = Receipt(0, 0, 0, {}, ""), Counter[str](), dict[str, dict[str, Any]]()
    for one in receipts:
        sum_.received += one.received
        sum_.stored += one.stored
        sum_.duplicates += one.duplicates
        sum_.batch = sum_.batch or one.batch
        refused.update(one.refused)
        for fault in one.faults:
            examples.setdefault(fault["code"], fault)
    sum_.refused, sum_.faults = dict(refused), list(examples.values())
    return sum_


def readable(answer: Receipt, batches: int, dry_run: bool) -> str:
    stored = "could be stored (duplicates are not looked for)" if dry_run else "stored"
    lines = [f"{answer.received} received, {answer.stored} {stored}, {answer.duplicates} duplicates."]
    examples = {fault["code"]: fault["message"] for fault in answer.faults}
    for code, n in sorted(answer.refused.items()):
        lines.append(f"{n:>8} refused  {code}: {examples.get(code, '')}")
    if answer.batch:
        lines.append(f"Batch {answer.batch}" + (f" and {batches - 1} more." if batches > 1 else "."))
    return "\n".join(lines)
