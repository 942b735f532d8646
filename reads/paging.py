"""Pages of results by key: newest first, each beginning where another ended, whatever arrives meanwhile."""

from __future__ import annotations

import re
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alpr_portal.policy.refusal import BadInput

Key = tuple[datetime, uuid.UUID]  # when a read was captured, and its id: what results are ordered by
WRITTEN = re.compile(r"([0-9]{1,16})-([0-9a-f]{32})")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Place:
    """Where a page lies: at the newest read, or ``after`` (older than) or ``before`` (newer than) the read of a key."""

    after: Key | None = None
    before: Key | None = None

    @property
    def is_first(self) -> bool:
        return self.after is None and self.before is None

    @property
    def as_query(self) -> dict[str, str]:
        """As the parameters of an address."""
        return {name: written(key) for name, key in (("after", self.after), ("before", self.before)) if key}


def written(key: Key) -> str:
    """A key for an address: microseconds since 1970 and the read's id. It says nothing of a plate."""
    at, read_id = key
    return f"{(at - EPOCH) // MICROSECOND}-{read_id.hex}"


def read_place(after: object, before: object) -> Place:
    """The place that an address names; the newest read where it names none. Raises cursor.broken."""
    if after and before:
        raise broken("after")
    return Place(after=_key(after, "after") if after else None, before=_key(before, "before") if before else None)


def _key(text: object, field: str) -> Key:
    match = WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise broken(field)
    return EPOCH + int(match[1]) * MICROSECOND, uuid.UUID(match[2])


def broken(field: str) -> BadInput:
    return BadInput(
        "cursor.broken", "Page: this address is not whole. Go back to the query and page from there.", field
    )


def cut(keys: Sequence[Key], place: Place, size: int) -> tuple[int, int]:
    """Which of ``keys``, newest first, stand on the page at ``place``: from, and up to without, as indexes."""
    oldest_first = keys[::-1]
    if place.before:
        end = len(keys) - bisect_right(oldest_first, place.before)
        return max(0, end - size), end
    start = len(keys) - bisect_left(oldest_first, place.after) if place.after else 0
    return start, min(start + size, len(keys))
