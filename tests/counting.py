"""How many statements an act costs the database: the session's own bookkeeping, which goes by the clock, is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

LEFT_OUT = ("SAVEPOINT", "RELEASE", "ROLLBACK TO")


def statements(act: Callable[..., Any], *args: Any, **values: Any) -> int:
    """The number of statements of ``act(…)``, those on sessions and savepoints left out."""
    with CaptureQueriesContext(connection) as found:
        act(*args, **values)
    said = [query["sql"] for query in found.captured_queries]
    return sum("django_session" not in sql and not sql.startswith(LEFT_OUT) for sql in said)
