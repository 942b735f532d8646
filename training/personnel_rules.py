"""Personnel's leavers and transfers: what one row of the file says, as pure rules over plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.refusal import BadInput

COLUMNS = ("badge", "action", "effective_on", "unit", "rank", "supervisor_badge", "roles")
ACTIONS = ("leaver", "transfer")


@dataclass(frozen=True)
class Said:
    """One row, read: whom it is about, what happens, from when, and for a transfer where to and under whom."""

    badge: str
    action: str
    effective_on: date
    unit: str = ""
    rank: str = ""
    supervisor_badge: str = ""
    keeps_roles: bool = False


def read_row(row: Mapping[str, str], *, today: date) -> tuple[Said | None, list[str]]:
    """What a row says, or every fault of it in words. The words never repeat what stood in the file."""
    faults: list[str] = []
    values: dict[str, str] = {}
    for name, limit in (("badge", 40), ("unit", 120), ("rank", 60), ("supervisor_badge", 40)):
        try:
            values[name] = read_text(row[name], field=name, limit=limit, one_line=True)
        except BadInput as error:
            faults.append(error.message)
    action, roles = row["action"].strip().lower(), row["roles"].strip().lower()
    day = _day(row["effective_on"].strip(), today, faults)
    if values.get("badge") == "":
        faults.append("Badge: enter it.")
    if action not in ACTIONS:
        faults.append("Action: write leaver or transfer.")
    if action == "transfer":
        for name, label in (("unit", "Unit"), ("supervisor_badge", "Supervisor badge")):
            if values.get(name) == "":
                faults.append(f"{label}: a transfer needs it.")
        if roles not in {"keep", "end"}:
            faults.append("Roles: write keep or end.")
    if action == "leaver" and roles == "keep":
        faults.append("Roles: who leaves keeps none. Write end, or leave it empty.")
    if faults or day is None:
        return None, faults
    return Said(action=action, effective_on=day, keeps_roles=roles == "keep", **values), []


def _day(text: str, today: date, faults: list[str]) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None:
        faults.append("Effective on: write the day as 2026-06-15.")
    elif day > today:
        faults.append("Effective on: it lies in the future. Send the row again on that day.")
    elif day.year < 1970:
        faults.append("Effective on: it lies before 1970. Check the year.")
    return day
