"""How an exam is drawn and marked, as pure functions over plain values: chance is handed in, marks are whole percents."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypedDict

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal

OPEN_FOR = timedelta(days=1)  # an exam that was begun can be answered this long; tries are counted over the same time


class Asked(TypedDict):
    """One question as it is shown; which choice is right stands elsewhere."""

    topic: str
    text: str
    choices: list[str]


@dataclass(frozen=True)
class BankQuestion:
    """A question of the bank. ``right``: the index of the right one of ``choices``."""

    topic: str
    text: str
    choices: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Mark:
    """``score``: percent, rounded down; ``wrong``: how many of each topic went wrong, only topics with any."""

    score: int
    passed: bool
    wrong: dict[str, int]


@clause("J")
def may_start(
    *,
    approved: bool,
    ended: bool,
    has_exam: bool,
    short: Collection[str],
    tries: int,
    most: int,
    keeps_bank: bool = False,
) -> Refusal | None:
    """An exam is of an approved course that is given, has questions enough, and is tried so often within a day.

    ``tries``: those of the last 24 hours; ``most``: how many are allowed. ``keeps_bank``: the member sees the right
    answers, as keeper of the question bank.
    """
    if keeps_bank:
        return Refusal(
            "J",
            "Who keeps the question bank knows the answers, and takes no exam of it.",
            "Take the course with another training officer, who enters it.",
            code="exam.keeper",
        )
    if not approved:
        return Refusal(
            "C.3.a",
            "Only a course that the Department approved counts.",
            "Wait until it is approved.",
            code="exam.draft",
        )
    if ended or not has_exam or short:
        return Refusal(
            "J",
            "This course has no exam in the portal now.",
            "Ask the Training Section how to take it.",
            code="exam.none",
        )
    if tries >= most:
        return Refusal(
            "J",
            f"An exam is tried {most} times within 24 hours.",
            "Read the course material again and come back tomorrow, or ask the Training Section.",
            code="exam.tries",
        )
    return None


@clause("J")
def may_answer(
    *, by: Hashable, began_by: Hashable, answered: bool, began_at: datetime, now: datetime
) -> Refusal | None:
    """Who began an exam answers it, once, within a day."""
    if by != began_by:
        return Refusal("J", "An exam is answered by who began it.", "Begin your own.", code="exam.other")
    if answered:
        return Refusal("J", "An exam is answered once.", "See its result on your training page.", code="exam.answered")
    if now - began_at >= OPEN_FOR:
        return Refusal(
            "J", "An exam stays open for 24 hours.", "Begin it again: other questions are drawn.", code="exam.stale"
        )
    return None


def draw(
    bank: Mapping[str, Sequence[BankQuestion]], *, topics: Sequence[str], per_topic: int, chance: Random
) -> tuple[list[Asked], list[int]]:
    """The questions of one exam, topic by topic, their choices shuffled; and the index of each right choice.

    Raises ValueError where a topic has fewer questions than ``per_topic``.
    """
    asked: list[Asked] = []
    right: list[int] = []
    for topic in topics:
        for question in chance.sample(list(bank.get(topic, ())), per_topic):
            order = list(range(len(question.choices)))
            chance.shuffle(order)
            asked.append(
                {"topic": topic, "text": question.text, "choices": [question.choices[index] for index in order]}
            )
            right.append(order.index(question.right))
    return asked, right


@clause("J")
def mark(*, topics: Sequence[str], right: Sequence[int], answers: Sequence[int], pass_mark: int) -> Mark:
    """Mark an exam: ``topics``, ``right`` and ``answers`` question by question; ``pass_mark`` in percent.

    The database marks it again by the same rule (``training_guard_answer``). Raises ValueError where they differ in length.
    """
    wrong: dict[str, int] = {}
    for topic, wanted, given in zip(topics, right, answers, strict=True):
        if wanted != given:
            wrong[topic] = wrong.get(topic, 0) + 1
    score = 100 * (len(right) - sum(wrong.values())) // max(len(right), 1)
    return Mark(score=score, passed=bool(right) and score >= pass_mark, wrong=wrong)
