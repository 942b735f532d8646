"""Why a search is made: the purpose from the closed list, and the case it belongs to."""

from __future__ import annotations

import re
from datetime import date

from ..refusal import BadInput, Question
from ..vocabulary import Purpose
from .characters import is_separator

CASE = re.compile(r"(?:(?:RD|CASE)[ #:]{0,3})?([0-9]{2})[ -]?([0-9]{6})", re.IGNORECASE)
RUNS = ("123456789", "9876543210")
LONGEST = 64


def read_purpose(value: object, *, field: str = "purpose") -> Purpose:
    """The purpose by its exact code. Raises purpose.missing, purpose.not_listed. C.2.B: the list is closed."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise BadInput("purpose.missing", "Purpose: choose one of the purposes of the order.", field)
    for purpose in Purpose:
        if isinstance(value, str) and value == purpose.value:
            return purpose
    raise BadInput("purpose.not_listed", "Purpose: choose one of those listed.", field)


def read_case_number(value: object, *, today: date, confirmed: bool = False, field: str = "case_number") -> str:
    """A case number as ``YY-NNNNNN``; ``today`` is the day in Oakland.

    A prefix, a missing hyphen and typographic dashes are put right; digits are never added. Raises case.missing,
    case.format, case.placeholder, case.year, and the Question case.pattern unless ``confirmed``.
    """
    if value is None or value == "":
        raise BadInput("case.missing", "Case number: enter it, or say that the search is in progress.", field)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise _format(field)
    text = "".join("-" if is_separator(char) and char != " " else char for char in value.strip(" \t\r\n\xa0"))
    if not text:
        raise BadInput("case.missing", "Case number: enter it, or say that the search is in progress.", field)
    match = CASE.fullmatch(text)
    if not match:
        raise _format(field)
    year, serial = match.groups()
    if serial == "000000":
        raise BadInput("case.placeholder", "Case number: this is a placeholder. Enter the number of the report.", field)
    if int(year) > today.year % 100:
        raise BadInput("case.year", "Case number: its year has not begun. Check the first two digits.", field)
    if not confirmed and looks_made_up(serial):
        raise Question(
            "case.pattern",
            "This case number looks made up. Is it the number on the report?",
            {"yes": "Yes, it is on the report", "no": "No, I will correct it"},
            field,
        )
    return f"{year}-{serial}"


def looks_made_up(serial: str) -> bool:
    """One digit six times, or six digits counting up or down. ``012345`` is left alone: serials begin with zeros."""
    return len(set(serial)) == 1 or any(serial in run for run in RUNS)


def _format(field: str) -> BadInput:
    return BadInput(
        "case.format",
        "Case number: write two digits for the year, a hyphen and six digits. "
        "Where there is no number yet, say that the search is in progress; it is due within 24 hours.",
        field,
    )
