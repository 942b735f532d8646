"""Tables and filters of members and what is decided about them; never a name in an address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters as filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from alpr_portal.policy.vocabulary import AccountStep, Category
from alpr_portal.roles import ROLES, VERBS

from . import authority, members
from .account_rules import role_name, role_names
from .member_steps import said_by, what
from .models import AccessReview, AccountProposal, Designation, Loan, Member

STATES = [
    ("active", "Active"),
    ("closed", "Closed"),
    ("locked", "Locked"),
    ("unsupervised", "No supervisor"),
    ("untrained", "Training or designation missing"),
]


def badge(kind: str, text: str) -> str:
    """A status in a word."""
    return format_html('<span class="status{}">{}</span>', f" status-{kind}" if kind else "", text)


def minute(value: datetime) -> str:
    """``Nov 21, 2026, 13:05 PST``, on one line."""
    local = timezone.localtime(value)
    return format_html(
        '<span class="text-nowrap">{}</span>', f"{local:%b} {local.day}, {local:%Y, %H:%M} {local.tzname()}"
    )


def member_link(member: Member) -> str:
    return format_html('<a href="{}">{}</a>', reverse("view_member", args=[member.pk]), member.name)


def with_state(found: QuerySet[Member], now: datetime) -> QuerySet[Member]:
    """Each with what its state is told from, in one query."""
    return (
        found.annotate(
            is_locked=members.locked(),
            is_supervised=members.supervised(),
            lets_in=members.may_enter_at(now),
            uses_data=members.opens_data(),
            last_in=members.last_in(),
        )
        .select_related("supervisor")
        .prefetch_related("groups")
    )


def state_of(member: Any) -> tuple[str, str]:
    """How a member of ``with_state`` stands: (badge kind, words), the gravest first."""
    if not member.is_active:
        return "", "Closed"
    if member.is_locked:
        return "refuse", "Locked"
    if member.uses_data and not member.lets_in:
        return "refuse", "Shut out today"
    held = {group.name for group in member.groups.all()}
    if not member.is_supervised and "chief" not in held:
        return "wait", "No supervisor"
    return "run", "Active"


class MemberFilter(filters.FilterSet):
    """The members' filters."""

    unit = filters.ChoiceFilter(label="Unit", choices=[])
    role = filters.ChoiceFilter(
        label="Role", choices=[(role, role_name(role)) for role in ROLES], field_name="groups__name"
    )
    category = filters.ChoiceFilter(label="Category", choices=Category.choices())
    state = filters.ChoiceFilter(label="State", choices=STATES, method="by_state")

    class Meta:
        model = Member
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        units = self.queryset.order_by().exclude(unit="").values_list("unit", flat=True).distinct()
        self.filters["unit"].extra["choices"] = [(unit, unit) for unit in sorted(units)]

    def by_state(self, found: QuerySet[Member], name: str, value: str) -> QuerySet[Member]:
        active = found.filter(is_active=True)
        return {
            "active": lambda: active,
            "closed": lambda: found.filter(is_active=False),
            "locked": lambda: active.filter(members.locked()),
            "unsupervised": lambda: active.filter(pk__in=members.without_supervisor().order_by().values("pk")),
            "untrained": lambda: active.filter(members.opens_data()).exclude(members.may_enter_at(timezone.now())),
        }[value]()


class MemberTable(tables.Table):
    """Members: who, where, what they hold, how they stand."""

    name = tables.Column("Name")
    badge = tables.Column("Badge")
    unit = tables.Column("Unit")
    category = tables.Column("Category")
    roles = tables.Column("Roles", accessor="pk", orderable=False)
    supervisor = tables.Column("Supervisor", orderable=False, empty_values=())
    state = tables.Column("State", accessor="pk", orderable=False)
    last_in = tables.Column("Last sign-in", empty_values=())

    class Meta:
        model = Member
        fields = ("name", "badge", "unit", "category", "roles", "supervisor", "state", "last_in")
        order_by = ("name",)

    def render_name(self, record: Member) -> str:
        return member_link(record)

    def render_category(self, record: Member) -> str:
        return Category.says(record.category)

    def render_roles(self, record: Member) -> str:
        return role_names(group.name for group in record.groups.all())

    def render_supervisor(self, record: Member) -> str:
        return record.supervisor.name if record.supervisor else "—"

    def render_state(self, record: Member) -> str:
        return badge(*state_of(record))

    def render_last_in(self, value: datetime | None) -> str:
        return minute(value) if value else "never"


class ProposalFilter(filters.FilterSet):
    """Which proposals."""

    state = filters.ChoiceFilter(
        label="State",
        choices=[("waiting", "Waits for a decision"), ("approved", "Approved"), ("denied", "Not approved")],
        method="by_state",
    )
    step = filters.ChoiceFilter(label="What is proposed", choices=AccountStep.choices())

    class Meta:
        model = AccountProposal
        fields: list[str] = []

    def by_state(self, found: QuerySet[AccountProposal], name: str, value: str) -> QuerySet[AccountProposal]:
        if value == "waiting":
            return found.filter(decision__isnull=True)
        return found.filter(decision__approved=value == "approved")


def proposal_state(proposal: AccountProposal) -> tuple[str, str]:
    """How a proposal stands: (badge kind, words)."""
    decision = getattr(proposal, "decision", None)
    if decision is None:
        return "wait", "Waits"
    return ("run", "Approved") if decision.approved else ("refuse", "Not approved")


class ProposalTable(tables.Table):
    """What was proposed about accounts, and what became of it."""

    at = tables.Column("Proposed")
    step = tables.Column("What")
    about = tables.Column("About", accessor="pk", orderable=False)
    by_name = tables.Column("By", orderable=False)
    state = tables.Column("State", accessor="pk", orderable=False)
    decided = tables.Column("Decided by", accessor="pk", orderable=False)

    class Meta:
        model = AccountProposal
        fields = ("at", "step", "about", "by_name", "state", "decided")
        order_by = ("-at",)

    def render_at(self, value: datetime) -> str:
        return minute(value)

    def render_step(self, record: AccountProposal) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_proposal", args=[record.pk]), what(record))

    def render_about(self, record: AccountProposal) -> str:
        return record.member.name if record.member else record.details.get("name", "")

    def render_state(self, record: AccountProposal) -> str:
        return badge(*proposal_state(record))

    def render_decided(self, record: AccountProposal) -> str:
        decision = getattr(record, "decision", None)
        return decision.by_name if decision else "—"


def span(record: Designation | Loan) -> str:
    """From when until when, as days of Oakland."""
    first, after = timezone.localtime(record.starts_at), timezone.localtime(record.ends_at)
    return f"{first:%b} {first.day}, {first:%Y} to {after:%b} {after.day}, {after:%Y}, {after:%H:%M} {after.tzname()}"


class RunFilter(filters.FilterSet):
    """Designations or loans: those in force, to come, over."""

    state = filters.ChoiceFilter(
        label="State", choices=[("running", "In force"), ("coming", "Not yet"), ("over", "Over")], method="by_state"
    )

    class Meta:
        fields: list[str] = []

    def by_state(self, found: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        now = timezone.now()
        over = found.filter(ends_at__lte=now) | found.filter(end__isnull=False)
        if value == "over":
            return over
        left = found.filter(ends_at__gt=now, end__isnull=True)
        return left.filter(starts_at__gt=now) if value == "coming" else left.filter(starts_at__lte=now)


class DesignationTable(tables.Table):
    """Whom the Chief designated."""

    member = tables.Column("Member", orderable=False)
    scope = tables.Column("Scope", orderable=False)
    starts_at = tables.Column("From and until")
    by_name = tables.Column("By", orderable=False)
    state = tables.Column("State", accessor="pk", orderable=False)
    act = tables.Column("End it", accessor="pk", orderable=False)

    class Meta:
        model = Designation
        fields = ("member", "scope", "starts_at", "by_name", "state", "act")
        order_by = ("-starts_at",)

    def __init__(self, *args: Any, links: bool, designates: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.links, self.now = links, timezone.now()
        if not designates:
            self.columns.hide("act")

    def render_member(self, record: Designation) -> str:
        return member_link(record.member) if self.links else record.member.name

    def render_starts_at(self, record: Designation) -> str:
        return span(record)

    def render_by_name(self, record: Designation) -> str:
        return said_by(record.by_name, record.on_behalf_of_name)

    def render_state(self, record: Designation) -> str:
        return badge(*authority.state(record, self.now))

    def render_act(self, record: Designation) -> str:
        if hasattr(record, "end") or record.ends_at <= self.now:
            return "—"
        return end_link("end_designation", record, f"the designation of {record.member.name}")


def end_link(name: str, record: Any, what: str) -> str:
    """The way to end a record early."""
    words = '<a href="{}">End<span class="visually-hidden"> {}</span></a>'
    return format_html(words, reverse(name, args=[record.pk]), what)


class LoanTable(tables.Table):
    """What is lent to whom."""

    designee = tables.Column("Designee", orderable=False)
    verb = tables.Column("What is lent", orderable=False)
    by_name = tables.Column("Principal", orderable=False)
    starts_at = tables.Column("From and until")
    state = tables.Column("State", accessor="pk", orderable=False)
    act = tables.Column("End it", accessor="pk", orderable=False)

    class Meta:
        model = Loan
        fields = ("designee", "verb", "by_name", "starts_at", "state", "act")
        order_by = ("-starts_at",)

    def __init__(self, *args: Any, member: Member, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.member, self.now = member, timezone.now()

    def render_designee(self, record: Loan) -> str:
        return record.designee.name

    def render_verb(self, record: Loan) -> str:
        return f"To {VERBS[record.verb].says}"

    def render_starts_at(self, record: Loan) -> str:
        return span(record)

    def render_state(self, record: Loan) -> str:
        return badge(*authority.loan_state(record, self.now))

    def render_act(self, record: Loan) -> str:
        if record.by_id != self.member.pk or hasattr(record, "end") or record.ends_at <= self.now:
            return "—"
        return end_link("end_loan", record, f"the loan to {record.designee.name}")


class ReviewTable(tables.Table):
    """Reviews that were signed."""

    at = tables.Column("Signed")
    by_name = tables.Column("Reviewer", orderable=False)
    by_unit = tables.Column("Unit")
    people = tables.Column("People", orderable=False)
    ended = tables.Column("Lost their roles", orderable=False)

    class Meta:
        model = AccessReview
        fields = ("at", "by_name", "by_unit", "people", "ended")
        order_by = ("-at",)

    def render_at(self, record: AccessReview) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_review", args=[record.pk]), minute(record.at))
