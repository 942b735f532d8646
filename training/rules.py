"""Who may come in, as pure rules over plain values."""

from __future__ import annotations

from collections.abc import Collection

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal
from alpr_portal.policy.vocabulary import Category, TrainingTopic

TOPICS = frozenset(topic.value for topic in TrainingTopic)
WITHOUT_DESIGNATION = frozenset({Category.SWORN.value, Category.PST.value})


@clause("C.1", "C.3.a", "E.1")
def may_enter(*, is_active: bool, category: str, designated: bool, topics: Collection[str]) -> Refusal | None:
    """Only active, designated where needed, and trained on all eight topics today. ``topics``: covered and in date.

    The database function ``training_may_enter`` tells the same rule; a twin test compares them.
    """
    if not is_active:
        return Refusal(
            "C.1", "Only members with an active account may use the readers.", "Ask the system administrator."
        )
    if category not in WITHOUT_DESIGNATION and not designated:
        return Refusal(
            "C.1",
            "Members who are neither sworn nor Police Service Technicians need a designation by the Chief of Police.",
            "Ask your supervisor to have the Chief or the Chief's designee designate you.",
        )
    missing = TOPICS - set(topics)
    if missing:
        named = ", ".join(sorted(TrainingTopic.says(topic).lower() for topic in missing))
        return Refusal(
            "C.3.a",
            "Nobody uses the readers or their data before completing department-approved training.",
            f"Not covered today: {named}. Complete the course with the Training Section.",
        )
    return None
