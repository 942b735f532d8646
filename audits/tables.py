"""The lists of legal holds over records and of batches, and their filters."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from alpr_portal.policy.vocabulary import RecordClass
from alpr_portal.templatetags.portal import when

from . import disposal
from .models import DisposalProposed, RecordsHold

STANDS = {
    "waits": ("wait", "Awaits a decision"),
    "denied": ("refuse", "Not approved"),
    "runs": ("wait", "Approved, being disposed of"),
    "done": ("run", "Disposed of"),
}


def badge(kind: str, text: str) -> str:
    return format_html('<span class="status{}">{}</span>', f" status-{kind}" if kind else "", text)


def day(value: date) -> str:
    return f"{value:%b} {value.day}, {value.year}"


def span(hold: RecordsHold) -> str:
    """Of which days a hold keeps records."""
    return f"{day(hold.from_on)} to {day(hold.to_on)}" if hold.from_on and hold.to_on else "Any day"


def classes(hold: RecordsHold) -> str:
    return ", ".join(RecordClass.says(kind) for kind in hold.classes)


def hold_state(hold: Any) -> tuple[str, str]:
    """(badge kind, words) of a hold annotated by ``holds.with_state``."""
    if hold.ended_at:
        return "", "Ended"
    return ("wait", "Its end awaits a decision") if hold.asked_at else ("run", "In force")


class HoldFilter(filters.FilterSet):
    """Which holds."""

    state = filters.ChoiceFilter(
        label="State", choices=[("runs", "In force"), ("asked", "Its end waits"), ("ended", "Ended")], method="by_state"
    )

    class Meta:
        model = RecordsHold
        fields: list[str] = []

    def by_state(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "asked":
            return found.filter(ended_at__isnull=True, asked_at__isnull=False)
        return found.filter(ended_at__isnull=value == "runs")


class HoldTable(tables.Table):
    """Legal holds over records: which matter, what they keep, how they stand."""

    number = tables.Column("Hold", accessor="pk", orderable=False)
    matter = tables.Column("Matter")
    keeps = tables.Column("Keeps", accessor="pk", orderable=False)
    days = tables.Column("Of the days", accessor="pk", orderable=False)
    case_number = tables.Column("Case")
    at = tables.Column("Placed")
    state = tables.Column("State", accessor="pk", orderable=False)

    class Meta:
        model = RecordsHold
        fields = ("number", "matter", "keeps", "days", "case_number", "at", "state")

    def render_number(self, record: RecordsHold) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_records_hold", args=[record.pk]), record.number)

    def render_keeps(self, record: RecordsHold) -> str:
        return classes(record)

    def render_days(self, record: RecordsHold) -> str:
        return span(record)

    def render_at(self, record: RecordsHold) -> str:
        return f"{when(record.at)}, {record.by_name}"

    def render_state(self, record: RecordsHold) -> str:
        return badge(*hold_state(record))


class DisposalFilter(filters.FilterSet):
    """Which batches."""

    state = filters.ChoiceFilter(
        label="State", choices=[(name, words) for name, (_, words) in STANDS.items()], method="by_state"
    )
    kind = filters.ChoiceFilter(label="Records", choices=RecordClass.choices())

    class Meta:
        model = DisposalProposed
        fields: list[str] = []

    def by_state(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "waits":
            return found.filter(decision__isnull=True)
        if value == "denied":
            return found.filter(decision__approved=False)
        return found.filter(decision__approved=True, finished__isnull=value == "runs")


class DisposalTable(tables.Table):
    """Batches: of which class, up to which day, how many records, how they stand."""

    number = tables.Column("Batch", accessor="pk", orderable=False)
    kind = tables.Column("Records")
    up_to = tables.Column("Ended up to")
    rows = tables.Column("How many", attrs={"th": {"class": "number"}, "td": {"class": "number"}})
    at = tables.Column("Proposed")
    state = tables.Column("State", accessor="pk", orderable=False)

    class Meta:
        model = DisposalProposed
        fields = ("number", "kind", "up_to", "rows", "at", "state")
        order_by = ("-at",)

    def render_number(self, record: DisposalProposed) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_disposal", args=[record.pk]), record.number)

    def render_kind(self, record: DisposalProposed) -> str:
        return RecordClass.says(record.kind)

    def render_up_to(self, value: date) -> str:
        return day(value)

    def render_rows(self, value: int) -> str:
        return f"{value:,}"

    def render_at(self, record: DisposalProposed) -> str:
        return f"{when(record.at)}, {record.by_name}"

    def render_state(self, record: DisposalProposed) -> str:
        return badge(*STANDS[disposal.stands(record)])
