"""Tables and filters of published documents, known gaps and the training report."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from alpr_portal.policy.clauses import duties
from alpr_portal.policy.vocabulary import PublicationKind
from alpr_portal.templatetags.portal import when

from . import documents, lapses
from .models import Gap, Member, Publication

BADGE = '<span class="status status-{}">{}</span>'


class DocumentTable(tables.Table):
    """Published documents, each version a row."""

    title = tables.Column("Title")
    kind = tables.Column("Kind")
    version = tables.Column("Version", orderable=False)
    in_force_on = tables.DateColumn(format="M j, Y", verbose_name="In force from")
    by_name = tables.Column("Approved by", orderable=False)
    state = tables.Column("State", orderable=False, empty_values=())

    class Meta:
        model = Publication
        fields = ("title", "kind", "version", "in_force_on", "by_name", "state")
        order_by = ("-in_force_on",)

    def __init__(self, *args: Any, day: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.day = day

    def render_title(self, record: Publication) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_document", args=[record.pk]), record.title)

    def render_by_name(self, record: Publication) -> str:
        behalf = f", on behalf of {record.on_behalf_of_name}" if record.on_behalf_of_name else ""
        return f"{record.by_name}{behalf}"

    def render_state(self, record: Publication) -> str:
        return format_html(BADGE, *documents.stands(record, self.day))


class DocumentFilter(filters.FilterSet):
    """By kind, and whether it is in force."""

    kind = filters.ChoiceFilter(label="Kind", choices=PublicationKind.choices())
    state = filters.ChoiceFilter(
        label="State", choices=[("in_force", "In force"), ("other", "Not in force")], method="by_state"
    )

    class Meta:
        model = Publication
        fields: list[str] = []

    def by_state(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Publication]:
        return found.filter(holds=value == "in_force")


class GapTable(tables.Table):
    """Known gaps."""

    title = tables.Column("Gap")
    clause = tables.Column("Duty")
    due_on = tables.DateColumn(format="M j, Y", verbose_name="Due")
    at = tables.Column("Since")
    state = tables.Column("State", accessor="closed", orderable=False)

    class Meta:
        model = Gap
        fields = ("title", "clause", "due_on", "at", "state")
        order_by = ("due_on",)

    def __init__(self, *args: Any, day: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.day = day

    def render_title(self, record: Gap) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_gap", args=[record.pk]), record.title)

    def render_at(self, value: datetime) -> str:
        return when(value)

    def render_state(self, value: bool, record: Gap) -> str:
        return format_html(BADGE, *gap_state(value, record.due_on, self.day))


def gap_state(closed: bool, due_on: date | None, day: date) -> tuple[str, str]:
    """A gap's state: (badge kind, words)."""
    if closed:
        return "run", "Closed"
    return ("refuse", "Overdue") if due_on and due_on < day else ("wait", "Open")


class GapFilter(filters.FilterSet):
    """Open, overdue or closed; by duty."""

    state = filters.ChoiceFilter(
        label="State", choices=[("open", "Open"), ("overdue", "Overdue"), ("closed", "Closed")], method="by_state"
    )
    clause = filters.ChoiceFilter(label="Duty of the order", choices=[(id_, id_) for id_ in duties()])

    class Meta:
        model = Gap
        fields: list[str] = []

    def __init__(self, *args: Any, day: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.day = day

    def by_state(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Gap]:
        found = found.filter(closed=value == "closed")
        return found.filter(due_on__lt=self.day) if value == "overdue" else found


class TrainingTable(tables.Table):
    """Members with access and how long their training counts."""

    name = tables.Column("Member", order_by=("name", "badge"))
    unit = tables.Column("Unit")
    supervisor = tables.Column("Supervisor", accessor="supervisor__name", orderable=False)
    training = tables.Column("Training", accessor="lapses_at", empty_values=(), orderable=False)
    lapses_at = tables.Column("Lapses", empty_values=())
    designated = tables.Column("Designation", orderable=False)

    class Meta:
        model = Member
        fields = ("name", "unit", "supervisor", "training", "lapses_at", "designated")
        order_by = ("lapses_at",)

    def __init__(self, *args: Any, now: datetime, opens: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.now, self.opens = now, opens

    def render_name(self, record: Member) -> str:
        if not self.opens:
            return str(record)
        return format_html('<a href="{}">{}</a>', reverse("view_member", args=[record.pk]), str(record))

    def render_training(self, value: datetime | None) -> str:
        state = lapses.state_of(value, self.now)
        kind = {"current": "run", "lapsing": "wait"}.get(state, "refuse")
        return format_html(BADGE, kind, lapses.STATES[state])

    def render_lapses_at(self, value: datetime | None) -> str:
        return when(value) if value else "—"

    def render_designated(self, value: bool) -> str:
        return format_html(BADGE, "", "In order") if value else format_html(BADGE, "refuse", "Missing")


class TrainingFilter(filters.FilterSet):
    """By state of the training, unit, and designation."""

    state = filters.ChoiceFilter(label="Training", choices=list(lapses.STATES.items()), method="by_state")
    unit = filters.ChoiceFilter(label="Unit", choices=[])
    designation = filters.ChoiceFilter(label="Designation", choices=[("missing", "Missing")], method="by_designation")

    class Meta:
        model = Member
        fields: list[str] = []

    def __init__(self, *args: Any, units: list[str], now: datetime, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.filters["unit"].extra["choices"] = [(unit, unit) for unit in units]
        self.now = now

    def by_state(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return lapses.in_state(found, value, self.now)

    def by_designation(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found.filter(designated=False)
