"""Rows as files: CSV and XLSX whose cells no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from alpr_portal.cells import safe_row

WIDEST = 420  # pixels of a column; a longer text is wrapped
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def as_csv(rows: Sequence[Sequence[object]]) -> bytes:
    """CSV with a byte order mark, every cell quoted and guarded."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerows(map(safe_row, rows))
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(*sheets: tuple[str, Sequence[Sequence[object]]], title: str = "") -> bytes:
    """A workbook of sheets, each a name and its rows, the head first; a text is never a formula or a link."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": title, "author": "Oakland Police Department, ALPR Portal"})
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name[:31])
            for number, row in enumerate(rows):
                for column, cell in enumerate(safe_row(row)):
                    _write(sheet, number, column, cell, bold if number == 0 else wrapped)
            sheet.freeze_panes(1, 0)
            sheet.autofit(WIDEST)
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, cell: object, style: Any) -> None:
    if isinstance(cell, int | float):
        sheet.write_number(row, column, cell, style)
    elif cell is not None:
        sheet.write_string(row, column, str(cell), style)
