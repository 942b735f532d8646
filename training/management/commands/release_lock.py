"""Release a locked account from the console: for the only system administrator who locked themself out."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alpr_portal.management.base import PortalCommand
from alpr_portal.policy.inputs import read_person_name
from training import locks
from training.adapter import named
from training.models import LockRelease
from training.views.locks import read_reason


class Command(PortalCommand):
    help = (
        "Release the lock of one account. Who sits at the console, and why, goes on record and to the member by mail. "
        "From the portal a system administrator does it on the page of locked accounts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="User name of the locked account.")
        parser.add_argument("--reason", required=True, help="Why it may sign in again, in a sentence.")
        parser.add_argument("--operator", required=True, metavar='"Full Name"', help="Who gives this command.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be released, and release nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        reason = read_reason(options["reason"], field="--reason")
        operator = read_person_name(options["operator"], field="--operator")
        member = named(options["username"])
        if member is None:
            raise CommandError("No account has this user name.")
        lock = locks.open_lock(member)
        if lock is None:
            raise CommandError(f"{member.username} is not locked: nothing to release.")
        if options["dry_run"]:
            self.say(f"Would release {member.username}, locked {lock.at:%Y-%m-%d %H:%M} UTC.")
            return
        locks.release(lock, by=None, reason=reason, through=LockRelease.Through.CONSOLE, operator=operator)
        self.say(f"Released {member.username}. On record: {operator}, at the console.")
