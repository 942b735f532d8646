"""Let the only system administrator start anew, who lost the second factor or the password."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from alpr_portal.management.base import PortalCommand
from alpr_portal.policy.inputs import read_person_name
from training import mail, rescue
from training.adapter import named
from training.views.locks import read_reason


class Command(PortalCommand):
    help = (
        "For the only system administrator: remove the second factor and print a new invitation, with which the member "
        "sets a password. Two people stand at the console; both go on record, and the member gets a letter."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="User name of the system administrator.")
        parser.add_argument("--operator", required=True, metavar='"Full Name"', help="Who gives this command.")
        parser.add_argument("--second", required=True, metavar='"Full Name"', help="Who stands beside.")
        parser.add_argument("--reason", required=True, help="What was lost, in a sentence.")

    def handle(self, *args: Any, **options: Any) -> None:
        names = {name: read_person_name(options[name], field=f"--{name}") for name in ("operator", "second")}
        reason = read_reason(options["reason"], field="--reason")
        member = named(options["username"])
        if member is None:
            raise CommandError("No account has this user name.")
        token = rescue.rescue(member, reason=reason, now=timezone.now(), **names)
        self.say(f"{member.username} may start anew. On record: {names['operator']} and {names['second']}.")
        self.say(
            f"For the member's eyes only, within three days: {mail.link(reverse('accept_invitation', args=[token]))}"
        )
