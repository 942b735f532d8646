"""Courses, their approval, and the question bank."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import TrainingTopic

from .. import course_rules, courses
from ..access import MEMBERS, open_to, refuse, requires
from ..course_forms import EditCourse, EditQuestion, EndCourse
from ..lists import listed
from ..models import Course, Question
from ..training_lists import QuestionFilter, QuestionTable

MANAGE = "training.manage_courses"


def seen_by(request: MemberRequest) -> QuerySet[Course]:
    """The approved courses; drafts for those who keep, approve or review them."""
    found = Course.objects.select_related("approval", "end", "material", "made_by")
    if any(request.user.has_perm(verb) for verb in (MANAGE, courses.APPROVE, "training.view_training")):
        return found
    return found.filter(approval__isnull=False)


def editable(pk: uuid.UUID) -> Course:
    """Any course, for the Section; 404 where there is none."""
    return get_object_or_404(Course.objects.select_related("approval", "end"), pk=pk)


@open_to(MEMBERS)
@require_safe
def list_courses(request: MemberRequest) -> HttpResponse:
    """Every course with its state, and the topics that none in force covers."""
    counted = Count("completions", filter=Q(completions__withdrawn__isnull=True))
    found = seen_by(request).annotate(n_completions=counted).order_by("title", F("approval__at").desc(nulls_first=True))
    shown = [{"course": course, "state": courses.state_of(course)} for course in found]
    context = {
        "courses": shown,
        "uncovered": [TrainingTopic.says(topic) for topic in courses.uncovered_topics()],
        "heading": "Courses",
    }
    return render(request, "training/courses/list_courses.html", context)


@open_to(MEMBERS)
@require_safe
def view_course(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One version of a course: what it covers, who made and approved it, its exam, its history."""
    course = get_object_or_404(seen_by(request), pk=pk)
    in_use = courses.questions_in_use()
    context = {
        "course": course,
        "heading": str(course),
        "state": courses.state_of(course),
        "topics": [{"says": TrainingTopic.says(topic), "questions": in_use.get(topic, 0)} for topic in course.topics],
        "short": course_rules.named(courses.short_topics(course, in_use)),
        "figures": courses.figures(course),
        "versions": seen_by(request).filter(title=course.title).exclude(pk=course.pk).order_by("version"),
        "steps": courses.steps(course),
        "blocked": courses.blocks_approval(course, request.user) if not hasattr(course, "approval") else None,
    }
    return render(request, "training/courses/view_course.html", context)


@requires(MANAGE)
@require_http_methods(["GET", "POST"])
def add_course(request: MemberRequest) -> HttpResponse:
    """Add a course."""
    return course_page(request, None, None, "Add a course")


@requires(MANAGE)
@require_http_methods(["GET", "POST"])
def edit_course(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Correct a course that is not approved yet."""
    course = editable(pk)
    refusal = course_rules.may_change(approved=hasattr(course, "approval"))
    if refusal:
        return refuse(request, refusal, act="edit_course")
    return course_page(request, course, course, f"Edit {course}")


@requires(MANAGE)
@require_http_methods(["GET", "POST"])
def add_version(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """A new version of a course, beginning as a copy of this one."""
    course = editable(pk)
    return course_page(request, None, course, f"New version of {course.title}")


def course_page(request: MemberRequest, course: Course | None, shown: Course | None, heading: str) -> HttpResponse:
    """The form of a course: ``course`` is corrected, None adds one; ``shown`` fills the form."""
    form = EditCourse(request.POST if request.method == "POST" else None, course=shown)
    if request.method == "POST" and form.is_valid():
        try:
            saved = courses.save_course(course, by=request.user, **form.cleaned_data)
        except BadInput as error:
            form.add_error(error.field, ValidationError(error.message, code=error.code))
        except Refused as refused:
            return refuse(request, refused.refusal, act="edit_course")
        else:
            messages.success(request, f"{saved} is kept. It counts once somebody else approved it.")
            return redirect("view_course", pk=saved.pk)
    return form_page(request, form, "training/courses/edit_course.html", heading, course=course, shown=shown)


@requires(courses.APPROVE)
@require_http_methods(["GET", "POST"])
def approve_course(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The Department's word on a course: a page to check it, then the receipt (C.3.a)."""
    course = get_object_or_404(Course.objects.select_related("approval", "end", "material", "made_by"), pk=pk)
    if request.method == "POST":
        try:
            courses.approve_course(course, by=request.user, seen=request.POST.get("seen", ""))
        except Refused as refused:
            return refuse(request, refused.refusal, act=courses.APPROVE)
        return redirect("approve_course", pk=pk)
    in_use = courses.questions_in_use()
    context = {
        "course": course,
        "heading": "Course approved" if hasattr(course, "approval") else f"Approve {course}",
        "blocked": courses.blocks_approval(course, request.user),
        "seen": courses.version_seen(course),
        "topics": [{"says": TrainingTopic.says(topic), "questions": in_use.get(topic, 0)} for topic in course.topics],
    }
    return render(request, "training/courses/approve_course.html", context)


@requires(MANAGE)
@require_http_methods(["GET", "POST"])
def end_course(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End an approved course."""
    course = editable(pk)
    refusal = course_rules.may_end(approved=hasattr(course, "approval"), ended=hasattr(course, "end"))
    if refusal:
        return refuse(request, refusal, act="end_course")
    form = EndCourse(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            courses.end_course(course, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refused:
            return refuse(request, refused.refusal, act="end_course")
        messages.success(request, f"{course} ended. What was completed counts until it runs out.")
        return redirect("view_course", pk=course.pk)
    lost = course_rules.uncovered(courses.in_force().exclude(pk=course.pk).values_list("topics", flat=True))
    context = {"course": course, "uncovered": course_rules.named(lost), "figures": courses.figures(course)}
    return form_page(request, form, "training/courses/end_course.html", f"End {course}", **context)


@requires(MANAGE)
@require_safe
def list_questions(request: MemberRequest) -> HttpResponse:
    """The question bank, by topic."""
    found = QuestionFilter(request.GET, Question.objects.order_by("topic", "text", "pk"))
    in_use = courses.questions_in_use()
    counts = [
        {"topic": topic, "says": TrainingTopic.says(topic), "n": in_use.get(topic, 0)} for topic in course_rules.TOPICS
    ]
    template = "training/courses/list_questions.html"
    return listed(request, found, QuestionTable, template, "Question bank", counts=counts)


@requires(MANAGE)
@require_http_methods(["GET", "POST"])
def add_question(request: MemberRequest) -> HttpResponse:
    """Add a question to the bank."""
    return question_page(request, None)


@requires(MANAGE)
@require_http_methods(["GET", "POST"])
def edit_question(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Correct a question of the bank."""
    return question_page(request, get_object_or_404(Question, pk=pk))


def question_page(request: MemberRequest, question: Question | None) -> HttpResponse:
    """The form of a question: None adds one."""
    topic = request.GET.get("topic", "")
    initial = {"topic": topic} if topic in course_rules.TOPICS else None
    form = EditQuestion(request.POST if request.method == "POST" else None, question=question, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = courses.save_question(question, by=request.user, **form.cleaned_data)
        messages.success(request, f"The question is in the bank, on {TrainingTopic.says(saved.topic).lower()}.")
        return redirect("list_questions")
    steps = courses.changes(question, "Added") if question else []
    heading = "Edit a question" if question else "Add a question"
    return form_page(request, form, "training/courses/edit_question.html", heading, question=question, steps=steps)


def form_page(request: MemberRequest, form: Any, template: str, heading: str, **context: Any) -> HttpResponse:
    """A form's page: 422 where it came back with errors."""
    context.update(form=form, heading=heading, has_errors=bool(form.errors))
    return render(request, template, context, status=422 if form.errors else 200)
