"""Lists as files: the same rows and columns that the page shows, guarded against spreadsheets, and recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import xlsxwriter
from django.utils.html import strip_tags

from alpr_portal.cells import guard, safe_row
from alpr_portal.policy.clauses import clause
from training.models import Member

from .models import ListExport

MOST_ROWS = 10_000
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@clause("F.1")
def export_list(table: Any, *, name: str, filters: dict[str, str], format: str, by: Member) -> bytes:
    """The file of a table's rows, at most 10,000, and the record that ``by`` took it.

    Filters are kept by name and value; none of them holds a plate or a person's name.
    """
    rows = [[strip_tags(str(cell)) for cell in row] for row in capped(table.as_values())]
    ListExport.objects.write(by=by, list_name=name, filters=filters, rows=max(len(rows) - 1, 0), format=format)
    return as_xlsx(rows, name) if format == ListExport.Format.XLSX else as_csv(rows)


def capped(rows: Any) -> Iterator[Any]:
    """The head and as many rows as may leave at once."""
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            return
        yield row


def as_csv(rows: list[list[str]]) -> bytes:
    """CSV with a byte order mark, every cell quoted and guarded."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows(map(safe_row, rows))
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(rows: list[list[str]], name: str) -> bytes:
    """A workbook of one sheet; every cell is text, never a formula or a link."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(name[:31])
        bold = book.add_format({"bold": True})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, guard(cell), bold if number == 0 else None)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return out.getvalue()
