"""The order's numbers, each with its clause and the day from which it holds: last year's figure uses last year's number."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Generic, TypeVar

from .clauses import duties

T = TypeVar("T")
ORDER = date(2022, 10, 18)  # the day the order took effect


class Dated(Generic[T]):
    """A number of one clause that may change on a day. ``on(day)`` answers the one in force; LookupError before the first."""

    def __init__(self, clause: str, values: dict[date, T], says: str):
        duties()[clause]
        self.clause, self.values, self.says = clause, dict(sorted(values.items())), says

    def on(self, day: date) -> T:
        current = [value for start, value in self.values.items() if start <= day]
        if not current:
            raise LookupError(f"{self.clause}: no value in force on {day}")
        return current[-1]

    @property
    def now(self) -> T:
        """What today's acts obey."""
        return self.on(date.today())


RETENTION = Dated("G", {ORDER: timedelta(hours=720)}, "Reads are unreadable this long after upload.")
DISPOSAL_SLACK = Dated("G", {ORDER: timedelta(hours=25)}, "Whole upload days leave the disk within this after expiry.")
DISPOSAL_EVERY = Dated("G", {ORDER: timedelta(hours=3)}, "A run of the disposal is not further back than this.")
DISPOSAL_ALARM = Dated("G", {ORDER: timedelta(hours=746)}, "A read on the disk for longer than this raises the alarm.")
BRAKE_DAYS = Dated("G", {ORDER: 2}, "A run of the disposal takes at most this many upload days with anything in them.")
CLOCKS_AGREE = Dated("G", {ORDER: timedelta(minutes=5)}, "Clocks further apart than this stop the disposal.")
CLOCK_JUMP = Dated("G", {ORDER: timedelta(hours=25)}, "A clock this far ahead of the last run stops the disposal.")
SILENT_FIXED = Dated("L.4", {ORDER: timedelta(hours=24)}, "A fixed camera without a read for this long is silent.")
SILENT_VEHICLE = Dated("L.4", {ORDER: timedelta(days=7)}, "A vehicle reader without a read for this long is silent.")
ACCESS_WINDOW = Dated("F.1", {ORDER: timedelta(seconds=60)}, "A recorded access opens the reads for this long.")
CASE_NUMBER_DUE = Dated("C.2.B", {ORDER: timedelta(hours=24)}, "A search in progress owes its case number within this.")
RESULTS_OPEN = Dated(
    "C.2.B-log", {ORDER: timedelta(hours=8)}, "Results of a search stay open this long; then ask again."
)
APPROVED_RUN = Dated(
    "C.2.B", {ORDER: timedelta(hours=24)}, "An approved search runs once, within this after the decision."
)
RESULT_CAP = Dated("C.3.c", {ORDER: 500}, "A search shows at most this many reads: narrow it instead.")
SEARCH_WINDOW = Dated("G", {ORDER: timedelta(hours=720)}, "The widest time window of a search.")
LATE_FIXED = Dated("F.2", {ORDER: timedelta(hours=24)}, "A fixed camera may deliver a read this long after capture.")
LATE_VEHICLE = Dated("F.2", {ORDER: timedelta(days=7)}, "A vehicle reader may deliver a read this long after capture.")
CLOCK_AHEAD = Dated("F.2", {ORDER: timedelta(minutes=5)}, "How far a camera's clock may run ahead.")
SIGNATURE_WINDOW = Dated(
    "F.2", {ORDER: timedelta(minutes=5)}, "A signed delivery's time lies within this of the portal's."
)
IDLE_LOCK = Dated("F.1", {ORDER: timedelta(minutes=15)}, "A session without activity is locked after this.")
SESSION_LIMIT = Dated("F.1", {ORDER: timedelta(hours=12)}, "A session ends after this in any case.")
CONFIRMED_FOR = Dated("F.1", {ORDER: timedelta(minutes=10)}, "An act that confirms wants the second factor this fresh.")
LOCK_FAILURES = Dated("K.login", {ORDER: 5}, "This many failures within fifteen minutes lock an account.")
LOCK_WITHIN = Dated("K.login", {ORDER: timedelta(minutes=15)}, "Failures this close together count towards a lock.")
ADDRESS_FAILURES = Dated("K.login", {ORDER: 20}, "This many failures within five minutes slow an address down.")
ADDRESS_WITHIN = Dated("K.login", {ORDER: timedelta(minutes=5)}, "Failures of one address count for this long.")
UNUSED = Dated("C.3.b", {ORDER: timedelta(days=90)}, "An account not used for this long is closed.")
REVIEW_EVERY = Dated("C.3.b", {ORDER: timedelta(days=365)}, "A reviewer signs off their people within this.")
LAPSE_LETTERS = Dated("J", {ORDER: (60, 30, 7, 0)}, "Letters go out this many days before training lapses.")
EXAM_TRIES = Dated("J", {ORDER: 3}, "An exam may be tried this often within a day.")
PARTITIONS_AHEAD = Dated("A.2", {ORDER: 7}, "Daily partitions are made this many days ahead.")
LIST_STALE = Dated("C.2.B.1", {ORDER: timedelta(hours=24)}, "A list older than this is stale, and its hits say so.")
LIST_SILENT = Dated("C.2.A.1-age", {ORDER: timedelta(hours=72)}, "A list older than this raises no hits.")
LIST_CHANGE_HELD = Dated(
    "C.2.B.1", {ORDER: 20}, "A file with this many per cent more or fewer rows waits for a person."
)
ENTRY_LASTS = Dated("C.2.B.2", {ORDER: timedelta(days=30)}, "An entry lasts this long at most; then it is asked anew.")
URGENT_CONFIRMED = Dated("C.2.B.2", {ORDER: timedelta(hours=24)}, "An urgent entry ends unless confirmed within this.")
INCIDENT_WINDOW = Dated(
    "C.2.A", {ORDER: timedelta(minutes=60)}, "Hits of a plate this close together are one incident."
)
MUTE_LASTS = Dated("C.2.A", {ORDER: timedelta(hours=24)}, "An incident is muted for this long at most.")
BACKUP_KEPT = Dated("G", {ORDER: timedelta(days=7)}, "A backup that holds reads is kept this long at most.")
BACKUP_EVERY = Dated("G", {ORDER: timedelta(hours=26)}, "The newest backup is not older than this.")
HOLD_REVIEW = Dated("G", {ORDER: timedelta(days=90)}, "A hold is reviewed within this, or its data is hidden.")
HOLD_LAPSES = Dated("G", {ORDER: timedelta(days=7)}, "Held data whose review was missed leaves the disk after this.")
HOLD_ASKS = Dated("G", {ORDER: 1000}, "A hold of more reads than this says why so many.")
HOLD_CAP = Dated("G", {ORDER: 10_000}, "A hold keeps at most this many reads.")
RELEASED_GONE = Dated("G", {ORDER: timedelta(hours=24)}, "Released data has left the disk within this.")
RECORDS_KEPT = Dated("K.report", {ORDER: 5}, "Records are kept for so many years after their story ended.")
RECORDS_FLOOR = Dated("K.report", {ORDER: 2}, "No record goes before so many years, whatever is set (Gov. Code 34090).")
DISPOSAL_BATCH = Dated("K.report", {ORDER: 50_000}, "A proposal to dispose of records has at most so many stories.")
