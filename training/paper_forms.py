"""Forms of published documents and known gaps."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.clauses import duties
from alpr_portal.policy.inputs import read_object_id, read_text
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import PublicationKind

from . import stored_files
from .models import Member, StoredFile

DAY = forms.DateInput(attrs={"type": "date"})
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


def text(value: object, *, field: str, limit: int, one_line: bool = False) -> str:
    """Text that must say something. Raises BadInput text.missing besides those of ``read_text``."""
    found = read_text(value, field=field, limit=limit, one_line=one_line)
    if not found:
        raise BadInput("text.missing", f"{field.replace('_', ' ').capitalize()}: fill it in.", field)
    return found


class DayField(forms.DateField):
    """A day between 2000 and 2100."""

    widget = DAY

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not EARLIEST <= value <= LATEST:
            raise ValidationError("Choose a day between 2000 and 2100.", code="day.range")


class PublishDocument(PortalForm):
    """L.1: a version of a document, with its file; the file is kept as it is sent, before the answers are checked."""

    kind = forms.ChoiceField(label="Kind", choices=[("", "Choose one"), *PublicationKind.choices()])
    title = RawField(label="Title", help_text="The same for all versions, such as DGO I-12.")
    version = RawField(label="Version", help_text="Such as a number or a date. A version is published once.")
    in_force_on = DayField(label="In force from")
    note = RawField(
        label="Note", widget=forms.Textarea(attrs={"rows": 3}), help_text="What changed. It may stay empty."
    )
    file = forms.FileField(
        label="File", required=False, allow_empty_file=True, help_text="PDF, Markdown or plain text, at most 5 MB."
    )
    stored = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, by: Member):
        super().__init__(data, files)
        self.by = by
        self.kept: StoredFile | None = None

    def clean_title(self) -> str | None:
        return self.take("title", text, limit=200, one_line=True)

    def clean_version(self) -> str | None:
        return self.take("version", text, limit=40, one_line=True)

    def clean_note(self) -> str | None:
        return self.take("note", read_text, limit=2000)

    def clean(self) -> dict[str, Any]:
        """Keep the file where everything else is in order; a file that was kept before stays chosen."""
        sent, earlier = self.cleaned_data.get("file"), read_object_id(self.cleaned_data.get("stored", ""))
        if earlier and not sent:
            self.kept = StoredFile.objects.defer("content").filter(pk=earlier, by=self.by).first()
        if not sent and not self.kept:
            self.add_error("file", ValidationError("Choose the file.", code="file.missing"))
        elif sent and not self.errors:
            try:
                if sent.size > stored_files.MAX_BYTES:
                    raise BadInput("file.too_large", "The file is over 5 MB: send a smaller one.", "file")
                self.kept = stored_files.store(sent.name, sent.read(), by=self.by, kinds=stored_files.DOCUMENT)
            except BadInput as error:
                self.add_error("file", ValidationError(error.message, code=error.code))
        return self.cleaned_data


class EndDocument(PortalForm):
    """L.1: why a document holds no more."""

    reason = RawField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))

    def clean_reason(self) -> str | None:
        return self.take("reason", text, limit=1000)


class AddGap(PortalForm):
    """K.login: a known gap, its clause, and what is planned."""

    clause = forms.ChoiceField(label="Duty of the order")
    title = RawField(label="In a few words")
    gap = RawField(label="What is missing", widget=forms.Textarea(attrs={"rows": 4}))
    plan = RawField(
        label="What is planned", widget=forms.Textarea(attrs={"rows": 4}), help_text="It may stay empty for now."
    )
    due_on = DayField(label="Due on", required=False, help_text="From the day after, the gap is overdue.")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        listed = [(id_, f"{id_} · {duty.title}") for id_, duty in duties().items()]
        self.fields["clause"].choices = [("", "Choose one"), *listed]  # type: ignore[attr-defined]

    def clean_title(self) -> str | None:
        return self.take("title", text, limit=200, one_line=True)

    def clean_gap(self) -> str | None:
        return self.take("gap", text, limit=4000)

    def clean_plan(self) -> str | None:
        return self.take("plan", read_text, limit=4000)


class StepGap(PortalForm):
    """K.login: what was done about a gap, and whether it is closed."""

    note = RawField(label="What was done", widget=forms.Textarea(attrs={"rows": 4}))
    closed = forms.BooleanField(label="The gap is closed: nothing of it is left", required=False)

    def clean_note(self) -> str | None:
        return self.take("note", text, limit=2000)
