"""What people type about records: a hold, its end, a proposal, a decision, a report that is issued."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from alpr_portal.forms import RawField
from alpr_portal.policy.inputs import read_case_number
from alpr_portal.policy.vocabulary import RecordClass
from training.member_forms import Act
from training.models import Publication
from training.paper_forms import DayField

from . import disposal, holds
from . import retention_rules as rules
from .classes import CLASSES

LINES = forms.Textarea(attrs={"rows": 3})
CHOICES = RecordClass.choices()


class HoldRecords(Act):
    """Which records a legal matter needs, and why."""

    classes = forms.MultipleChoiceField(label="Which records", choices=CHOICES, widget=forms.CheckboxSelectMultiple)
    from_on = DayField(label="From", required=False, help_text="Leave both days empty for records of any day.")
    to_on = DayField(label="To", required=False)
    case_number = RawField(
        label="Case number", help_text="Only where the hold is for one case: then records without its number may go."
    )
    matter = RawField(label="Matter", help_text="Such as the parties and the court. No plate.")
    court_document = RawField(label="Court document", help_text="Its kind, number and date, where there is one.")
    reason = RawField(label="Reason", widget=LINES, help_text="It stays on record with your name.")

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        days = (values.get("from_on"), values.get("to_on"))
        span = self.take("to_on", lambda first, last, field: rules.read_span(first, last, field=field), *days)
        values["from_on"], values["to_on"] = span or (None, None)
        typed = str(values.get("case_number") or "").strip()
        values["case_number"] = ""
        if typed:
            number = self.take("case_number", read_case_number, typed, today=timezone.localdate(), confirmed=True)
            values["case_number"] = number or ""
        values["matter"] = self.text("matter", limit=200, one_line=True)
        values["court_document"] = self.text("court_document", limit=200, needed=False, one_line=True)
        values["reason"] = self.text("reason")
        return values


class EndHold(Act):
    """Why a hold is not needed any more."""

    reason = RawField(label="Why it is not needed any more", widget=LINES)

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["reason"] = self.text("reason")
        return self.cleaned_data


class DecideHoldEnd(Act):
    """The second person's word on the end of a hold."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("approve", "End the hold: what it kept may go with the next batch"), ("deny", "Let it stand")],
        widget=forms.RadioSelect,
    )
    reason = RawField(label="Reason", widget=LINES, help_text="It stays on record with your name.")

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["reason"] = self.text("reason")
        return self.cleaned_data


class ProposeDisposal(Act):
    """Which records are proposed to go."""

    kind = forms.ChoiceField(
        label="Which records",
        choices=[(kind.value, kind.label) for kind in RecordClass if CLASSES[kind]],
        widget=forms.RadioSelect,
    )
    up_to = DayField(label="Whose story ended up to")
    reason = RawField(label="Reason", widget=LINES, help_text="It stays on record with your name.")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["up_to"].initial = rules.latest_end(timezone.localdate(), disposal.years_kept())

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("up_to"):
            today, years = timezone.localdate(), disposal.years_kept()
            self.take("up_to", rules.read_up_to, values["up_to"], today=today, years=years)
        values["reason"] = self.text("reason")
        return values


class DecideDisposal(Act):
    """The second person's word on a batch, as they saw it."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    decision = forms.ChoiceField(
        label="Decision",
        choices=[
            ("approve", "Approve: the records are disposed of, and nobody can bring them back"),
            ("deny", "Do not approve"),
        ],
        widget=forms.RadioSelect,
    )
    reason = RawField(label="Reason", widget=LINES, help_text="It stays on record with your name.")

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["reason"] = self.text("reason")
        return self.cleaned_data

    def words(self) -> list[dict[str, Any]]:
        return [row for row in super().words() if row["label"] != self.fields["digest"].label]


class IssueReport(Act):
    """Which published document is the annual report of which year."""

    publication = forms.ModelChoiceField(
        label="Published document", queryset=Publication.objects.none(), empty_label="Choose one"
    )
    year = forms.IntegerField(
        label="It is the annual report of the year", widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["publication"].queryset = holds.reports_to_issue()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("year") is not None:
            self.take("year", rules.read_year, values["year"], today=timezone.localdate())
        return values

    def words(self) -> list[dict[str, Any]]:
        values = self.cleaned_data
        return [{"label": field.label, "value": str(values.get(name))} for name, field in self.fields.items()]
