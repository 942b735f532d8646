"""What is typed about a stop: the order's six fields, counts of people, next steps; notes on it later."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from alpr_portal.forms import RawField, answer_name
from alpr_portal.policy.inputs import read_case_number, read_local_time
from alpr_portal.policy.inputs.times import CHOICES
from alpr_portal.policy.vocabulary import Disposition, StopOutcome
from alpr_portal.roles import ROLES
from alpr_portal.templatetags.portal import when
from reads.models import POLICE_AREAS
from reads.plates import read_plate, read_state
from training.member_forms import Act
from training.models import Member

from . import stop_rules as rules
from . import stops
from .models import HotList, Incident

RECORDERS = [role for role, verbs in ROLES.items() if stops.RECORD in verbs]
DAY = {"type": "date"}
LOCAL = {"type": "datetime-local"}
WHOLE = {"inputmode": "numeric", "class": "text-end"}
NUMBERS = range(1, rules.MOST_STEPS + 1)
ANSWERED = {"case.pattern": "Is it the number on the report?", "time.dst_fold": "Which of the two hours?"}


def of_unit(by: Member) -> QuerySet[Member]:
    """Whose stops a supervisor may record: the own ones, and those of the unit's members who record stops."""
    mine = Q(pk=by.pk)
    if by.unit:
        mine |= Q(unit=by.unit, is_active=True, groups__name__in=RECORDERS)
    return Member.objects.filter(mine).distinct().order_by("name")


class RecordStop(Act):
    """C.2.A.2: one stop. ``told()`` gives what the action takes, ``seen()`` what it keeps of the hit."""

    member = forms.ModelChoiceField(label="a) Member who responded", queryset=Member.objects.none())
    justification = RawField(
        label="b) Justification",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why the vehicle was stopped. People are counted below, never named.",
    )
    case_number = RawField(label="c) Case number", help_text="Two digits of the year, a hyphen, six digits: 26-012345.")
    disposition = forms.ChoiceField(
        label="d) Disposition code", choices=Disposition.choices(), widget=forms.RadioSelect
    )
    responded_at = RawField(
        label="e) Date and time of the response", widget=forms.TextInput(attrs=LOCAL), help_text="Oakland time."
    )
    next_steps = RawField(
        label="f) Next steps", widget=forms.Textarea(attrs={"rows": 2}), help_text="What is known of them so far."
    )
    report_number = RawField(label="Linked report number", help_text="If there is one.")
    hot_list = forms.ModelChoiceField(label="Hot list", queryset=HotList.objects.none())
    area = forms.ChoiceField(label="Police area", choices=[("", "Choose one"), *POLICE_AREAS])
    plate = RawField(
        label="Plate", widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"})
    )
    state = RawField(label="State", help_text="CA, or the name.")
    vehicle = RawField(label="Vehicle", help_text="Color, make and model as you saw it.")

    def __init__(self, *args: Any, by: Member, incident: Incident | None, kept: stops.Seen, now: datetime, **kw: Any):
        self.by, self.incident, self.kept, self.now = by, incident, kept, now
        initial = {
            "responded_at": f"{timezone.localtime(now):%Y-%m-%dT%H:%M}",
            "vehicle": kept.vehicle,
            "member": by.pk,
        }
        super().__init__(*args, initial=initial, **kw)
        for number in NUMBERS:
            self.fields[f"step_{number}"] = RawField(label=f"Step {number}")
            self.fields[f"due_{number}"] = RawField(label=f"Step {number}: due", widget=forms.TextInput(attrs=DAY))
        for outcome in StopOutcome:
            self.fields[f"count_{outcome.value}"] = RawField(
                label=outcome.label, widget=forms.TextInput(attrs=WHOLE), initial=0
            )
        if by.has_perm(stops.SUPERVISES):
            self.fields["member"].queryset = of_unit(by)  # type: ignore[attr-defined]
        else:
            del self.fields["member"]
        if incident is None:
            lists = HotList.objects.filter(is_active=True).order_by("title")
            self.fields["hot_list"].queryset = lists  # type: ignore[attr-defined]
        else:
            del self.fields["hot_list"], self.fields["area"]
        if kept.plate:
            del self.fields["plate"], self.fields["state"]

    @property
    def step_rows(self) -> list[tuple[Any, Any]]:
        """The fields of each further step and its day."""
        return [(self[f"step_{number}"], self[f"due_{number}"]) for number in NUMBERS]

    @property
    def counts(self) -> list[Any]:
        """The fields that count people and things."""
        return [self[f"count_{outcome.value}"] for outcome in StopOutcome]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        today = timezone.localdate(self.now)
        values["justification"] = self.text("justification", limit=4000)
        confirmed = self.answer_to("case.pattern", ("yes", "no")) == "yes"
        values["case_number"] = self.take("case_number", read_case_number, today=today, confirmed=confirmed)
        fold = self.answer_to("time.dst_fold", CHOICES) or None
        moment = self.take("responded_at", read_local_time, fold=fold)
        values["responded_at"] = moment and self.take("responded_at", rules.check_moment, moment, now=self.now)
        values["next_steps"] = self.text("next_steps", limit=2000)
        values["report_number"] = self.text("report_number", limit=20, needed=False, one_line=True)
        values["vehicle"] = self.text("vehicle", limit=160, needed=False, one_line=True)
        self._read_plate(values)
        values["steps"] = self._read_steps(today)
        values["people"] = {
            outcome.value: self.take(f"count_{outcome.value}", rules.read_count) or 0 for outcome in StopOutcome
        }
        for code in self.answers:  # what was answered goes along to the page on which answers are checked
            self.fields[answer_name(code)] = forms.CharField(widget=forms.HiddenInput, required=False)
        return values

    def _read_plate(self, values: dict[str, Any]) -> None:
        if "plate" not in self.fields:
            return
        typed, state = values.get("plate", ""), values.get("state", "")
        values["plate"] = self.take("plate", read_plate) if typed else ""
        values["state"] = read_state(state)
        if state and not values["state"]:
            self.add_error("state", ValidationError("State: write two letters, such as CA.", code="state.unknown"))

    def _read_steps(self, today: date) -> list[tuple[str, date | None]]:
        found = []
        for number in NUMBERS:
            what = self.text(f"step_{number}", limit=200, needed=False, one_line=True)
            due = self.take(f"due_{number}", rules.read_due, today=today)
            if due and not what and f"step_{number}" not in self.errors:
                says = f"Step {number}: say what is due, or clear its day."
                self.add_error(f"step_{number}", ValidationError(says, code="step.missing"))
            if what:
                found.append((what, due))
        return found

    def told(self) -> stops.Told:
        """The validated stop."""
        values = self.cleaned_data
        return stops.Told(
            member=values.get("member") or self.by,
            justification=values["justification"],
            case_number=values["case_number"],
            disposition=values["disposition"],
            responded_at=values["responded_at"],
            next_steps=values["next_steps"],
            area=self.incident.area if self.incident else values["area"],
            steps=values["steps"],
            report_number=values["report_number"],
            people=values["people"],
        )

    def seen(self) -> stops.Seen:
        """What the stop keeps of its hit: what the portal saw, and where that is gone, what the member says."""
        values, kept = self.cleaned_data, self.kept
        return stops.Seen(
            kept.plate or values.get("plate", ""),
            kept.state if kept.plate else values.get("state", ""),
            values["vehicle"] or kept.vehicle,
            kept.list_version,
            kept.list_age,
        )

    def words(self) -> list[dict[str, Any]]:
        """The answers as they will stand in the record, with how far the hit was verified."""
        told, seen = self.told(), self.seen()
        level, missing = stops.verified(self.incident, told.responded_at)
        listed = self.incident.hot_list if self.incident else self.cleaned_data["hot_list"]
        people = [f"{StopOutcome.says(name)}: {n}" for name, n in rules.people_of(told.people).items()]
        steps = [f"{what} (due {due:%b} {due.day}, {due.year})" if due else what for what, due in told.steps]
        rows = [
            {"label": "Verification", "value": stops.verification_words(level, missing), "clause": "C.2.A"},
            {"label": "a) Member who responded", "value": str(told.member)},
            {"label": "b) Justification", "value": told.justification},
            {"label": "c) Case number", "value": told.case_number},
            {"label": "d) Disposition code", "value": Disposition.says(told.disposition)},
            {"label": "e) Date and time of the response", "value": when(told.responded_at)},
            {"label": "f) Next steps", "value": told.next_steps},
            {"label": "Further steps", "value": "; ".join(steps)},
            {"label": "Counted", "value": ", ".join(people)},
            {"label": "Linked report number", "value": told.report_number},
            {"label": "Hot list", "value": str(listed)},
            {"label": "Vehicle", "value": seen.vehicle},
            {"label": "Plate", "plate": seen.plate, "state": seen.state},
        ]
        found = stops.warnings_of(told.justification, told.next_steps, *(what for what, _ in told.steps))
        if found:
            says = f"The text seems to hold personal data ({', '.join(found)}). People are counted, never named."
            rows.insert(0, {"label": "Look again", "value": says})
        return rows


class FinishStep(Act):
    """C.2.A.2: how a next step ended."""

    note = RawField(label="How it ended", help_text="What was done, or why it is no longer needed.")

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["note"] = self.text("note", limit=200, one_line=True)
        return self.cleaned_data


class AddNote(Act):
    """C.2.A.2: what was learned of a stop later, or was recorded wrong."""

    note = RawField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), help_text="No names of people stopped.")

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["note"] = self.text("note", limit=2000)
        return self.cleaned_data
