"""A portal with reads and holds, a folder for each thing, and another database to restore into."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from psycopg import sql

from alpr_portal import bootstrap
from tests import database


@pytest.fixture(autouse=True)
def folders(settings, tmp_path) -> None:
    """Everything on the disk is this test's own."""
    settings.DATA_DIR, settings.IMAGE_KEYS_DIR = tmp_path / "disk", tmp_path / "keys"
    settings.ERASURES_DIR, settings.BACKUP_DIR = tmp_path / "erasures", tmp_path / "backups"


@pytest.fixture
def days_again(committed, django_db_setup) -> Iterator[None]:
    """Afterwards, the days that went stand again for the tests that come."""
    yield
    connections.close_all()
    with database.connect(django_db_setup) as admin:
        admin.execute("SELECT reads_make_partitions(current_date - 40, 45)")


@pytest.fixture
def elsewhere(committed, django_db_setup) -> Iterator[Callable[[], str]]:
    """Call it to work in a new, empty, prepared database from then on; dropped afterwards."""
    made: list[str] = []

    def move() -> str:
        name = f"alpr_restored_{len(made)}_{os.getpid()}"
        made.append(name)
        with database.connect() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            bootstrap.make_database(admin, name)
        with database.connect(name) as admin:
            bootstrap.prepare(admin, name)
        database.point_at(name)
        return name

    yield move
    connections.close_all()
    database.point_at(django_db_setup)
    with database.connect() as admin:
        for name in made:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def ago(**length: float):
    """A moment in the past."""
    return timezone.now() - timedelta(**length)
