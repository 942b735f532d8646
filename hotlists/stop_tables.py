"""The table and the filters of stops; never a plate or a name in an address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from alpr_portal.policy.vocabulary import Disposition
from alpr_portal.templatetags.portal import when
from training.lists import DAY
from training.models import Member

from . import stops
from .models import HotList, NextStep, Stop
from .stop_rules import LEVELS

VERIFIED = [*LEVELS.items(), ("lately", "Not full, last 30 days")]
STEPS = [("open", "Open"), ("overdue", "Overdue"), ("mine", "Mine, overdue")]
BADGES = {"full": "run", "partial": "wait", "none": "refuse"}


class StopFilter(filters.FilterSet):
    """The filters of the list of stops."""

    since = filters.DateFilter(label="From", field_name="responded_at", lookup_expr="date__gte", widget=DAY)
    until = filters.DateFilter(label="To", field_name="responded_at", lookup_expr="date__lte", widget=DAY)
    unit = filters.ChoiceFilter(label="Unit", field_name="member_unit", choices=[])
    hot_list = filters.ModelChoiceFilter(label="Hot list", queryset=HotList.objects.order_by("title"))
    disposition = filters.ChoiceFilter(label="Disposition", choices=Disposition.choices())
    verification = filters.ChoiceFilter(label="Verification", choices=VERIFIED, method="by_verification")
    steps = filters.ChoiceFilter(label="Next steps", choices=STEPS, method="by_steps")

    class Meta:
        model = Stop
        fields: list[str] = []

    def __init__(self, *args: Any, units: list[str], member: Member, now: datetime, **kwargs: Any):
        self.member, self.now = member, now
        super().__init__(*args, **kwargs)
        self.filters["unit"].extra["choices"] = [(unit, unit) for unit in units]

    def by_verification(self, found: QuerySet[Stop], name: str, value: str) -> QuerySet[Stop]:
        return stops.unverified(found, self.now) if value == "lately" else found.filter(verification=value)

    def by_steps(self, found: QuerySet[Stop], name: str, value: str) -> QuerySet[Stop]:
        overdue = stops.overdue_steps(timezone.localdate(self.now))
        if value == "open":
            return stops.of_steps(found, NextStep.objects.filter(done__isnull=True))
        return stops.of_steps(found.filter(member=self.member) if value == "mine" else found, overdue)


class StopTable(tables.Table):
    """Stops, the newest first."""

    responded_at = tables.Column("When")
    number = tables.Column("Stop", orderable=False)
    member_name = tables.Column("Member", orderable=False)
    member_unit = tables.Column("Unit")
    hot_list = tables.Column("Hot list", accessor="hot_list__title")
    disposition = tables.Column("Disposition")
    verification = tables.Column("Verification", orderable=False)
    plate = tables.Column("Plate", orderable=False, empty_values=())
    steps = tables.Column("Next steps", orderable=False, accessor="pk")

    class Meta:
        model = Stop
        fields = (
            *("responded_at", "number", "member_name", "member_unit", "hot_list", "disposition", "verification"),
            *("plate", "steps"),
        )
        order_by = ("-responded_at",)

    def __init__(self, *args: Any, member: Member, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.member = member

    def render_responded_at(self, value: datetime) -> str:
        return when(value)

    def render_number(self, record: Stop) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_stop", args=[record.pk]), record.number)

    def render_member_name(self, record: Stop) -> str:
        return f"{record.member_name} ({record.member_badge})" if record.member_badge else record.member_name

    def render_disposition(self, record: Stop) -> str:
        return Disposition.says(record.disposition)

    def render_verification(self, value: str) -> str:
        return render_to_string("components/badge.html", {"kind": BADGES[value], "text": LEVELS[value]})

    def render_plate(self, record: Stop) -> str:
        if not record.plate:
            return "—"
        if not stops.sees_plate(self.member, record):
            return "withheld"
        return format_html('<span class="plate">{}</span>', record.plate)

    def render_steps(self, record: Any) -> str:
        if record.n_overdue:
            return format_html('<span class="status status-refuse">{} overdue</span>', record.n_overdue)
        return f"{record.n_open} open" if record.n_open else "—"
