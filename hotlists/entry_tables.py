"""The table and the filters of entries; never a plate or a name in an address."""

from __future__ import annotations

from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from alpr_portal.policy.vocabulary import Purpose, Watched
from training.member_tables import minute

from . import entries
from .entry_rules import PURPOSES, Life
from .entry_words import badge_of
from .models import EntryVersion, HotList
from .waiting_entries import NEWS, SOON

STATES = [(life.value, life.label) for life in Life if life != Life.SUPERSEDED]
WHOSE = [("own", "Mine"), ("unit", "My unit's")]


def lists(request: Any) -> QuerySet[HotList]:
    return entries.lists_of_members()


class EntryFilter(filters.FilterSet):
    """The filters of entries; the rows are the newest version of each."""

    state = filters.ChoiceFilter(label="State", choices=STATES, method="by_state")
    soon = filters.ChoiceFilter(label="Ends", choices=[("yes", "Within three days")], method="by_end")
    hot_list = filters.ModelChoiceFilter(label="List", field_name="entry__hot_list", queryset=lists)
    purpose = filters.ChoiceFilter(label="Purpose", choices=[(p.value, p.label) for p in PURPOSES])
    whose = filters.ChoiceFilter(label="Whose", choices=WHOSE, method="by_whose")
    confirm = filters.ChoiceFilter(label="Confirmation", choices=[("yes", "To be confirmed")], method="by_confirmation")
    news = filters.ChoiceFilter(label="Decided", choices=[("yes", "In the last three days")], method="by_news")

    class Meta:
        model = EntryVersion
        fields: list[str] = []

    def by_state(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == Life.PENDING.value:  # a change that waits, while the version before it is in force, waits too
            return found.filter(life=value)
        return found.filter(stands=value)

    def by_end(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found.filter(stands=Life.ACTIVE.value, force_until__lt=timezone.now() + SOON)

    def by_confirmation(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found.filter(entry__in=entries.to_confirm(timezone.now()).order_by().values("entry"))

    def by_news(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found.filter(decision__at__gt=timezone.now() - NEWS)

    def by_whose(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        member: Any = self.request.user
        if value == "own":
            return found.filter(Q(by=member) | Q(entry__by=member))
        return found.filter(entry__by_unit=member.unit) if member.unit else found.none()


class EntryTable(tables.Table):
    """Entries: what is watched for, why, who asked, and how each stands."""

    at = tables.Column("Proposed")
    number = tables.Column("Entry", orderable=False, empty_values=())
    hot_list = tables.Column("List", accessor="entry__hot_list__title")
    plate = tables.Column("Looks for", orderable=False, empty_values=())
    purpose = tables.Column("Purpose")
    by_name = tables.Column("Member", orderable=False)
    state = tables.Column("State", orderable=False, empty_values=())
    ends = tables.Column("Ends", accessor="expires_at")

    class Meta:
        model = EntryVersion
        fields = ("at", "number", "hot_list", "plate", "purpose", "by_name", "state", "ends")
        order_by = ("-at",)

    def __init__(self, *args: Any, member: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.member = member

    def render_at(self, value: Any) -> str:
        return minute(value)

    def render_number(self, record: EntryVersion) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_entry", args=[record.entry_id]), record.entry.number)

    def render_plate(self, record: EntryVersion) -> str:
        vehicle = " ".join(filter(None, (record.colour, record.make, record.model)))
        if record.watched == Watched.VEHICLE.value:
            return vehicle or "a vehicle"
        if not entries.sees_plate(self.member, record):
            return "withheld"
        part = " (part of a plate)" if record.watched == Watched.PARTIAL.value else ""
        return format_html('<span class="plate">{}</span>{}', record.plate, part)

    def render_purpose(self, record: EntryVersion) -> str:
        return Purpose.says(record.purpose)

    def render_by_name(self, record: EntryVersion) -> str:
        return f"{record.by_name} ({record.by_badge})" if record.by_badge else record.by_name

    def render_state(self, record: EntryVersion) -> str:
        kind, text = badge_of(record.stands)  # type: ignore[attr-defined]
        waits = record.stands == Life.ACTIVE.value and record.life == Life.PENDING.value  # type: ignore[attr-defined]
        urgent = format_html(' <span class="status status-wait">{}</span>', "Urgent") if record.urgent else ""
        more = format_html(' <span class="muted">{}</span>', "a change waits") if waits else ""
        return format_html(
            '<span class="status{}">{}</span>{}{}', f" status-{kind}" if kind else "", text, urgent, more
        )

    def render_ends(self, record: EntryVersion) -> str:
        return minute(record.force_until or record.expires_at)  # type: ignore[attr-defined]


def with_everything(found: QuerySet[Any]) -> QuerySet[Any]:
    """What a row shows, in one query."""
    return found.select_related("entry__hot_list", "by")
