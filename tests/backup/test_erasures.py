"""G: the journal of erasures says what went, loses no whole line, and outlives every backup."""

from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from alpr_portal.policy.parameters import BACKUP_KEPT, RETENTION
from reads import erasures

pytestmark = pytest.mark.clause("G")
HOLD = "0a1b2c3d-0000-4000-8000-00000000000{}"


def file() -> Path:
    (found,) = Path(django_settings.ERASURES_DIR).glob("*.jsonl")
    return found


class TestNote:
    def test_what_went_is_written_down(self):
        erasures.note("day", "2026-03-04")
        erasures.note("hold", HOLD.format(1))
        assert [(line.kind, line.what) for line in erasures.read()] == [("day", "2026-03-04"), ("hold", HOLD.format(1))]
        assert abs(erasures.read()[0].at - datetime.now(UTC)) < timedelta(minutes=1)

    def test_only_the_account_of_the_portal_reads_it(self):
        erasures.note("day", "2026-03-04")
        assert (file().stat().st_mode & 0o777, file().parent.stat().st_mode & 0o777) == (0o600, 0o700)

    def test_another_kind_is_a_mistake_of_the_code(self):
        with pytest.raises(ValueError, match="knows backup, day, hold, records"):
            erasures.note("plate", "x")
        assert erasures.read() == []

    def test_a_line_that_broke_off_is_none_and_takes_no_other_along(self):
        erasures.note("hold", HOLD.format(1))
        whole = file().read_bytes()
        file().write_bytes(whole + whole[: len(whole) // 2])
        assert [line.what for line in erasures.read()] == [HOLD.format(1)]
        erasures.note("hold", HOLD.format(2))
        assert [line.what for line in erasures.read()] == [HOLD.format(1), HOLD.format(2)]

    @pytest.mark.parametrize(
        "line",
        [
            {"at": "2026-11-01T00:00:00+00:00", "kind": "hold", "id": "nonsense"},
            {"at": "2026-11-01T00:00:00+00:00", "kind": "day", "id": "2026-11-31"},
            {"at": "2026-11-01T00:00:00", "kind": "hold", "id": HOLD.format(2)},
            {"at": "0001-01-01T00:00:00+23:00", "kind": "hold", "id": HOLD.format(2)},
            {"at": "2026-11-01T00:00:00+00:00", "kind": "plate", "id": HOLD.format(2)},
            {"at": "2026-11-01T00:00:00+00:00", "kind": [], "id": HOLD.format(2)},
            {"at": 7},
            [],
        ],
    )
    def test_a_line_that_is_none_of_the_journals_is_passed_over_and_counted(self, line):
        erasures.note("hold", HOLD.format(1))
        with file().open("a") as journal:
            journal.write(json.dumps(line) + "\n")
        assert [line.what for line in erasures.read()] == [HOLD.format(1)]
        assert erasures.unread() == 1

    def test_many_at_once_lose_nothing(self):
        with multiprocessing.get_context("fork").Pool(4) as pool:
            pool.starmap(erasures.note, [("hold", HOLD.format(n % 10)) for n in range(200)])
        assert len(erasures.read()) == 200


class TestTrim:
    NOW = datetime(2026, 6, 10, tzinfo=UTC)

    def months(self, *months: str) -> None:
        folder = Path(django_settings.ERASURES_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for month in months:
            line = {"at": f"{month}-28T12:00:00+00:00", "kind": "hold", "id": HOLD.format(1)}
            (folder / f"{month}.jsonl").write_text(json.dumps(line) + "\n")

    def test_a_month_goes_when_its_last_day_is_more_than_forty_days_past(self):
        self.months("2025-12", "2026-04", "2026-05")
        assert erasures.trim(datetime(2026, 6, 9, 23, 59, tzinfo=UTC)) == ["2025-12.jsonl"]
        assert erasures.trim(self.NOW) == ["2026-04.jsonl"]
        assert [line.at.month for line in erasures.read()] == [5]

    def test_a_line_outlives_the_backups_that_could_bring_its_data_back(self):
        assert BACKUP_KEPT.now + RETENTION.now <= erasures.KEPT
