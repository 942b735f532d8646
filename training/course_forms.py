"""Forms of courses, the question bank and exams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.vocabulary import PublicationKind, TrainingTopic

from . import course_rules as rules
from .models import Course, Publication, Question


class Lined(PortalForm):
    """Reads lines and texts that must not stay empty."""

    def needed(self, name: str, **kwargs: Any) -> str:
        """The text of field ``name``, or the error that it is missing."""
        text: str | None = self.take(name, read_text, **kwargs)
        if text == "":
            says = f"{self.fields[name].label}: fill it in."
            self.add_error(name, ValidationError(says, code=f"{name}.missing"))
        return text or ""


class EditCourse(Lined):
    """J: one version of a course that is not approved yet."""

    title = RawField(label="Title")
    version = RawField(label="Version", help_text="Such as 1, 2.1 or 2026.")
    topics = forms.MultipleChoiceField(
        label="Topics that it covers",
        choices=TrainingTopic.choices(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    valid_days = forms.IntegerField(
        label="A completion counts for (days)", min_value=1, max_value=1826, help_text="365 is a year."
    )
    material = forms.ModelChoiceField(
        label="Course material", queryset=Publication.objects.none(), required=False, empty_label="None published here"
    )
    questions_per_topic = forms.IntegerField(
        label="Exam questions per topic",
        min_value=0,
        max_value=rules.MOST_PER_TOPIC,
        help_text="0 where the course has no exam in the portal.",
    )
    pass_mark = forms.IntegerField(label="Pass mark (percent)", min_value=1, max_value=100)

    def __init__(self, *args: Any, course: Course | None, **kwargs: Any):
        shown = course or Course()
        initial = {name: getattr(shown, name) for name in self.base_fields if name != "material"}
        super().__init__(*args, initial={**initial, "material": shown.material_id}, **kwargs)
        material = Publication.objects.filter(kind=PublicationKind.TRAINING_MATERIAL.value, end__isnull=True)
        self.fields["material"].queryset = material.order_by("title", "-in_force_on")  # type: ignore[attr-defined]
        self.fields["topics"].error_messages["required"] = "Choose at least one."

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["title"] = self.needed("title", limit=200, one_line=True)
        values["version"] = self.needed("version", limit=20, one_line=True)
        values["topics"] = [topic for topic in rules.TOPICS if topic in values.get("topics", ())]
        return values


class EndCourse(Lined):
    """J: why a course is given no more."""

    reason = RawField(label="Why the course ends", widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["reason"] = self.needed("reason", limit=2000)
        return self.cleaned_data


class EditQuestion(Lined):
    """J: one question of the bank."""

    topic = forms.ChoiceField(label="Topic", choices=TrainingTopic.choices())
    text = RawField(label="Question", widget=forms.Textarea(attrs={"rows": 2}))
    choices = RawField(
        label="Choices",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="2 to 6, each on a line of its own. An exam shows them in another order each time.",
    )
    right = RawField(
        label="Number of the right choice",
        help_text="1 is the first line.",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    in_use = forms.BooleanField(label="In use: exams may ask it", required=False, initial=True)

    def __init__(self, *args: Any, question: Question | None, **kwargs: Any):
        if question:
            shown = {name: getattr(question, name) for name in ("topic", "text", "in_use")}
            shown |= {"choices": "\n".join(question.choices), "right": question.right + 1}
            kwargs["initial"] = shown
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["text"] = self.needed("text", limit=1000)
        values["choices"] = self.take("choices", rules.read_choices)
        if values["choices"]:
            values["right"] = self.take("right", rules.read_right, choices=len(values["choices"]))
        return values


class TakeExam(PortalForm):
    """J: every question of one exam, each with its choices."""

    def __init__(self, *args: Any, questions: list[dict[str, Any]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        for number, question in enumerate(questions, 1):
            self.fields[f"q{number}"] = forms.TypedChoiceField(
                label=f"{number}. {question['text']}",
                choices=[(str(index), choice) for index, choice in enumerate(question["choices"])],
                widget=forms.RadioSelect,
                coerce=int,
                empty_value=None,
                required=False,
                error_messages={"invalid_choice": "Choose one of the answers shown."},
            )

    def clean(self) -> dict[str, Any]:
        for number, name in enumerate(self.fields, 1):
            if name not in self.errors and self.cleaned_data.get(name) is None:
                says = f"Question {number}: choose an answer."
                self.add_error(name, ValidationError(says, code="answer.missing"))
        return self.cleaned_data

    @property
    def chosen(self) -> list[int]:
        """The index of the chosen answer of each question."""
        return [self.cleaned_data[name] for name in self.fields]
