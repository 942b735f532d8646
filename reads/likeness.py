"""How a plate that was read differs from the one asked for, and whether the cars behind several readings look the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from alpr_portal.policy.clauses import clause

from .plates import Pattern, fold
from .sightings import Sight

SAME, OTHER, EXTRA, MISSING = "same", "other", "extra", "missing"
MOST = 12  # other readings of one search on its page


class Piece(NamedTuple):
    """A part of a plate as it was read: the same as asked, another character, one more, or the place of one less."""

    text: str
    kind: str
    asked: str = ""


def pieces(pattern: Pattern, plate: str) -> list[Piece]:
    """The plate cut where it differs from what was asked for; one piece where it does not."""
    steps = _aligned(pattern.text, plate) if pattern.is_exact else _matched(pattern, plate)
    found: list[Piece] = []
    for step in steps:
        if found and step.kind == found[-1].kind == SAME:
            found[-1] = Piece(found[-1].text + step.text, SAME)
        else:
            found.append(step)
    return found


def in_words(several: Iterable[Piece]) -> str:
    """What differs, for those who do not see the marks: ``B in place of 8; an extra 1``."""
    said = {OTHER: "{0} in place of {1}", EXTRA: "an extra {0}", MISSING: "without the {1}"}
    return "; ".join(said[piece.kind].format(piece.text, piece.asked) for piece in several if piece.kind != SAME)


def _aligned(asked: str, plate: str) -> list[Piece]:
    """The fewest changes from one plate to the other; a look-alike counts for less than any other character."""
    cost: dict[tuple[int, int], tuple[float, tuple[Piece, ...]]] = {(0, 0): (0, ())}
    for a in range(len(asked) + 1):
        for p in range(len(plate) + 1):
            ways = []
            if a and p:
                before, steps = cost[a - 1, p - 1]
                one, other = asked[a - 1], plate[p - 1]
                price = 0 if one == other else 0.5 if fold(one) == fold(other) else 1
                ways.append((before + price, (*steps, Piece(other, OTHER if price else SAME, one if price else ""))))
            if p:
                before, steps = cost[a, p - 1]
                ways.append((before + 1, (*steps, Piece(plate[p - 1], EXTRA))))
            if a:
                before, steps = cost[a - 1, p]
                ways.append((before + 1, (*steps, Piece("", MISSING, asked[a - 1]))))
            if ways:
                cost[a, p] = min(ways, key=lambda way: way[0])
    return list(cost[len(asked), len(plate)][1])


def _matched(pattern: Pattern, plate: str) -> list[Piece]:
    """Look-alikes of a pattern's known characters; what a wildcard stands for is as asked."""
    marks = "".join(f"({c})" if c.isalnum() else "[A-Z0-9]*" if c == "*" else "[A-Z0-9]" for c in pattern.folded)
    match = re.fullmatch(marks, fold(plate))
    known = [c for c in pattern.text if c.isalnum()]
    asked = {match.start(n): c for n, c in enumerate(known, start=1)} if match else {}
    return [
        Piece(c, SAME) if asked.get(place, c) == c else Piece(c, OTHER, asked[place]) for place, c in enumerate(plate)
    ]


@dataclass(frozen=True)
class Reading:
    """One other plate among the reads found: how often, when last, which car, and whether it looks like the one asked for."""

    plate: str
    pieces: list[Piece]
    number: int
    last_at: datetime
    make: str
    colour: str
    verdict: str
    is_alike: bool

    @property
    def differs(self) -> str:
        return in_words(self.pieces)


def other_readings(
    pattern: Pattern, found: Sequence[Sight], *, make: str = "", colour: str = ""
) -> tuple[list[Reading], int]:
    """The plates found that are not the one asked for, most seen first, each car beside that of the exact reads.

    ``make``, ``colour``: what the search itself asked for, where no exact read says more. Answers at most ``MOST``, and
    how many more there are. Nothing for a part of a plate: it means several cars anyway.
    """
    if not pattern.is_exact:
        return [], 0
    exact = [sight for sight in found if sight.plate == pattern.text]
    usual = (_usual(sight.make for sight in exact) or make, _usual(sight.colour for sight in exact) or colour)
    others: dict[str, list[Sight]] = {}
    for sight in found:
        if sight.plate != pattern.text:
            others.setdefault(sight.plate, []).append(sight)
    shown = sorted(others, key=lambda plate: (-len(others[plate]), plate))[:MOST]
    return [_reading(pattern, plate, others[plate], usual) for plate in shown], len(others) - len(shown)


def _reading(pattern: Pattern, plate: str, sights: list[Sight], usual: tuple[str, str]) -> Reading:
    make, colour = _usual(sight.make for sight in sights), _usual(sight.colour for sight in sights)
    verdict, is_alike = compared(usual, (make, colour))
    last_at = max(sight.captured_at for sight in sights)
    return Reading(plate, pieces(pattern, plate), len(sights), last_at, make, colour, verdict, is_alike)


@clause("B.2")
def compared(usual: tuple[str, str], car: tuple[str, str]) -> tuple[str, bool]:
    """Make and color of two cars beside each other: what to say, and whether nothing that is known speaks against one car.

    A camera may see neither; then nothing can be said, and that is no likeness.
    """
    same: list[str] = []
    other: list[str] = []
    for name, one, two in zip(("make", "color"), usual, car, strict=True):
        if one and two:
            (same if one.lower() == two.lower() else other).append(name)
    words = [f"{word} {' and '.join(names)}" for word, names in (("same", same), ("other", other)) if names]
    return ", ".join(words).capitalize() or "Make and color not known", bool(same) and not other


def _usual(words: Iterable[str]) -> str:
    """The word seen most often; empty where none was."""
    counted = Counter(word.lower() for word in words if word)
    return min(counted, key=lambda word: (-counted[word], word)) if counted else ""
