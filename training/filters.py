"""Filters of the lists of the door, kept in the address; a member stands in it by id, never by name."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from .lists import DAY
from .models import AccountLock, Member, RefusalRecord, SignIn


def members(request: Any) -> QuerySet[Member]:
    return Member.objects.order_by("name")


class SignInFilter(filters.FilterSet):
    """Which of what happened at the doors."""

    kind = filters.ChoiceFilter(label="What", choices=SignIn.Kind.choices)
    member = filters.ModelChoiceFilter(label="Member", field_name="by", queryset=members)
    since = filters.DateFilter(label="From", field_name="at", lookup_expr="date__gte", widget=DAY)
    until = filters.DateFilter(label="To", field_name="at", lookup_expr="date__lte", widget=DAY)

    class Meta:
        model = SignIn
        fields: list[str] = []


class RefusalFilter(filters.FilterSet):
    """Which refusals."""

    member = filters.ModelChoiceFilter(label="Member", field_name="by", queryset=members)
    clause = filters.AllValuesFilter(label="Clause")
    since = filters.DateFilter(label="From", field_name="at", lookup_expr="date__gte", widget=DAY)
    until = filters.DateFilter(label="To", field_name="at", lookup_expr="date__lte", widget=DAY)

    class Meta:
        model = RefusalRecord
        fields: list[str] = []


class LockFilter(filters.FilterSet):
    """Locked accounts; those that were released only when asked for."""

    state = filters.ChoiceFilter(
        label="State", choices=[("released", "Released")], empty_label="Locked now", method="by_state"
    )

    class Meta:
        model = AccountLock
        fields: list[str] = []

    @property
    def qs(self) -> QuerySet[AccountLock]:
        found: QuerySet[AccountLock] = super().qs
        return found if self.form.cleaned_data.get("state") else found.filter(release__isnull=True)

    def by_state(self, locks: QuerySet[AccountLock], name: str, value: str) -> QuerySet[AccountLock]:
        return locks.filter(release__isnull=False)
