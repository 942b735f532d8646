"""What is typed about a wrong read: what is wrong, what it reads right, and the word of another person on it."""

from __future__ import annotations

from typing import Any

from django import forms

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.vocabulary import CorrectionGround, ReadFault

from . import rules
from .rules import Right

AS_SEEN = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class SaysRight(PortalForm):
    """A form on which somebody may say what the plate reads right; ``seen`` is what the camera read."""

    right_plate = RawField(
        label="The plate reads right",
        widget=forms.TextInput(attrs=AS_SEEN),
        help_text="If you can tell. It is kept as long as the read, and goes with it.",
    )
    right_state = RawField(
        label="Its state", widget=forms.TextInput(attrs=AS_SEEN), help_text="Two letters, such as CA."
    )

    def __init__(self, *args: Any, seen: Right | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.seen = seen or Right("")

    def right(self, kind: str) -> Right | None:
        """What was typed of it, for a read with this fault; an error at its field where it cannot be taken."""
        plate, state = (self.data.get(name, "") for name in ("right_plate", "right_state"))
        return self.take("right_plate", lambda *_, field: rules.read_right(plate, state, kind=kind, seen=self.seen))


class ReportRead(SaysRight):
    """What is wrong with a read, and what it reads right."""

    kind = forms.ChoiceField(label="What is wrong", choices=ReadFault.choices(), widget=forms.RadioSelect)
    field_order = ["kind", "right_plate", "right_state"]

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["right"] = self.right(self.cleaned_data.get("kind", ReadFault.MISREAD.value))
        return self.cleaned_data


class DecideReport(SaysRight):
    """Another person's word on a read that was reported wrong."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("confirm", "The read is wrong"), ("reject", "The read is right: it matches lists again")],
        widget=forms.RadioSelect,
    )
    ground = forms.ChoiceField(
        label="What it rests on", choices=[("", "Choose one"), *CorrectionGround.choices()], widget=forms.Select
    )
    field_order = ["decision", "ground", "right_plate", "right_state"]

    def __init__(self, *args: Any, kind: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.kind = kind
        if kind not in rules.REREAD:
            del self.fields["right_plate"], self.fields["right_state"]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        confirms = values.get("decision") == "confirm"
        values["right"] = self.right(self.kind) if confirms and "right_plate" in self.fields else None
        if confirms and values.get("ground"):
            self.take("ground", lambda ground, field: rules.check_ground(ground, confirmed=True))
        return values
