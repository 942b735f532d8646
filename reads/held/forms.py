"""What members type about held reads: a search within the case, and what is asked before a package leaves."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alpr_portal.forms import PortalForm, RawField, answer_name
from alpr_portal.policy.inputs import read_local_time, read_object_id
from alpr_portal.policy.refusal import BadInput, Question

from ..models import Camera
from ..plates import read_pattern
from .rules import MOST_IN_PACKAGE

FOLDS = ("PDT", "PST")
FORMATS = {"zip": "Everything: a ZIP with the PDF, the pictures, the data and the manifest", "pdf": "The PDF alone"}


class SearchHeld(PortalForm):
    """G: find held reads of the case by plate or part of one, camera and time; nothing of it is stored or in an address."""

    plate = RawField(
        label="Plate",
        help_text="All of it, or a part: * stands for any characters, ? for one. Empty for any.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    camera = forms.ChoiceField(
        label="Camera", required=False, error_messages={"invalid_choice": "Choose one of the list."}
    )
    start = RawField(label="Captured from", help_text="2026-06-15 14:00, or a day. Oakland time.")
    end = RawField(label="Captured to", help_text="A day means until its end.")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        cameras = Camera.objects.order_by("code")
        self.fields["camera"].choices = [("", "Any"), *((str(one.pk), str(one)) for one in cameras)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["plate"] = self.take("plate", read_pattern) if values.get("plate") else None
        values["start"] = self._moment("start", last=False)
        values["end"] = self._moment("end", last=True)
        if values["start"] and values["end"] and values["end"] < values["start"]:
            self.add_error(
                "end", ValidationError("Captured to: it lies before the start. Swap them.", code="range.reversed")
            )
        return values

    def _moment(self, name: str, *, last: bool) -> datetime | None:
        """One end of the time, or None where none is given; a bare day means its first or last minute."""
        text = str(self.cleaned_data.get(name, "")).strip()
        if not text:
            return None
        if len(text) == 10:
            text = f"{text} {'23:59' if last else '00:00'}"
        code = f"time.dst_fold.{name}"
        try:
            found = read_local_time(text, fold=self.answer_to(code, FOLDS) or None, field=name)
        except BadInput as error:
            self.add_error(name, ValidationError(error.message, code=error.code))
        except Question as question:
            self.ask(name, Question(code, question.question, question.choices, name))
        else:
            return found.replace(second=59, microsecond=999_999) if last else found
        return None

    @property
    def asked(self) -> dict[str, str]:
        """What was typed, to be sent again for another page."""
        names = [*self.base_fields, *(answer_name(f"time.dst_fold.{end}") for end in ("start", "end"))]
        return {name: str(self.data[name]) for name in names if self.data.get(name)}


class TakePackage(PortalForm):
    """G, I.secure: which held reads, for whom, and as what file."""

    outside = forms.ChoiceField(
        label="Is this for, or at the request of, anyone outside the department?",
        choices=[("no", "No"), ("yes", "Yes")],
        widget=forms.RadioSelect,
    )
    format = forms.ChoiceField(label="File", choices=list(FORMATS.items()), initial="zip", widget=forms.RadioSelect)
    reads = forms.Field(required=False, widget=forms.MultipleHiddenInput)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        sent = self.data.getlist("reads") if hasattr(self.data, "getlist") else []  # type: ignore[attr-defined]
        values["outside"] = values.get("outside") == "yes"
        found = [read_object_id(one) for one in dict.fromkeys(sent)]
        values["reads"] = chosen = [one for one in found if one is not None]
        if not chosen:
            self._refuse("package.none", "Reads: choose at least one on the page of held reads.")
        elif len(found) > MOST_IN_PACKAGE:
            self._refuse("package.too_many", f"Reads: choose {MOST_IN_PACKAGE} at most for one package.")
        elif len(chosen) < len(found):
            self._refuse("package.unknown", "Reads: choose them anew on the page of held reads.")
        return values

    def _refuse(self, code: str, says: str) -> None:
        self.add_error(None, ValidationError(says, code=code))

    @property
    def chosen(self) -> list[uuid.UUID]:
        """The ids that were sent, as far as they are any."""
        chosen: list[uuid.UUID] = self.cleaned_data.get("reads", [])
        return chosen
