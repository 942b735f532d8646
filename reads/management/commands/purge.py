"""Dispose of the upload days whose 720 hours are over, as the hourly task does; a certificate is kept of every run."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.management.base import PortalCommand
from alpr_portal.policy.inputs import read_person_name
from alpr_portal.policy.refusal import BadInput
from alpr_portal.templatetags.portal import when
from reads import brake
from reads.certificates.issue import of_run, verify
from reads.certificates.tell import told
from reads.disposal import AlreadyRunning, Disposal, alone, purge
from training.views.locks import read_reason


class Command(PortalCommand):
    help = (
        "Take expired upload days off the disk (G), two at most, and certify it. Can be stopped and run again; a second run "
        "at once is refused. A brake that is on is released by a person only, who says why."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would go, and leave it.")
        parser.add_argument("--json", action="store_true", help="Answer as JSON on standard output.")
        parser.add_argument(
            "--verify", action="store_true", help="Check every certificate anew, and dispose of nothing."
        )
        parser.add_argument(
            "--release-brake",
            metavar='"REASON"',
            help="Let the disposal go on: why its clock can be trusted; then run it.",
        )
        parser.add_argument("--operator", metavar='"Full Name"', help="Who releases the brake.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verify"]:
            self.verify()
            return
        try:
            if options["release_brake"] is not None:
                self.release(options)
            done = purge(dry_run=options["dry_run"], tell=self.stderr.write)
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.say(json.dumps(done.as_json()))
        else:
            self.tell(done)
        if done.brake:
            raise CommandError(
                f"Stopped: {done.brake.get_why_display()} (database {done.brake.database_at:%Y-%m-%d %H:%M} UTC). Look at the "
                "clocks; then docs/runbook.md, “The brake of the disposal is on”."
            )
        if done.failed:
            days = ", ".join(one["day"] for one in done.failed)
            raise CommandError(
                f"Still on the disk: {days}. The hourly task tries again; if it stays so, see docs/runbook.md."
            )

    def tell(self, done: Disposal) -> None:
        """What the run did, in a sentence, and its certificate."""
        would = "Disposed" if done.certificate else "Would dispose"
        oldest = f"{done.oldest_at:%Y-%m-%d %H:%M} UTC" if done.oldest_at else "none"
        waits = f" {done.left} days wait for the next run." if done.left else ""
        self.say(
            f"{would} of {done.partitions} upload days with {done.purged:,} reads. Oldest read left: {oldest}.{waits}"
        )
        for line in told(of_run(done.certificate.pk)) if done.certificate else ():
            self.say(line)

    def release(self, options: dict[str, Any]) -> None:
        """Release the brake on a person's word; the run that follows looks at the clocks again."""
        reason = read_reason(options["release_brake"], field="--release-brake")
        if not options["operator"]:
            raise BadInput("operator.missing", "--operator: say who releases the brake.", "--operator")
        operator = read_person_name(options["operator"], field="--operator")
        if options["dry_run"]:
            raise CommandError("--dry-run releases nothing: leave one of the two out.")
        with alone():
            released = brake.release(operator=operator, reason=reason)
        if released is None:
            raise CommandError("The brake is not on: nothing to release, and nothing was disposed of.")
        self.say(f"Released the brake of {when(released.brake.at)}. On record: {operator}, at the console.")

    def verify(self) -> None:
        """Say whether the certificates hang together; what is wrong ends this with an error."""
        found = verify()
        if found.wrong:
            raise CommandError(f"{len(found.wrong)} certificates are not as issued: {'; '.join(found.wrong[:5])}.")
        last = f" The last is {found.last.number}, SHA-256 {found.last.digest}." if found.last else ""
        self.say(
            f"{found.checked} certificates checked; each says what was certified and follows the one before.{last}"
        )
