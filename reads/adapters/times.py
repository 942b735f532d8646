"""Times as files write them: in one of a few forms, on a clock that the source names, and never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from alpr_portal.policy.inputs import read_moment
from alpr_portal.policy.inputs.characters import label
from alpr_portal.policy.refusal import BadInput

FORMS = {
    "year_first": "Year first: 2026-06-15 14:05:06",
    "month_first": "Month first: 06/15/2026 2:05:06 PM",
    "day_first": "Day first: 15/06/2026 14:05:06",
    "seconds": "Seconds since 1970: 1781532306",
    "milliseconds": "Milliseconds since 1970: 1781532306000",
}
OFFSET, OAKLAND = "offset", "America/Los_Angeles"
ZONES = {
    OAKLAND: "Pacific time",
    "UTC": "UTC",
    OFFSET: "Each time says its own offset, such as -07:00",
    "America/Denver": "Mountain time",
    "America/Phoenix": "Arizona time",
    "America/Chicago": "Central time",
    "America/New_York": "Eastern time",
}
YEAR, MONTH, DAY = r"(?P<year>[0-9]{4})", r"(?P<month>[0-9]{1,2})", r"(?P<day>[0-9]{1,2})"
CLOCK = (
    r"(?:T| {1,2})(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)? ?(?P<offset>Z|UTC|GMT|P[DS]T|[+-][0-9]{2}:?[0-9]{2})?"
)
DATES = {
    "year_first": re.compile(f"{YEAR}([-/.]){MONTH}\\2{DAY}{CLOCK}"),
    "month_first": re.compile(f"{MONTH}([-/.]){DAY}\\2{YEAR}{CLOCK}"),
    "day_first": re.compile(f"{DAY}([-/.]){MONTH}\\2{YEAR}{CLOCK}"),
}
EPOCHS = {
    "seconds": re.compile(r"([0-9]{9,11})(?:[.]([0-9]{1,9}))?"),
    "milliseconds": re.compile(r"([0-9]{12,14})()"),
}
SPOKEN = {"Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", "PDT": "-07:00", "PST": "-08:00"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_stamp(
    text: str, *, form: str, zone: str, now: datetime, field: str, oldest: timedelta, ahead: timedelta
) -> tuple[datetime, int | None]:
    """A time in one of ``FORMS`` in UTC, and its offset in minutes, None where it counts from 1970.

    ``zone`` (one of ``ZONES``) is the clock of times that say no offset of their own. Raises time.format,
    time.no_offset, time.dst_gap, time.dst_fold (an hour that came twice: which one is not guessed), and time.future and
    time.too_old as ``read_moment``.
    """
    if form in EPOCHS:
        said, known = _since_1970(text, form, field), False
    else:
        said, known = _dated(text, form, zone, field), True
    found, offset = read_moment(said, now=now, field=field, oldest=oldest, ahead=ahead)
    return found, offset if known else None


def _since_1970(text: str, form: str, field: str) -> str:
    match = EPOCHS[form].fullmatch(text)
    if not match:
        raise _format(form, field)
    part = timedelta(microseconds=int((match[2] or "0").ljust(6, "0")[:6]))
    return (EPOCH + timedelta(**{form: int(match[1])}) + part).isoformat()


def _dated(text: str, form: str, zone: str, field: str) -> str:
    """The same time with its offset, as a machine would write it."""
    match = DATES[form].fullmatch(text) if len(text) <= 60 else None
    if not match:
        raise _format(form, field)
    said = match.groupdict()
    hour = int(said["hour"])
    if said["half"]:
        if not 1 <= hour <= 12:
            raise _format(form, field)
        hour = hour % 12 + (12 if said["half"] in "Pp" else 0)
    try:
        naive = datetime(
            int(said["year"]),
            int(said["month"]),
            int(said["day"]),
            hour,
            int(said["minute"]),
            int(said["second"] or 0),
            int((said["part"] or "0").ljust(6, "0")[:6]),
        )
    except ValueError:
        raise _format(form, field) from None
    offset = said["offset"] or _offset(naive, zone, field)
    offset = SPOKEN.get(offset, offset).replace(":", "")
    return f"{naive.isoformat()}{offset[:3]}:{offset[3:]}"


def _offset(naive: datetime, zone: str, field: str) -> str:
    """How far the clock of ``zone`` stood from UTC, as ``-07:00``."""
    if zone == OFFSET:
        raise BadInput("time.no_offset", f"{label(field)}: say the offset from UTC, such as Z or -07:00.", field)
    clock: tzinfo = UTC if zone == "UTC" else ZoneInfo(zone)
    try:
        local = naive.replace(tzinfo=clock)
        if local.astimezone(UTC).astimezone(clock).replace(tzinfo=None) != naive:
            raise BadInput(
                "time.dst_gap", f"{label(field)}: clocks jumped over this hour. Check the source's clock.", field
            )
    except OverflowError:  # the first or the last day of the calendar
        raise BadInput("time.format", f"{label(field)}: this is no time of a read. Check the year.", field) from None
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise BadInput(
            "time.dst_fold", f"{label(field)}: this hour came twice. Send times in UTC, or with their offset.", field
        )
    return f"{local:%z}"


def _format(form: str, field: str) -> BadInput:
    return BadInput("time.format", f"{label(field)}: this is no time in the form “{FORMS[form]}”.", field)
