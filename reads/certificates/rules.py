"""What a certificate says, as one line that can be hashed again, and how certificates hang together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from alpr_portal.policy.clauses import clause


def line_of(said: Mapping[str, Any]) -> str:
    """A certificate as one line of JSON: names sorted, no spaces between, ASCII, times in UTC."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), default=_plain)


@clause("G")
def digest_of(said: Mapping[str, Any]) -> str:
    """SHA-256 of that line, in hexadecimal. It holds the digest of the certificate before, so all of them hang together."""
    return hashlib.sha256(line_of(said).encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def broken(chain: Iterable[tuple[int, str, str, str]]) -> list[str]:
    """What is wrong with a chain of (number, previous, digest as kept, digest as computed now), in its order.

    Certificates go with the records of their time, the oldest first: a chain may begin anywhere.
    """
    wrong: list[str] = []
    before: tuple[int, str] | None = (0, "")
    for count, (number, previous, kept, computed) in enumerate(chain):
        if count == 0 and number > 1:
            before = None
        if before and number != before[0] + 1:
            wrong.append(f"{number}: certificates between {before[0]} and {number} are missing")
        elif before and previous != before[1]:
            wrong.append(f"{number}: it does not follow certificate {before[0]} as it stands")
        if kept != computed:
            wrong.append(f"{number}: what it says is not what was certified")
        before = (number, kept)
    return wrong


def difference(stored: int | None, purged: int) -> int | None:
    """How many more reads were delivered than went, by the receipts of the deliveries; None before certificates."""
    return None if stored is None else stored - purged


def in_bytes(number: int | None) -> str:
    """A size as people say it; a dash for None."""
    if number is None:
        return "—"
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
