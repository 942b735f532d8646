"""Searches read the days they may and no others, and find plates by an index: asked of PostgreSQL itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from reads import search
from tests import database, make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("A.2", "B.2")]
CLOSED_BEFORE = timedelta(days=3)  # so far back the indexed day lies


@pytest.fixture
def plan(officer):
    """What PostgreSQL would do for the criteria, without its liking for small tables read whole."""

    def explained(**criteria):
        query = make.query(officer, criteria=criteria)
        with search.access(officer, "results", query, now=timezone.now()) as window:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
            return window.matching[: search.RESULT_CAP.now + 1].explain()

    return explained


@pytest.fixture
def closed_day(officer, django_db_setup):
    """A day that no read comes to any more, with its index for parts of plates; without it afterwards."""
    day = datetime.now(UTC) - CLOSED_BEFORE
    make.read("8ABC123", uploaded_at=day.replace(hour=12))
    with connections["owner"].cursor() as cursor:  # enough of them that an index is worth its while
        columns = "upload_day, uploaded_at, captured_at, camera_id, source_id, batch_id, plate_seen, lat, lon"
        cursor.execute(
            f"INSERT INTO reads_read (id, plate, plate_fold, {columns}) "
            f"SELECT gen_random_uuid(), p, translate(p, 'OQDILSBZ', '00011582'), {columns} FROM reads_read, "
            "(SELECT 1 + n %% 9 || chr(65 + n %% 26) || chr(65 + n / 26 %% 26) || chr(65 + n / 676 %% 26) || "
            "lpad((n * 7 %% 1000)::text, 3, '0') AS p FROM generate_series(1, 10000) AS n) AS plates WHERE upload_day = %s",
            [day.date()],
        )
    connections["owner"].close()
    with database.connect(django_db_setup) as admin:  # what tests before left in it would weigh on the plan
        admin.execute(f"VACUUM reads_read_{day:%Y%m%d}")
    with connections["purge"].cursor() as cursor:
        cursor.execute("SELECT reads_index_day(%s)", [day.date()])
    yield f"reads_read_{day:%Y%m%d}"
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP INDEX reads_read_{day:%Y%m%d}_trigram")


def state_of_index(table):
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT i.indisvalid, i.indisready, i.indcheckxmin, i.xmin::text, pg_snapshot_xmin(pg_current_snapshot())::text,"
            " i.indexrelid::regclass::text, pg_relation_size(i.indexrelid), c.reltuples, c.relpages FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass",
            [table],
        )
        return cursor.fetchall()


def days_in(plan):
    return sorted(set(re.findall(r"reads_read_(\d{8})", plan)))


def part_of(plan, table):
    """The lines of the plan that tell of one day's table."""
    lines = plan.splitlines()
    start = next(n for n, line in enumerate(lines) if re.search(rf"(Scan|on) {table}\b", line))
    indent = len(lines[start]) - len(lines[start].lstrip())
    rest = [len(line) - len(line.lstrip()) > indent for line in lines[start + 1 :]]
    return "\n".join(lines[start : start + 1 + [*rest, False].index(False)])


class TestDays:
    def test_an_exact_search_over_one_day_reads_only_the_days_it_may(self, plan):
        start = (datetime.now(UTC) - timedelta(days=20)).replace(hour=0, minute=10, second=0, microsecond=0)
        found = plan(**{"from": start.isoformat(), "to": (start + timedelta(hours=23)).isoformat()})
        assert days_in(found) == [f"{start + timedelta(days=n):%Y%m%d}" for n in range(9)]

    def test_at_midnight_the_day_before_is_one_of_them(self, plan):
        start = (datetime.now(UTC) - timedelta(days=20)).replace(hour=0, minute=9, second=59, microsecond=0)
        found = plan(**{"from": start.isoformat(), "to": start.isoformat()})
        assert days_in(found) == [f"{start + timedelta(days=n):%Y%m%d}" for n in range(-1, 9)]

    @pytest.mark.parametrize("late", [timedelta(minutes=-5), timedelta(), timedelta(days=7)])
    def test_what_may_come_early_or_late_is_found(self, officer, late):
        captured = (datetime.now(UTC) - timedelta(days=20)).replace(hour=0, minute=2, second=0, microsecond=0)
        make.read("8ABC123", captured_at=captured, uploaded_at=captured + late)
        query = make.query(officer, criteria={"from": captured.isoformat(), "to": captured.isoformat()})
        with search.access(officer, "results", query, now=timezone.now()) as window:
            assert window.page().count == 1


class TestIndexes:
    def test_a_whole_plate(self, plan, closed_day):
        found = part_of(plan(plate="8ABC123", **{"from": days_ago(5), "to": days_ago(1)}), closed_day)
        assert "plate_fold_captured_at_idx" in found
        assert re.search(r"Index Cond: .*plate_fold = '8A8C123'", found)

    def test_a_beginning_uses_the_index_of_plates_in_their_order(self, plan):
        found = plan(plate="8ABC*")
        assert "Seq Scan" not in found
        assert re.search(
            r"plate_fold_captured_at_idx.*\n.*Index Cond: .*plate_fold >= '8A8C'.*plate_fold < '8A8D'", found
        )

    @pytest.mark.parametrize(
        ("asked", "condition"), [("*C12*", "%C12%"), ("*123", "%123"), ("?ABC???", "_A8C___"), ("?ABC1*3", "_A8C1%3")]
    )
    def test_three_known_characters_side_by_side_use_the_index_of_a_closed_day(
        self, plan, closed_day, asked, condition
    ):
        found = part_of(plan(plate=asked, **{"from": days_ago(5), "to": days_ago(1)}), closed_day)
        assert f"Bitmap Index Scan on {closed_day}_trigram" in found, state_of_index(closed_day)
        assert re.search(rf"Index Cond: \(plate_fold ~~ '{re.escape(condition)}'", found)
        assert re.search(rf"\(?plate ~~ '{re.escape(asked.replace('*', '%').replace('?', '_'))}'", found), (
            "and the plate decides"
        )

    def test_a_misread_plate_uses_both(self, plan, closed_day):
        found = part_of(plan(plate="8ABC123", misread=True, **{"from": days_ago(5), "to": days_ago(1)}), closed_day)
        assert "BitmapOr" in found
        assert re.search(r"plate_fold_captured_at_idx.*\n.*Index Cond: .*plate_fold >= '8A8'", found)
        assert re.search(rf"{closed_day}_trigram.*\n.*Index Cond: \(plate_fold ~~ '%C123'", found)

    def test_a_place_uses_the_index_of_cameras(self, plan):
        cam = make.camera()
        found = plan(plate="", cameras=[str(cam.pk)])
        assert "Seq Scan" not in found
        assert re.search(r"camera_id_captured_at_idx.*\n.*Index Cond: .*camera_id = ", found)


def days_ago(number):
    return (datetime.now(UTC) - timedelta(days=number)).isoformat()
