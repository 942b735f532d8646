"""Exams in the portal: drawn from the question bank, answered once, marked twice, and a completion when passed (J)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.parameters import EXAM_TRIES
from alpr_portal.policy.refusal import Refusal, require
from alpr_portal.records import broken_constraint

from . import completion_rules, courses
from . import exam_rules as rules
from .members import hold
from .models import Attempt, AttemptAnswered, Completion, Course, Member, Question

BEGINS = 7_220_123  # the advisory lock under which a member begins an exam
CHANCE = secrets.SystemRandom()


def tries(member: Member, course: Course, now: datetime) -> QuerySet[Attempt]:
    """The member's exams of this course within the last day, newest first."""
    return Attempt.objects.filter(by=member, course=course, at__gt=now - rules.OPEN_FOR).order_by("-at")


def open_attempt(member: Member, course: Course, now: datetime) -> Attempt | None:
    """The exam that the member began and may still answer."""
    return tries(member, course, now).filter(answered__isnull=True).first()


def tries_left(member: Member, course: Course, now: datetime) -> int:
    """How often the member may still begin the exam of this course today."""
    return max(EXAM_TRIES.now - tries(member, course, now).count(), 0)


def blocks(member: Member, course: Course, now: datetime) -> Refusal | None:
    """What stands against the member beginning this exam now; an open one may always be taken up again."""
    return rules.may_start(
        approved=hasattr(course, "approval"),
        ended=hasattr(course, "end"),
        has_exam=bool(course.questions_per_topic),
        short=courses.short_topics(course),
        tries=tries(member, course, now).count(),
        most=EXAM_TRIES.now,
        keeps_bank=member.has_perm("training.manage_courses"),
    )


@clause("J")
def start_exam(course: Course, *, by: Member, now: datetime) -> Attempt:
    """Begin the exam of a course, or take up the open one: one draw however often it is asked for. Raises Refused."""
    with transaction.atomic():
        hold(BEGINS, f"{by.pk}{course.pk}")
        opened = open_attempt(by, course, now)
        if opened:
            return opened
        require(blocks(by, course, now))
        bank: dict[str, list[rules.BankQuestion]] = {}
        for one in Question.objects.filter(in_use=True, topic__in=course.topics).order_by("pk"):
            bank.setdefault(one.topic, []).append(
                rules.BankQuestion(one.topic, one.text, tuple(one.choices), one.right)
            )
        asked, right = rules.draw(bank, topics=course.topics, per_topic=course.questions_per_topic, chance=CHANCE)
        return Attempt.objects.write(by=by, course=course, questions=asked, right=right)


@clause("J", "C.3.a")
def answer_exam(attempt: Attempt, answers: Sequence[int], *, by: Member, now: datetime) -> AttemptAnswered:
    """Mark an exam and, where it is passed, complete the course: both or neither, once. Raises Refused.

    ``answers``: for each question the index of the chosen one.
    """

    def stands(*, answered: bool) -> Refusal | None:
        return rules.may_answer(by=by.pk, began_by=attempt.by_id, answered=answered, began_at=attempt.at, now=now)

    require(stands(answered=hasattr(attempt, "answered")))
    course = attempt.course
    marked = rules.mark(
        topics=[question["topic"] for question in attempt.questions],
        right=attempt.right,
        answers=answers,
        pass_mark=course.pass_mark,
    )
    try:
        with transaction.atomic():
            answered = AttemptAnswered.objects.write(
                by=by, attempt=attempt, answers=list(answers), score=marked.score, passed=marked.passed
            )
            if marked.passed:
                _complete(attempt, course, score=marked.score, by=by, now=now)
    except IntegrityError as error:
        if broken_constraint(error) == "training_attemptanswered_attempt_id_key":
            require(stands(answered=True))
        raise
    return answered


def _complete(attempt: Attempt, course: Course, *, score: int, by: Member, now: datetime) -> Completion:
    completed_on = timezone.localdate(now, OAKLAND)
    return Completion.objects.write(
        by=by,
        member=by,
        course=course,
        completed_on=completed_on,
        topics=course.topics,
        expires_at=completion_rules.expires_at(completed_on, course.valid_days),
        score=score,
        entered=Completion.Entered.EXAM,
        attempt=attempt,
    )


def wrong_topics(attempt: Attempt) -> dict[str, int]:
    """How many answers of each topic went wrong; the right ones are never told."""
    answered = attempt.answered
    topics = [question["topic"] for question in attempt.questions]
    return rules.mark(topics=topics, right=attempt.right, answers=answered.answers, pass_mark=100).wrong
