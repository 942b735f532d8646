"""Forms of the inventory: cameras, siting, sources."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.inputs import OAKLAND_AREA, read_coordinates, read_text
from alpr_portal.policy.vocabulary import Mount, Siting

from .adapters import ADAPTERS, own
from .models import POLICE_AREAS, Camera, Source


class EditCamera(PortalForm):
    """A.1: one camera of the inventory."""

    source = forms.ModelChoiceField(label="Source", queryset=Source.objects.order_by("name"))
    code = RawField(label="Code", help_text="The camera's own name in what its source sends.")
    name = RawField(label="Name", help_text="A place people know, such as “Foothill and 35th, westbound”.")
    mount = forms.ChoiceField(label="Mount", choices=Mount.choices())
    area = forms.ChoiceField(label="Police area", choices=POLICE_AREAS)
    lat = forms.FloatField(label="Latitude", required=False)
    lon = forms.FloatField(label="Longitude", required=False)
    in_service_from = forms.DateField(label="In service from", widget=forms.DateInput(attrs={"type": "date"}))
    in_service_to = forms.DateField(
        label="In service to", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, camera: Camera | None, **kwargs: Any):
        if camera:
            kwargs["initial"] = {name: getattr(camera, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        self.camera = camera

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        for name, limit in (("code", 60), ("name", 200)):
            values[name] = self.take(name, read_text, limit=limit, one_line=True)
            if values[name] == "":
                self.add_error(name, ValidationError(f"{self.fields[name].label}: fill it in.", code=f"{name}.missing"))
        lat, lon = values.get("lat"), values.get("lon")
        fixed = values.get("mount") == Mount.FIXED
        if fixed or lat is not None or lon is not None:
            place = self.take("lat", read_coordinates, [lat, lon], near=OAKLAND_AREA)
            values["lat"], values["lon"] = place or (None, None)
        start, end = values.get("in_service_from"), values.get("in_service_to")
        if start and end and end < start:
            self.add_error(
                "in_service_to", ValidationError("In service to: it lies before the first day.", code="range.reversed")
            )
        taken = Camera.objects.filter(source=values.get("source"), code=values.get("code") or "")
        if self.camera:
            taken = taken.exclude(pk=self.camera.pk)
        if taken.exists():
            self.add_error("code", ValidationError("Code: this source has a camera of that code.", code="camera.taken"))
        return values


class AttestSiting(PortalForm):
    """C.3.1: where a camera looks, and on what ground."""

    siting = forms.ChoiceField(label="What the camera looks at", choices=Siting.choices(), widget=forms.RadioSelect)
    court_order = RawField(
        label="Court order number", help_text="Needed where a court allowed what is not open to public view."
    )
    note = RawField(label="Note", widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["court_order"] = self.take("court_order", read_text, limit=120)
        values["note"] = self.take("note", read_text, limit=2000)
        if values.get("siting") == Siting.COURT_ORDER and not values["court_order"]:
            self.add_error(
                "court_order", ValidationError("Court order number: fill it in.", code="court_order.missing")
            )
        return values


class EditSource(PortalForm):
    """F.2: one source of reads."""

    name = forms.SlugField(label="Name", max_length=60, help_text="Lower-case letters, digits and hyphens.")
    description = RawField(label="Description")
    format = forms.ChoiceField(label="Format", choices=[(name, adapter.label) for name, adapter in ADAPTERS.items()])
    signed_only = forms.BooleanField(
        label="Signed deliveries only",
        required=False,
        initial=True,
        help_text=f"For “{own.ADAPTER.label}”. Each delivery is signed with the key, and the key itself never travels. "
        "Vendors' formats cannot sign: there this is left off.",
    )
    is_active = forms.BooleanField(label="Active: may deliver", required=False, initial=True)

    def __init__(self, *args: Any, source: Source | None, **kwargs: Any):
        if source:
            kwargs["initial"] = {name: getattr(source, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        self.source = source

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["description"] = self.take("description", read_text, limit=200)
        values["signed_only"] = bool(values.get("signed_only")) and values.get("format") == own.ADAPTER.name
        taken = Source.objects.filter(name=values.get("name") or "")
        if self.source:
            taken = taken.exclude(pk=self.source.pk)
        if taken.exists():
            self.add_error("name", ValidationError("Name: another source has it.", code="source.taken"))
        return values
