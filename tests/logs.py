"""Hear everything that the portal writes to its log, as an operator would find it in the file."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterator

import structlog


def without_chance(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """A line without what is drawn or counted: its digits could look like a plate."""
    return {key: value for key, value in event.items() if key not in {"timestamp", "request_id", "ms"}}


@contextlib.contextmanager
def listening() -> Iterator[Callable[[], str]]:
    """What is logged or printed meanwhile, at every level but debug; the answer gives the text so far."""
    heard = io.StringIO()
    before, root = structlog.get_config(), logging.getLogger()
    handler, level = logging.StreamHandler(heard), root.level
    *steps, render = before["processors"]
    try:
        structlog.configure(
            processors=[*steps, without_chance, render], logger_factory=structlog.PrintLoggerFactory(heard)
        )
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
            yield heard.getvalue
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        structlog.configure(**before)
