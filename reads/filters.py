"""Filters of lists, kept in the address; never a plate or a name among them."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.forms import DateInput
from django.utils import timezone

from alpr_portal.policy.vocabulary import Mount, Outcome, Purpose

from . import hearing, waiting
from .inventory import attested
from .models import POLICE_AREAS, Camera, Query, Source

DAY = DateInput(attrs={"type": "date"})
STATES = [
    ("ran", "Ran"),
    ("waiting", "Waits for a decision"),
    ("ready", "Approved, ready to run"),
    ("not_approved", "Not approved"),
    ("refused", "Refused"),
    ("owes", "Owes its case number"),
]


class QueryFilter(filters.FilterSet):
    """The query log's filters."""

    state = filters.ChoiceFilter(label="State", choices=STATES, method="by_state")
    purpose = filters.ChoiceFilter(label="Purpose", choices=Purpose.choices())
    unit = filters.ChoiceFilter(label="Unit", field_name="by_unit", choices=[])
    since = filters.DateFilter(label="From", field_name="at", lookup_expr="date__gte", widget=DAY)
    until = filters.DateFilter(label="To", field_name="at", lookup_expr="date__lte", widget=DAY)

    class Meta:
        model = Query
        fields: list[str] = []

    def __init__(self, *args: Any, units: list[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.filters["unit"].extra["choices"] = [(unit, unit) for unit in units]

    def by_state(self, queries: QuerySet[Query], name: str, value: str) -> QuerySet[Query]:
        return {
            "ran": lambda: queries.filter(run__isnull=False),
            "waiting": lambda: waiting.awaiting_decision(queries),
            "ready": lambda: waiting.ready_to_run(queries),
            "not_approved": lambda: queries.filter(decision__approved=False),
            "refused": lambda: queries.filter(outcome=Outcome.REFUSE.value),
            "owes": lambda: waiting.owing_case_number(queries),
        }[value]()


class CameraFilter(filters.FilterSet):
    """The inventory's filters."""

    area = filters.ChoiceFilter(label="Police area", choices=POLICE_AREAS)
    mount = filters.ChoiceFilter(label="Mount", choices=Mount.choices())
    source = filters.ModelChoiceFilter(label="Source", queryset=Source.objects.order_by("name"))
    siting = filters.ChoiceFilter(
        label="Siting", choices=[("attested", "Attested"), ("none", "Not attested")], method="by_siting"
    )

    heard = filters.ChoiceFilter(label="Heard of", choices=[("silent", "Silent")], method="by_silence")

    class Meta:
        model = Camera
        fields: list[str] = []

    def by_silence(self, cameras: QuerySet[Camera], name: str, value: str) -> QuerySet[Camera]:
        return cameras.filter(pk__in=[camera.pk for camera in hearing.silent(timezone.now())])

    def by_siting(self, cameras: QuerySet[Camera], name: str, value: str) -> QuerySet[Camera]:
        found = attested()
        return cameras.filter(found if value == "attested" else ~found)


def chips(filterset: Any, request: Any) -> list[dict[str, str]]:
    """The filters in force, each with the address that takes it away."""
    shown = []
    for name, field in filterset.form.fields.items():
        value = request.GET.get(name, "")
        if not value or name in filterset.form.errors:
            continue
        rest = request.GET.copy()
        rest.pop(name, None)
        rest.pop("page", None)
        label = {str(k): v for k, v in getattr(field, "choices", [])}.get(value, value)
        shown.append({"label": str(field.label), "value": str(label), "remove_url": f"?{rest.urlencode()}"})
    return shown
