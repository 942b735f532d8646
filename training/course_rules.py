"""What a course must be before the Department stands by it, as pure rules over plain values (J, C.3.a)."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.refusal import BadInput, Refusal
from alpr_portal.policy.vocabulary import TrainingTopic

TOPICS = [topic.value for topic in TrainingTopic]
FEWEST, MOST = 2, 6  # choices of a question
MOST_PER_TOPIC = 10  # questions of one topic in one exam
LONGEST_CHOICE = 300


def named(topics: Iterable[str]) -> str:
    """Topics as people read them, in the order's own order; "none" where there are none."""
    held = set(topics)
    return ", ".join(TrainingTopic.says(topic).lower() for topic in TOPICS if topic in held) or "none"


def uncovered(courses: Iterable[Collection[str]]) -> list[str]:
    """The topics of J that none of the courses covers; each course is the collection of its topics."""
    covered = {topic for topics in courses for topic in topics}
    return [topic for topic in TOPICS if topic not in covered]


def short_of_questions(topics: Iterable[str], *, per_topic: int, in_use: Mapping[str, int]) -> list[str]:
    """The topics of a course whose bank holds fewer questions in use than its exam asks."""
    return [topic for topic in topics if in_use.get(topic, 0) < per_topic]


@clause("C.3.a")
def may_change(*, approved: bool) -> Refusal | None:
    """What the Department approved stands as it was approved."""
    if not approved:
        return None
    return Refusal(
        "C.3.a",
        "A course that the Department approved changes no more.",
        "Make a new version of it, and have that approved.",
        code="course.approved",
    )


@clause("C.3.a")
def may_approve(
    *,
    by: Hashable,
    hands: Collection[Hashable],
    approved: bool,
    ended: bool,
    topics: Collection[str],
    short: Collection[str],
) -> Refusal | None:
    """Another person than everybody who wrote on it approves a course, once, and only one that can be given.

    ``hands``: who made and changed it; ``short``: topics whose bank is too small for its exam.
    """
    if approved:
        return Refusal("C.3.a", "A course is approved once.", "It was approved before you.", code="course.approved")
    if ended:
        return Refusal("C.3.a", "A course that ended is not approved.", "Make a new version.", code="course.ended")
    if by in hands:
        return Refusal(
            "C.3.a",
            "A course is approved by another person than those who wrote it.",
            "Ask somebody else who may approve courses.",
            code="course.own",
        )
    if not topics:
        return Refusal("J", "A course covers at least one of the eight topics.", "Edit it first.", code="course.empty")
    if short:
        return Refusal(
            "J",
            "An exam asks for questions on every topic of its course.",
            f"The question bank has too few on: {named(short)}. Add questions, or let the course have no exam.",
            code="course.questions",
        )
    return None


def may_end(*, approved: bool, ended: bool) -> Refusal | None:
    """An approved course ends once; a draft is edited instead."""
    if ended:
        return Refusal("J", "A course ends once.", "It ended before.", code="course.ended")
    if not approved:
        return Refusal("J", "Only an approved course can end.", "Edit this one instead.", code="course.draft")
    return None


def read_choices(lines: object, *, field: str = "choices") -> list[str]:
    """The choices of a question, from lines of text or a list: 2 to 6, each different. Raises choices.* and text.*."""
    given = lines.splitlines() if isinstance(lines, str) else lines
    if not isinstance(given, Sequence):
        raise BadInput("choices.type", "Choices: write each on a line of its own.", field)
    found = [read_text(line, field=field, limit=LONGEST_CHOICE, one_line=True) for line in given]
    found = [choice for choice in found if choice]
    if not FEWEST <= len(found) <= MOST:
        raise BadInput("choices.number", f"Choices: write {FEWEST} to {MOST}, each on a line of its own.", field)
    if len({choice.casefold() for choice in found}) < len(found):
        raise BadInput("choices.twice", "Choices: two of them say the same. Change one.", field)
    return found


def read_right(value: object, *, choices: int, field: str = "right") -> int:
    """The number of the right choice as people count, from 1, as an index from 0. Raises right.missing, right.range."""
    text = str(value if value is not None else "").strip()
    if not text:
        raise BadInput("right.missing", "Right choice: enter its number.", field)
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= choices):
        raise BadInput("right.range", f"Right choice: give its number, 1 to {choices}.", field)
    return int(text) - 1
