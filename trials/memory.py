"""Whether a process holds more and more memory: samples of its size, and a straight line through them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

WARM_UP = 180.0  # seconds in which threads, connections, caches and the heap come to their size
LONG_ENOUGH = 120.0  # seconds of samples after that, before a line says anything
MEGABYTE = 1_000_000
FLAT = 1.0  # MB a minute: 80 minutes at a soak's pace are the 20,000 requests after which gunicorn renews a worker


@dataclass(frozen=True)
class Life:
    """One process: seconds it was watched, sizes in MB, and MB a minute after the warm-up (None: too short to say)."""

    pid: int
    seconds: float
    first: float
    last: float
    most: float
    slope: float | None

    @property
    def is_flat(self) -> bool | None:
        return None if self.slope is None else self.slope <= FLAT


def lives(samples: Iterable[tuple[float, int, int]]) -> list[Life]:
    """The processes of samples (seconds, process id, bytes), in the order they were first seen."""
    by_pid: dict[int, list[tuple[float, float]]] = {}
    for at, pid, size in samples:
        by_pid.setdefault(pid, []).append((at, size / MEGABYTE))
    return [_life(pid, seen) for pid, seen in by_pid.items()]


def _life(pid: int, seen: list[tuple[float, float]]) -> Life:
    began, sizes = seen[0][0], [size for _, size in seen]
    warm = [(at, size) for at, size in seen if at >= began + WARM_UP]
    is_long = warm and warm[-1][0] - warm[0][0] >= LONG_ENOUGH
    return Life(pid, seen[-1][0] - began, sizes[0], sizes[-1], max(sizes), slope(warm) if is_long else None)


def slope(points: list[tuple[float, float]]) -> float:
    """The least-squares line's rise a minute; points are (seconds, size), at least two of different times."""
    middle = sum(at for at, _ in points) / len(points)
    level = sum(size for _, size in points) / len(points)
    over = sum((at - middle) * (size - level) for at, size in points)
    return 60 * over / sum((at - middle) ** 2 for at, _ in points)


def by_minute(samples: Iterable[tuple[float, int, int]], pid: int) -> list[float]:
    """The median size of one process in each minute of the run in which it was seen, in MB."""
    minutes: dict[int, list[float]] = {}
    for at, whose, size in samples:
        if whose == pid:
            minutes.setdefault(int(at // 60), []).append(size / MEGABYTE)
    return [median(sizes) for _, sizes in sorted(minutes.items())]
