"""Tell whether a list file of a vehicle is one that left the portal, unchanged."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from alpr_portal.management.base import PortalCommand, printable
from alpr_portal.templatetags.portal import when
from hotlists.models import VehiclePack
from hotlists.pack_files import check_pack


class Command(PortalCommand):
    help = (
        "Check the signature and the digest of a pack (the ZIP that a vehicle took along), and say who took it. Exit code "
        "1 where it was changed, was signed with another key, or is not on record."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        try:
            with path.open("rb") as file:
                facts = check_pack(file, settings.PACK_KEY)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise CommandError(f"{path}: {error.strerror}. Name a file that you may read.") from error
        pack = VehiclePack.objects.select_related("camera").filter(pk=facts["pack"], digest=facts["sha256"]).first()
        if pack is None:
            raise CommandError("The signature fits, but no such pack is on record here.")
        who = f"{pack.by_name} ({pack.by_badge})" if pack.by_badge else pack.by_name
        lists = ", ".join(f"{one['title']} {one['version'] or 'entries'}" for one in pack.lists)
        self.say(
            printable(
                f"Unchanged: pack {pack.pk} for {pack.camera.code}, taken by {who} at {when(pack.at)}; {lists}.", 400
            )
        )
