"""Small sums over what a clock said: medians of rounds, and how far apart single waits lie."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any


def seconds(act: Callable[[], Any]) -> float:
    """How long an act takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def quantile(values: list[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed (nearest rank): no value is invented between two."""
    if not values:
        raise ValueError("no value was measured")
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def spread(waits: Iterable[float]) -> dict[str, float]:
    """Of waits in seconds: how many, and their median, 99th percentile and longest, in milliseconds."""
    found = list(waits)
    return {
        "n": len(found),
        "p50_ms": quantile(found, 0.5) * 1000,
        "p99_ms": quantile(found, 0.99) * 1000,
        "longest_ms": max(found) * 1000,
    }


def rounds(runs: list[float]) -> dict[str, Any]:
    """The median of what each round gave, and the rounds themselves."""
    return {"median": statistics.median(runs), "rounds": runs}
