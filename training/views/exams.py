"""Exams in the portal, open to members whose training does not hold today: how else would they be trained."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.parameters import EXAM_TRIES
from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import TrainingTopic

from .. import course_rules, exam_rules, exams
from ..access import MEMBERS, open_to, refuse
from ..course_forms import TakeExam
from ..models import Attempt, Course


@open_to(MEMBERS, untrained=True)
@require_http_methods(["GET", "POST"])
def start_exam(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What an exam is like; a press of the button draws it."""
    given = Course.objects.select_related("approval", "end", "material").filter(approval__isnull=False)
    course = get_object_or_404(given, pk=pk)
    now = timezone.now()
    if request.method == "POST":
        try:
            attempt = exams.start_exam(course, by=request.user, now=now)
        except Refused as refused:
            return refuse(request, refused.refusal, act="start_exam")
        return redirect("take_exam", pk=attempt.pk)
    opened = exams.open_attempt(request.user, course, now)
    context = {
        "course": course,
        "heading": f"Exam: {course.title}",
        "opened": opened,
        "refusal": None if opened else exams.blocks(request.user, course, now),
        "left": exams.tries_left(request.user, course, now),
        "most": EXAM_TRIES.now,
        "topics": [TrainingTopic.says(topic) for topic in course.topics],
        "questions": course.questions_per_topic * len(course.topics),
    }
    return render(request, "training/exams/start_exam.html", context)


def own_attempt(request: MemberRequest, pk: uuid.UUID) -> Attempt:
    """An exam of one's own; 404 for everybody else's."""
    own = Attempt.objects.filter(by=request.user)
    return get_object_or_404(own.select_related("course", "answered", "completion"), pk=pk)


@open_to(MEMBERS, untrained=True)
@require_http_methods(["GET", "POST"])
def take_exam(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """All questions on one page; sent once. What was sent twice shows the result of the first."""
    attempt = own_attempt(request, pk)
    now = timezone.now()
    if hasattr(attempt, "answered"):
        return redirect("view_attempt", pk=pk)
    if now - attempt.at >= exam_rules.OPEN_FOR:
        return redirect("start_exam", pk=attempt.course_id)
    form = TakeExam(request.POST if request.method == "POST" else None, questions=attempt.questions)
    if request.method == "POST" and form.is_valid():
        try:
            exams.answer_exam(attempt, form.chosen, by=request.user, now=now)
        except Refused as refused:
            if refused.refusal.code != "exam.answered":
                return refuse(request, refused.refusal, act="take_exam")
        return redirect("view_attempt", pk=pk)
    parts: list[dict[str, object]] = []
    for field, question in zip(form, attempt.questions, strict=True):
        says = TrainingTopic.says(question["topic"])
        if not parts or parts[-1]["says"] != says:
            parts.append({"says": says, "fields": []})
        parts[-1]["fields"].append(field)  # type: ignore[attr-defined]
    context = {
        "form": form,
        "attempt": attempt,
        "course": attempt.course,
        "parts": parts,
        "closes_at": attempt.at + exam_rules.OPEN_FOR,
        "heading": f"Exam: {attempt.course.title}",
        "has_errors": bool(form.errors),
    }
    return render(request, "training/exams/take_exam.html", context, status=422 if form.errors else 200)


@open_to(MEMBERS, untrained=True)
@require_safe
def view_attempt(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """How an exam went: the score, and topics that went wrong, never the right answers."""
    attempt = own_attempt(request, pk)
    if not hasattr(attempt, "answered"):
        return redirect("take_exam", pk=pk)
    wrong = exams.wrong_topics(attempt)
    context = {
        "attempt": attempt,
        "answered": attempt.answered,
        "course": attempt.course,
        "completion": getattr(attempt, "completion", None),
        "wrong": [(TrainingTopic.says(topic), wrong[topic]) for topic in course_rules.TOPICS if topic in wrong],
        "left": exams.tries_left(request.user, attempt.course, timezone.now()),
        "heading": "Exam passed" if attempt.answered.passed else "Exam not passed",
    }
    return render(request, "training/exams/view_attempt.html", context)
