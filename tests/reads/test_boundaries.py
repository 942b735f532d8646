"""G: the plain rule and the database's window agree on every boundary of the 720 hours, row by row of one table."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections

from reads import retention_rules
from tests import database, make

pytestmark = pytest.mark.clause("G")
TABLE = Path(__file__).resolve().parents[1] / "tables" / "retention_boundaries.csv"
GATE = re.compile(r"\(\s*SELECT reads_gate\(\) AS reads_gate\)")


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rows():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['now_utc']} {row['note']}")
def test_the_rule(row):
    found = retention_rules.readable(moment(row["uploaded_utc"]), moment(row["now_utc"]))
    assert found == (row["readable"] == "yes")


@pytest.fixture
def days_of_the_table(committed, django_db_setup):
    days = sorted({moment(row["uploaded_utc"]).date() for row in rows()})
    with database.connect(django_db_setup) as admin:
        new = [
            day
            for day in days
            if admin.execute("SELECT to_regclass(%s) IS NULL", [f"reads_read_{day:%Y%m%d}"]).fetchone()[0]
        ]
        for day in new:
            admin.execute("SELECT reads_make_partitions(%s, 1)", [day])
        yield
        connections.close_all()
        parents = [parent for (parent,) in admin.execute("SELECT parent FROM reads_daily").fetchall()]
        for day in new:
            for parent in parents:
                admin.execute(f"DROP TABLE {parent}_{day:%Y%m%d}")


def shown(window, now, zone):
    """What a window would show at ``now`` in a session of this zone: its own words, its gate opened, its clock stopped."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef(%s::regclass)", [window])
        (stands,) = cursor.fetchone()
        opened, gates = GATE.subn("true", stands.rstrip(";"))
        stopped, clocks = re.subn(r"statement_timestamp\(\)", f"timestamptz '{now.isoformat()}'", opened)
        assert (gates, clocks) == (1, 2), "the window has one gate, and asks the clock for the hours and for the day"
        cursor.execute(f"SET timezone = '{zone}'")
        try:
            cursor.execute(f"SELECT id FROM ({stopped}) AS w")
            return {read_id for (read_id,) in cursor.fetchall()}
        finally:
            cursor.execute("SET timezone = 'UTC'")


@pytest.mark.usefixtures("days_of_the_table")
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_window_says_the_same_of_every_row(zone):
    """Rows are aged by the owner; the moment is put into the window's own words instead of the server's clock."""
    wrong = []
    ids = [
        make.read(uploaded_at=moment(row["uploaded_utc"]), captured_at=moment(row["captured_utc"])) for row in rows()
    ]
    for row, read_id in zip(rows(), ids, strict=True):
        now = moment(row["now_utc"])
        if (read_id in shown("reads_window", now, zone)) != (row["readable"] == "yes"):
            wrong.append(row["note"])
    assert wrong == []


@pytest.mark.usefixtures("days_of_the_table")
def test_the_window_never_shows_more_than_the_rule_lets_it():
    """Every read of the table at every moment of it, not only at its own."""
    uploads = {make.read(uploaded_at=moment(row["uploaded_utc"])): moment(row["uploaded_utc"]) for row in rows()}
    for now in sorted({moment(row["now_utc"]) for row in rows()}):
        by_rule = {read_id for read_id, at in uploads.items() if retention_rules.readable(at, now)}
        assert shown("reads_window", now, "UTC") == by_rule


class TestDays:
    """A whole upload day goes once its last moment is over age: neither before, nor an hour later for the wall clock."""

    @pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1), date(2026, 12, 31), date(2028, 2, 29)])
    def test_to_the_microsecond(self, day):
        last = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) - timedelta(microseconds=1)
        over = last + timedelta(hours=720)
        assert not retention_rules.readable(last, over)
        assert not retention_rules.has_expired(day, over)
        assert retention_rules.has_expired(day, over + timedelta(microseconds=1))

    def test_its_first_read_is_gone_before_the_alarm(self):
        """24 hours of the day, 720 of age, an hour to the next run: 745, and the alarm comes after 746."""
        first = datetime(2026, 3, 8, tzinfo=UTC)
        run = first + timedelta(days=1, hours=720) + timedelta(hours=1)
        assert retention_rules.has_expired(first.date(), run)
        assert not retention_rules.is_late(first, run)
        assert not retention_rules.is_late(first, first + timedelta(hours=746))
        assert retention_rules.is_late(first, first + timedelta(hours=746, microseconds=1))


class TestHeld:
    TODAY = date(2026, 11, 22)
    NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)

    @pytest.mark.parametrize(("hours", "late"), [(0, False), (24, False), (24.001, True)])
    def test_released_data_has_a_day(self, hours, late):
        released_at = self.NOW - timedelta(hours=hours)
        said = retention_rules.held_is_late(
            released_at=released_at, keep_until=self.TODAY, now=self.NOW, today=self.TODAY
        )
        assert said is late

    @pytest.mark.parametrize(("days", "late"), [(0, False), (7, False), (8, False), (9, True)])
    def test_a_review_that_was_missed_has_a_week_and_a_day(self, days, late):
        keep_until = self.TODAY - timedelta(days=days)
        said = retention_rules.held_is_late(released_at=None, keep_until=keep_until, now=self.NOW, today=self.TODAY)
        assert said is late
