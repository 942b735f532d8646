"""Tables of lists: sortable by the columns named here and no others, paged, with a constant number of queries."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from alpr_portal.policy.vocabulary import Outcome
from alpr_portal.templatetags.portal import when

from .hearing import last_heard
from .models import Camera, Query
from .queries import may_see_plate
from .redaction import struck


class QueryTable(tables.Table):
    """The query log: who searched for what, why, and what became of it."""

    at = tables.Column("When")
    number = tables.Column("Query", orderable=False)
    by_name = tables.Column("Member", orderable=False)
    by_unit = tables.Column("Unit")
    purpose = tables.Column("Purpose")
    case = tables.Column("Case or document", orderable=False, empty_values=())
    plate = tables.Column("Asked for", orderable=False, empty_values=())
    state = tables.Column("State", orderable=False, empty_values=())

    class Meta:
        model = Query
        fields = ("at", "number", "by_name", "by_unit", "purpose", "case", "plate", "state")
        order_by = ("-at",)

    def __init__(self, *args: Any, member: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.member = member

    def render_at(self, value: Any) -> str:
        return when(value)

    def render_number(self, record: Query) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_query", args=[record.pk]), record.number)

    def render_by_name(self, record: Query) -> str:
        return f"{record.by_name} ({record.by_badge})" if record.by_badge else record.by_name

    def render_case(self, record: Query) -> str:
        given = getattr(record, "supplied", None)
        number = record.case_number or (given.case_number if given else "")
        owed = "case number due" if record.case_number_due_at and not given else ""
        whole = format_html('<span class="text-nowrap">{}</span>', number) if number else ""
        document = (
            record.court_document if may_see_plate(self.member, record) else struck(record.court_document, record.plate)
        )
        parts = [part for part in (whole, document, owed) if part]
        return format_html_join(" · ", "{}", ((part,) for part in parts)) if parts else "—"

    def render_plate(self, record: Query) -> str:
        if not may_see_plate(self.member, record):
            return "withheld"
        if record.plate:
            return format_html('<span class="plate">{}</span>', record.plate)
        return "vehicle or place"

    def render_state(self, record: Query) -> str:
        kind, text = state_of(record)
        return format_html('<span class="status status-{}">{}</span>', kind, text)


def state_of(query: Query) -> tuple[str, str]:
    """A query's state in a word, as far as its chain has grown: (badge kind, text)."""
    if query.outcome == Outcome.REFUSE:
        return "refuse", "Refused"
    decision = getattr(query, "decision", None)
    if hasattr(query, "run"):
        return "run", "Ran after approval" if decision else "Ran"
    if decision is None:
        return "wait", "Waits"
    return ("wait", "Approved") if decision.approved else ("refuse", "Not approved")


class CameraTable(tables.Table):
    """The camera inventory."""

    code = tables.Column("Code")
    name = tables.Column("Name")
    mount = tables.Column("Mount")
    area = tables.Column("Police area")
    source = tables.Column("Source", accessor="source__name")
    in_service_from = tables.DateColumn(format="M j, Y", verbose_name="In service from")
    siting = tables.Column("Siting", accessor="is_attested", orderable=False)
    heard = tables.Column("Last read", accessor="pk", orderable=False)

    class Meta:
        model = Camera
        fields = ("code", "name", "mount", "area", "source", "in_service_from", "siting", "heard")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.last_heard = last_heard()

    def render_heard(self, value: Any) -> str:
        return when(self.last_heard[value]) if self.last_heard.get(value) else "none in eight days"

    def render_code(self, record: Camera) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_camera", args=[record.pk]), record.code)

    def render_siting(self, value: bool) -> str:
        if value:
            return format_html('<span class="status status-{}">{}</span>', "run", "Attested")
        return format_html('<span class="status status-{}">{}</span>', "wait", "Not attested")
