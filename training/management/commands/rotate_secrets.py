"""Encrypt the secrets of second factors anew under the newest key, so that an older key can be thrown away."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.core.management.base import CommandError
from django.db import transaction

from alpr_portal.management.base import PortalCommand
from training.second_factor import rotated


class Command(PortalCommand):
    help = (
        "Encrypt every second factor's secret anew under the first key of SECOND_FACTOR_KEYS. Stopped halfway, run it "
        "again: what is done already is left alone. When it says that nothing is left, drop the older keys."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count what is under an older key; change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        ids = list(
            Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk").values_list("pk", flat=True)
        )
        changed, lost = 0, []
        with self.progress("secrets", len(ids)) as at:
            for done, pk in enumerate(ids, 1):
                try:
                    changed += self.rotate(pk, dry_run=options["dry_run"])
                except InvalidToken:
                    lost.append(pk)
                at(done)
        verb = "would be encrypted anew" if options["dry_run"] else "encrypted anew"
        self.say(
            f"{len(ids)} secrets: {changed} {verb}, {len(ids) - changed - len(lost)} under the newest key already."
        )
        if lost:
            numbers = ", ".join(str(pk) for pk in lost[:20])
            raise CommandError(
                f"{len(lost)} secrets are opened by no key of SECOND_FACTOR_KEYS (numbers {numbers}): put the older key "
                "back and run this again. Where it is lost, have these factors removed by two people."
            )

    def rotate(self, pk: int, *, dry_run: bool) -> bool:
        """One factor; whether it was under an older key. InvalidToken where no key opens it."""
        with transaction.atomic():
            factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
            data = rotated(factor.data) if factor else None
            if factor is None or data is None:
                return False
            if not dry_run:
                factor.data = data
                factor.save(update_fields=["data"])
        return True
