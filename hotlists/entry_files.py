"""Several entries from a file: every row read by the form's own readers, all of them proposed, or none (C.2.B.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput, Refused
from training import intakes
from training.models import Member

from . import entries
from .entries import Said
from .entry_forms import ProposeEntry
from .models import EntryVersion, HotList

MAX_BYTES = 1_000_000
MOST_ROWS = 500
LONGEST_LINE = 8_000  # characters
COLUMNS = (
    *("list", "watched", "plate", "state", "make", "model", "color", "year", "characteristics", "purpose"),
    *("justification", "case_number", "report_number", "ends", "confidentiality", "instructions", "urgent"),
)
# column → field of the form, where the two are called otherwise
FIELDS = {"list": "hot_list", "color": "colour", "characteristics": "marks", "ends": "expiry"}
NAMES = {name: column for column, name in FIELDS.items()}
FLAGS = {"": "", "no": "", "yes": "on"}
CHOSEN = {"list", "watched", "color", "purpose", "confidentiality", "urgent"}  # by their codes, in small letters
ASKS = "This row asks a question that a file cannot answer: propose it by the form. It reads: {}"
UNLISTED = "Write one of those that the page names."


@dataclass
class Row:
    """One line of the file: what it proposes, or ``faults`` as (column, code, words); no fault repeats the cell."""

    line: int
    hot_list: HotList | None = None
    said: Said | None = None
    faults: list[tuple[str, str, str]] = field(default_factory=list)


def decode(data: bytes) -> str:
    """The text of a file. Raises BadInput file.empty, file.too_large, file.not_text."""
    if len(data) > MAX_BYTES:
        raise BadInput("file.too_large", "The file is over 1 MB: send it in parts.", "file")
    return intakes.decode(data)


def judged(text: str, *, by: Member, now: datetime) -> list[Row]:
    """Every row of a file as it would be proposed now. Raises BadInput file.* where the file itself cannot be read."""
    lists = {each.name: each for each in entries.lists_of_members()}
    rows = intakes.numbered(text, columns=COLUMNS, most=MOST_ROWS, longest=LONGEST_LINE)
    return [read_row(line, cells, by=by, now=now, lists=lists) for line, cells in rows]


@clause("C.2.B.2", "C.2.B.2-min")
def read_row(line: int, cells: Mapping[str, str], *, by: Member, now: datetime, lists: Mapping[str, HotList]) -> Row:
    """One row, through the form that a member fills in."""
    typed = {name: value.strip().lower() if name in CHOSEN else value for name, value in cells.items()}
    row = Row(line)
    if typed["urgent"] not in FLAGS:
        row.faults.append(("urgent", "urgent.format", "Urgent: write yes or no."))
    data = {FIELDS.get(name, name): value for name, value in typed.items()}
    data["urgent"] = FLAGS.get(typed["urgent"], "")
    form = ProposeEntry(
        {name: value for name, value in data.items() if value or name != "urgent"}, by=by, now=now, lists=lists
    )
    valid = form.is_valid()
    for name, errors in form.errors.as_data().items():
        for error in errors:
            row.faults.append(_fault(form, name, str(error.code or ""), " ".join(error.messages)))
    if valid and not row.faults:
        row.hot_list, row.said = form.on_list, form.said()
        try:
            entries.screened(row.said)
        except Refused as refused:
            row.faults.append(("justification", "entry.screened", str(refused.refusal)))
    return row


def _fault(form: ProposeEntry, name: str, code: str, says: str) -> tuple[str, str, str]:
    """An error of the form as (column, code, words)."""
    if name.startswith("answer_"):
        return "", code, ASKS.format(form.fields[name].label)
    column = NAMES.get(name, name)
    if "." in code:
        return column, code, says
    return column, f"{column}.{'missing' if code == 'required' else 'not_listed'}", f"{column.capitalize()}: {UNLISTED}"


@clause("C.2.B.2")
def load_entries(text: str, *, by: Member, now: datetime) -> list[EntryVersion]:
    """Propose every row, in one transaction; each then waits for its decision. Raises BadInput, Refused."""
    with transaction.atomic():
        rows = judged(text, by=by, now=now)
        if any(row.faults for row in rows):
            raise BadInput("file.faults", "The file has errors: nothing was proposed. Correct its rows.", "file")
        ready = [(row.hot_list, row.said) for row in rows if row.hot_list and row.said]
        return entries.propose_entries(ready, by=by, now=now)
