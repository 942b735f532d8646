"""Upload days stand ready, are made once, and only where somebody asked for a number of days that makes sense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management.base import CommandError
from django.db import connections

from alpr_portal import health
from tests.commands.run import run


def furthest() -> int:
    """How many days ahead the last partition is."""
    return (health.partition_days()[-1].date() - datetime.now(UTC).date()).days


@pytest.mark.clause("A.2")
@pytest.mark.usefixtures("committed")
class TestMakePartitions:
    @pytest.fixture(autouse=True)
    def as_before(self, committed):
        before = health.partition_days()
        yield
        with connections["owner"].cursor() as cursor:
            for day in set(health.partition_days()) - set(before):
                cursor.execute(f"DROP TABLE reads_read_{day:%Y%m%d}, reads_picture_{day:%Y%m%d}")

    def test_the_days_ahead_are_made_once(self):
        run("make_partitions", "--days", "9")
        assert furthest() == 9
        assert run("make_partitions", "--days", "9").startswith("Made 0 upload days.")

    def test_without_a_number_it_makes_what_the_order_of_the_house_says(self):
        assert "7 of 7 upload days are ready" in run("make_partitions")

    def test_a_dry_run_makes_none(self):
        before = furthest()
        run("make_partitions", "--days", str(before + 5), "--dry-run")
        assert furthest() == before

    def test_the_application_cannot_read_a_day_that_was_made(self):
        run("make_partitions", "--days", "8")
        day = datetime.now(UTC) + timedelta(days=8)
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT has_table_privilege('alpr_app', %s, 'SELECT')", [f"reads_read_{day:%Y%m%d}"])
            assert cursor.fetchone() == (False,)

    def test_a_day_whose_maker_broke_off_is_attached(self):
        day = datetime.now(UTC).date() + timedelta(days=8)
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"CREATE TABLE reads_read_{day:%Y%m%d} (LIKE reads_read INCLUDING ALL)")
        run("make_partitions", "--days", "8")
        assert furthest() == 8

    @pytest.mark.parametrize("days", ["-1", "61", "x", "1.5", "²", ""])
    def test_a_number_that_makes_no_sense_is_refused(self, days):
        with pytest.raises(CommandError, match="a whole number from 0 to 60"):
            run("make_partitions", f"--days={days}")
