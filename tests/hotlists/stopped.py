"""Stops for tests, each told as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from hotlists import stops
from hotlists.models import NextStep, Stop
from tests import make


def told(member: Any, **values: Any) -> stops.Told:
    """What a member says of a stop."""
    said = {
        "member": member,
        "justification": "Stolen",
        "case_number": "26-012345",
        "disposition": "recovery",
        "responded_at": timezone.now(),
        "next_steps": "Tow",
        "area": "4",
        **values,
    }
    return stops.Told(**said)


def keep(
    by: Any, *, incident: Any = None, hot_list: Any = None, member: Any = None, seen: Any = None, **values: Any
) -> Stop:
    """A stop on record, from a hit or without one."""
    hot_list = hot_list or (incident.hot_list if incident else make.hot_list())
    return stops.record_stop(
        told(member or by, **values),
        incident=incident,
        hot_list=hot_list,
        seen=seen or stops.Seen(),
        by=by,
        now=timezone.now() + timedelta(seconds=1),
    )


def late(stop: Stop, by: Any, what: str = "Call the owner") -> NextStep:
    """A next step of a stop that was due yesterday."""
    day = timezone.localdate() - timedelta(days=1)
    return NextStep.objects.write(by=by, stop=stop, what=what, due_on=day)


PLATE = stops.Seen("8ABC123", "CA", "silver toyota", 3, 7200)
