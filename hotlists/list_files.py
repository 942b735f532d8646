"""A list's file, read line by line by its layout: a row to watch for, a fault, or one that is refused and counted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, BinaryIO, NamedTuple

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.screening import screen
from alpr_portal.policy.vocabulary import ListFormat, ListKind, ScreenCategory
from reads.plates import fold, read_plate, read_state

from .layouts import FIELDS, IMMIGRATION, Layout
from .list_rules import is_placeholder

MAX_BYTES = 1 << 30
ROW_LIMIT = 65_536  # characters of a line
FIRST_LINE_WITHIN = 2 << 20  # bytes in which the first line ends
TEXT_LIMIT = 500
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
DETAILS = ("reason", "source", "make", "model", "colour", "year", "case_number")
DAYS = {
    "year_first": re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[T ][\d:.]*Z?)?", re.ASCII),
    "month_first": re.compile(r"(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})[-/.](?P<y>\d{4})(?: [\d:. APMapm]*)?", re.ASCII),
    "day_first": re.compile(r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})(?: [\d:. APMapm]*)?", re.ASCII),
    "compact": re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)", re.ASCII),
    "compact_month_first": re.compile(r"(?P<m>\d\d)(?P<d>\d\d)(?P<y>\d{4})", re.ASCII),
}
# A word that may be about immigration: only then the screen, which is slow, reads the row.
SUSPICIOUS = re.compile(r"immigra|deport|remov|alien|undocument|detainer|illegal|\bice\b|\b(?:dhs|hsi|cbp|ero|uscis)\b")

SAYS = {
    "hotlist.empty": "The file is empty. The old list stays.",
    "hotlist.too_large": "The file is over 1 GB, or has no line end in its first 2 MB. It is no list.",
    "hotlist.encoding": "is not written as the template says, or is no text. Ask the source for the file anew, or propose "
    "a template with another encoding.",
    "hotlist.columns": "does not have exactly the columns of the template, in its order. Where the source changed its file, "
    "propose a new template.",
    "hotlist.truncated": "the file breaks off, or a quote is never closed. Ask the source for a complete file.",
    "hotlist.row_too_long": f"it has over {ROW_LIMIT:,} characters.",
    "hotlist.row_shape": "it does not have as many cells as the template has columns.",
    "hotlist.list_not_allowed": "it is of another list than the one that this file is for.",
}


class Row(NamedTuple):
    """One plate of a list, as it will be watched for."""

    plate: str
    plate_fold: str
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    detail: dict[str, str]

    @property
    def placeholder(self) -> bool:
        """Whether a word such as UNKNOWN stands where the plate should."""
        return is_placeholder(self.plate)


class Fault(NamedTuple):
    """A row that cannot be taken: its line, a stable code, and a message without any plate."""

    line: int
    code: str
    message: str


class Immigration(NamedTuple):
    """A row about immigration: refused and counted, and nothing of it kept (C.2.A.1)."""

    line: int


Found = Row | Fault | Immigration


def fault(code: str, line: int | None = None) -> BadInput:
    """The refusal of a whole file, naming the line where it is known."""
    says = SAYS[code]
    return BadInput(code, says if says.startswith("The ") else f"Line {line or 1}: {says}", "file")


@clause("C.2.B.1", "C.2.A.1")
def rows(file: BinaryIO, layout: Layout, *, kind: str) -> Iterator[tuple[int, Found]]:
    """Every row of a file with its line, from where it stands; memory stays flat. ``kind``: that of the list.

    Raises BadInput where the file as a whole cannot be read: hotlist.empty, hotlist.too_large, hotlist.encoding,
    hotlist.columns, hotlist.truncated, hotlist.row_too_long.
    """
    head = file.read(FIRST_LINE_WITHIN)
    if not head:
        raise fault("hotlist.empty")
    if len(head) == FIRST_LINE_WITHIN and b"\n" not in head and b"\r" not in head:
        raise fault("hotlist.too_large")
    file.seek(-len(head), io.SEEK_CUR)
    found, take = _lines(file, layout), taker(layout, kind)
    if layout.header:
        _check_header(next(found, (1, "", True)), layout)
    cut = _fixed(found, layout) if layout.format == ListFormat.FIXED else _delimited(found, layout)
    for line, cells in cut:
        if cells is None:
            yield line, Fault(line, "hotlist.row_shape", f"Line {line}: {SAYS['hotlist.row_shape']}")
        else:
            yield line, take(line, cells)


def _lines(file: BinaryIO, layout: Layout) -> Iterator[tuple[int, str, bool]]:
    """The lines that are not blank: number, text, and whether it has its line end. Raises encoding, row_too_long."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig" if layout.encoding == "utf-8" else layout.encoding, newline=None)
    number = 0
    try:
        for line in iter(lambda: text.readline(ROW_LIMIT + 1), ""):
            number += 1
            ended = line[-1] == "\n"
            said = line[:-1] if ended else line
            if len(said) > ROW_LIMIT:
                raise fault("hotlist.row_too_long", number)
            if not said.isprintable() and CONTROL.search(said):
                raise fault("hotlist.encoding", number)
            if said and not said.isspace():
                yield number, said, ended
    except UnicodeDecodeError:
        raise fault("hotlist.encoding", number + 1) from None
    finally:
        if not text.closed:
            text.detach()


def _check_header(first: tuple[int, str, bool], layout: Layout) -> None:
    """By name and order, never by position alone."""
    number, said, ended = first
    try:
        names = next(csv.reader([said], delimiter=layout.delimiter, strict=True), [])
    except csv.Error:
        raise fault("hotlist.columns", number) from None
    if [name.strip() for name in names] != [column.name for column in layout.columns]:
        raise fault("hotlist.columns", number)
    if not ended and not layout.open_end:
        raise fault("hotlist.truncated", number)


def _fixed(found: Iterator[tuple[int, str, bool]], layout: Layout) -> Iterator[tuple[int, list[str] | None]]:
    """Cells of a fixed width; a line may lack blanks at its end, and may not go on beyond the last column."""
    places = [slice(column.start - 1, column.start + column.width - 1) for column in layout.columns]
    for number, said, ended in found:
        if not ended and not layout.open_end:
            raise fault("hotlist.truncated", number)
        yield number, [said[place] for place in places] if len(said.rstrip(" ")) <= layout.width else None


def _delimited(found: Iterator[tuple[int, str, bool]], layout: Layout) -> Iterator[tuple[int, list[str] | None]]:
    """Cells between delimiters. A row ends with its line: a quote that is never closed swallows nothing."""
    wanted, at, is_whole = len(layout.columns), 0, True

    def lines() -> Iterator[str]:
        nonlocal at, is_whole
        for number, said, ended in found:
            if not is_whole or (not ended and not layout.open_end):
                raise fault("hotlist.truncated", number if is_whole else at)
            at, is_whole = number, False
            yield said
        if not is_whole:
            raise fault("hotlist.truncated", at)

    reader = csv.reader(lines(), delimiter=layout.delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            is_whole = True
            yield at, None
            continue
        is_whole = True
        yield at, cells if len(cells) == wanted else None


def taker(layout: Layout, kind: str) -> Callable[[int, list[str]], Found]:
    """What makes a row of cells."""
    places = [(number, column.field) for number, column in enumerate(layout.columns) if column.field != "ignore"]
    codes = {field: {code.casefold(): means for code, means in all_.items()} for field, all_ in layout.codes.items()}
    details = [field for field in DETAILS if field in layout.fields]
    watched = immigration(layout)

    def take(line: int, cells: list[str]) -> Found:
        said: dict[str, str] = {}
        for number, field in places:
            cell = cells[number].strip()
            said[field] = codes[field].get(cell.casefold(), cell) if field in codes else cell
        listed = kind_of(said["list"]) if "list" in said else kind
        if not listed:
            return Fault(line, "hotlist.list_not_allowed", f"Line {line}: {SAYS['hotlist.list_not_allowed']}")
        raw = " | ".join(cells[number] for number, field in places if field in {"source", "reason", "list"})
        if watched(" ".join(raw.casefold().split())):
            return Immigration(line)
        if listed != kind:
            return Fault(line, "hotlist.list_not_allowed", f"Line {line}: {SAYS['hotlist.list_not_allowed']}")
        try:
            return _row(said, details, layout)
        except BadInput as error:
            return Fault(line, error.code, f"Line {line}: {error.message}")

    return take


def _row(said: dict[str, str], details: list[str], layout: Layout) -> Row:
    plate = read_plate(said["plate"])
    state = layout.default_state
    if given := said.get("state"):
        state = read_state(given)
        if not state:
            raise BadInput("state.unknown", "State: it is none of the states, provinces and territories.", "state")
    starts = _day(said.get("effective_on", ""), layout.dates, "effective_on", 0)
    ends = _day(said.get("expires_on", ""), layout.dates, "expires_on", 1)
    if starts and ends and starts >= ends:
        raise BadInput("date.order", "Counts until: it lies before the day from which the row counts.", "expires_on")
    detail = {field: read_text(said[field], field=field, limit=TEXT_LIMIT) for field in details if said[field]}
    if entered := _day(said.get("entered_on", ""), layout.dates, "entered_on", 0):
        detail["entered_on"] = f"{entered.astimezone(OAKLAND):%Y-%m-%d}"
    return Row(plate, fold(plate), state, starts, ends, detail)


@lru_cache(maxsize=8192)
def kind_of(code: str) -> str:
    """The kind of list that a code names, as the order writes it; "" where it is none."""
    plain = re.sub(r"[^a-z0-9]+", "_", code.casefold()).strip("_")
    return plain if plain in set(ListKind) else ""


@lru_cache(maxsize=8192)
def _day(text: str, form: str, field: str, later: int) -> datetime | None:
    """Midnight in Oakland of a day, or of so many days ``later``; None for nothing, and for noughts."""
    if not text.strip("0"):
        return None
    match = DAYS[form].fullmatch(text) if len(text) <= 40 else None
    try:
        if not match:
            raise ValueError
        day = date(int(match["y"]), int(match["m"]), int(match["d"])) + timedelta(days=later)
        return datetime(day.year, day.month, day.day, tzinfo=OAKLAND).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput("date.format", f"{FIELDS[field]}: it is no day in the form of the template.", field) from None


@clause("C.2.A.1", "E.3")
def immigration(layout: Layout) -> Callable[[str], bool]:
    """What tells, of a row's source, reason and list, whether it is about immigration.

    The portal's own words always count; a template adds the codes and message keys of its source, which must stand alone.
    """
    own = [re.escape(word.casefold()) for word in layout.immigration]
    alone = [rf"(?<![a-z0-9]){word}(?![a-z0-9])" for word in own]
    found = re.compile("|".join([*map(re.escape, IMMIGRATION), *alone]))

    @lru_cache(maxsize=65_536)
    def tells(text: str) -> bool:
        if found.search(text):
            return True
        if not SUSPICIOUS.search(text):
            return False
        said = screen(text)
        return ScreenCategory.IMMIGRATION_ENFORCEMENT.value in said.categories and not said.clarify

    return tells


def first(found: Iterator[tuple[int, Found]], most: int) -> list[tuple[int, Found]]:
    """The first rows, for a page that shows a sample."""
    shown: list[tuple[int, Any]] = []
    for one in found:
        shown.append(one)
        if len(shown) == most:
            break
    return shown
