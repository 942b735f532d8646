"""What each record means in the history of a held read, in which order, and what no record tells: without Django (G, F.1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from alpr_portal.policy.clauses import clause


class Step(NamedTuple):
    """One thing that happened, as one record tells it.

    ``who``: name and badge as they were. ``rests_on``: the search, hits or hold behind a look. ``digest``: SHA-256 of the
    file or message it tells of, of several pictures one after the other. ``record``: the id of the record itself.
    """

    at: datetime
    what: str
    who: str = ""
    rests_on: str = ""
    digest: str = ""
    record: str = ""


class Gaps(NamedTuple):
    """Facts on which it depends what no record tells of a read.

    ``lists``: how often a page of held reads of the case was opened; ``results``: how often a page of results of the
    searches that the holds rest on.
    """

    delivered: bool
    pictures: int
    sent: int
    lists: int
    results: int


LOOKS = {
    "read": "Read looked at",
    "held": "Read looked at",
    "image": "Picture looked at",
    "hits": "Looked at with a hit",
    "results": "Looked at on a page of results",
}


@clause("F.1", "G")
def look_in_words(*, kind: str, rows: int | None, digest: str, under_hold: bool) -> str:
    """What a recorded look at a read was. ``rows``: what it gave, None where it broke off before it answered."""
    if kind == "export":
        what = "Evidence package" if under_hold else "Evidence sheet"
        if rows is None:
            return f"{what} asked for, and broken off before it left"
        return f"{what} taken out" if digest else f"{what} asked for, and not given"
    if rows is None:
        return f"{LOOKS[kind]}, broken off before it was answered"
    return LOOKS[kind] if rows else f"{LOOKS[kind]}, and nothing given"


@clause("G", "F.1")
def in_order(source: Iterable[Step], after: Iterable[Step]) -> list[Step]:
    """The whole history. ``source``: capture, delivery, storing, in this order whatever their clocks say.

    ``after``: everything since, told by one clock: by its time, and of two at one time in the order given.
    """
    return [*source, *sorted(after, key=lambda step: step.at)]


@clause("F.1", "G")
def not_known(gaps: Gaps) -> list[str]:
    """What this history cannot show, in plain sentences."""
    said = [
        "Whether the camera’s clock was right, and what happened to the read before the portal received it.",
    ]
    if not gaps.delivered:
        said.append("In which message the read came: the record of its delivery is not there.")
    if gaps.pictures < gaps.sent:
        gone = gaps.sent - gaps.pictures
        said.append(f"What {times(gone, 'picture')} showed that the read came with and the portal does not hold.")
    said.append(
        "Who saw the read on a page that lists several: such a look is recorded with its search or its hold, not with each "
        f"read on it. Pages of held reads of this case opened so far: {gaps.lists}"
        + (f"; pages of results of the search it was held from: {gaps.results}." if gaps.results else ".")
    )
    said.append("Who saw it with a hit without opening its picture: such a look is recorded with the hit.")
    said.append(
        "What anybody did with a page they saw or a file that left: only a file’s SHA-256 is kept, not its way."
    )
    said.append("Copies kept for other cases: each has a history of its own, open within its case.")
    return said


def times(number: int, noun: str) -> str:
    """``1 picture``, ``3 pictures``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
