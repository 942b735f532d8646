"""What a rule answers when the order says no, and what an input answers when it cannot be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """A duty of the order that stands against an act.

    ``clause`` is an id of the register (see ``clauses.py``), ``sentence`` says the duty in our own words and
    ``remedy`` what would help. ``code`` is a stable name for machines.
    """

    clause: str
    sentence: str
    remedy: str = ""
    code: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy} ({self.clause})".replace("  ", " ")


class Refused(Exception):  # noqa: N818 - the word the order uses
    """Raised by ``require``; carries the Refusal. The outer wrapper records it after the transaction is rolled back."""

    def __init__(self, refusal: Refusal):
        super().__init__(str(refusal))
        self.refusal = refusal


def require(refusal: Refusal | None) -> None:
    """Go on when the rule answered None; raise Refused otherwise."""
    if refusal is not None:
        raise Refused(refusal)


class BadInput(ValueError):  # noqa: N818 - read as a sentence: "raise BadInput"
    """An input that cannot be taken: stable ``code``, the ``field`` it stands in, and a message that says the remedy.

    The message never repeats the raw value: it may be a plate, and it may be hostile.
    """

    def __init__(self, code: str, message: str, field: str = ""):
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


class Question(Exception):  # noqa: N818 - neither right nor wrong
    """An input that needs one plain question answered first (expect ``ask`` of the corpus); the answer is recorded."""

    def __init__(self, code: str, question: str, choices: dict[str, str], field: str = ""):
        super().__init__(question)
        self.code, self.question, self.choices, self.field = code, question, choices, field
