"""Forms of hits: assign, mute, verify."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.inputs import read_local_time, read_text
from alpr_portal.policy.parameters import MUTE_LASTS
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import CletsResult, Closing, Seen
from training.models import Member

from . import verification_rules as rules
from .models import Incident

KEEP_OPEN = "open"
LABELS = {
    "plate": "Plate, character by character",
    "state": "State",
    "make": "Make",
    "model": "Model",
    "colour": "Color",
    "other": "Other characteristics",
}
FOLDS = {"PDT": "PDT", "PST": "PST"}


class AssignIncident(PortalForm):
    """C.2.A: who is to work a hit; nobody gives it back to everybody."""

    member = forms.ModelChoiceField(
        label="Who works it", queryset=Member.objects.none(), required=False, empty_label="Nobody: back to everybody"
    )

    def __init__(self, *args: Any, incident: Incident, verb: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        app, _, codename = verb.partition(".")
        held = Q(groups__permissions__codename=codename, groups__permissions__content_type__app_label=app)
        found = Member.objects.filter(held, is_active=True).distinct().order_by("name")
        found = found.filter(unit=incident.unit) if incident.unit else found
        self.fields["member"].queryset = found  # type: ignore[attr-defined]


class MuteIncident(PortalForm):
    """C.2.A: for how long and why further hits of a plate on a list stay quiet."""

    reason = RawField(label="Why", widget=forms.Textarea(attrs={"rows": 2}))
    hours = forms.TypedChoiceField(
        label="For how long", choices=[], coerce=int, empty_value=None, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        most = MUTE_LASTS.now // timedelta(hours=1)
        offered = [hours for hours in (1, 2, 4, 8, 12, 24) if hours <= most]
        self.fields["hours"].choices = [(n, f"{n} hour{'' if n == 1 else 's'}") for n in offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        reason = self.take("reason", read_text, limit=500)
        if reason == "":
            self.add_error("reason", ValidationError("Why: fill it in.", code="reason.missing"))
        self.cleaned_data["reason"] = reason or ""
        return self.cleaned_data


def seen(name: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=LABELS[name], choices=Seen.choices(), widget=forms.RadioSelect)


class VerifyHit(PortalForm):
    """C.2.A: what was compared by eye, the CLETS inquiry, and what became of the hit."""

    plate, state, make = seen("plate"), seen("state"), seen("make")
    model, colour, other = seen("model"), seen("colour"), seen("other")
    clets = forms.ChoiceField(
        label="CLETS inquiry",
        choices=[("yes", "Done"), ("no", "Not done"), ("not_possible", "Not possible")],
        widget=forms.RadioSelect,
    )
    clets_by = RawField(label="By whom")
    clets_when = forms.ChoiceField(
        label="When",
        choices=[("now", "Just now"), ("at", "At the time below")],
        required=False,
        widget=forms.RadioSelect,
    )
    clets_at = RawField(label="Time of the inquiry", widget=forms.TextInput(attrs={"type": "datetime-local"}))
    clets_result = forms.ChoiceField(
        label="What CLETS answered", choices=CletsResult.choices(), required=False, widget=forms.RadioSelect
    )
    outcome = forms.ChoiceField(
        label="What became of it", choices=[(KEEP_OPEN, "Keep it open"), *Closing.choices()], widget=forms.RadioSelect
    )
    note = RawField(label="Note", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, by: Member, now: datetime, **kwargs: Any):
        super().__init__(*args, initial={"clets_by": by.name}, **kwargs)
        self.now = now
        self.fields["clets_at"].widget.attrs["max"] = timezone.localtime(now).strftime("%Y-%m-%dT%H:%M")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["note"] = self.take("note", read_text, limit=1000) or ""
        by = self.take("clets_by", read_text, limit=120, one_line=True) or ""
        at = self.moment()
        if values.get("outcome") == KEEP_OPEN:
            values["outcome"] = ""
        if "clets" not in values or self.errors.keys() & {"clets_at", "clets_by"}:
            return values
        inquiry = {"clets": values["clets"], "by": by, "at": at, "result": values.get("clets_result", "")}
        try:
            rules.check_inquiry(**inquiry, now=self.now)
        except BadInput as error:
            self.add_error(error.field, ValidationError(error.message, code=error.code))
        values["clets_by"], values["clets_at"] = by if inquiry["clets"] == "yes" else "", at
        return values

    def moment(self) -> datetime | None:
        """When the inquiry was made, as it was said; None where it was not."""
        if self.cleaned_data.get("clets_when") == "now":
            return self.now.replace(second=0, microsecond=0)  # as every time that is typed
        if not self.cleaned_data.get("clets_at"):
            return None
        return self.take("clets_at", read_local_time, fold=self.answer_to("time.dst_fold", FOLDS) or None)

    @property
    def compared(self) -> list[Any]:
        """The fields of what is compared by eye, in their order."""
        return [self[name] for name in LABELS]

    @property
    def said(self) -> dict[str, Any]:
        """The fields of a verification, once the form is clean."""
        names = (*LABELS, "clets", "clets_by", "clets_at", "clets_result", "outcome", "note")
        return {name: self.cleaned_data[name] for name in names}
