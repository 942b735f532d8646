"""What the log says of an error: its kind and where it came from, not its words, which may quote a plate (F.1)."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

Told = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def chain(error: BaseException) -> list[BaseException]:
    """An error and what led to it, the newest first."""
    found: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in found:
        found.append(at)
        at = at.__cause__ or at.__context__
    return found


class Quiet(logging.Formatter):
    """A traceback without the words of its errors; and where a line repeats those words, the kind stands in their place."""

    def formatException(self, ei: Told) -> str:  # noqa: N802 - the name is logging's
        lines = []
        for error in reversed(chain(ei[1])) if ei[1] else ():
            lines += traceback.format_tb(error.__traceback__)
            lines.append(type(error).__name__)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines).rstrip()

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        said = super().formatMessage(record)
        told: Any = record.exc_info
        for error in chain(told[1]) if told and told[1] else ():
            for words in (repr(error), str(error)):
                said = said.replace(words, type(error).__name__) if words else said
        return said
