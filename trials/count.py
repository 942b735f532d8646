"""What was acknowledged against what is there: nothing lost, nothing twice, no clock restarted, every picture opens."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

TRANSACTION = timedelta(seconds=15)  # a read's upload time lies in its batch's own transaction; that took no longer


class Stored(NamedTuple):
    """A read as it stands in the table, and when its batch was recorded."""

    id: uuid.UUID
    uploaded_at: datetime
    batch_id: uuid.UUID
    batch_at: datetime | None


class Outage(NamedTuple):
    """From when to when (epoch) something was away, by our own doing."""

    what: str
    began: float
    ended: float


def acknowledged(file: Path) -> list[dict[str, Any]]:
    """The posts that the sender wrote down, in the order of their acknowledgement."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def compare(
    posts: Iterable[dict[str, Any]],
    stored: Iterable[Stored],
    read_id: Callable[[str, str], uuid.UUID],
    before: dict[uuid.UUID, datetime],
) -> dict[str, int]:
    """How many acknowledged reads there are, are lost, stand twice, or had their clock restarted.

    ``read_id(source, external id)``. ``before``: upload times that were seen earlier in the run. A clock was restarted
    where a read belongs to another batch than the first that was acknowledged with it, was not uploaded in that batch's
    transaction, or says another time than before.
    """
    first: dict[uuid.UUID, str] = {}
    for post in posts:
        for external in post["reads"]:
            first.setdefault(read_id(post["source"], external), post["receipt"])
    there: dict[uuid.UUID, list[Stored]] = {}
    for one in stored:
        there.setdefault(one.id, []).append(one)
    restarted = 0
    for id_, found in there.items():
        one = min(found, key=lambda one: one.uploaded_at)
        in_batch = one.batch_at is not None and abs(one.uploaded_at - one.batch_at) < TRANSACTION
        is_first = str(one.batch_id) == first.get(id_, str(one.batch_id))
        restarted += not (in_batch and is_first and before.get(id_, one.uploaded_at) == one.uploaded_at)
    return {
        "acknowledged": len(first),
        "stored": sum(len(found) for found in there.values()),
        "lost": len(first.keys() - there.keys()) + len(before.keys() - there.keys() - first.keys()),
        "twice": sum(len(found) - 1 for found in there.values()),
        "unacknowledged": len(there.keys() - first.keys()),
        "restarted": restarted,
    }


def outside(failures: Iterable[tuple[float, float, str]], outages: Iterable[Outage], *, grace: float) -> list[str]:
    """The failures (from, to, what) that no outage explains. ``grace``: seconds after it in which the last ones end."""
    spans = [(outage.began, outage.ended + grace) for outage in outages]
    return [what for began, ended, what in failures if not any(began <= to and ended >= from_ for from_, to in spans)]


def receipts(posts: list[dict[str, Any]], batches: dict[str, tuple[int, int, int]]) -> int:
    """How many acknowledged posts have no record that says the same. ``batches``: id → received, stored, duplicates."""
    wrong = 0
    for post in posts:
        said = (len(post["reads"]), post["stored"], post["duplicates"])
        wrong += batches.get(post["receipt"]) != said
    return wrong


def lost_pictures(
    posts: Iterable[dict[str, Any]],
    kept: Iterable[Any],
    read_id: Callable[[str, str], uuid.UUID],
    load: Callable[..., bytes | None],
) -> tuple[int, int]:
    """How many acknowledged pictures there are, and how many do not open, or not as what was stored."""
    wanted = {read_id(post["source"], external) for post in posts for external in post["pictures"]}
    opened: Counter[uuid.UUID] = Counter()
    for picture in kept:
        whole, small = load(picture), load(picture, thumbnail=True)
        opened[picture.read_id] += bool(whole and small and sha256(whole).hexdigest() == picture.digest)
    return len(wanted), sum(opened[id_] != 1 for id_ in wanted)


def unrecorded(seen: Iterable[dict[str, Any]], answers: dict[str, list[int]]) -> int:
    """How many pages of results have no recorded access that says how many reads they showed.

    ``seen``: pages with ``query`` and ``shown``; ``answers``: by query, the reads that its accesses gave.
    """
    left = {query: Counter(rows) for query, rows in answers.items()}
    missing = 0
    for page in seen:
        rows = left.get(page["query"], Counter())
        missing += rows[len(page["shown"])] <= 0
        rows[len(page["shown"])] -= 1
    return missing


def lines_with(plates: Iterable[str], logs: Iterable[Path]) -> int:
    """How many lines of logs hold one of these plates."""
    any_of = re.compile("|".join(map(re.escape, plates)))
    lines = [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]
    return sum(bool(any_of.search(line)) for line in lines)
