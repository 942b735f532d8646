"""The forms in which the Coordinator says what the columns of a source's files mean: a sample, then its columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.refusal import BadInput

from .adapters.base import NormalRead
from .adapters.columns import (
    CERTAIN,
    DELIMITERS,
    FIELDS,
    KEPT,
    LOOKED_AT,
    Columns,
    beginning,
    guess,
    read_columns,
    sample_rows,
)
from .adapters.generic_csv import Tried, try_sample
from .adapters.times import FORMS, ZONES
from .samples import LIMITS

SAMPLE_LIMIT = 1 << 20  # bytes
EXAMPLES = 2  # cells shown beside the name of a column
MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}  # a delimiter in the name of a field


class GiveSample(PortalForm):
    """F.2: a file as the source sends it. Only its first rows go on, inside the next form."""

    file = forms.FileField(
        label="Sample file",
        required=False,
        allow_empty_file=True,
        max_length=200,
        help_text=f"A CSV of up to 1 MB, as this source sends it. Its first {LOOKED_AT} rows are looked at, none is kept.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )

    def __init__(self, *args: Any, is_long: bool = False, **kwargs: Any):
        """``is_long``: what came was so long that it was not even taken in."""
        super().__init__(*args, **kwargs)
        self.is_long = is_long

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        file = values.get("file")
        if self.is_long or (file and file.size > SAMPLE_LIMIT):
            self.refuse("sample.too_large", "Sample file: it is over 1 MB. Give the first part of it.")
        elif file is None:
            self.refuse("sample.missing", "Sample file: choose one.")
        else:
            try:
                values["sample"] = beginning(file.read())
                guess(values["sample"].encode())
            except BadInput as error:
                self.refuse(error.code, f"Sample file: {error.message}")
        return values

    def refuse(self, code: str, message: str) -> None:
        self.add_error("file", ValidationError(message, code=code))


class Column(NamedTuple):
    """A column of the sample: the name of its field in the form, its header and its first cells."""

    name: str
    header: str
    cells: list[str]


def columns_of(sample: bytes, delimiter: str) -> list[Column]:
    """The columns that have a header. Raises csv.* as ``sample_rows``."""
    headers, rows = sample_rows(sample, delimiter, most=EXAMPLES)
    return [
        Column(f"column_{MARKS[delimiter]}_{at}", header, [row[at] for row in rows])
        for at, header in enumerate(headers)
        if header
    ]


def filled(sample: str, draft: Mapping[str, Any]) -> dict[str, Any]:
    """What a person would have sent for a draft of the columns, in the form that ``read_columns`` takes."""
    columns = columns_of(sample.encode(), draft["delimiter"])
    return {
        **{column.name: draft["columns"].get(column.header, "") for column in columns},
        **{name: draft[name] for name in ("camera", "time_format", "zone", "confidence")},
        "delimiter": MARKS[draft["delimiter"]],
        "sample": sample,
    }


def first_draft(sample: str, saved: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept with the source, where the sample has its headers; else a guess."""
    body = sample.encode()
    if saved and set(saved["columns"]) <= set(sample_rows(body, saved["delimiter"])[0]):
        return dict(saved)
    return guess(body)


class EditColumns(PortalForm):
    """F.2: what each column means, how times and numbers are written; tried on the sample before it is kept.

    Once valid, ``columns`` is what was said and ``tried`` the sample's rows read so. A sample that is no table leaves
    the form without columns and with its error.
    """

    sample = RawField(widget=forms.HiddenInput)
    delimiter = forms.ChoiceField(
        label="Between the cells stands", choices=[(MARKS[delimiter], name) for delimiter, name in DELIMITERS.items()]
    )
    time_format = forms.ChoiceField(label="Times are written", choices=list(FORMS.items()))
    zone = forms.ChoiceField(
        label="On which clock",
        choices=list(ZONES.items()),
        help_text="For times that do not say their own offset. In the hour that comes twice in fall they are refused.",
    )
    confidence = forms.ChoiceField(label="Confidence runs from", choices=list(CERTAIN.items()))
    camera = RawField(
        label="One camera for the whole file", help_text="Its code in the inventory, where no column says the camera."
    )

    def __init__(self, data: Mapping[str, Any], *, now: datetime):
        self.now, self.tried = now, list[Tried]()
        self.columns: Columns | None = None
        self.found: list[Column] = []
        self.trouble: BadInput | None = None
        self.is_cut_anew = False
        sample = str(data.get("sample", ""))
        try:
            if len(sample) > 2 * KEPT:  # browsers make two characters of a line end
                raise BadInput("sample.too_large", "Sample file: it is too long. Give the first part of it.")
            self.cut_by = next((d for d, mark in MARKS.items() if mark == data.get("delimiter")), ",")
            self.found = columns_of(sample.encode("utf-8", "replace"), self.cut_by)
            if not any(column.name in data for column in self.found):  # another delimiter makes other columns
                self.is_cut_anew, kept = True, {name: data[name] for name in data}
                data = {**filled(sample, guess(sample.encode("utf-8", "replace"), self.cut_by)), **kept}
        except BadInput as error:
            self.found, self.trouble = [], error
        super().__init__(data)
        if self.trouble:
            self.fields = {}
        for column in self.found:
            self.fields[column.name] = forms.ChoiceField(
                label=column.header,
                choices=[("", "Not used"), *FIELDS.items()],
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
            )

    def bound_columns(self) -> list[tuple[Any, list[str]]]:
        """The choice of each column beside its first cells."""
        return [(self[column.name], column.cells) for column in self.found]

    def reads(self) -> int:
        """How many rows of the sample can be read."""
        return sum(isinstance(one.item, NormalRead) for one in self.tried)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if self.trouble:
            self.refuse(self.trouble)
        elif not self.errors:
            try:
                self.columns = read_columns(self.said(values))
                self.tried = list(
                    try_sample(values["sample"].encode(), self.columns, now=self.now, limits=LIMITS, most=LOOKED_AT)
                )
            except BadInput as error:
                self.refuse(error)
        return values

    def said(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The columns in the form that ``read_columns`` takes."""
        return {
            "delimiter": self.cut_by,
            "columns": {column.header: values[column.name] for column in self.found if values[column.name]},
            "camera": values["camera"],
            "time_format": values["time_format"],
            "zone": values["zone"],
            "confidence": int(values["confidence"]),
        }

    def refuse(self, error: BadInput) -> None:
        """Put what is wrong at the field that it names, else at the first column."""
        first = self.found[0].name if self.found else None
        place = error.field if error.field in self.fields else first
        self.add_error(place, ValidationError(error.message, code=error.code))


def no_read() -> BadInput:
    """Columns are kept only once they read something."""
    return BadInput(
        "sample.no_read", "Columns: no row of the sample can be read so. Mend what is said at the rows, then try again."
    )
