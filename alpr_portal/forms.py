"""The form every verb stands on: readers of the ground floor say what is wrong, questions are asked beside their field."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError

from .policy.refusal import BadInput, Question

T = TypeVar("T")


class RawField(forms.Field):
    """Hands the reader what was typed, unstripped and untouched; empty is ""."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        return "" if value is None else value


class PortalForm(forms.Form):
    """A form for one verb. ``take`` runs a reader of ``policy.inputs``; ``answers`` holds what questions were answered."""

    def __init__(self, data: Mapping[str, Any] | None = None, *args: Any, **kwargs: Any):
        super().__init__(data, *args, **kwargs)
        self.answers: dict[str, str] = {}
        for field in self.fields.values():
            choice = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
            field.error_messages["required"] = "Choose one." if choice else "Fill it in."

    def take(self, name: str, reader: Callable[..., T], *args: Any, **kwargs: Any) -> T | None:
        """The reader's clean value of field ``name``, or None with the error, or the question, at the field."""
        raw = args if args else (self.cleaned_data.get(name, ""),)
        try:
            return reader(*raw, field=name, **kwargs)
        except BadInput as error:
            self.add_error(name, ValidationError(error.message, code=error.code))
        except Question as question:
            self.ask(name, question)
        return None

    def answer_to(self, code: str, choices: Collection[str]) -> str:
        """What was answered to the question ``code``: one of its ``choices``, or "" where none was given."""
        answer = str(self.data.get(answer_name(code), ""))
        if answer not in choices:
            return ""
        self.answers[code] = answer
        return answer

    def ask(self, name: str, question: Question) -> None:
        """Put the question beside field ``name`` and wait for its answer."""
        field = forms.ChoiceField(
            label=question.question, choices=list(question.choices.items()), widget=forms.RadioSelect, required=False
        )
        asked = answer_name(question.code)
        after = list(self.fields).index(name) + 1 if name in self.fields else len(self.fields)
        names = list(self.fields)
        self.fields[asked] = field
        self.order_fields([*names[:after], asked, *names[after:]])
        self.add_error(asked, ValidationError("Please answer this question.", code=question.code))

    def summary(self) -> list[dict[str, str]]:
        """Every error as ``{"text", "href"}`` for the summary on top: our messages name their field, Django's get its label."""
        listed = []
        found = self.errors.as_data()
        for name in sorted(found, key=["__all__", *self.fields].index):
            errors, href, label = found[name], "", ""
            if name in self.fields:
                href, label = f"#{self[name].id_for_label or self[name].auto_id + '_0'}", str(self[name].label)
                label += " " if label.endswith("?") else ": "
            for error in errors:
                ours = "." in str(error.code) and not name.startswith("answer_")
                listed.append({"text": ("" if ours else label) + " ".join(error.messages), "href": href})
        return listed

    def questions(self) -> list[Any]:
        """The bound fields of questions that wait for an answer."""
        return [self[name] for name in self.fields if name.startswith("answer_")]


def answer_name(code: str) -> str:
    return "answer_" + code.replace(".", "_")
