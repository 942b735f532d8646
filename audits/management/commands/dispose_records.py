"""Dispose of the records that two persons let go, as the hourly task does; broken off, it goes on where it stood."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.management.base import PortalCommand
from audits import disposal
from audits.models import DisposalFinished, DisposalProposed


class Command(PortalCommand):
    help = "Dispose of approved batches of records. Can be stopped and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rewrite",
            action="store_true",
            help="As the owner: write the tables of every finished batch anew, so that nothing lies in their files. "
            "Each is locked meanwhile.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for batch in disposal.approved_unfinished():
            self.carry_out(batch)
        if options["rewrite"]:
            for finished in DisposalFinished.objects.order_by("at"):
                try:
                    disposal.rewrite(finished, tell=lambda table: self.say(f"{table} is written anew."))
                except disposal.StillSeen as error:
                    raise CommandError(str(error)) from error

    def carry_out(self, batch: DisposalProposed) -> None:
        with self.progress(f"batch {batch.number}", batch.rows) as at:
            done = disposal.dispose(batch, tell=lambda left: at(batch.rows - left))
        kept = sum(done.kept.values())
        self.say(f"Batch {batch.number}: {done.rows:,} records are gone, {kept:,} were kept. Digest {done.digest}.")
