"""How a read and a listed plate match: the rule, which the database applies in the statement that stores the reads."""

from __future__ import annotations

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.vocabulary import Match
from reads.plates import fold


def state_fits(state: str, listed_state: str) -> bool:
    """Whether two states, two letters each, may be the same: "" is not known and fits any."""
    return not state or not listed_state or state == listed_state


@clause("B.1", "C.2.A")
def classify(plate: str, state: str, listed: str, listed_state: str) -> Match | None:
    """How a read plate matches a listed one; None where it does not. Only ``Match.EXACT`` alerts.

    Plates are match keys (A-Z, 0-9). The twin of ``hotlists_classify`` in the database.
    """
    if plate == listed:
        return Match.EXACT if state_fits(state, listed_state) else Match.STATE
    if fold(plate) == fold(listed) and state_fits(state, listed_state):
        return Match.LOOKALIKE
    return None


def pattern_of(typed: str) -> str:
    """Part of a plate, typed with ``*`` and ``?``, for SQL LIKE over match keys."""
    return typed.replace("*", "%").replace("?", "_")
