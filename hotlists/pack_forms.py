"""What is asked before a list file leaves for a vehicle; and the table of those that left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters as filters
import django_tables2 as tables
from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.vocabulary import Mount, PackFormat
from alpr_portal.templatetags.portal import seconds, when
from reads.models import Camera
from training.lists import DAY

from . import packs
from .models import HotList, VehiclePack

BOXES = forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})


def words_of(offer: packs.Offer) -> str:
    """A list that can be taken, in one line: its version and age."""
    if offer.state is None:
        return f"{offer.hot_list.title}: approved entries"
    said = f"{offer.hot_list.title}: version {offer.state.refresh.number}, {seconds(offer.age)} old"
    return f"{said}, stale" if offer.stale else said


class TakePack(PortalForm):
    """A.1: for which reader and shift, in which format, with which lists."""

    camera = forms.ModelChoiceField(label="Reader", queryset=Camera.objects.none(), empty_label="Choose one")
    shift = RawField(label="Shift", help_text="Such as “Nov 22, second watch”.")
    format = forms.ChoiceField(label="Format of the file", choices=PackFormat.choices(), widget=forms.RadioSelect)
    lists = forms.MultipleChoiceField(label="Lists", widget=BOXES)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.offers = packs.offers(now)
        able = [offer for offer in self.offers if offer.available]
        self.silent = [offer for offer in self.offers if not offer.available]
        self.fields["camera"].queryset = packs.readers(now)  # type: ignore[attr-defined]
        self.fields["lists"].choices = [(str(o.hot_list.pk), words_of(o)) for o in able]  # type: ignore[attr-defined]
        self.fields["lists"].initial = [str(offer.hot_list.pk) for offer in able]
        self.fields["lists"].error_messages["required"] = "Choose at least one."

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        shift = values["shift"] = self.take("shift", read_text, limit=60, one_line=True)
        if shift == "":
            self.add_error("shift", ValidationError("Shift: fill it in.", code="shift.missing"))
        chosen = set(values.get("lists", ()))
        values["lists"] = [offer.hot_list for offer in self.offers if str(offer.hot_list.pk) in chosen]
        return values


class PackFilter(filters.FilterSet):
    """The filters of the list of packs."""

    camera = filters.ModelChoiceFilter(
        label="Reader", queryset=Camera.objects.filter(mount=Mount.VEHICLE.value).order_by("code")
    )
    hot_list = filters.ModelChoiceFilter(label="Hot list", queryset=HotList.objects.order_by("title"), method="by_list")
    since = filters.DateFilter(label="From", field_name="at", lookup_expr="date__gte", widget=DAY)
    until = filters.DateFilter(label="To", field_name="at", lookup_expr="date__lte", widget=DAY)

    class Meta:
        model = VehiclePack
        fields: list[str] = []

    def by_list(self, found: Any, name: str, value: HotList) -> Any:
        return found.filter(lists__contains=[{"list": str(value.pk)}])


class PackTable(tables.Table):
    """List files that left for vehicles."""

    at = tables.Column("Taken")
    number = tables.Column("Pack", orderable=False, accessor="pk")
    camera = tables.Column("Reader", accessor="camera__code")
    shift = tables.Column("Shift", orderable=False)
    by_name = tables.Column("Taken by", orderable=False)
    format = tables.Column("Format")
    lists = tables.Column("Lists", orderable=False)
    rows = tables.Column("Rows")

    class Meta:
        model = VehiclePack
        fields = ("at", "number", "camera", "shift", "by_name", "format", "lists", "rows")
        order_by = ("-at",)

    def render_at(self, value: datetime) -> str:
        return when(value)

    def render_number(self, value: Any) -> str:
        return format_html('<a href="{}">{}</a>', reverse("view_pack", args=[value]), str(value)[:8].upper())

    def render_by_name(self, record: VehiclePack) -> str:
        return f"{record.by_name} ({record.by_badge})" if record.by_badge else record.by_name

    def render_format(self, value: str) -> str:
        return str(value)

    def render_lists(self, value: list[dict[str, Any]]) -> str:
        return "; ".join(map(one_list, value))


def one_list(one: dict[str, Any]) -> str:
    """One list of a pack in a line: its version, and how old it was when it was taken."""
    if one["version"] is None:
        return str(one["title"])
    return f"{one['title']} version {one['version']}, {one['age_hours']} h old" + (", stale" if one["stale"] else "")
