"""What the columns of a list's files mean: kept as a template, judged before it is kept, guessed from a sample (C.2.B.1)."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import ListFormat, ListKind
from reads.plates import read_state

IGNORE = "ignore"
FIELDS = {
    "plate": "Plate",
    "state": "State",
    "list": "Which list: the source’s code",
    "reason": "Reason",
    "source": "Source file or message key",
    "entered_on": "Entered on",
    "effective_on": "Counts from",
    "expires_on": "Counts until",
    "make": "Make",
    "model": "Model",
    "colour": "Color",
    "year": "Year",
    "case_number": "Case number",
    IGNORE: "Not used",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar", ":": "Colon"}
ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows (1252)", "latin-1": "ISO 8859-1"}
DATES = {
    "year_first": "Year first: 2026-06-15",
    "month_first": "Month first: 06/15/2026",
    "day_first": "Day first: 15/06/2026",
    "compact": "Without marks: 20260615",
    "compact_month_first": "Without marks, month first: 06152026",
}
# A row that says one of these is about immigration, whatever its list's template adds (C.2.A.1).
IMMIGRATION = (
    *("immigration violator", "administrative warrant of removal", "administrative removal", "deported felon"),
    *("previously deported", "immigration", "removal order", "warrant of removal", "warrant of deportation"),
)
KEYS = {
    *("format", "delimiter", "encoding", "header", "columns", "codes", "dates", "default_state", "immigration"),
    "open_end",
}
MOST_COLUMNS, NAME_LIMIT, CODE_LIMIT, MOST_CODES, MOST_WORDS, WIDEST = 200, 100, 60, 500, 100, 10_000
LOOKED_AT = 20  # rows of a sample
KEPT = 262_144  # characters of a sample

# What files call our fields: small letters and digits only. The first that is there is taken.
NAMES = {
    "plate": "plate plateno platenumber licenseplate licenceplate lpn lic licno tag vrm registration",
    "state": "state platestate lis licstate licensestate issuingstate st",
    "list": "list listname hotlist category pncid",
    "reason": "reason alert alertreason description offense offence information note",
    "source": "source sourcefile messagekey mke file",
    "entered_on": "entered enteredon entrydate dateentered doe",
    "effective_on": "effective effectivedate startdate validfrom from",
    "expires_on": "expires expiry expirydate expirationdate enddate validuntil",
    "make": "make vma vehiclemake",
    "model": "model vmo vehiclemodel",
    "colour": "color colour vco vehiclecolor",
    "year": "year vyr vehicleyear modelyear",
    "case_number": "case caseno casenumber oca fcn",
}


class Column(msgspec.Struct, frozen=True):
    """One column: our field, its header where the file has one, and where it stands in a file of fixed width (from 1)."""

    field: str
    name: str = ""
    start: int = 0
    width: int = 0


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What the columns of a list's files mean, in the order of the file.

    ``codes``: field → code of the source → our word. ``immigration``: codes and words of the source whose rows are
    refused and counted, beside ``IMMIGRATION``. ``open_end``: the last line may lack its line end.
    """

    format: str = ListFormat.DELIMITED.value
    delimiter: str = ","
    encoding: str = "utf-8"
    header: bool = True
    columns: tuple[Column, ...]
    codes: dict[str, dict[str, str]] = {}
    dates: str = "year_first"
    default_state: str = ""
    immigration: tuple[str, ...] = ()
    open_end: bool = False

    @property
    def fields(self) -> set[str]:
        """The fields that a column brings."""
        return {column.field for column in self.columns} - {IGNORE}

    @property
    def width(self) -> int:
        """How long a line of fixed width may be."""
        return max(column.start + column.width - 1 for column in self.columns)

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the template."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        names = ("field", "start", "width") if self.format == ListFormat.FIXED else ("field", "name")
        kept["columns"] = [{name: column[name] for name in names if column[name]} for column in kept["columns"]]
        return {**kept, "immigration": list(kept["immigration"])}


@clause("C.2.A.1", "C.2.B.1")
def read_layout(value: object) -> Layout:
    """The layout that a template keeps, once it makes sense.

    Raises layout.shape, layout.unknown, layout.choice, layout.columns, layout.twice, layout.plate, layout.header,
    layout.width, layout.codes, layout.state, layout.immigration; the field is the one to mend.
    """
    if not isinstance(value, dict) or not isinstance(value.get("columns"), (list, tuple)):
        raise BadInput("layout.shape", "Columns: give them as a list, in the order of the file.", "columns")
    if value.keys() - KEYS:
        raise BadInput("layout.unknown", f"Template: there may only be {', '.join(sorted(KEYS))}.", "columns")
    fixed = _chosen(value.get("format", ListFormat.DELIMITED.value), dict(ListFormat.choices()), "format")
    is_fixed = fixed == ListFormat.FIXED
    header = not is_fixed and _flag(value.get("header", True), "header")
    found = Layout(
        format=fixed,
        delimiter=_chosen(value.get("delimiter", ","), DELIMITERS, "delimiter"),
        encoding=_chosen(value.get("encoding", "utf-8"), ENCODINGS, "encoding"),
        header=header,
        columns=_columns(value["columns"], fixed=is_fixed, header=header),
        codes=_codes(value.get("codes", {})),
        dates=_chosen(value.get("dates", "year_first"), DATES, "dates"),
        default_state=_state(value.get("default_state", "")),
        immigration=_words(value.get("immigration", ())),
        open_end=_flag(value.get("open_end", False), "open_end"),
    )
    if strange := found.codes.keys() - found.fields:
        field = sorted(strange)[0]
        raise BadInput("layout.codes", f"Codes: no column is {FIELDS[field]}. Leave its codes out.", "codes")
    return found


def _columns(given: Sequence[Any], *, fixed: bool, header: bool) -> tuple[Column, ...]:
    columns, ends = [], 0
    if not 1 <= len(given) <= MOST_COLUMNS:
        raise BadInput("layout.columns", f"Columns: give 1 to {MOST_COLUMNS} of them.", "columns")
    for each in given:
        if not isinstance(each, Mapping) or each.get("field") not in FIELDS:
            raise BadInput("layout.columns", "Columns: each must be one of our fields, or not used.", "columns")
        name = read_text(each.get("name", ""), field="columns", limit=NAME_LIMIT, one_line=True)
        column = Column(each["field"], name if header else "")
        if fixed:
            column = Column(each["field"], "", _number(each.get("start")), _number(each.get("width")))
            if column.start <= ends:
                raise BadInput(
                    "layout.width", "Columns: two stand on the same characters. Go from left to right.", "columns"
                )
            ends = column.start + column.width - 1
        columns.append(column)
    fields = [column.field for column in columns if column.field != IGNORE]
    if twice := next((field for field in fields if fields.count(field) > 1), None):
        raise BadInput("layout.twice", f"{FIELDS[twice]}: two columns are it. Choose one.", "columns")
    if "plate" not in fields:
        raise BadInput("layout.plate", "Plate: say which column holds it.", "columns")
    names = [column.name for column in columns]
    if header and (not all(names) or len(set(names)) < len(names)):
        raise BadInput("layout.header", "Columns: each needs a header of its own.", "columns")
    return tuple(columns)


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= WIDEST:
        raise BadInput("layout.width", "Columns: give the first character (from 1) and the width of each.", "columns")
    return value


def _chosen(value: object, choices: Mapping[str, str], field: str) -> str:
    if not isinstance(value, str) or value not in choices:
        raise BadInput("layout.choice", f"{field.capitalize()}: choose one of those offered.", field)
    return value


def _flag(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise BadInput("layout.choice", f"{field.capitalize()}: say yes or no.", field)
    return value


def _state(value: object) -> str:
    found = read_state(value)
    if value and not found:
        raise BadInput(
            "layout.state", "State of rows that say none: give two letters, such as CA, or nothing.", "default_state"
        )
    return found


def _codes(value: object) -> dict[str, dict[str, str]]:
    """Code maps, each code as it stands in the file. What a list code means must be one of the lists of the order."""
    wrong = BadInput("layout.codes", "Codes: give field, code of the source and what it means.", "codes")
    if not isinstance(value, Mapping) or not all(isinstance(codes, Mapping) for codes in value.values()):
        raise wrong
    found: dict[str, dict[str, str]] = {}
    for field, codes in value.items():
        if field not in FIELDS or field in {IGNORE, "plate"} or len(codes) > MOST_CODES:
            raise wrong
        for code, means in codes.items():
            said = [read_text(each, field="codes", limit=CODE_LIMIT, one_line=True) for each in (code, means)]
            if not said[0]:
                raise wrong
            if field == "list" and said[1] not in set(ListKind):
                kinds = ", ".join(kind.value for kind in ListKind)
                raise BadInput("layout.codes", f"Codes: a list is one of {kinds}.", "codes")
            if field == "state" and said[1] and not read_state(said[1]):
                raise BadInput("layout.codes", "Codes: a state means two letters, such as CA.", "codes")
            found.setdefault(field, {})[said[0]] = said[1]
    return found


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or len(value) > MOST_WORDS:
        raise BadInput("layout.immigration", f"Immigration: give up to {MOST_WORDS} codes or words.", "immigration")
    found = [read_text(each, field="immigration", limit=CODE_LIMIT, one_line=True) for each in value]
    return tuple(dict.fromkeys(each for each in found if each))


def guess(sample: str, mark: str = "", has_header: bool | None = None) -> dict[str, Any]:
    """A draft of the layout of a delimited sample: its delimiter, whether it has a header, and what that names."""
    first = next((line for line in sample.splitlines() if line.strip()), "")
    delimiter = mark or max(DELIMITERS, key=lambda mark: (first.count(mark), mark == ","))
    cells = cut(first, delimiter)
    fields = [_named(cell) for cell in cells]
    header = "plate" in fields or sum(field != IGNORE for field in fields) > 1 if has_header is None else has_header
    if not header:
        fields = ["plate" if number == 0 else IGNORE for number in range(len(cells))]
    taken: set[str] = set()
    columns = []
    for field, cell in zip(fields, cells, strict=True):
        once = IGNORE if field in taken else field
        taken.add(field)
        columns.append({"field": once, **({"name": cell.strip()} if header else {})})
    return {"format": "delimited", "delimiter": delimiter, "encoding": "utf-8", "header": header, "columns": columns}


def cut(line: str, delimiter: str) -> list[str]:
    """The cells of one line; as one cell where its quotes are broken."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return [line]


def _named(header: str) -> str:
    plain = re.sub(r"[^a-z0-9]", "", header.lower())
    return next((field for field, names in NAMES.items() if plain in names.split()), IGNORE)


def words(layout: Layout) -> list[dict[str, str]]:
    """A layout as people read it: [{"label", "value"}]."""
    fixed = layout.format == ListFormat.FIXED
    kind = "Fixed width" if fixed else f"Delimited by {DELIMITERS[layout.delimiter].lower()}"
    header = "" if fixed else ", with a header" if layout.header else ", without a header"
    codes = [
        f"{FIELDS[field]} {code} → {means}" for field, all_ in layout.codes.items() for code, means in all_.items()
    ]
    return [
        {"label": "File", "value": f"{kind}{header}, {ENCODINGS[layout.encoding]}"},
        {
            "label": "Columns",
            "value": "; ".join(_said(column, number) for number, column in enumerate(layout.columns, 1)),
        },
        {"label": "Codes", "value": "; ".join(codes) or "None"},
        {"label": "Dates", "value": DATES[layout.dates]},
        {"label": "State of rows that say none", "value": layout.default_state or "None"},
        {
            "label": "Refused as immigration, besides the portal’s own words",
            "value": ", ".join(layout.immigration) or "None",
        },
        {"label": "Last line", "value": "May lack its line end" if layout.open_end else "Ends with a line end"},
    ]


def _said(column: Column, number: int) -> str:
    where = f"{column.start}–{column.start + column.width - 1}" if column.width else column.name or f"column {number}"
    return f"{where}: {FIELDS[column.field]}"
