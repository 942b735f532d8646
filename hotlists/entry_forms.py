"""What members type about entries: a proposal, its change, decisions, ends. The rules are the readers'; forms are courtesy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.refusal import BadInput, Question
from alpr_portal.policy.screening import read_facts, screen_fields
from alpr_portal.policy.vocabulary import Confidentiality, EndedBecause, ListKind, Watched
from reads.forms import COLOURS, LOOKALIKES
from reads.plates import read_state
from training.models import Member

from . import entry_rules as rules
from .entries import Said
from .models import EntryVersion, HotList

FEWEST_WORDS = 2
LINES = {"rows": 3}
CLARIFY = Question(
    "just.clarify",
    "A word in your text can mean something the order forbids. Does this entry have to do with immigration, a federal or "
    "out-of-state agency's request, a protest or other protected activity?",
    {"no": "No, the word means something else here", "yes": "Yes"},
)
NUMBER_HELP = "Two digits of the year, a hyphen, six digits: 26-012345."
PLATE_BOX = forms.TextInput(
    attrs={
        "data-plate": "",
        "data-hint": "plate-hint",
        "data-lookalikes": LOOKALIKES,
        "autocomplete": "off",
        "autocapitalize": "characters",
        "spellcheck": "false",
    }
)


class EntryForm(PortalForm):
    """C.2.B.2: what an entry says. ``said()`` gives what the action takes."""

    watched = forms.ChoiceField(
        label="What to look for", choices=Watched.choices(), widget=forms.RadioSelect, initial=Watched.PLATE.value
    )
    plate = RawField(
        label="Plate",
        help_text="Of a part of one, * stands for any characters and ? for one; four characters must be known.",
        widget=PLATE_BOX,
    )
    state = RawField(label="State", help_text="CA, or the name. Leave empty where it is not known.")
    make = RawField(label="Make")
    model = RawField(label="Model")
    colour = forms.ChoiceField(label="Color", choices=[("", "Not known"), *((c, c) for c in COLOURS)], required=False)
    year = RawField(label="Year", widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    marks = RawField(label="Other characteristics", help_text="Dents, stickers, racks: what another person can see.")
    purpose = RawField(label="Purpose", widget=forms.RadioSelect(choices=[(p.value, p.label) for p in rules.PURPOSES]))
    justification = RawField(
        label="Justification",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What happened, and why this vehicle, so that another person can follow it. No names, no numbers of papers.",
    )
    case_number = RawField(label="Case number", help_text=NUMBER_HELP)
    report_number = RawField(label="Report number", help_text=f"Of the general offense report. {NUMBER_HELP}")
    expiry = RawField(
        label="Ends", help_text="In so many days, such as 14, or at the end of a day: 2026-12-01. 30 days at most."
    )
    confidentiality = forms.ChoiceField(
        label="Who sees it and its hits",
        choices=Confidentiality.choices(),
        widget=forms.RadioSelect,
        initial=Confidentiality.DEPARTMENT.value,
        help_text="Those who decide and those who audit see the entry too; its hits are shown to the unit alone.",
    )
    instructions = RawField(
        label="What to do on a hit",
        widget=forms.Textarea(attrs=LINES),
        help_text="Such as: do not stop, call the burglary unit.",
    )
    urgent = forms.BooleanField(
        label="Urgent: one designee's word lets it in, and the Administrator confirms within 24 hours",
        required=False,
        help_text="Amber and Silver entries only.",
    )

    def __init__(self, *args: Any, by: Member, now: datetime, lists: Mapping[str, HotList], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.by, self.now, self.lists = by, now, lists

    @property
    def on_list(self) -> HotList | None:
        """The list that the entry is for; None where none was chosen."""
        return self.lists.get(str(self.cleaned_data.get("hot_list", "")))

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        kind = self.on_list.kind if self.on_list else ListKind.BOLO.value
        if values.get("watched"):
            values["plate"] = self.take("plate", rules.read_watched, kind=values["watched"])
        self._read_vehicle(values)
        values["purpose"] = self.take("purpose", rules.read_reason, kind=kind)
        values["justification"] = self.take("justification", read_facts)
        values["instructions"] = self._sentence("instructions", 1000)
        for name, label in (("case_number", "Case number"), ("report_number", "Report number")):
            confirmed = self.answer_to(f"case.pattern.{name}", ("yes", "no")) == "yes"
            today = timezone.localdate(self.now)
            values[name] = self.take(name, rules.read_number, today=today, confirmed=confirmed, label=label)
        values["expiry"] = self.take("expiry", rules.read_expiry, now=self.now)
        self._check(rules.may_be_urgent(urgent=bool(values.get("urgent")), kind=kind))
        self._check(rules.may_be_confidential(confidentiality=values.get("confidentiality", ""), unit=self.by.unit))
        if "change" in self.fields:
            values["change"] = self._sentence("change", 1000)
        if not self.errors:
            self._clarify(values)
        return values

    def _read_vehicle(self, values: dict[str, Any]) -> None:
        typed = values.get("state", "")
        values["state"] = read_state(typed)
        if typed and not values["state"]:
            self.add_error("state", ValidationError("State: write two letters, such as CA.", code="state.unknown"))
        for name, limit in (("make", 40), ("model", 60), ("marks", 200)):
            values[name] = self.take(name, read_text, limit=limit, one_line=True)
        values["year"] = self.take("year", rules.read_year, today=timezone.localdate(self.now))
        facts = [values.get(name) or "" for name in ("make", "model", "colour", "year", "marks")]
        if not self.errors:
            self._check(rules.describes(values.get("watched", ""), *facts))

    def _sentence(self, name: str, limit: int) -> str | None:
        """A text that says something: two words at least."""
        text = self.take(name, read_text, limit=limit)
        if text is not None and len(text.split()) < FEWEST_WORDS:
            says = f"{self.fields[name].label}: say it in a sentence."
            self.add_error(name, ValidationError(says, code=f"{name}.missing"))
        return text

    def _check(self, error: BadInput | None) -> None:
        if error:
            self.add_error(error.field, ValidationError(error.message, code=error.code))

    def _clarify(self, values: dict[str, Any]) -> None:
        """Where only ambiguous words fired, one plain question; the answer is recorded with the entry."""
        texts = (values["justification"], values["instructions"], values["marks"], values.get("change") or "")
        if screen_fields(*texts).clarify and not self.answer_to("just.clarify", CLARIFY.choices):
            self.ask("justification", CLARIFY)

    def said(self) -> Said:
        """The validated entry."""
        values = self.cleaned_data
        same = ("watched", "plate", "state", "make", "model", "colour", "year", "marks", "purpose", "justification")
        more = ("case_number", "report_number", "confidentiality", "instructions")
        return Said(
            **{name: values[name] for name in (*same, *more)},
            expires_at=values["expiry"],
            urgent=bool(values["urgent"]),
            change=values.get("change") or "",
            answers=self.answers,
        )


class ProposeEntry(EntryForm):
    """C.2.B.2: a new entry on one of the lists that members feed."""

    hot_list = forms.ChoiceField(label="List", widget=forms.RadioSelect)
    field_order = ("hot_list",)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["hot_list"].choices = [(name, each.title) for name, each in self.lists.items()]  # type: ignore[attr-defined]


class EditEntry(EntryForm):
    """C.2.B.2: a change or renewal of an entry, as a new version of it."""

    change = RawField(
        label="What changes, and why", widget=forms.Textarea(attrs=LINES), help_text="Such as: renewed, not found yet."
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: EntryVersion, **kwargs: Any):
        names = [name for name in EntryForm.base_fields if name != "expiry"]
        initial = {name: getattr(version, name) for name in names}
        kwargs["initial"] = {**initial, "seen": str(version.pk)}
        super().__init__(*args, **kwargs)
        self.version = version

    @property
    def on_list(self) -> HotList | None:
        return self.version.entry.hot_list


class Reasoned(PortalForm):
    """A form with a reason that stays on record."""

    def reason_of(self, name: str = "reason") -> None:
        reason = self.take(name, read_text, limit=2000)
        if reason is not None and len(reason.strip()) < 10:
            says = f"{self.fields[name].label}: say in a sentence what settled it."
            self.add_error(name, ValidationError(says, code=f"{name}.too_short"))
        self.cleaned_data[name] = reason


class DecideEntry(Reasoned):
    """C.2.B.2: the word of the Administrator or designee on the version that was shown."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    decision = forms.ChoiceField(
        label="Decision",
        choices=[("approve", "Approve: it is compared with reads from now on"), ("deny", "Do not approve")],
        widget=forms.RadioSelect,
    )
    reason = RawField(
        label="Reason",
        widget=forms.Textarea(attrs=LINES),
        help_text="What settled it. Its proposer reads it, and it stays on record.",
    )

    def clean(self) -> dict[str, Any]:
        self.reason_of()
        return self.cleaned_data


class ConfirmEntry(Reasoned):
    """C.2.B.2: the Administrator's own word on an urgent entry."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    decision = forms.ChoiceField(
        label="Decision",
        choices=[("confirm", "Confirm: it stays in force"), ("end", "Do not confirm: it ends now")],
        widget=forms.RadioSelect,
    )
    reason = RawField(label="Reason", widget=forms.Textarea(attrs=LINES), help_text="It stays on record.")

    def clean(self) -> dict[str, Any]:
        self.reason_of()
        return self.cleaned_data


class EndEntry(Reasoned):
    """C.2.B.2: why an entry ends before its time."""

    because = forms.ChoiceField(label="Why it ends", choices=EndedBecause.choices(), widget=forms.RadioSelect)
    note = RawField(label="Note", widget=forms.Textarea(attrs=LINES), help_text="It stays on record with your name.")

    def clean(self) -> dict[str, Any]:
        self.reason_of("note")
        return self.cleaned_data


LEAVE, APPROVE, DENY = "leave", "approve", "deny"
CHOICES = [(APPROVE, "Approve"), (DENY, "Do not approve"), (LEAVE, "Leave")]


class DecideEntries(Reasoned):
    """C.2.B.2: a choice for each of several waiting versions, each named by its id, with a reason of its own."""

    def __init__(self, *args: Any, versions: list[EntryVersion], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.versions = versions
        for version in versions:
            called = f"Entry {version.entry.number}"
            self.fields[f"choice_{version.pk}"] = forms.ChoiceField(
                label=f"{called}: your decision",
                choices=CHOICES,
                widget=forms.RadioSelect,
                initial=LEAVE,
                required=False,
            )
            self.fields[f"reason_{version.pk}"] = RawField(
                label=f"{called}: reason", widget=forms.Textarea(attrs={"rows": 2})
            )

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.chosen():
            raise ValidationError("Choose for at least one entry.", code="choice.missing")
        for version, _, _ in self.chosen():
            self.reason_of(f"reason_{version.pk}")
        return self.cleaned_data

    def chosen(self) -> list[tuple[EntryVersion, bool, str]]:
        """What was decided: version, approved, reason; those that are left are not among them."""
        found = []
        for version in self.versions:
            choice = self.cleaned_data.get(f"choice_{version.pk}")
            if choice in (APPROVE, DENY):
                found.append((version, choice == APPROVE, self.cleaned_data.get(f"reason_{version.pk}") or ""))
        return found
