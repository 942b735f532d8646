"""What the demo's officers search for and how they put it: ordinary cases, doubtful ones, and ones that are refused."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("cases.csv")


class Case(NamedTuple):
    """A reason to search. ``often``: how often it is drawn; the screen and the rules say what becomes of it.

    ``asks``: "plate" (all of it), "part" (with wildcards), "place" (an area, a make and a colour for some hours).
    """

    often: int
    purpose: str
    offence: str
    asks: str
    outside: bool
    facts: str
    need: str
    document: str


def _load() -> tuple[Case, ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Case(**{**row, "often": int(row["often"]), "outside": row["outside"] == "yes"})  # type: ignore[arg-type]
            for row in csv.DictReader(file)
        )


CASES = _load()
DOUBTFUL = [case for case in CASES if case.offence in {"10851(a) VC", "20001(a) VC", "9999 PC"}]  # a supervisor decides

APPROVALS = (
    "Read the report; the vehicle is tied to the offence and the offence serves a listed purpose.",
    "Spoke with the officer. The facts stand by themselves and nobody outside asked for it.",
    "The word means something else here: it names the place. The case is real and assigned.",
    "Taken by force according to the report, so it is a violent crime.",
)
DENIALS = (
    "The report names an offence that is none of the purposes. Search again if the investigation shows another.",
    "The facts do not tie this vehicle to the offence. Add what does, and state it again.",
    "A request by another agency goes to the request desk, not through us.",
)
