"""Courses and their question bank: kept by the Training Section, approved for the Department by somebody else (J, C.3.a)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput, Refusal, Refused, require
from alpr_portal.policy.vocabulary import TrainingTopic
from alpr_portal.records import broken_constraint

from . import course_rules as rules
from . import loans
from .models import Course, CourseApproval, CourseEnd, Member, Question

APPROVE = "training.approve_course"
CHANGED = Refusal(
    "C.3.a",
    "What is approved is what the approver saw.",
    "The course was changed since you opened this page: look at it again.",
    code="course.changed",
)
# How the history of a course or a question names its fields.
FIELDS = {
    "valid_days": "counts for days",
    "pass_mark": "pass mark",
    "questions_per_topic": "questions per topic",
    "in_use": "in use",
    "right": "right choice",
}


# --- what stands where ----------------------------------------------------------------------------------------------


def in_force() -> QuerySet[Course]:
    """The courses that the Department approved and that have not ended."""
    return Course.objects.filter(approval__isnull=False, end__isnull=True)


def uncovered_topics() -> list[str]:
    """The topics of J that no course in force covers; one query."""
    return rules.uncovered(in_force().values_list("topics", flat=True))


def questions_in_use() -> dict[str, int]:
    """How many questions the bank has in use, by topic; one query."""
    counted = Question.objects.filter(in_use=True).order_by().values_list("topic").annotate(n=Count("pk"))
    return dict(counted)


def short_topics(course: Course, in_use: dict[str, int] | None = None) -> list[str]:
    """The topics of a course on which its exam asks for more questions than the bank has in use."""
    if not course.questions_per_topic:
        return []
    counted = questions_in_use() if in_use is None else in_use
    return rules.short_of_questions(course.topics, per_topic=course.questions_per_topic, in_use=counted)


def hands_on(course: Course) -> set[Any]:
    """Who made a course and who ever changed it, by id."""
    wrote = course.history.exclude(history_user=None).values_list("history_user", flat=True)  # type: ignore[attr-defined]
    return {course.made_by_id, *wrote} - {None}


def state_of(course: Course) -> tuple[str, str]:
    """A course's state in a word: (badge kind, text)."""
    if hasattr(course, "end"):
        return "refuse", "Ended"
    return ("run", "Approved") if hasattr(course, "approval") else ("wait", "Not approved")


def figures(course: Course) -> dict[str, int]:
    """How many completed the course, and for how many that counts today."""
    now = timezone.now()
    return course.completions.aggregate(
        n=Count("pk", filter=Q(withdrawn__isnull=True)),
        counting=Count("pk", filter=Q(withdrawn__isnull=True, expires_at__gt=now)),
        withdrawn=Count("pk", filter=Q(withdrawn__isnull=False)),
    )


def blocks_approval(course: Course, by: Member) -> Refusal | None:
    """What stands against ``by`` approving this course now."""
    return rules.may_approve(
        by=by.pk,
        hands=hands_on(course),
        approved=hasattr(course, "approval"),
        ended=hasattr(course, "end"),
        topics=course.topics,
        short=short_topics(course),
    )


# --- what is done -----------------------------------------------------------------------------------------------------


@clause("J")
def save_course(course: Course | None, *, by: Member, **values: Any) -> Course:
    """Add a course, or correct one that is not approved; the history keeps who, when, before and after.

    Raises BadInput course.taken where title and version are another's, and Refused for an approved course.
    """
    try:
        with transaction.atomic():
            if course is None:
                course = Course(made_by=by)
            else:
                course = Course.objects.select_for_update().get(pk=course.pk)
                require(rules.may_change(approved=hasattr(course, "approval")))
            for name, value in values.items():
                setattr(course, name, value)
            course._history_user = by  # type: ignore[attr-defined]
            course.save()
    except IntegrityError as error:
        if broken_constraint(error) == "approved_course_stands":
            require(rules.may_change(approved=True))
        if broken_constraint(error) != "course_version_once":
            raise
        says = "Version: this course has that version already. Give the next number."
        raise BadInput("course.taken", says, "version") from None
    return course


@clause("C.3.a")
def approve_course(course: Course, *, by: Member, seen: str) -> CourseApproval:
    """The Department's word on a course as it was seen: ``seen`` is what ``version_seen`` said of it then. Raises Refused."""
    with transaction.atomic():
        course = Course.objects.select_for_update().get(pk=course.pk)  # of two who approve, the second sees the first
        require(blocks_approval(course, by))
        if version_seen(course) != seen:
            raise Refused(CHANGED)
        return CourseApproval.objects.write(
            by=by, on_behalf_of=loans.principal_of(by, APPROVE), course=course, made_by=course.made_by
        )


def version_seen(course: Course) -> str:
    """The mark of a course as it stands now; another one after every change."""
    last = course.history.order_by("-history_id").values_list("history_id", flat=True).first()  # type: ignore[attr-defined]
    return str(last or "")


@clause("J")
def end_course(course: Course, *, by: Member, reason: str) -> CourseEnd:
    """The course is given no more; what was completed counts until it runs out. Raises Refused."""
    require(rules.may_end(approved=hasattr(course, "approval"), ended=hasattr(course, "end")))
    try:
        with transaction.atomic():
            return CourseEnd.objects.write(by=by, course=course, reason=reason)
    except IntegrityError as error:
        if broken_constraint(error) == "training_courseend_course_id_key":
            require(rules.may_end(approved=True, ended=True))
        raise


@clause("J")
def save_question(question: Question | None, *, by: Member, **values: Any) -> Question:
    """Add a question to the bank, or correct one; exams that were begun keep it as it was asked."""
    question = question or Question()
    for name, value in values.items():
        setattr(question, name, value)
    question._history_user = by  # type: ignore[attr-defined]
    with transaction.atomic():
        question.save()
    return question


# --- what happened ----------------------------------------------------------------------------------------------------


def steps(course: Course) -> list[dict[str, Any]]:
    """Every change of a course, its approval and its end, for its timeline."""
    found = changes(course, "Course made")
    approval, end = getattr(course, "approval", None), getattr(course, "end", None)
    if approval:
        for_whom = f", on behalf of {approval.on_behalf_of_name}" if approval.on_behalf_of_name else ""
        found.append(
            {
                "at": approval.at,
                "who": approval.by_name + for_whom,
                "what": "Approved for the Department",
                "tone": "run",
            }
            | {"clause": "C.3.a"}
        )
    if end:
        found.append({"at": end.at, "who": end.by_name, "what": "Ended", "detail": end.reason, "tone": "refuse"})
    return sorted(found, key=lambda step: step["at"])


def changes(kept: Any, first: str) -> list[dict[str, Any]]:
    """The history of what is edited in place, as steps; ``first`` says how it began."""
    found: list[dict[str, Any]] = []
    before: Any = None
    for now in kept.history.select_related("history_user").order_by("history_date", "history_id"):
        diff: Iterable[Any] = now.diff_against(before).changes if before else ()
        listed = [
            {
                "label": FIELDS.get(change.field, change.field).capitalize(),
                "before": said(change.field, change.old),
                "after": said(change.field, change.new),
            }
            for change in diff
            if change.field != "made_by"
        ]
        who = now.history_user.name if now.history_user else "the portal"
        found.append({"at": now.history_date, "who": who, "what": "Changed" if before else first, "changes": listed})
        before = now
    return found


def said(field: str, value: Any) -> str:
    """A value of the history as people read it."""
    if field == "topics":
        return rules.named(value)
    if field == "topic":
        return TrainingTopic.says(value)
    if field == "right":
        return str(value + 1)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " / ".join(value)
    return value.isoformat() if isinstance(value, date) else str(value if value is not None else "")
