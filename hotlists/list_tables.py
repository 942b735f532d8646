"""The list of hot lists and its filters."""

from __future__ import annotations

from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from alpr_portal.policy.vocabulary import Feed, ListKind
from alpr_portal.templatetags.portal import ago, when

from . import lists
from .models import HotList

STATES = [
    ("held", "A file is held"),
    ("template", "A template awaits approval"),
    ("stale", "Over 24 hours old"),
    ("silent", "Over 72 hours old: raises no hits"),
    ("never", "Never loaded"),
]


class HotListFilter(filters.FilterSet):
    """Which lists."""

    state = filters.ChoiceFilter(label="State", choices=STATES, method="by_state")
    kind = filters.ChoiceFilter(label="Kind", choices=ListKind.choices())
    feed = filters.ChoiceFilter(label="Fed by", choices=Feed.choices())
    use = filters.ChoiceFilter(label="Use", choices=[("on", "In use"), ("off", "Switched off")], method="by_use")

    class Meta:
        model = HotList
        fields: list[str] = []

    def by_state(self, found: QuerySet[HotList], name: str, value: str) -> QuerySet[HotList]:
        return lists.by_state(found, value, timezone.now())

    def by_use(self, found: QuerySet[HotList], name: str, value: str) -> QuerySet[HotList]:
        return found.filter(is_active=value == "on")


def badge(kind: str, text: str) -> str:
    return format_html('<span class="status{}">{}</span>', f" status-{kind}" if kind else "", text)


class HotListTable(tables.Table):
    """The hot lists: what each is, what feeds it, how old it is, what waits."""

    title = tables.Column("List")
    kind = tables.Column("Kind")
    feed = tables.Column("Fed by")
    priority = tables.Column("Priority")
    state = tables.Column("State", accessor="pk", orderable=False)
    in_force = tables.Column("In force", accessor="pk", orderable=False)
    waits = tables.Column("Waits for somebody", accessor="pk", orderable=False)

    class Meta:
        model = HotList
        fields = ("title", "kind", "feed", "priority", "state", "in_force", "waits")
        order_by = ("priority", "title")

    def render_title(self, record: HotList) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_hot_list", args=[record.pk]), record.title)

    def render_kind(self, value: Any, record: HotList) -> str:
        return ListKind.says(record.kind)

    def render_feed(self, value: Any, record: HotList) -> str:
        return Feed.says(record.feed)

    def render_state(self, record: HotList) -> str:
        return badge(*lists.state_of(record, timezone.now()))

    def render_in_force(self, record: HotList) -> str:
        state = getattr(record, "state", None)
        if state is None:
            return "—"
        rows = f"{state.refresh.kept:,} rows, version {state.refresh.number}"
        return format_html(
            '{}<br><span class="muted">{} ({})</span>', rows, when(state.refreshed_at), ago(state.refreshed_at)
        )

    def render_waits(self, record: Any) -> str:
        said = [("wait", "A held file")] if record.is_held else []
        said += [("wait", "A template")] if record.has_open_template else []
        return format_html_join(" ", "{}", ((badge(*each),) for each in said)) or "—"
