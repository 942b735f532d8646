"""The list of certificates: sortable by its number only, paged, filtered by month, with a constant number of queries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import Min, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from alpr_portal.templatetags.portal import when

from ..models import PurgeRun
from .months import months_between, read_month

STATES = [("did", "Disposed of something"), ("trouble", "Stopped, or left something behind")]


def certificates() -> QuerySet[PurgeRun]:
    """Every certificate, newest first; runs before certificates were issued are not among them."""
    return PurgeRun.objects.exclude(digest="").order_by("-number")


def months() -> list[tuple[str, str]]:
    """The months that have certificates, newest first, as choices."""
    first: datetime | None = certificates().aggregate(first=Min("ended_at"))["first"]
    since: date = timezone.localdate(first) if first else timezone.localdate()
    return [(month.written, month.title) for month in months_between(since, timezone.localdate())]


class CertificateFilter(filters.FilterSet):
    """The filters of the list of certificates."""

    month = filters.ChoiceFilter(label="Month", choices=[], method="by_month")
    what = filters.ChoiceFilter(label="What it says", choices=STATES, method="by_what")

    class Meta:
        model = PurgeRun
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.filters["month"].extra["choices"] = months()

    def by_month(self, found: QuerySet[PurgeRun], name: str, value: str) -> QuerySet[PurgeRun]:
        month = read_month(value)
        return found.filter(ended_at__gte=month.starts_at, ended_at__lt=month.ends_at)

    def by_what(self, found: QuerySet[PurgeRun], name: str, value: str) -> QuerySet[PurgeRun]:
        if value == "did":
            return found.exclude(partitions=0, holds=[])
        return found.exclude(brake__isnull=True, failed=[])


class CertificateTable(tables.Table):
    """Certificates of the disposal: what each run took, and what it left."""

    number = tables.Column("Certificate")
    ended_at = tables.Column("Issued", orderable=False)
    partitions = tables.Column("Days", orderable=False)
    purged = tables.Column("Reads", orderable=False)
    holds = tables.Column("Holds ended", orderable=False, empty_values=())
    oldest_at = tables.Column("Oldest read left", orderable=False)
    state = tables.Column("State", orderable=False, empty_values=())

    class Meta:
        model = PurgeRun
        fields = ("number", "ended_at", "partitions", "purged", "holds", "oldest_at", "state")
        order_by = ("-number",)

    def render_number(self, record: PurgeRun) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_certificate", args=[record.pk]), record.number)

    def render_ended_at(self, value: datetime) -> str:
        return when(value)

    def render_purged(self, value: int) -> str:
        return f"{value:,}"

    def render_holds(self, value: list[Any]) -> str:
        return str(len(value))

    def render_oldest_at(self, value: datetime) -> str:
        return when(value)

    def render_state(self, record: PurgeRun) -> str:
        kind, text = state_of(record)
        return format_html('<span class="status status-{}">{}</span>', kind, text)


def state_of(run: PurgeRun) -> tuple[str, str]:
    """What a run came to, in a word: (badge kind, text)."""
    if run.brake_id:
        return "refuse", "Stopped"
    if run.failed:
        return "refuse", "Left something behind"
    return ("run", "Disposed") if run.partitions or run.holds else ("done", "Nothing was due")
