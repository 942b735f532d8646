"""T30: each night the rows that reads are compared with are written anew, without those that were replaced or ended."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from hotlists import rows, tasks
from hotlists.models import Hit, WatchRow
from tests import database, make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G")]
GONE, STAYS = "4QIX907", "7XYZ789"


def pages(name):
    """The bytes of the table's own file, as whoever holds the disk reads them."""
    with database.connect(name) as admin:
        admin.execute("CHECKPOINT")
        (raw,) = admin.execute("SELECT pg_read_binary_file(pg_relation_filepath('hotlists_watchrow'))").fetchone()
    return bytes(raw)


def alone(name):
    """Wait until no transaction of the server is older than what was done: what somebody may still see is kept."""
    older = (
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint <= %s OR EXISTS (SELECT 1 FROM pg_stat_activity "
        "WHERE datname = %s AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL)"
    )
    with database.connect(name) as admin:
        (mine,) = admin.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        until = time.monotonic() + 120
        while admin.execute(older, [mine, name]).fetchone()[0]:
            assert time.monotonic() < until, "a transaction stays open"
            time.sleep(0.05)


@pytest.fixture
def replaced(django_db_setup):
    """A list that named a plate, and names it no more."""
    hot_list = make.listed(GONE, STAYS).hot_list
    make.refresh(hot_list, STAYS)
    assert GONE.encode() in pages(django_db_setup)
    return hot_list


def test_what_was_replaced_leaves_the_file_and_what_stands_still_matches(replaced, django_db_setup):
    alone(django_db_setup)
    assert tasks.write_anew() is True
    assert GONE.encode() not in pages(django_db_setup)
    assert STAYS.encode() in pages(django_db_setup)
    make.read(STAYS)
    make.read(GONE)
    assert Hit.objects.count() == 1


@pytest.mark.parametrize(("hours", "stays"), [(719, True), (721, False)])
def test_an_entry_goes_once_no_read_is_compared_with_it(officer, hours, stays):
    make.active(officer)
    with connections["owner"].cursor() as cursor:
        ended = timezone.now() - timedelta(hours=hours)
        cursor.execute("UPDATE hotlists_watchrow SET ends_at = %s", [ended])
    rows.write_anew()
    assert WatchRow.objects.exists() is stays


def test_rows_of_a_file_are_not_forgotten_with_the_entries(replaced):
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE hotlists_watchrow SET ends_at = %s", [timezone.now() - timedelta(hours=721)])
    rows.write_anew()
    assert WatchRow.objects.count() == 1


def test_where_reads_are_being_stored_it_waits_its_turn_and_gives_up(replaced, django_db_setup, monkeypatch):
    monkeypatch.setattr(rows, "PAUSE", 0)
    monkeypatch.setattr(rows, "ATTEMPTS", 2)
    with database.connect(django_db_setup) as other, other.transaction():
        other.execute("LOCK TABLE hotlists_watchrow IN ROW EXCLUSIVE MODE")
        assert rows.write_anew() is False
    assert rows.write_anew() is True


def test_the_application_cannot(django_db_setup):
    with pytest.raises(Exception, match="permission denied"), connections["default"].cursor() as cursor:
        cursor.execute("SELECT hotlists_write_anew()")


def test_statistics_quote_no_plate(replaced, django_db_setup):
    make.listed(STAYS, name="other")
    with database.connect(django_db_setup) as admin:
        admin.execute("ANALYZE hotlists_watchrow")
        kept = admin.execute("SELECT attname FROM pg_stats WHERE tablename = 'hotlists_watchrow'").fetchall()
    assert {name for (name,) in kept}.isdisjoint({"plate", "plate_fold", "pattern", "detail"})
