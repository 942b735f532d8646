"""What members type: the guided search, decisions, case numbers. The rules are the readers'; the form is courtesy."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.inputs import (
    bound_range,
    read_case_number,
    read_date_range,
    read_local_time,
    read_purpose,
    read_text,
)
from alpr_portal.policy.refusal import BadInput, Question
from alpr_portal.policy.screening import read_facts, screen_fields
from alpr_portal.policy.vocabulary import Purpose
from training.models import Member

from .actions import Asked
from .models import POLICE_AREAS, Camera
from .plates import Pattern, one_off, read_pattern, read_state
from .rules import WITHOUT_OFFENCE, fast_enough, narrow_enough

RIGHT_TO_KNOW = [
    ("sworn", "Sworn officer or designated member, acting in an investigation of this department"),
    ("statute", "A statute gives the right"),
    ("case_law", "Case law gives the right"),
    ("court_order", "A subpoena, warrant or court order gives the right"),
]
BASIS = [
    ("case_number", "Case number"),
    ("court_document", "Subpoena, warrant or court order"),
    ("in_progress", "In progress: the case number follows within 24 hours"),
]
CHECKS = forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})
COLOURS = ["black", "blue", "brown", "gold", "gray", "green", "orange", "purple", "red", "silver", "white", "yellow"]
LOOKALIKES = "0ODQ 1IL 2Z 5S 8B"
FOLDS = ("PDT", "PST")
ATTESTATION = (
    "I have reasonable suspicion or more for this search. It serves only the purpose stated. It is not for a personal "
    "reason, not because of who somebody is, not against speech, assembly or religion, not for immigration enforcement "
    "and not against reproductive health care."
)
CLARIFY = Question(
    "just.clarify",
    "A word in your text can mean something the order forbids. Does this search have to do with immigration, a federal "
    "or out-of-state agency's request, a protest or other protected activity?",
    {"no": "No, the word means something else here", "yes": "Yes"},
)


class RunQuery(PortalForm):
    """C.2.B: the guided search. ``asked()`` gives what the action takes."""

    purpose = RawField(label="Purpose", widget=forms.RadioSelect(choices=Purpose.choices()))
    offence = RawField(
        label="Offence",
        help_text="Statute code, such as 211 PC. Not needed for a missing person, a witness or a court's paper.",
    )
    basis = forms.ChoiceField(
        label="What the search rests on", choices=BASIS, widget=forms.RadioSelect, initial="case_number"
    )
    case_number = RawField(label="Case number", help_text="Two digits of the year, a hyphen, six digits: 26-012345.")
    court_document = RawField(
        label="Court, kind of paper, and its number",
        help_text="For a subpoena, warrant or court order; otherwise leave it empty.",
    )
    facts = RawField(
        label="Facts that show reasonable suspicion",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What happened, and why this vehicle, so that another person can follow it. No names, no numbers of papers.",
    )
    right_to_know = forms.ChoiceField(label="Right to know", choices=RIGHT_TO_KNOW)
    need_to_know = RawField(
        label="Need to know",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Why you need these reads, such as your part in the investigation.",
    )
    for_whom = forms.ChoiceField(
        label="For whom",
        choices=[("self", "Myself"), ("colleague", "A colleague of this department")],
        widget=forms.RadioSelect,
        initial="self",
    )
    colleague = RawField(label="The colleague's badge number")
    outside = forms.ChoiceField(
        label="Is this for, or at the request of, anyone outside the department?",
        choices=[("no", "No"), ("yes", "Yes")],
        widget=forms.RadioSelect,
    )
    plate = RawField(
        label="Plate",
        help_text="All of it, or a part: * stands for any characters, ? for one.",
        widget=forms.TextInput(
            attrs={
                "data-plate": "",
                "data-hint": "plate-hint",
                "data-lookalikes": LOOKALIKES,
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    approximate = forms.BooleanField(
        label="Also show look-alikes (0/O/D/Q, 1/I/L, 2/Z, 5/S, 8/B), marked approximate", required=False
    )
    misread = forms.BooleanField(
        label="One character may be misread: also show plates with one character other, more or less, marked approximate",
        required=False,
        help_text="For a whole plate, when nothing is found or the plate was seen only for a moment.",
    )
    state = RawField(label="State", help_text="CA, or the name. Leave empty for any.")
    make = RawField(label="Make")
    model = RawField(label="Model")
    body = RawField(label="Body", help_text="Such as sedan, suv or pickup.")
    colour = forms.ChoiceField(label="Color", choices=[("", "Any"), *((c, c) for c in COLOURS)], required=False)
    areas = forms.MultipleChoiceField(
        label="Police areas", choices=POLICE_AREAS, widget=forms.CheckboxSelectMultiple, required=False
    )
    cameras = forms.MultipleChoiceField(label="Cameras", required=False, widget=CHECKS)
    start = RawField(label="From", help_text="2026-06-15 14:00, or a day: 2026-06-15. Oakland time.")
    end = RawField(label="To", help_text="A day means until its end.")
    attested = forms.BooleanField(label=ATTESTATION, required=False)

    def __init__(self, *args: Any, by: Member, now: datetime, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.by, self.now = by, now
        cameras = Camera.objects.order_by("code").values_list("pk", "code", "name")
        self.fields["cameras"].choices = [  # type: ignore[attr-defined]
            (str(pk), f"{code} · {name}") for pk, code, name in cameras
        ]
        local = timezone.localtime(now)
        self.fields["start"].initial = f"{local - timedelta(days=1):%Y-%m-%d %H:%M}"
        self.fields["end"].initial = f"{local:%Y-%m-%d %H:%M}"

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["purpose"] = self.take("purpose", read_purpose)
        self._read_basis(values)
        values["facts"] = self.take("facts", read_facts)
        self._read_need(values)
        values["offence"] = self.take("offence", read_text, limit=120)
        self._read_colleague(values)
        self._read_criteria(values)
        if not values.get("attested"):
            self.add_error(
                "attested", ValidationError("Attestation: read it, and tick it if it is true.", code="attested.missing")
            )
        purpose = values["purpose"]
        if purpose and purpose.value not in WITHOUT_OFFENCE and values["offence"] == "":
            self.add_error(
                "offence",
                ValidationError("Offence: name the offence you investigate, such as 211 PC.", code="offence.missing"),
            )
        if not self.errors:
            self._clarify(values)
        return values

    def _clarify(self, values: dict[str, Any]) -> None:
        """Where only ambiguous words fired, one plain question; the answer is recorded with the search."""
        found = screen_fields(values["facts"], values["need_to_know"], values["court_document"], values["offence"])
        if found.clarify and not self.answer_to("just.clarify", CLARIFY.choices):
            self.ask("facts", CLARIFY)

    def _read_need(self, values: dict[str, Any]) -> None:
        """A sentence, such as one's part in the investigation: the facts are stated beside it."""
        need = values["need_to_know"] = self.take("need_to_know", read_text, limit=2000)
        if need is not None and len(need.split()) < 3:
            said = "Need to know: say in a sentence why you need these reads."
            self.add_error("need_to_know", ValidationError(said, code="need.too_short"))

    def _read_basis(self, values: dict[str, Any]) -> None:
        basis = values.get("basis")
        today: date = timezone.localtime(self.now).date()
        values["court_document"] = self.take("court_document", read_text, limit=200)
        if basis == "case_number":
            confirmed = self.answer_to("case.pattern", ("yes", "no")) == "yes"
            values["case_number"] = self.take("case_number", read_case_number, today=today, confirmed=confirmed)
        else:
            values["case_number"] = ""
        needs_document = basis == "court_document" or values.get("purpose") == Purpose.COURT_ORDER
        if needs_document and values["court_document"] == "":
            self.add_error(
                "court_document",
                ValidationError(
                    "Court document: name the court, the kind of paper and its number.", code="court_document.missing"
                ),
            )

    def _read_colleague(self, values: dict[str, Any]) -> None:
        values["for_whom"] = self.by
        if self.data.get("for_whom") != "colleague":
            return
        badge = self.take("colleague", read_text, limit=40)
        found = Member.objects.filter(badge=badge, is_active=True).first() if badge else None
        if found is None or found == self.by:
            self.add_error(
                "colleague",
                ValidationError("Colleague: give the badge number of another active member.", code="colleague.unknown"),
            )
        else:
            values["for_whom"] = found

    def _read_criteria(self, values: dict[str, Any]) -> None:
        plate = values.get("plate", "")
        pattern = self.take("plate", read_pattern) if plate else None
        text = values["plate"] = pattern.text if pattern else ""
        state = values.get("state", "")
        code = values["state"] = read_state(state)
        if state and not code:
            self.add_error("state", ValidationError("State: write two letters, such as CA.", code="state.unknown"))
        if values.get("misread") and (pattern or not plate):
            self.take("misread", one_off, pattern or Pattern(""))
        for name in ("make", "model", "body"):
            values[name] = self.take(name, read_text, limit=40)
        window = self._read_window()
        if window and not self.errors:
            cameras, areas = len(values.get("cameras", ())), len(values.get("areas", ()))
            span = window[1] - window[0]
            refusal = narrow_enough(has_plate=bool(plate), cameras=cameras, areas=areas, window=span)
            refusal = refusal or fast_enough(pattern, cameras=cameras, window=span)
            if refusal:
                self.add_error("plate", ValidationError(str(refusal), code=refusal.code))
        values["criteria"] = {
            "plate": text,
            "approximate": bool(values.get("approximate")),
            "misread": bool(values.get("misread")),
            "state": code,
            "make": values["make"],
            "model": values["model"],
            "colour": values.get("colour", ""),
            "body": values["body"],
            "areas": values.get("areas", []),
            "cameras": values.get("cameras", []),
            "from": window[0].isoformat() if window else "",
            "to": window[1].isoformat() if window else "",
            "moved": bool(window and window[2]),
            "gone": bool(window and window[3]),
        }

    def _read_window(self) -> tuple[datetime, datetime, bool, bool] | None:
        """The window in UTC from two days or two moments of Oakland time; was its start moved, is all of it purged."""
        start, end = self.cleaned_data.get("start", ""), self.cleaned_data.get("end", "")
        if len(str(start).strip()) <= 10 and len(str(end).strip()) <= 10:
            found = self.take("start", read_date_range, start, end, now=self.now)
        else:
            moments = [self._moment("start", start, last=False), self._moment("end", end, last=True)]
            if None in moments:
                return None
            found = self.take("start", bound_range, *moments, now=self.now)
        return (found.start_utc, min(found.end_utc, self.now), found.moved, found.gone) if found else None

    def _moment(self, name: str, text: Any, *, last: bool) -> datetime | None:
        """One end of the window; a bare day means its first or last minute."""
        if isinstance(text, str) and len(text.strip()) == 10:
            text = f"{text.strip()} {'23:59' if last else '00:00'}"
        code = f"time.dst_fold.{name}"
        fold = self.answer_to(code, FOLDS) or None
        try:
            return read_local_time(text, fold=fold, field=name)
        except BadInput as error:
            self.add_error(name, ValidationError(error.message, code=error.code))
        except Question as question:
            self.ask(name, Question(code, question.question, question.choices, name))
        return None

    def asked(self) -> Asked:
        """The validated search."""
        values = self.cleaned_data
        return Asked(
            purpose=values["purpose"].value,
            offence=values["offence"],
            case_number=values["case_number"],
            court_document=values["court_document"],
            in_progress=values["basis"] == "in_progress",
            facts=values["facts"],
            right_to_know=dict(RIGHT_TO_KNOW)[values["right_to_know"]],
            need_to_know=values["need_to_know"],
            for_whom=values["for_whom"],
            outside=values["outside"] == "yes",
            attested=values["attested"],
            plate=values["plate"],
            criteria=values["criteria"],
            answers=self.answers,
        )


class DecideQuery(PortalForm):
    """C.2.B: a supervisor's decision, with the reason."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("approve", "Let it run, once, within 24 hours"), ("deny", "Do not let it run")],
        widget=forms.RadioSelect,
    )
    reason = RawField(
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What settled the question. It stays on record.",
    )

    def clean(self) -> dict[str, Any]:
        reason = self.take("reason", read_text, limit=2000)
        if reason is not None and len(reason.strip()) < 10:
            self.add_error(
                "reason", ValidationError("Reason: say in a sentence what settled it.", code="reason.too_short")
            )
        self.cleaned_data["reason"] = reason
        return self.cleaned_data


class SupplyCaseNumber(PortalForm):
    """C.2.B: the case number that a search in progress owes."""

    case_number = RawField(label="Case number", help_text="Two digits of the year, a hyphen, six digits: 26-012345.")

    def clean(self) -> dict[str, Any]:
        confirmed = self.answer_to("case.pattern", ("yes", "no")) == "yes"
        today = timezone.localdate()
        self.cleaned_data["case_number"] = self.take("case_number", read_case_number, today=today, confirmed=confirmed)
        return self.cleaned_data
