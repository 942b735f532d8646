"""The first two members: a system administrator and an ALPR administrator, each with a one-time invitation."""

from __future__ import annotations

from argparse import ArgumentParser
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from alpr_portal.management.base import PortalCommand
from alpr_portal.policy.inputs import read_email, read_person_name, read_text
from alpr_portal.policy.refusal import require
from alpr_portal.policy.vocabulary import Category
from training import invitations
from training.models import Member

ROLES = ("system_administrator", "administrator")
PERSON = '"Name <mail address>"'


class Command(PortalCommand):
    help = (
        "Make the first system administrator and the first ALPR administrator: two different people, each with an "
        "invitation that is printed once and works once, for 72 hours. Refused once members exist."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for role in ROLES:
            option = f"--{role.replace('_', '-')}"
            parser.add_argument(option, metavar=PERSON, default="", help=f"Who is the first {role.replace('_', ' ')}.")
            parser.add_argument(f"{option}-badge", default="", metavar="NUMBER", help="Badge or serial number, if any.")
            parser.add_argument(
                f"{option}-username", default="", metavar="NAME", help="Default: the mail address before the @."
            )
        parser.add_argument(
            "--address", default="", help="Address of the portal in the links (default: from ALLOWED_HOSTS)."
        )
        parser.add_argument("--renew", action="store_true", help="New invitations for those who never came in.")
        parser.add_argument("--dry-run", action="store_true", help="Check everything and make nobody.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["renew"]:
            self.renew(options)
            return
        people = [self.person(role, options) for role in ROLES]
        require(invitations.may_make_first(members=Member.objects.count()))
        different(people)
        if options["dry_run"]:
            self.say("\n".join(f"Would make {member.name} as {member.username}." for member in people))
            return
        tokens = invitations.make_first(zip(people, ROLES, strict=True), now=timezone.now())
        self.show(people, tokens, options["address"])

    def person(self, role: str, options: dict[str, Any]) -> Member:
        """An unsaved member from the options of one role. CommandError and BadInput where they do not make one."""
        option = f"--{role.replace('_', '-')}"
        name, mail = parseaddr(options[role])
        if not options[role] or not name or not mail:
            raise CommandError(f"{option}: name the person as {PERSON}.")
        mail = read_email(mail, field=option)
        username = options[f"{role}_username"] or mail.partition("@")[0].lower()
        return Member(
            username=read_text(username, field="username", limit=60, one_line=True),
            name=read_person_name(name, field=option),
            email=mail,
            badge=read_text(options[f"{role}_badge"], field="badge", limit=40, one_line=True),
            category=Category.OTHER.value,
        )

    def renew(self, options: dict[str, Any]) -> None:
        people = invitations.waiting()
        if options["dry_run"] or not people:
            names = ", ".join(member.username for member in people)
            self.say(f"Would renew the invitations of: {names}." if people else "Nobody waits: nothing to renew.")
            return
        self.show(people, invitations.renew(), options["address"])

    def show(self, people: list[Member], tokens: dict[str, str], address: str) -> None:
        self.say("Give each link to its own person, and to nobody else. Each works once, for 72 hours, and is shown")
        self.say("only here.")
        for member in people:
            link = reverse("accept_invitation", args=[tokens[member.username]])
            self.say(
                f"\n{member.name}, user name {member.username}:\n  {(address or portal_address()).rstrip('/')}{link}"
            )


def different(people: list[Member]) -> None:
    """Two people: neither name, address, badge nor user name is shared. CommandError otherwise."""
    for what in ("name", "email", "badge", "username"):
        first, second = (str(getattr(member, what)).casefold() for member in people)
        if first and first == second:
            raise CommandError(f"The two are different people: they cannot share the same {what}.")


def portal_address() -> str:
    """Where the portal is reached, as far as the settings tell."""
    trusted = [origin for origin in settings.CSRF_TRUSTED_ORIGINS if "*" not in origin]
    return trusted[0] if trusted else f"http://{settings.ALLOWED_HOSTS[0]}:8000"
