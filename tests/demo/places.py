"""Where the tests put a demo: a database and a folder of its own, and no Redis."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from tests import database
from tests.commands.run import address_of

NOWHERE = "redis://127.0.0.1:1/0"  # no Redis answers here


def name_of(what: str) -> str:
    """A database's name that no other worker has."""
    return f"alpr_demo_{what}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


def drop(name: str) -> None:
    with database.connect() as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def place(name: str, folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a demo; its database is dropped before and after."""
    drop(name)
    yield {"DATABASE_URL": address_of(name), "DATA_DIR": str(folder), "REDIS_URL": NOWHERE}
    drop(name)


def one(found: list) -> object:
    ((value,),) = found
    return value
