"""Lists as files: the same rows and columns that the page shows, guarded against spreadsheets, and recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.html import strip_tags

from alpr_portal.policy.clauses import clause
from training.models import Member
from training.sheets import as_csv, as_xlsx

from .models import ListExport

MOST_ROWS = 10_000


@clause("F.1")
def export_list(table: Any, *, name: str, filters: dict[str, str], format: str, by: Member) -> bytes:
    """The file of a table's rows, at most 10,000, and the record that ``by`` took it.

    Filters are kept by name and value; none of them holds a plate or a person's name.
    """
    rows = [[strip_tags(str(cell)) for cell in row] for row in capped(table.as_values())]
    ListExport.objects.write(by=by, list_name=name, filters=filters, rows=max(len(rows) - 1, 0), format=format)
    return as_xlsx((name, rows), title=name) if format == ListExport.Format.XLSX else as_csv(rows)


def capped(rows: Any) -> Iterator[Any]:
    """The head and as many rows as may leave at once."""
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            return
        yield row
