"""Cells of exports: a text never begins like a formula, so a spreadsheet shows it instead of running it."""

from __future__ import annotations

from collections.abc import Iterable

# What spreadsheets take for the start of a formula, in ASCII and in full width.
STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def guard(value: str) -> str:
    """The text with an apostrophe before it where it begins like a formula; otherwise as it is."""
    return f"'{value}" if value.startswith(STARTS) else value


def safe_row(values: Iterable[object]) -> list[object]:
    """A row to write: texts guarded, everything else (numbers, dates, None) as it is."""
    return [guard(value) if isinstance(value, str) else value for value in values]
