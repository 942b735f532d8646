"""What is typed about hot lists, their files and their templates; the readers and the rules judge it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from django import forms
from django.core.exceptions import ValidationError

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import Feed, ListFormat, ListKind
from training.member_forms import LINES, Act

from . import layouts, list_files
from .layouts import DATES, DELIMITERS, ENCODINGS, FIELDS, KEPT, LOOKED_AT, Layout, read_layout
from .list_files import Fault, Immigration, Row
from .models import HotList, ListTemplate
from .models.lists import PRIORITIES

UPLOAD_LIMIT = 25 << 20
SAMPLE_LIMIT = 1 << 20
EXAMPLES = 2
MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ":": "colon"}  # a delimiter in the name of a field
NAME = re.compile(r"[a-z][a-z0-9-]{1,58}[a-z0-9]")
WIDTH = re.compile(r"(\w+)\s+(\d{1,5})\s+(\d{1,5})", re.ASCII)
CODE = re.compile(r"(\w+)\s+(.+?)\s*=\s*(.*)", re.ASCII)


def read_name(value: str, *, field: str = "name") -> str:
    """The name of a list, which is also that of its drop folder. Raises list.name."""
    if not NAME.fullmatch(value):
        raise BadInput("list.name", "Name: give 3 to 60 small letters, digits and hyphens, a letter first.", field)
    return value


class EditList(Act):
    """C.2.A.1: one hot list; what it is and what feeds it is said once."""

    title = RawField(label="Title", help_text="As people see it on a hit.")
    name = RawField(label="Name", help_text="Small letters, digits and hyphens; its drop folder is called so.")
    kind = forms.ChoiceField(label="Kind", choices=ListKind.choices(), widget=forms.RadioSelect)
    feed = forms.ChoiceField(
        label="Fed by",
        choices=Feed.choices(),
        widget=forms.RadioSelect,
        help_text="SVS, NCIC and CA DOJ come as files; a BOLO list is fed by members; Amber and Silver by either.",
    )
    priority = forms.TypedChoiceField(label="Priority of its hits", choices=PRIORITIES, coerce=int, initial=2)
    description = RawField(label="Description", widget=LINES)
    is_active = forms.BooleanField(label="In use: reads are compared with it", required=False, initial=True)

    def __init__(self, *args: Any, hot_list: HotList | None, **kwargs: Any):
        if hot_list:
            kwargs["initial"] = {name: getattr(hot_list, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if hot_list:
            for name in ("name", "kind", "feed"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["title"] = self.text("title", limit=120, one_line=True)
        values["description"] = self.text("description", limit=2000, needed=False)
        if "name" in self.fields:
            values["name"] = self.take("name", read_name)
        return values


class DeliverFile(PortalForm):
    """C.2.B.1: a list's file, as its source gave it."""

    file = forms.FileField(
        label="File",
        required=False,
        allow_empty_file=True,
        max_length=200,
        help_text="Up to 25 MB. Larger ones come by the drop folder or by manage.py import_hotlist.",
    )

    def __init__(self, *args: Any, is_long: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.is_long = is_long

    def clean(self) -> dict[str, Any]:
        file = self.cleaned_data.get("file")
        if self.is_long or (file and file.size > UPLOAD_LIMIT):
            says = "File: it is over 25 MB. Put it into the drop folder of this list."
            self.add_error("file", ValidationError(says, code="hotlist.too_large"))
        elif file is None and "file" not in self.errors:
            self.add_error("file", ValidationError("File: choose one.", code="file.missing"))
        return self.cleaned_data


class GiveListSample(PortalForm):
    """C.2.B.1: the beginning of a file as the source sends it; only its first rows go on, inside the next form."""

    file = forms.FileField(
        label="Sample file",
        required=False,
        allow_empty_file=True,
        max_length=200,
        help_text=f"Up to 1 MB, as the source sends it. Its first {LOOKED_AT} rows are looked at, none is kept.",
    )

    def __init__(self, *args: Any, is_long: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.is_long, self.encoding = is_long, "utf-8"

    def clean(self) -> dict[str, Any]:
        file = self.cleaned_data.get("file")
        if self.is_long or (file and file.size > SAMPLE_LIMIT):
            self.refuse("sample.too_large", "Sample file: it is over 1 MB. Give the first part of it.")
        elif file is None:
            self.refuse("sample.missing", "Sample file: choose one.")
        else:
            self.cleaned_data["sample"] = self.beginning(file.read())
        return self.cleaned_data

    def beginning(self, body: bytes) -> str:
        """The first lines that are whole, as text."""
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            text, self.encoding = body.decode("cp1252", "replace"), "cp1252"
        if list_files.CONTROL.search(text.replace("\r", "")):
            self.refuse("hotlist.encoding", "Sample file: it is no text. Give the file as the source sends it.")
        kept = [line for line in text.splitlines() if line.strip()][: LOOKED_AT + 1]
        if not kept:
            self.refuse("hotlist.empty", "Sample file: it is empty.")
        if max(map(len, kept), default=0) > KEPT // LOOKED_AT:
            self.refuse("hotlist.row_too_long", "Sample file: its rows are too long for a list.")
        return "\n".join([*kept, ""])

    def refuse(self, code: str, message: str) -> None:
        self.add_error("file", ValidationError(message, code=code))


class Shown(NamedTuple):
    """A row of the sample as a page shows it: a row, or what stands against it."""

    line: int
    row: Row | None
    fault: str = ""
    is_immigration: bool = False


class ProposeTemplate(Act):
    """C.2.B.1: what each column means, tried on a sample before it is proposed. Once valid, ``layout`` and ``tried``."""

    sample = RawField(widget=forms.HiddenInput)
    format = forms.ChoiceField(label="Rows are", choices=ListFormat.choices())
    delimiter = forms.ChoiceField(
        label="Between the cells stands", choices=[(MARKS[d], n) for d, n in DELIMITERS.items()]
    )
    header = forms.BooleanField(label="The first row names the columns", required=False)
    widths = RawField(
        label="Columns of fixed width",
        widget=LINES,
        help_text="For fixed width only. On each line: field, first character (from 1), width, such as: plate 1 8. Fields: "
        + ", ".join(FIELDS),
    )
    encoding = forms.ChoiceField(label="Written in", choices=list(ENCODINGS.items()))
    dates = forms.ChoiceField(label="Days are written", choices=list(DATES.items()))
    default_state = RawField(label="State of rows that say none", help_text="Two letters, or nothing.")
    codes = RawField(
        label="Codes of the source",
        widget=LINES,
        help_text="On each line: field, code = what it means, such as: state 06 = CA or list S = svs.",
    )
    immigration = RawField(
        label="Codes and words for immigration",
        widget=LINES,
        help_text="One on each line: source files, message keys or words of the source whose rows are refused and counted. "
        "The portal’s own words always count.",
    )
    open_end = forms.BooleanField(label="The last line may lack its line end", required=False)
    note = RawField(label="Note", help_text="For whoever approves it.")

    def __init__(self, data: Mapping[str, Any], *, kind: str):
        self.kind, self.tried = kind, list[Shown]()
        self.layout: Layout | None = None
        sample = str(data.get("sample", ""))[: 2 * KEPT]
        self.mark = next((d for d, mark in MARKS.items() if mark == data.get("delimiter")), ",")
        self.lines = [layouts.cut(line, self.mark) for line in sample.splitlines()[: EXAMPLES + 1]] or [[""]]
        has_header = bool(data.get("header"))
        prefix = f"column_{MARKS[self.mark]}_{'named' if has_header else 'numbered'}_"
        self.columns = [f"{prefix}{number}" for number in range(min(len(self.lines[0]), layouts.MOST_COLUMNS))]
        is_fixed = data.get("format") == ListFormat.FIXED
        self.is_cut_anew = not is_fixed and not any(name in data for name in self.columns)
        if self.is_cut_anew:
            guessed = layouts.guess(sample, self.mark, has_header)["columns"]
            fields = {name: one["field"] for name, one in zip(self.columns, guessed, strict=False)}
            data = {**fields, **{name: data[name] for name in data}}
        super().__init__(data)
        choices = [(name, says) for name, says in FIELDS.items() if name != layouts.IGNORE]
        for number, name in enumerate([] if is_fixed else self.columns):
            label = (self.lines[0][number].strip() if has_header else "") or f"Column {number + 1}"
            select = forms.Select(attrs={"class": "form-select"})
            self.fields[name] = forms.ChoiceField(
                label=label, choices=[(layouts.IGNORE, "Not used"), *choices], required=False, widget=select
            )
        self.has_columns = not is_fixed

    def bound_columns(self) -> list[tuple[Any, list[str]]]:
        """The choice of each column beside its first cells."""
        rows = self.lines[1:] if self.data.get("header") else self.lines[:EXAMPLES]
        names = self.columns if self.has_columns else []
        return [(self[name], [row[at] for row in rows if at < len(row)]) for at, name in enumerate(names)]

    def readable(self) -> int:
        """How many rows of the sample can be used."""
        return sum(one.row is not None for one in self.tried)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        values["note"] = self.text("note", limit=1000, needed=False)
        if not self.errors:
            try:
                self.layout = read_layout(self.said(values))
                self.tried = list(self.attempt(values["sample"], self.layout))
            except BadInput as error:
                self.refuse(error)
        return values

    def said(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The layout in the form that ``read_layout`` takes."""
        names = self.lines[0]
        columns = [
            {"field": values[name] or layouts.IGNORE, "name": names[at].strip()}
            for at, name in enumerate(self.columns if self.has_columns else [])
        ]
        said = {name: values[name] for name in ("format", "encoding", "header", "dates", "default_state", "open_end")}
        return {
            **said,
            "delimiter": self.mark,
            "columns": columns if self.has_columns else read_widths(values["widths"]),
            "codes": read_codes(values["codes"]),
            "immigration": [line.strip() for line in str(values["immigration"]).splitlines() if line.strip()],
        }

    def attempt(self, sample: str, layout: Layout) -> list[Shown]:
        """The sample, read so."""
        body = io.BytesIO("".join(f"{line}\n" for line in sample.splitlines()).encode("utf-8", "replace"))
        plain = msgspec.structs.replace(layout, encoding="utf-8")
        found = list_files.first(list_files.rows(body, plain, kind=self.kind), LOOKED_AT)
        return [
            Shown(line, one if isinstance(one, Row) else None, one.message if isinstance(one, Fault) else "",
                  isinstance(one, Immigration))
            for line, one in found
        ]  # fmt: skip

    def refuse(self, error: BadInput) -> None:
        """Put what is wrong at the field that it names, else at the columns."""
        columns = self.columns[0] if self.has_columns else "widths"
        place = error.field if error.field in self.fields else columns
        self.add_error(place, ValidationError(error.message, code=error.code))


def read_widths(text: object) -> list[dict[str, Any]]:
    """The columns of a fixed width, one on each line. Raises layout.width."""
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    found = [WIDTH.fullmatch(line) for line in lines]
    if not found or not all(found):
        says = "Columns of fixed width: write on each line the field, its first character and its width."
        raise BadInput("layout.width", says, "widths")
    return [{"field": one[1], "start": int(one[2]), "width": int(one[3])} for one in found if one]


def read_codes(text: object) -> dict[str, dict[str, str]]:
    """The code maps, one code on each line. Raises layout.codes."""
    found: dict[str, dict[str, str]] = {}
    for line in str(text).splitlines():
        if not line.strip():
            continue
        match = CODE.fullmatch(line.strip())
        if not match:
            raise BadInput(
                "layout.codes", "Codes: write on each line the field, the code, = and what it means.", "codes"
            )
        found.setdefault(match[1], {})[match[2]] = match[3]
    return found


def filled(sample: str, encoding: str, last: ListTemplate | None) -> dict[str, Any]:
    """What a person would have sent for a sample: by the last template where it fits, else by a guess."""
    draft: dict[str, Any] = {"codes": {}, "immigration": [], **layouts.guess(sample), "encoding": encoding}
    if last:
        kept = last.layout
        names = layouts.cut(sample.splitlines()[0], kept.get("delimiter", ","))
        if kept["format"] == ListFormat.FIXED or (
            [name.strip() for name in names] == [column.get("name") for column in kept["columns"]]
        ):
            draft = kept
    data = {name: draft.get(name, "") for name in ("format", "encoding", "dates", "default_state")}
    data |= {name: "on" for name in ("header", "open_end") if draft.get(name)}
    kind = "named" if draft.get("header") else "numbered"
    mark = MARKS[draft.get("delimiter", ",")]
    columns = draft["columns"]
    if draft["format"] == ListFormat.FIXED:
        data["widths"] = "\n".join(f"{one['field']} {one['start']} {one['width']}" for one in columns)
    else:
        data |= {f"column_{mark}_{kind}_{at}": one["field"] for at, one in enumerate(columns)}
    codes = [f"{field} {code} = {means}" for field, all_ in draft["codes"].items() for code, means in all_.items()]
    data |= {"codes": "\n".join(codes), "immigration": "\n".join(draft["immigration"])}
    return {**data, "dates": data["dates"] or "year_first", "delimiter": mark, "sample": sample}


class DecideTemplate(Act):
    """C.2.A.1: the Administrator's word on a template."""

    decision = forms.ChoiceField(
        label="Decision", choices=[("yes", "Approve it"), ("no", "Do not approve it")], widget=forms.RadioSelect
    )
    reason = RawField(label="Reason", widget=LINES, help_text="It stays on record with your name.")

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["reason"] = self.text("reason")
        return self.cleaned_data


class DecideRefresh(DecideTemplate):
    """C.2.B.1: a second person's word on a held file."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("yes", "Let it replace the list"), ("no", "Leave it out, the old list stays")],
        widget=forms.RadioSelect,
    )
