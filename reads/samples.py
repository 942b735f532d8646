"""A sample of a source's file as it would be read, looked at before the meaning of its columns is kept. It is not stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from . import ingest
from .adapters.base import ItemFault, Limits, NormalRead
from .adapters.columns import CERTAIN, DELIMITERS, FIELDS
from .adapters.generic_csv import Tried
from .adapters.times import FORMS, ZONES
from .models import Source

# An old file says what its columns mean as well as one of today: how late its reads are is told, not refused.
LIMITS = Limits(oldest=timedelta(days=3660))


class Shown(NamedTuple):
    """A row of a sample: the read with what its camera would get today, or what is wrong with the row."""

    line: int
    read: NormalRead | None
    fault: str
    camera: ingest.Known | None = None
    warning: str = ""


def shown(source: Source, tried: Iterable[Tried], *, now: datetime) -> list[Shown]:
    """The rows as they are shown: a camera that may not deliver, or a late read, is a warning and no fault of the row."""
    tried = list(tried)
    codes = {item.camera for _, item in tried if isinstance(item, NormalRead)}
    cameras = ingest.Inventory(source, codes, now=now, using="default")
    found = []
    for line, item in tried:
        if isinstance(item, ItemFault):
            found.append(Shown(line, None, item.message.removeprefix(f"Line {line}: ")))
            continue
        fault = cameras.fault(item)
        found.append(Shown(line, item, "", cameras.cameras.get(item.camera), fault[2] if fault else ""))
    return found


def in_force(source: Source) -> list[dict[str, str]]:
    """What is kept of the columns, in words; empty where nothing is."""
    kept = source.columns
    if not kept:
        return []
    said = {
        **{header: FIELDS[field] for header, field in kept["columns"].items()},
        **({"Camera of the whole file": kept["camera"]} if kept["camera"] else {}),
        "Between the cells stands": DELIMITERS[kept["delimiter"]],
        "Times are written": FORMS[kept["time_format"]],
        "On which clock": ZONES[kept["zone"]],
        "Confidence runs from": CERTAIN[kept["confidence"]],
    }
    return [{"label": label, "value": value} for label, value in said.items()]


def last_change(source: Source) -> dict[str, Any] | None:
    """Who set the columns in force, and when; None where nobody did."""
    history = list(source.history.select_related("history_user").order_by("-history_date", "-history_id"))
    for record, before in zip(history, [*history[1:], None], strict=True):
        if record.columns != (before.columns if before else {}):
            who = record.history_user.name if record.history_user else "the portal"
            return {"who": who, "at": record.history_date}
    return None
