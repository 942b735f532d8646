"""What published search logs say, counted by the purposes of the order."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from itertools import chain
from typing import Any

from alpr_portal.management.base import PortalCommand, printable
from alpr_portal.policy.offences import (
    ADMINISTRATOR,
    NOT_AUTHORISED,
    TABLE_VERSION,
    UNKNOWN,
    Summary,
    read_reasons,
    summarise,
)
from alpr_portal.policy.vocabulary import Purpose

LABELS = {purpose.value: purpose.label for purpose in Purpose} | {
    NOT_AUTHORISED: "Not authorised by the order",
    ADMINISTRATOR: "For the Administrator to decide",
    UNKNOWN: "Not in the table",
}


class Command(PortalCommand):
    help = "Map the reasons of published search logs (CSV with a column 'reason') to the purposes of the order."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="Answer rows, unique, by_purpose, codes, suggestions.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = summarise(chain.from_iterable(map(read_reasons, options["files"])))
        if options["json"]:
            self.say(json.dumps(found))
            return
        self.say(f"{found['rows']} rows, {found['unique']} searches, offence table {TABLE_VERSION}\n")
        self.table(found)

    def table(self, found: Summary) -> None:
        unique = found["unique"] or 1
        for purpose, n in found["by_purpose"].items():
            self.say(f"{n:>8}  {n / unique:6.1%}  {LABELS[purpose]}")
        outside = found["by_purpose"].get(NOT_AUTHORISED, 0)
        open_ = found["by_purpose"].get(ADMINISTRATOR, 0) + found["by_purpose"].get(UNKNOWN, 0)
        self.say(f"\nOutside the order: {outside} of {found['unique']} searches ({outside / unique:.1%}).")
        self.say(f"Not settled by the table: {open_} ({open_ / unique:.1%}).\n")
        for row in found["codes"]:
            meant = found["suggestions"].get(str(row["code"]))
            self.say(
                f"{row['n']:>8}  {printable(str(row['code'])):<32}  {LABELS[str(row['purpose'])]}"
                + (f"  (perhaps {meant})" if meant else "")
            )
