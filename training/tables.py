"""Tables of the door: what happened at it, who was refused what, and which accounts are locked."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from alpr_portal.templatetags.portal import when

from .devices import device_name
from .models import AccountLock, RefusalRecord, SignIn

Kind = SignIn.Kind
TONES = {  # how a kind looks: a word always stands beside the colour
    Kind.IN: "run",
    Kind.CONFIRMED: "run",
    Kind.RELEASED: "run",
    Kind.FAILED: "wait",
    Kind.FACTOR_FAILED: "wait",
    Kind.TURNED_AWAY: "refuse",
    Kind.LOCKED: "refuse",
}


def who(record: Any) -> str:
    """A record's author as written down then."""
    if record.by_id is None:
        return "nobody's name" if isinstance(record, SignIn) else "not signed in"
    return f"{record.by_name} ({record.by_badge})" if record.by_badge else str(record.by_name)


class OwnSignInTable(tables.Table):
    """What happened at one's own door."""

    at = tables.Column("When")
    kind = tables.Column("What")
    address = tables.Column("Address")
    device = tables.Column("Device")
    note = tables.Column("Note")

    class Meta:
        model = SignIn
        fields = ("at", "kind", "address", "device", "note")
        empty_text = "Nothing happened at your door yet."

    def render_at(self, value: Any) -> str:
        return when(value)

    def render_kind(self, record: SignIn) -> str:
        tone = TONES.get(Kind(record.kind), "")
        return format_html(
            '<span class="status{}">{}</span>', f" status-{tone}" if tone else "", record.get_kind_display()
        )

    def render_device(self, value: str) -> str:
        return device_name(value)


class SignInTable(OwnSignInTable):
    """The log of all doors."""

    by_name = tables.Column("Member", orderable=False)

    class Meta:
        model = SignIn
        fields = ("at", "by_name", "kind", "address", "device", "note")
        sequence = fields
        order_by = ("-at",)

    def render_by_name(self, record: SignIn) -> str:
        return who(record)


class RefusalTable(tables.Table):
    """What the portal refused, and which duty stood against it."""

    at = tables.Column("When")
    by_name = tables.Column("Member", orderable=False)
    act = tables.Column("What")
    clause = tables.Column("Clause")
    sentence = tables.Column("Why", orderable=False)

    class Meta:
        model = RefusalRecord
        fields = ("at", "by_name", "act", "clause", "sentence")
        order_by = ("-at",)

    def render_at(self, value: Any) -> str:
        return when(value)

    def render_by_name(self, record: RefusalRecord) -> str:
        return who(record)


class LockTable(tables.Table):
    """Locked accounts."""

    member = tables.Column("Member", accessor="member__name")
    at = tables.Column("Locked")
    failures = tables.Column("Wrong tries", orderable=False)
    address = tables.Column("Last address", orderable=False)
    state = tables.Column("State", accessor="pk", orderable=False)

    class Meta:
        model = AccountLock
        fields = ("member", "at", "failures", "address", "state")
        order_by = ("-at",)

    def render_member(self, record: AccountLock) -> str:
        return str(record.member)

    def render_at(self, value: Any) -> str:
        return when(value)

    def render_state(self, record: AccountLock) -> str:
        released = getattr(record, "release", None)
        if released:
            return f"Released by {released.by_name}, {when(released.at)}"
        return format_html('<a href="{}">Release</a>', reverse("release_lock", args=[record.pk]))
