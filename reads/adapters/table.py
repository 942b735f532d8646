"""Tables as text (CSV): read row by row, so that a file of any size takes little memory, and cut into batches.

What leaves the rest of a file unsure sinks it whole: another encoding, a quote that is never closed, a row without end.
A row with too few or too many cells is a fault of its own, told by its line.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from alpr_portal.policy.refusal import BadInput

from ..payload import BODY_LIMIT, MOST_READS, bad
from .base import Adapter, ItemFault, Limits, NormalRead, Parsed, Piece

CSV = "text/csv"
ROW_LIMIT = 65_536  # characters, over all lines of a row
MOST_COLUMNS, NAME_LIMIT = 200, 100
BOM = "\ufeff"
EDGES = " \t\r\n"  # around a cell; whatever else cannot be seen is told as a fault
SAYS = {
    "csv.encoding": "it is not text in UTF-8. Save it as “CSV UTF-8”.",
    "csv.empty": "it is empty. Send a line of headers and at least one read.",
    "csv.quotes": "a quoted cell does not end, or text follows its end. Quote it again, and double a quote inside it.",
    "csv.row_too_long": f"the row is over {ROW_LIMIT:,} characters. Check the line ends and the quotes.",
    "csv.header": f"a header is no text of up to {NAME_LIMIT} characters. Name the columns in the first line.",
    "csv.many_columns": f"it has over {MOST_COLUMNS} columns. Leave those out that are no part of a read.",
    "csv.duplicate_header": "two columns have the same header. Rename one.",
    "csv.no_header": "the first line seems to be a read. Put a line with the names of the columns before it.",
}

Cells = Mapping[str, str]
Take = Callable[[Cells], NormalRead | None]
Begin = Callable[[Sequence[str], datetime, Limits], Take]


class Row(NamedTuple):
    """A row: the line where it begins (from 1), its cells, and its text as it stands in the file."""

    line: int
    cells: list[str]
    text: str


class Taken(NamedTuple):
    """A row and what became of it: a read, a fault (its index always 0), or None where it brings no read."""

    row: Row
    item: NormalRead | ItemFault | None


def table(name: str, label: str, delimiter: str, begin: Begin) -> Adapter:
    """An adapter for tables. ``begin(header, now, limits)`` checks the header and answers what takes a row's cells."""
    return Adapter(
        name,
        label,
        partial(_read, delimiter=delimiter, begin=begin),
        cut=partial(_cut, delimiter=delimiter, begin=begin),
    )


def rows(file: BinaryIO, delimiter: str) -> Iterator[Row]:
    """The rows of a file from where it stands, the header first; blank ones, and such of empty cells, are passed over.

    The file stays open. Raises csv.encoding, csv.quotes, csv.row_too_long, each naming the line.
    """
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    held: list[str] = []
    first = 1

    def lines() -> Iterator[str]:
        size = 0
        for line in iter(lambda: text.readline(ROW_LIMIT + 1), ""):
            size = len(line) if not held else size + len(line)
            if size > ROW_LIMIT:
                raise fault("csv.quotes" if held else "csv.row_too_long", first)
            if "\0" in line:
                raise fault("csv.encoding", first + len(held))
            held.append(line)
            yield line.removeprefix(BOM) if first == len(held) == 1 else line

    reader = csv.reader(lines(), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield Row(first, cells, "".join(held))
            first += len(held)
            held.clear()
    except UnicodeDecodeError:
        raise fault("csv.encoding", first) from None
    except csv.Error:
        raise fault("csv.quotes", first) from None
    finally:
        if not text.closed:
            text.detach()


def header_of(row: Row) -> list[str]:
    """The names of the columns, composed and without outer spaces; an empty one is a column nobody can name.

    Raises csv.many_columns, csv.header, csv.no_header, csv.duplicate_header.
    """
    names = [unicodedata.normalize("NFC", cell.strip(EDGES)) for cell in row.cells]
    named = [name.casefold() for name in names if name]
    if len(names) > MOST_COLUMNS:
        raise fault("csv.many_columns", row.line)
    if not all(len(name) <= NAME_LIMIT and name.isprintable() for name in named):
        raise fault("csv.header", row.line)
    if any(sum(map(str.isdigit, name)) > 3 for name in named):  # a time, a place, a plate
        raise fault("csv.no_header", row.line)
    if len(named) != len(set(named)):
        raise fault("csv.duplicate_header", row.line)
    return names


def taken(file: BinaryIO, *, delimiter: str, begin: Begin, now: datetime, limits: Limits) -> Iterator[Taken]:
    """The header (with None), then each row with what became of it.

    Raises csv.empty, csv.* as ``rows`` and ``header_of``, and what ``begin`` raises.
    """
    found = rows(file, delimiter)
    head = next(found, None)
    if head is None:
        raise fault("csv.empty")
    names = header_of(head)
    take = begin(names, now, limits)
    yield Taken(head, None)
    for row in found:
        yield Taken(row, _item(row, names, take))


def _item(row: Row, names: list[str], take: Take) -> NormalRead | ItemFault | None:
    try:
        if len(row.cells) != len(names):
            raise BadInput(
                "csv.ragged", f"it has {len(row.cells)} cells, and the header {len(names)}. Check its quotes."
            )
        return take(dict(zip(names, row.cells, strict=True)))
    except BadInput as error:
        return ItemFault(0, error.code, error.field, f"Line {row.line}: {error.message}")


def _cut(
    file: BinaryIO, *, delimiter: str, begin: Begin, now: datetime, limits: Limits, limit: int = BODY_LIMIT
) -> Iterator[Piece]:
    """A file in batches of up to 1,000 rows and 2.5 MB, the same each time; each is known by the header and its rows.

    Raises what ``taken`` raises, and batch.empty where there is no row but the header.
    """
    found = taken(file, delimiter=delimiter, begin=begin, now=now, limits=limits)
    head = next(found).row.text
    texts, size = [head], len(head.encode())
    items: list[NormalRead | ItemFault | None] = []
    for row, item in found:
        length = len(row.text.encode())
        if items and (len(items) == MOST_READS or size + length > limit):
            yield _piece(texts, items)
            texts, size, items = [head], len(head.encode()), []
        texts.append(row.text)
        size += length
        items.append(item)
    if not items:
        raise bad("batch.empty")
    yield _piece(texts, items)


def _piece(texts: list[str], items: list[NormalRead | ItemFault | None]) -> Piece:
    found = [item for item in items if item is not None]
    placed = [
        ItemFault(index, item.code, item.field, item.message) if isinstance(item, ItemFault) else item
        for index, item in enumerate(found)
    ]
    missing = len(items) - len(found)
    note = f"Rows without a plate, not stored: {missing}." if missing else ""
    return Piece(Parsed(placed, note=note), "".join(texts).encode())


def _read(
    body: bytes,
    content_type: str,
    parts: dict[str, Any] | None = None,
    *,
    now: datetime,
    limits: Limits,
    delimiter: str,
    begin: Begin,
) -> Parsed:
    """The reads of one body of up to 1,000 rows. Raises media_type, body.too_large, batch.too_many, and as ``_cut``."""
    if content_type.partition(";")[0].strip().lower() != CSV:
        raise BadInput("media_type", f"Body: send the file itself, with the content type {CSV}.", "body")
    if len(body) > BODY_LIMIT:
        raise bad("body.too_large")
    found = _cut(io.BytesIO(body), delimiter=delimiter, begin=begin, now=now, limits=limits, limit=2 * BODY_LIMIT)
    parsed = next(found).parsed
    if next(found, None):
        raise bad("batch.too_many")
    return parsed


def fault(code: str, line: int | None = None) -> BadInput:
    """The refusal of a whole file, naming the line where it is known."""
    return BadInput(code, f"{f'Line {line}' if line else 'File'}: {SAYS[code]}", "body")
