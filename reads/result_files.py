"""The results of one query as a file: every row names the query, and no cell is one that a spreadsheet would run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import RESULT_CAP
from alpr_portal.policy.vocabulary import Purpose
from alpr_portal.templatetags.portal import when
from training.sheets import as_csv, as_xlsx

from .evidence import CAUTION
from .models import Access, Query
from .queries import asked_for, who
from .search import Page

COLUMNS = (
    "query",
    "captured_at",
    "uploaded_at",
    "plate",
    "match",
    "state",
    "confidence",
    "camera",
    "area",
    "latitude",
    "longitude",
    "direction",
    "make",
    "model",
    "colour",
    "body",
    "reported_wrong",
    "reads_right",
    "read",
)


@clause("F.1")
def results_file(page: Page, *, record: Access, format: str) -> bytes:
    """The reads of ``page``, each marked exact or approximate, as ``csv`` or ``xlsx``: the export that ``record`` is."""
    assert record.query is not None
    rows = rows_of(record.query, page.reads)
    if format == "csv":
        return as_csv(rows)
    return as_xlsx(
        ("Results", rows), ("About", about(page, record, record.query)), title=f"Query {record.query.number}"
    )


def rows_of(query: Query, reads: Sequence[Any]) -> list[tuple[object, ...]]:
    """The head, and a row for each read; times in UTC with their offset."""
    return [COLUMNS, *(row_of(query, read) for read in reads)]


def row_of(query: Query, read: Any) -> tuple[object, ...]:
    return (
        query.number,
        read.captured_at.isoformat(),
        read.uploaded_at.isoformat(),
        read.plate,
        "corrected" if read.approximate and read.corrected else "approximate" if read.approximate else "exact",
        read.state,
        read.confidence,
        read.camera.code,
        read.camera.area,
        read.lat,
        read.lon,
        read.direction,
        read.make,
        read.model,
        read.colour,
        read.body,
        read.mark.says if read.mark else "",
        read.mark.reads_right if read.mark else "",
        str(read.id),
    )


def about(page: Page, record: Access, query: Query) -> list[tuple[str, str]]:
    """What the second sheet says: under which query, who took it and when, what was asked, and whether it is all there is."""
    whole = f"No: more than {RESULT_CAP.now} reads match, and no more may leave at once." if page.truncated else "Yes"
    asked = asked_for(query, sees_plate=True)
    return [
        ("What", "Value"),
        ("Query", query.number),
        ("Query record", str(query.pk)),
        ("Export record", str(record.pk)),
        ("Taken by", who(record)),
        ("Taken at", f"{when(record.at)} ({record.at.isoformat()})"),
        ("Asked by", who(query)),
        ("Asked at", f"{when(query.at)} ({query.at.isoformat()})"),
        ("Purpose", Purpose.says(query.purpose)),
        *((f"Asked for: {row['label'].lower()}", in_words(row)) for row in asked),
        ("Reads", str(page.count)),
        ("All that match", whole),
        ("Caution", CAUTION),
        ("Kept under", "Departmental General Order I-12, C.2(B) and F(1): this export is on record, with its SHA-256."),
    ]


def in_words(row: dict[str, Any]) -> str:
    """The value of a row of components/definition.html."""
    return when(row["at"]) if row.get("at") else str(row.get("plate") or row.get("value") or "Not given")
