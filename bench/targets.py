"""What was promised of speed, and whether a run kept it: each target names the figure it is measured by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Results = dict[str, Any]


class Target(NamedTuple):
    """A promise: in which part it is measured, in words, at least or at most, how much, in what, and the figure."""

    part: str
    words: str
    at_least: bool
    goal: float
    unit: str
    figure: Callable[[Results], float]
    why: str = ""  # where it is known to be missed: what it comes from

    def kept(self, measured: float) -> bool:
        return measured >= self.goal if self.at_least else measured <= self.goal

    def verdict(self, measured: float) -> str:
        """``met``, or by how much of the goal it was missed."""
        if self.kept(measured):
            return "met"
        apart = abs(measured - self.goal) / self.goal
        return f"**missed** by {apart:.0%}" if apart >= 0.01 else "**missed** by under 1%"


def rate(found: Results, batch: str, way: str) -> float:
    return float(found["rates"][batch][way]["median"])


def patterns(found: Results) -> float:
    """The 99th percentile of the slowest kind of pattern with three known characters side by side, in milliseconds."""
    return max(float(kind["p99_ms"]) for kind in found["kinds"] if kind["is_pattern"])


def exact(found: Results) -> float:
    return float(found["kinds"][0]["p99_ms"])


def question(found: Results, number: int, ours: str) -> float:
    """How many times as long theirs takes, by medians."""
    asked = found["questions"][number]
    return float(asked["theirs"]["p50_ms"] / asked[ours]["p50_ms"])


def times(found: Results, counter: str, slow: str, fast: str) -> float:
    return float(found[counter][slow]["median"] / max(1e-9, found[counter][fast]["median"]))


TARGETS = (
    Target(
        "ingest", "staged, each read once, against COPY straight into the same table (batches of 5,000)",
        True, 0.6, "×", lambda f: rate(f, "large", "staged") / rate(f, "large", "direct"),
    ),
    Target(
        "ingest", "the same against `bulk_create`",
        True, 5, "×", lambda f: rate(f, "large", "staged") / rate(f, "large", "bulk"),
        "No way is faster than COPY straight into the table, and that line is held back by the three indexes, which every "
        "way fills. Django inserts in bulk by UNNEST since 5.2, which the target does not know yet.",
    ),
    Target(
        "matching", "comparing with a list of a million plates, added to the time of storing (batches of 5,000)",
        False, 40, " %", lambda f: 100 * (rate(f, "large", "stored") / rate(f, "large", "matched") - 1),
    ),
    Target(
        "http", "the door with posts of 50 reads against `bulk_create` behind Django REST framework",
        True, 3, "×", lambda f: f["rates"]["door"]["median"] / f["rates"]["drf"]["median"],
        "To fill the indexes costs both doors the same, and so do the web server and the middleware. What is left of a post "
        "the portal spends on what the other does not do: whose key, whose cameras, attested or not, seen before or not, "
        "and the record of the batch. The other door's insert is the faster one of Django 5.2.",
    ),
    Target("search", "a whole plate over 30 days, record and gate included: 99th percentile", False, 30, " ms", exact),
    Target(
        "search", "a pattern with 3 known characters side by side: 99th percentile, slowest kind",
        False, 120, " ms", patterns,
    ),
    Target(
        "peer", "a whole plate on the same reads, page and gate, against the peer's SQL",
        True, 50, "×", lambda f: question(f, 0, "page"),
    ),
    Target(
        "peer", "the same with the record of the look, its commits and the member's standing",
        True, 50, "×", lambda f: question(f, 0, "ours"),
        "Theirs answers without asking who looks and without writing it down. Of our look more than half is that: standing, "
        "record with its commit, gate, answer.",
    ),
    Target(
        "disposal", "an upload day against DELETE and VACUUM: time", True, 8, "×",
        lambda f: times(f, "seconds", "delete", "dispose"),
        "Nearly all of it is the file system giving back the day's files at the commit, when the locks are gone already; "
        "no search waits for it. DELETE and VACUUM gives nothing back to the disk.",
    ),
    Target(
        "disposal", "the same: write-ahead log", True, 500, "×", lambda f: times(f, "wal", "delete", "dispose"),
    ),
    Target(
        "disposal", "the longest search beside it", False, 300, " ms", lambda f: f["waits"]["purge"]["longest_ms"],
    ),
)  # fmt: skip


def judged(results: dict[str, Results]) -> Iterable[tuple[Target, float | None]]:
    """Every target with what was measured; None where its part did not run."""
    for target in TARGETS:
        found = results.get(target.part)
        yield target, target.figure(found["figures"]) if found else None
