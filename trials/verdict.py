"""What a trial promised to show, and whether it held."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench.report import table


@dataclass
class Verdict:
    """Lines of (words, what was found, what it must be or "", whether it held). ``strange``: what nobody explains."""

    lines: list[tuple[str, str, str, bool]] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def holds(self) -> bool:
        return all(held for *_, held in self.lines)

    def say(self, words: str, found: object) -> None:
        """A figure that nothing hangs on."""
        self.lines.append((words, _plain(found), "", True))

    def must(self, words: str, found: int, limit: int = 0) -> None:
        """A number that must be ``limit``."""
        self.lines.append((words, _plain(found), _plain(limit), found == limit))

    def show(self, words: str, found: object, wanted: str, held: bool) -> None:
        """Something found, what was wanted of it, and whether it held."""
        self.lines.append((words, _plain(found), wanted, held))

    def table(self, head: str) -> str:
        """All of it, for people."""
        held = {True: "held", False: "**NOT**"}
        rows = [[words, found, wanted, held[ok] if wanted else ""] for words, found, wanted, ok in self.lines]
        return table(["what", head, "must be", ""], rows)


def _plain(number: object) -> str:
    return f"{number:,}" if isinstance(number, int) else str(number)
