"""The table and the filters of holds; no plate and no name in an address."""

from __future__ import annotations

from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from alpr_portal.policy.vocabulary import HoldGround
from training.member_tables import minute

from ..models import Hold
from . import queries
from .rules import Life
from .waiting import NEWS
from .words import badge_of, in_days

STATES = [(life.value, life.label) for life in Life]
WHOSE = [("own", "Mine"), ("named", "I am named on it"), ("unit", "My unit's")]


class HoldFilter(filters.FilterSet):
    """The filters of holds."""

    state = filters.ChoiceFilter(label="State", choices=STATES, field_name="life")
    ground = filters.ChoiceFilter(label="Ground", choices=HoldGround.choices())
    case = filters.CharFilter(label="Case number", field_name="case_number", max_length=20)
    whose = filters.ChoiceFilter(label="Whose", choices=WHOSE, method="by_whose")
    review = filters.ChoiceFilter(label="Review", choices=[("due", "Due within 14 days")], method="by_review")
    release = filters.ChoiceFilter(label="Release", choices=[("waits", "Awaits a decision")], method="by_release")
    news = filters.ChoiceFilter(label="Decided", choices=[("yes", "In the last three days")], method="by_news")

    class Meta:
        model = Hold
        fields: list[str] = []

    def by_whose(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        member: Any = self.request.user
        if value == "own":
            return found.filter(by=member)
        if value == "named":
            return found.filter(members__member=member)
        return found.filter(by_unit=member.unit) if member.unit else found.none()

    def by_review(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        due = queries.review_due(Hold.objects.all(), timezone.now())
        return found.filter(pk__in=due.order_by().values("pk"))

    def by_release(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found.filter(pk__in=queries.open_releases().order_by().values("hold"))

    def by_news(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return found.filter(Q(decision__at__gt=timezone.now() - NEWS))


class HoldTable(tables.Table):
    """Holds: which case, who asked, how many reads, how each stands and until when."""

    at = tables.Column("Asked")
    number = tables.Column("Hold", orderable=False, empty_values=())
    case_number = tables.Column("Case")
    ground = tables.Column("Ground")
    items = tables.Column("Reads")
    by_name = tables.Column("Member", orderable=False)
    state = tables.Column("State", orderable=False, empty_values=(), accessor="pk")
    until = tables.Column("Until", orderable=False, empty_values=(), accessor="pk")

    class Meta:
        model = Hold
        fields = ("at", "number", "case_number", "ground", "items", "by_name", "state", "until")
        order_by = ("-at",)

    def render_at(self, value: Any) -> str:
        return minute(value)

    def render_number(self, record: Hold) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_hold", args=[record.pk]), record.number)

    def render_ground(self, record: Hold) -> str:
        return HoldGround.says(record.ground)

    def render_items(self, value: int) -> str:
        return f"{value:,}"

    def render_by_name(self, record: Hold) -> str:
        return f"{record.by_name} ({record.by_badge})" if record.by_badge else record.by_name

    def render_state(self, record: Hold) -> str:
        kind, text = badge_of(record.life)  # type: ignore[attr-defined]
        return format_html('<span class="status{}">{}</span>', f" status-{kind}" if kind else "", text)

    def render_until(self, record: Hold) -> str:
        life = record.life  # type: ignore[attr-defined]
        if life == Life.WAITING.value:
            return format_html("decide before {}", minute(record.expires_at))
        state = getattr(record, "state", None)
        return in_days(state.keep_until) if state and life != Life.RELEASED.value else "—"


def with_everything(found: QuerySet[Any]) -> QuerySet[Any]:
    """What a row shows, in one query."""
    return found.select_related("state")
