"""What a camera network sends: posts of reads from invented vehicles. Pure: a seed in, posts out."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

FLEET = 400  # vehicles
MOST = 20  # reads in a post
PICTURED = 0.01  # share of the reads that come with a picture
LATE = 0.05  # share of the reads that come up to eight hours after capture
ECHOED = 0.02  # share of the posts that bring some reads of the post before once more


@dataclass(frozen=True)
class Post:
    """One delivery. ``reads``: the source's own ids; ``pictures``: those of them with a picture; ``due``: when (epoch)."""

    source: str
    batch: str
    body: bytes
    reads: tuple[str, ...]
    pictures: tuple[str, ...]
    due: float


def plate(vehicle: int) -> str:
    """A plate that California does not give out: I, O or Q follows the first digit."""
    return f"{1 + vehicle % 9}{'IOQ'[vehicle % 3]}{vehicle * 7919 % 100_000:05}"


def moment(milliseconds: int) -> datetime:
    """A time by its milliseconds since 1970, in UTC."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(milliseconds=milliseconds % 1000)


class Feed:
    """The posts of one connection of one source, at ``rate`` reads a second from ``began`` (epoch) on.

    ``pictures``: images in base64 to choose from. ``label``: begins every id.
    """

    def __init__(self, source: dict[str, Any], label: str, *, rate: float, began: float, pictures: list[str]):
        self.source, self.label, self.rate, self.pictures = source, label, rate, pictures
        self.draw = random.Random(label)
        self.due, self.posts, self.number = began, 0, 0
        self.before: list[dict[str, Any]] = []

    def next(self) -> Post:
        """The next post, due when its last read was taken."""
        n = self.draw.randint(1, MOST)
        self.due += n / self.rate
        self.posts += 1
        fresh = [self._read() for _ in range(n)]
        again = self.draw.sample(self.before, min(3, len(self.before))) if self.draw.random() < ECHOED else []
        self.before = [read for read in fresh if "image" not in read]
        reads = [*fresh, *again]
        batch = f"{self.label}-b{self.posts}"
        return Post(
            self.source["name"],
            batch,
            json.dumps({"batch": batch, "reads": reads}).encode(),
            tuple(read["id"] for read in reads),
            tuple(read["id"] for read in reads if "image" in read),
            self.due,
        )

    def _read(self) -> dict[str, Any]:
        self.number += 1
        draw = self.draw
        late = draw.random() * 28_000 if draw.random() < LATE else draw.random() * 3
        captured = round((self.due - late) * 1000)  # milliseconds; in the id too, since a read is known by both
        read = {
            "id": f"{self.label}-{self.number}-{captured}",
            "plate": plate(draw.randrange(FLEET)),
            "state": "CA",
            "captured_at": moment(captured).isoformat(),
            "camera": draw.choice(self.source["cameras"]),
            "confidence": round(draw.uniform(0.7, 1), 3),
            "direction": draw.choice(["N", "E", "S", "W"]),
            "vehicle": {"make": "toyota", "model": "cedar", "colour": "silver", "body": "sedan"},
        }
        if draw.random() < PICTURED:
            read["image"] = draw.choice(self.pictures)
        return read
