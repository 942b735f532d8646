"""Where a plate may stay after its read is gone: records that the law wants kept, each with its reason and clause."""

from __future__ import annotations

from typing import NamedTuple


class Allowed(NamedTuple):
    """A table whose rows, statistics and files may hold a plate."""

    table: str
    reason: str
    clause: str


ASKED = "What was asked, and on what ground, is kept five years (Civil Code 1798.90.52)"
WATCHED = "What was watched for, who wanted it and who let it in"
KEPT = "Why reads were kept for a case, and why they were let go; what was copied goes"
STOPPED = "Every stop from an alert is written down, with what was seen"
ALLOWED = (
    Allowed("reads_query", ASKED, "C.2.B-log"),
    Allowed("reads_querydecision", ASKED, "C.2.B-log"),
    Allowed("reads_hold", KEPT, "G"),
    Allowed("reads_holddecision", KEPT, "G"),
    Allowed("reads_releaseasked", KEPT, "G"),
    Allowed("hotlists_delivery", "Receipts of list files name the file as its source did", "C.2.B.1"),
    Allowed("hotlists_entryversion", WATCHED, "C.2.B.2"),
    Allowed("hotlists_entrydecision", WATCHED, "C.2.B.2"),
    Allowed("hotlists_entryend", WATCHED, "C.2.B.2"),
    Allowed("hotlists_stop", STOPPED, "C.2.A.2"),
    Allowed("hotlists_nextstep", STOPPED, "C.2.A.2"),
    Allowed("hotlists_stopnote", STOPPED, "C.2.A.2"),
    Allowed("hotlists_verification", "What a member saw before the stop, in their words", "C.2.A"),
    Allowed("hotlists_mute", "Why further hits stayed quiet, in the member's words", "C.2.A"),
    Allowed("hotlists_vehiclepack", "Which list left for which vehicle and shift, in the member's words", "A.1"),
)
