"""The doors by which a read is kept longer for a case and let go again, and by which it is called wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache

from django.utils import timezone

from reads.holds import asking, deciding, releases
from reads.models import Hold, Query

from .doors import a_read, door, page, post, search
from .doors_lists import LOOKALIKE
from .marks import PLATE
from .people import member

CASE = "26-012345"


@cache
def hold() -> Hold:
    """Everything that a search of the plate finds, asked for by who searched."""
    by, now = member("officer"), timezone.now()
    query = Query.objects.get(pk=search().split("/")[2])
    reason = f"The court wants to see where {PLATE} was that night, the trial begins in two months"
    said = asking.Said("active_investigation", CASE, reason, timezone.localdate() + timedelta(days=80))
    return asking.ask_hold(said, asking.found_by(query, None, by=by, now=now), by=by, now=timezone.now())


@door("hold that is asked for", leaves="reads_hold.reason")
def asked() -> None:
    hold()


@door("hold that is approved", leaves="reads_heldread.plate")
def approved() -> None:
    said = {"approved": True, "reason": f"The report names {PLATE} and the day"}
    deciding.decide_hold(hold(), **said, by=member("administrator"), now=timezone.now())  # type: ignore[arg-type]


@door("page of a hold")
def opened() -> bytes:
    return page("officer", f"/holds/{hold().pk}/")


@door("hold that is released", leaves="reads_releaseasked.reason")
def released() -> None:
    """What was copied for it has to go from its table, whose other rows would be other holds'."""
    release = releases.ask_release(hold(), reason=f"{PLATE} was sold", by=member("officer"), now=timezone.now())
    said = {"approved": True, "reason": "The case is closed"}
    releases.decide_release(release, **said, by=member("administrator"), now=timezone.now())  # type: ignore[arg-type]


@door("read that is reported wrong", leaves="reads_rightplate.plate_fold")
def reported() -> None:
    said = {"kind": "misread", "right_plate": LOOKALIKE, "right_state": "CA"}
    post("officer", f"{re.sub('sheet.pdf$', '', a_read())}report/", {**said, "confirmed": "yes"})
