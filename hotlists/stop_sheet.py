"""The spreadsheet of stops that the order asks for, its six things first and in its sequence (C.2.A.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import Disposition, StopOutcome
from alpr_portal.templatetags.portal import seconds, when
from reads.exports import MOST_ROWS
from reads.models import ListExport
from training.models import Member
from training.sheets import as_csv, as_xlsx

from . import stops
from .models import Stop
from .stop_rules import LEVELS
from .verification_rules import in_words

NAME = "stops"
HEAD = [
    "a) Member who responded",
    "b) Justification",
    "c) Case number",
    "d) Disposition code",
    "e) Date and time of the response",
    "f) Next steps",
    *("Stop", "Unit", "Hot list", "List version", "List age", "Verification", "Not verified"),
    *(outcome.label for outcome in StopOutcome),
    *("Report number", "Further steps", "Steps open", "Police area", "State", "Plate", "Vehicle"),
    *("Recorded by", "Recorded", "Notes"),
]


@clause("C.2.A.2", "F.1")
def stops_file(found: QuerySet[Stop], *, filters: dict[str, str], format: str, by: Member) -> bytes:
    """The spreadsheet of these stops, and the record that ``by`` took it.

    Raises BadInput stops.too_many where it would have to leave some out.
    """
    count = found.count()
    if count > MOST_ROWS:
        raise BadInput("stops.too_many", f"Over {MOST_ROWS:,} stops: choose a shorter period.", "since")
    rows = [HEAD, *rows_of(found, by)]
    ListExport.objects.write(by=by, list_name=NAME, filters=filters, rows=len(rows) - 1, format=format)
    return as_xlsx(("Stops", rows), title="Stops from hot-list alerts") if format == "xlsx" else as_csv(rows)


def rows_of(found: QuerySet[Stop], member: Member) -> Iterator[list[Any]]:
    """A row for each stop, oldest first; plates only where the member may see them."""
    for stop in stops.whole(found.order_by("responded_at", "pk")):
        shown = stops.sees_plate(member, stop)
        who = f"{stop.member_name} ({stop.member_badge})" if stop.member_badge else stop.member_name
        steps = [f"{step.what} (due {step.due_on})" if step.due_on else step.what for step in stop.steps.all()]
        still = sum(1 for step in stop.steps.all() if not hasattr(step, "done"))
        yield [
            who,
            stop.justification,
            stop.case_number,
            Disposition.says(stop.disposition),
            when(stop.responded_at),
            stop.next_steps,
            stop.number,
            stop.member_unit,
            stop.hot_list.title,
            stop.list_version,
            seconds(stop.list_age) if stop.list_age is not None else None,
            LEVELS[stop.verification],
            in_words(stop.missing),
            *(stop.people.get(outcome.value, 0) for outcome in StopOutcome),
            stop.report_number,
            "; ".join(steps),
            still,
            stop.area,
            stop.state if shown else "",
            (stop.plate if shown else "withheld") if stop.plate else "",
            stop.vehicle,
            stop.by_name,
            when(stop.at),
            "\n".join(f"{when(note.at)} {note.by_name}: {note.text}" for note in stop.notes.all()),
        ]
