"""Forms of completions, their corrections, and rosters."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.refusal import BadInput

from . import stored_files
from .completion_rules import read_day, read_score
from .completions import approved_courses, blocks_entry, find_members, one_member, same_on_record
from .models import Completion, Course, Member, StoredFile
from .rosters import read_instructor

DATE = forms.DateInput(attrs={"type": "date"})
NUMBER = forms.TextInput(attrs={"inputmode": "numeric"})


def read_member(value: str, *, field: str) -> Member:
    """The one member with this badge number or user name. Raises BadInput ``member.*``."""
    return one_member(value, find_members({value}), field=field)


class CourseField(forms.ModelChoiceField):
    """An approved course; one that ended says so."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}, ended" if hasattr(obj, "end") else str(obj)


class Completed(PortalForm):
    """What every entry of a completion asks: course, day, instructor, score, evidence.

    ``kept`` carries the id of evidence that was taken in with an earlier step of the same form.
    """

    course = CourseField(label="Course", queryset=Course.objects.none(), empty_label="Choose a course")
    completed_on = RawField(label="Day completed", widget=DATE)
    instructor = RawField(label="Instructor")
    score = RawField(label="Score in percent", widget=NUMBER, help_text="Empty where the course has no test.")
    evidence = forms.FileField(
        label="Evidence", required=False, help_text="A certificate or sign-in sheet: PDF, PNG or JPEG, up to 5 MB."
    )
    kept = RawField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: Member, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.by = by
        self.fields["course"].queryset = approved_courses()  # type: ignore[attr-defined]

    def read(self, *, now: datetime) -> dict[str, Any]:
        """The clean values; the errors stand at their fields."""
        values = self.cleaned_data
        today = timezone.localdate(now, OAKLAND)
        values["completed_on"] = self.take("completed_on", read_day, today=today, label="Day completed")
        values["score"] = self.take("score", read_score)
        values["instructor"] = self.take("instructor", lambda value, *, field: read_instructor(value))
        values["evidence"] = self.take_evidence(values.get("evidence"))
        return values

    def take_evidence(self, upload: Any) -> StoredFile | None:
        """The evidence that came with this step, kept at once; or that of an earlier step of the same person."""
        if upload:
            try:
                # Read on only where the rest is sound, so that a form sent ten times keeps one file.
                data = upload.read(stored_files.MAX_BYTES + 1)
                stored_files.look_at(upload.name, data, kinds=stored_files.EVIDENCE)
            except BadInput as error:
                self.add_error("evidence", ValidationError(error.message, code=error.code))
                return None
            if self.errors:
                return None
            return stored_files.store(upload.name, data, by=self.by, kinds=stored_files.EVIDENCE)
        try:
            kept = uuid.UUID(str(self.cleaned_data.get("kept") or ""))
        except ValueError:
            return None
        mine = StoredFile.objects.filter(pk=kept, by=self.by, media_type__in=stored_files.EVIDENCE)
        return mine.exclude(pk__in=Completion.objects.filter(evidence=kept).values("evidence")).defer("content").first()

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What was typed, for the next step of the same form; of a file, the id under which it is kept."""
        typed = [(name, str(self.data.get(name, ""))) for name in self.fields if name not in {"evidence", "kept"}]
        kept = self.cleaned_data.get("evidence")
        return [*typed, ("kept", str(kept.pk))] if kept else typed

    def check(self, member: Member | None, *, now: datetime) -> None:
        """Whether the rules let this be entered; what stands against it becomes an error of its field."""
        values = self.cleaned_data
        if self.errors or member is None:
            return
        told = {"member": member, "course": values["course"], "completed_on": values["completed_on"]}
        refusal = blocks_entry(by=self.by, score=values["score"], now=now, **told)
        if refusal:
            name = {"completion.failed": "score", "completion.ended": "completed_on"}.get(refusal.code)
            name = name or ("badge" if "badge" in self.fields else "course")
            self.add_error(name, ValidationError(f"{refusal.sentence} {refusal.remedy}", code=refusal.code))


class EnterCompletion(Completed):
    """J: one completion of one member."""

    badge = RawField(label="Badge number or user name", help_text="Of the member who completed the course.")
    field_order = ("badge", "course", "completed_on", "instructor", "score", "evidence", "kept")

    def clean(self) -> dict[str, Any]:
        now = timezone.now()
        member = self.take("badge", read_member)
        values = self.read(now=now)
        values["member"] = member
        self.check(member, now=now)
        if not self.errors and member and same_on_record(member, values["course"], values["completed_on"]):
            says = "Day completed: this completion is on record already. Correct that one if something is wrong."
            self.add_error("completed_on", ValidationError(says, code="completion.twice"))
        return values


class CorrectCompletion(Completed):
    """J: why a completion is wrong and, where there is one, the right one."""

    WITHDRAW, REPLACE = "withdraw", "replace"
    reason = RawField(label="What is wrong with it", widget=forms.Textarea(attrs={"rows": 2}))
    outcome = forms.ChoiceField(
        label="What is right",
        choices=[
            (WITHDRAW, "Withdraw it: this training was not completed"),
            (REPLACE, "Withdraw it and enter the right one below"),
        ],
        widget=forms.RadioSelect,
    )
    badge = RawField(label="Badge number or user name")
    field_order = ("reason", "outcome", "badge", "course", "completed_on", "instructor", "score", "evidence", "kept")

    def __init__(self, *args: Any, completion: Completion, **kwargs: Any):
        said = completion
        initial = {
            "badge": said.member.badge or said.member.username,
            "course": said.course_id,
            "completed_on": f"{said.completed_on:%Y-%m-%d}",
            "instructor": said.instructor,
            "score": "" if said.score is None else said.score,
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.completion = completion
        self.fields["course"].required = False

    def clean(self) -> dict[str, Any]:
        values, now = self.cleaned_data, timezone.now()
        values["reason"] = self.take("reason", read_text, limit=2000)
        if values["reason"] == "":
            self.add_error("reason", ValidationError("What is wrong with it: fill it in.", code="reason.missing"))
        if values.get("outcome") != self.REPLACE:
            values["right"] = None
            return values
        member = self.take("badge", read_member)
        if not values.get("course"):
            self.add_error("course", ValidationError("Course: choose one.", code="course.missing"))
        self.read(now=now)
        values["evidence"] = values["evidence"] or self.completion.evidence
        self.check(member, now=now)
        if not self.errors and member:
            self.check_differs(member)
        names = ("course", "completed_on", "instructor", "score", "evidence")
        values["right"] = {"member": member, **{name: values.get(name) for name in names}}
        return values

    def check_differs(self, member: Member) -> None:
        """The right one differs from the wrong one, and is not on record already."""
        values, was = self.cleaned_data, self.completion
        same = same_on_record(member, values["course"], values["completed_on"])
        if same and same != was:
            says = "Day completed: the right one is on record already. Withdraw this one only."
            self.add_error("completed_on", ValidationError(says, code="completion.twice"))
            return
        unchanged = all(
            values[name] == getattr(was, name) for name in ("course", "completed_on", "instructor", "score")
        )
        if member == was.member and unchanged and values["evidence"] == was.evidence:
            says = "What is right: nothing differs from what is on record. Change it, or withdraw only."
            self.add_error("outcome", ValidationError(says, code="completion.same"))


class LoadRoster(forms.Form):
    """J: a roster file."""

    file = forms.FileField(label="Roster file", error_messages={"required": "Choose the file."})
