"""Times: read strictly, kept in UTC, counted in hours, and asked for in Oakland's clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..clauses import clause
from ..parameters import RETENTION, SEARCH_WINDOW
from ..refusal import BadInput, Question
from .characters import label

OAKLAND = ZoneInfo("America/Los_Angeles")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WIDEST = timedelta(days=366)  # a wider range is no need to know; a narrower one is moved to what is still there
CHOICES = {"PDT": "Daylight time (PDT): the first of the two", "PST": "Standard time (PST): an hour later"}
FOLDS: dict[object, int] = {"PDT": 0, "PST": 1, 0: 0, 1: 1, "0": 0, "1": 1}
API_EXAMPLE, LOCAL_EXAMPLE, DAY_EXAMPLE = "2025-03-04T05:06:07Z", "2025-03-04 05:06", "2025-03-04"

API_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:([0-9]{2})(?:\.[0-9]{1,9})?"
    r"([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)
LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
LOCAL_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class DateRange(NamedTuple):
    """From ``start_utc`` up to, not including, ``end_utc``.

    ``moved`` where the start was moved to the oldest that may be searched, ``gone`` where the whole range is older.
    """

    start_utc: datetime
    end_utc: datetime
    moved: bool = False
    gone: bool = False


def read_moment(
    value: object, *, now: datetime, field: str, oldest: timedelta, ahead: timedelta
) -> tuple[datetime, int | None]:
    """A machine's time in UTC, and its offset in minutes (None for ``-00:00``, which says it is not known).

    Raises time.type, time.format, time.no_offset, time.future (over ``ahead`` after ``now``), time.too_old (over
    ``oldest`` before it).
    """
    if not isinstance(value, str):
        raise BadInput("time.type", f"{field}: give the time as text, such as {API_EXAMPLE}.", field)
    match = API_TIME.fullmatch(value) if len(value) <= 40 else None
    if not match:
        raise _format(field)
    second, zone = match.groups()
    if second == "60":
        raise BadInput("time.format", f"{field}: leap seconds are not taken. Send it again as the next second.", field)
    try:
        found = datetime.fromisoformat(value.upper())
    except ValueError:
        raise _format(field) from None
    if zone is None:
        raise BadInput("time.no_offset", f"{field}: say the offset from UTC, such as Z or -07:00.", field)
    offset = found.utcoffset() or timedelta()
    try:
        found = found.astimezone(UTC)
    except OverflowError:  # the first or the last day of the calendar
        found = found.replace(tzinfo=UTC)
    check_age(found, now=now, field=field, oldest=oldest, ahead=ahead)
    return found, None if zone == "-00:00" else offset // timedelta(minutes=1)


def read_time(value: object, *, now: datetime, field: str, oldest: timedelta, ahead: timedelta) -> datetime:
    """As ``read_moment``, without the offset."""
    return read_moment(value, now=now, field=field, oldest=oldest, ahead=ahead)[0]


def read_epoch_ms(value: object, *, now: datetime, field: str, oldest: timedelta, ahead: timedelta) -> datetime:
    """Milliseconds since 1970 as UTC. Seconds by mistake read as 1970, and so as time.too_old. Raises as read_time."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput("time.type", f"{field}: give whole milliseconds since 1970.", field)
    try:
        found = EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        found = (datetime.max if value > 0 else datetime.min).replace(tzinfo=UTC)
    check_age(found, now=now, field=field, oldest=oldest, ahead=ahead)
    return found


def check_age(found: datetime, *, now: datetime, field: str, oldest: timedelta, ahead: timedelta) -> None:
    """Raise time.future or time.too_old where a time lies outside what may be delivered at ``now``. All in UTC."""
    age = now - found
    if age < -ahead:
        raise BadInput("time.future", f"{field}: it lies in the future. Check the camera's clock.", field)
    if age > oldest:
        hours = oldest // timedelta(hours=1)
        raise BadInput("time.too_old", f"{field}: it is over {hours} hours old. Check the camera's clock.", field)


def read_local_time(text: object, *, fold: object = None, field: str) -> datetime:
    """A time on Oakland's clock, as a form sends it (``2026-06-15 11:59`` or with T), in UTC.

    ``fold`` is the answer to the Question time.dst_fold: PDT or PST. Raises time.type, time.format, time.dst_gap, and
    time.too_old or time.future outside 1970 to 2100.
    """
    if not isinstance(text, str):
        raise BadInput("time.type", f"{label(field)}: give the time as text, such as {LOCAL_EXAMPLE}.", field)
    if len(text) > 40 or not LOCAL_TIME.fullmatch(text.strip()):
        raise _format(field, LOCAL_EXAMPLE)
    try:
        naive = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _format(field, LOCAL_EXAMPLE) from None
    _check_year(naive.year, field)
    local = naive.replace(tzinfo=OAKLAND)
    if local.astimezone(UTC).astimezone(OAKLAND).replace(tzinfo=None) != naive:
        raise BadInput(
            "time.dst_gap", f"{label(field)}: clocks jumped over this hour. Choose a time before or after.", field
        )
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        if not isinstance(fold, (str, int)) or fold not in FOLDS:
            raise Question("time.dst_fold", "This hour happened twice. Which one is meant?", CHOICES, field)
        local = local.replace(fold=FOLDS[fold])
    return local.astimezone(UTC)


def read_date_range(from_: object, to: object, *, now: datetime, field: str = "dates") -> DateRange:
    """Oakland's days from ``from_`` to ``to``, both in, as UTC; the start is moved to the oldest that may be searched.

    Raises range.missing, time.type, time.format, range.reversed, range.too_wide, time.future where no day of it has
    begun, and time.too_old before 1970.
    """
    if from_ in (None, "") or to in (None, ""):
        raise BadInput("range.missing", "Dates: give the first and the last day.", field)
    first, last = _read_day(from_, field), _read_day(to, field)
    if last < first:
        raise BadInput("range.reversed", "Dates: the last day lies before the first.", field)
    if last - first > WIDEST:
        raise _too_wide(field)
    _check_year(first.year, field)
    return bound_range(_midnight(first), _midnight(last + timedelta(days=1)), now=now, field=field)


def bound_range(start: datetime, end: datetime, *, now: datetime, field: str = "dates") -> DateRange:
    """A range of instants, cut to what may be searched. Raises range.reversed, range.too_wide, time.future."""
    start, end, now = (moment.astimezone(UTC) for moment in (start, end, now))
    if end <= start:
        raise BadInput("range.reversed", "Dates: the end lies before the start.", field)
    if end - start > WIDEST:
        raise _too_wide(field)
    if start > now:
        raise BadInput("time.future", "Dates: these days have not begun.", field)
    limit = now - SEARCH_WINDOW.now
    if end <= limit:
        return DateRange(start, end, gone=True)
    return DateRange(max(start, limit), end, moved=start < limit)


@clause("G")
def is_expired(uploaded_at: datetime, now: datetime) -> bool:
    """Whether a read can no longer be seen: from 720 hours after upload, to the instant, whatever the clocks did."""
    return now.astimezone(UTC) - uploaded_at.astimezone(UTC) >= RETENTION.now


def _read_day(value: object, field: str) -> date:
    if not isinstance(value, str):
        raise BadInput("time.type", f"Dates: give days as text, such as {DAY_EXAMPLE}.", field)
    text = value.strip() if len(value) <= 40 else ""
    try:
        day = date.fromisoformat(text) if LOCAL_DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise BadInput("time.format", f"Dates: write a day as {DAY_EXAMPLE}.", field)
    return day


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=OAKLAND).astimezone(UTC)


def _check_year(year: int, field: str) -> None:
    if year < 1970:
        raise BadInput("time.too_old", f"{label(field)}: it lies before 1970. Check the year.", field)
    if year > 2100:
        raise BadInput("time.future", f"{label(field)}: it lies after 2100. Check the year.", field)


def _too_wide(field: str) -> BadInput:
    return BadInput("range.too_wide", "Dates: this is wider than any search needs. Ask for days or weeks.", field)


def _format(field: str, example: str = "") -> BadInput:
    return BadInput("time.format", f"{label(field)}: this is no time. Write it as {example or API_EXAMPLE}.", field)
