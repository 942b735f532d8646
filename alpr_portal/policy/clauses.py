"""The register of duties: every clause of ``i-12.md`` by id, and ``@clause`` that ties code to one.

``i-12.md`` tells each duty in our own words under the stable ids of the project. The official text of the order is a
versioned document that the Administrator publishes; it is not code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

REGISTER = Path(__file__).with_name("i-12.md")
HEADING = re.compile(r"^### (?P<id>[A-Z][\w.\-]*) · (?P<title>.+?) · (?P<kinds>[ERPH](?:,[ERPH])*)$")
KINDS = {"E": "enforced", "R": "recorded", "P": "reported", "H": "a person's duty"}

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True)
class Duty:
    """One duty: its id, a short title, how the portal answers it (subset of E, R, P, H) and the duty in our words."""

    id: str
    title: str
    kinds: tuple[str, ...]
    text: str


@cache
def duties() -> dict[str, Duty]:
    """Every duty by id, in the order's order. Raises ValueError where the register has an id twice or an empty duty."""
    found: dict[str, Duty] = {}
    for block in re.split(r"^(?=### )", REGISTER.read_text(encoding="utf-8"), flags=re.M)[1:]:
        head, _, body = block.partition("\n")
        match = HEADING.match(head)
        text = re.split(r"^## ", body, flags=re.M)[0].strip()
        if not match or not text or match["id"] in found:
            raise ValueError(f"i-12.md: cannot read the duty under {head!r}")
        found[match["id"]] = Duty(match["id"], match["title"], tuple(match["kinds"].split(",")), text)
    return found


def clause(*ids: str) -> Callable[[F], F]:
    """Say which duties a rule, action or report section answers. An unknown id stops the import with KeyError."""
    for id_ in ids:
        duties()[id_]

    def mark(target: F) -> F:
        target.clauses = (*ids, *getattr(target, "clauses", ()))  # type: ignore[attr-defined]
        return target

    return mark
