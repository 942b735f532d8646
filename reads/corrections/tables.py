"""The list of reads reported wrong: who said what, and what came of it; never a plate, whoever asks."""

from __future__ import annotations

from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from alpr_portal.policy.vocabulary import ReadFault
from training.lists import DAY
from training.member_tables import minute

from ..models import ReadReport
from ..queries import who
from .rules import Life

BADGES = {
    Life.OPEN.value: "wait",
    Life.CONFIRMED.value: "refuse",
    Life.REJECTED.value: "run",
    Life.GONE.value: "info",
}


class ReportFilter(filters.FilterSet):
    """The filters of reported reads."""

    state = filters.ChoiceFilter(label="State", field_name="life", choices=Life.choices())
    kind = filters.ChoiceFilter(label="What is wrong", choices=ReadFault.choices())
    since = filters.DateFilter(label="From", field_name="at", lookup_expr="date__gte", widget=DAY)
    until = filters.DateFilter(label="To", field_name="at", lookup_expr="date__lte", widget=DAY)

    class Meta:
        model = ReadReport
        fields: list[str] = []


class ReportTable(tables.Table):
    """Reads reported wrong."""

    at = tables.Column("Reported")
    number = tables.Column("Report", orderable=False, empty_values=())
    kind = tables.Column("What is wrong")
    by_name = tables.Column("Member", orderable=False)
    by_unit = tables.Column("Unit")
    state = tables.Column("State", accessor="life", orderable=False)
    decided = tables.Column("Decided", orderable=False, empty_values=())

    class Meta:
        model = ReadReport
        fields = ("at", "number", "kind", "by_name", "by_unit", "state", "decided")
        order_by = ("-at",)

    def render_at(self, value: Any) -> str:
        return minute(value)

    def render_number(self, record: ReadReport) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_correction", args=[record.pk]), record.number)

    def render_kind(self, record: ReadReport) -> str:
        return ReadFault.says(record.kind)

    def render_by_name(self, record: ReadReport) -> str:
        return str(who(record))

    def render_state(self, value: str) -> str:
        return format_html('<span class="status status-{}">{}</span>', BADGES[value], Life.says(value))

    def render_decided(self, record: ReadReport) -> str:
        decision = getattr(record, "correction", None)
        return f"{minute(decision.at)}, {who(decision)}" if decision else "—"


def with_everything(found: QuerySet[Any]) -> QuerySet[Any]:
    """What a row shows, in one query."""
    return found.select_related("correction")
