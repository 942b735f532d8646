"""Tables and filters of completions and questions; never a name or a badge in an address."""

from __future__ import annotations

from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from alpr_portal.policy.vocabulary import TrainingTopic
from alpr_portal.templatetags.portal import when

from .completions import state_of
from .lists import DAY
from .models import Completion, Course, Question

STATES = [("counts", "Counts today"), ("ran_out", "Ran out"), ("withdrawn", "Withdrawn")]


class CompletionFilter(filters.FilterSet):
    """The filters of the record of completed training."""

    course = filters.ModelChoiceFilter(
        label="Course", queryset=Course.objects.filter(approval__isnull=False).order_by("title", "version")
    )
    unit = filters.ChoiceFilter(label="Unit", field_name="member__unit", choices=[])
    state = filters.ChoiceFilter(label="State", choices=STATES, method="by_state")
    entered = filters.ChoiceFilter(label="How it came in", choices=Completion.Entered.choices)
    since = filters.DateFilter(label="Completed from", field_name="completed_on", lookup_expr="gte", widget=DAY)
    until = filters.DateFilter(label="Completed to", field_name="completed_on", lookup_expr="lte", widget=DAY)

    class Meta:
        model = Completion
        fields: list[str] = []

    def __init__(self, *args: Any, units: list[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.filters["unit"].extra["choices"] = [(unit, unit) for unit in units]

    def by_state(self, found: QuerySet[Completion], name: str, value: str) -> QuerySet[Completion]:
        now = timezone.now()
        return {
            "counts": found.filter(withdrawn__isnull=True, expires_at__gt=now),
            "ran_out": found.filter(withdrawn__isnull=True, expires_at__lte=now),
            "withdrawn": found.filter(withdrawn__isnull=False),
        }[value]


class CompletionTable(tables.Table):
    """The record of completed training."""

    completed_on = tables.DateColumn(format="M j, Y", verbose_name="Completed")
    member = tables.Column("Member", accessor="member__name")
    unit = tables.Column("Unit", accessor="member__unit")
    course = tables.Column("Course", orderable=False)
    expires_at = tables.Column("Counts until")
    entered = tables.Column("How it came in", orderable=False)
    state = tables.Column("State", orderable=False, empty_values=())

    class Meta:
        model = Completion
        fields = ("completed_on", "member", "unit", "course", "expires_at", "entered", "state")
        order_by = ("-completed_on",)

    def render_completed_on(self, record: Completion) -> str:
        day = record.completed_on
        url = reverse("view_completion", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, f"{day:%b} {day.day}, {day:%Y}")

    def render_member(self, record: Completion) -> str:
        return str(record.member)

    def render_expires_at(self, value: Any) -> str:
        return when(value)

    def render_state(self, record: Completion) -> str:
        return format_html('<span class="status status-{}">{}</span>', *state_of(record, timezone.now()))


class QuestionFilter(filters.FilterSet):
    """The filters of the question bank."""

    topic = filters.ChoiceFilter(label="Topic", choices=TrainingTopic.choices())
    in_use = filters.ChoiceFilter(
        label="Use", choices=[("yes", "In use"), ("no", "Not in use")], method="by_use", empty_label="All"
    )

    class Meta:
        model = Question
        fields: list[str] = []

    def by_use(self, found: QuerySet[Question], name: str, value: str) -> QuerySet[Question]:
        return found.filter(in_use=value == "yes")


class QuestionTable(tables.Table):
    """The question bank."""

    topic = tables.Column("Topic")
    text = tables.Column("Question", orderable=False)
    choices = tables.Column("Choices", orderable=False, accessor="choices")
    in_use = tables.Column("Use", orderable=False)

    class Meta:
        model = Question
        fields = ("topic", "text", "choices", "in_use")
        order_by = ("topic",)

    def render_text(self, record: Question) -> str:
        return format_html('<a href="{}">{}</a>', reverse("edit_question", args=[record.pk]), record.text)

    def render_choices(self, value: list[str]) -> str:
        return str(len(value))

    def render_in_use(self, value: bool) -> str:
        kind, text = ("run", "In use") if value else ("wait", "Not in use")
        return format_html('<span class="status status-{}">{}</span>', kind, text)
