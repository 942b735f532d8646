"""G: the disposal stops itself where a clock cannot be trusted, says so, and goes on only on a person's word."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import IntegrityError, ProgrammingError, connections
from django.utils import timezone

from alpr_portal import health
from reads import brake, brake_rules, disposal, packs, partitions
from reads.models import BrakeRaised, BrakeReleased, DisposedDay, PurgeRun
from tests import database, make
from tests.commands.run import run

pytestmark = pytest.mark.clause("G")
TABLE = Path(__file__).resolve().parents[1] / "tables" / "brake.csv"
UNITS = {"s": timedelta(seconds=1), "h": timedelta(hours=1)}
NOW = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)


def span(text):
    number, unit = text.split()
    return int(number) * UNITS[unit]


def rows():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["note"])
def test_when_a_run_must_not_begin(row):
    last = NOW - span(row["last_run"]) if row["last_run"] else None
    assert brake_rules.why_stopped(database=NOW, host=NOW + span(row["host_is"]), last=last) == row["why_stopped"]


def test_a_run_takes_two_days():
    assert [brake_rules.may_take(taken) for taken in (0, 1, 2, 3)] == [True, True, False, False]


@pytest.fixture
def days_again(committed, settings, tmp_path, django_db_setup):
    settings.DATA_DIR, settings.IMAGE_KEYS_DIR = tmp_path / "disk", tmp_path / "keys"
    settings.ERASURES_DIR = tmp_path / "erasures"
    yield
    connections.close_all()
    with database.connect(django_db_setup) as admin:
        admin.execute("SELECT reads_make_partitions(current_date - 40, 45)")


def expired(*days_ago, **values):
    """A read of each of these days; answers the last one's id and upload day."""
    for days in days_ago or (33,):
        uploaded = timezone.now() - timedelta(days=days)
        partitions.make_ahead(uploaded.astimezone(UTC).date(), 1)  # a run before may have taken the empty day
        read_id = make.read(uploaded_at=uploaded, **values)
    return read_id, uploaded.astimezone(UTC).date()


def aged(name, table, by):
    """Records as if they had been written earlier, or later: nobody but a superuser could."""
    with database.connect(name) as admin:
        admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER written_once")
        admin.execute(f"UPDATE {table} SET at = at - %s::interval", [by])
        admin.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER written_once")


@pytest.mark.usefixtures("days_again")
class TestBrake:
    def test_a_run_takes_two_days_with_anything_in_them_and_names_the_rest(self):
        expired(33, 34, 35)
        done = disposal.purge()
        assert (done.purged, done.left, done.failed, done.brake) == (2, 1, [], None)
        assert set(DisposedDay.objects.filter(reads=1).values_list("reads", flat=True)) == {1}
        assert PurgeRun.objects.get().left == 1
        assert disposal.purge().purged == 1

    @pytest.mark.parametrize(("by", "why"), [("26 hours", "jumped_ahead"), ("-1 hours", "went_back")])
    def test_a_clock_that_jumped_stops_it(self, django_db_setup, by, why):
        disposal.purge()
        aged(django_db_setup, "reads_purgerun", by)
        read_id, day = expired(images=1)
        (kept,) = make.pictures(read_id, make.jpeg(), day=day)
        done = disposal.purge()
        assert done.brake
        assert (done.brake.why, done.purged) == (why, 0)
        assert packs.load(kept), "nothing at all goes"
        assert PurgeRun.objects.get(number=2).brake == BrakeRaised.objects.get()

    def test_clocks_that_differ_stop_it(self, monkeypatch):
        expired()
        monkeypatch.setattr(brake, "host_clock", lambda: datetime.now(UTC) + timedelta(minutes=6))
        done = disposal.purge()
        assert done.brake
        assert (done.brake.why, done.purged) == ("clocks_differ", 0)

    def test_it_stays_on_when_the_clock_is_right_again_and_is_raised_once(self, monkeypatch):
        expired()
        with monkeypatch.context() as wrong:
            wrong.setattr(brake, "host_clock", lambda: datetime.now(UTC) + timedelta(minutes=6))
            disposal.purge()
        assert disposal.purge().brake
        assert disposal.purge().purged == 0
        assert BrakeRaised.objects.count() == 1

    def test_held_data_stays_too(self, monkeypatch):
        monkeypatch.setattr(brake, "host_clock", lambda: datetime.now(UTC) + timedelta(minutes=6))
        monkeypatch.setattr(disposal, "dispose_due", lambda *args: pytest.fail("a clock that is wrong ends no hold"))
        assert disposal.purge().brake

    def test_health_is_red_and_needed_and_says_since_when(self, monkeypatch):
        disposal.purge()
        assert health.retention().ok
        monkeypatch.setattr(brake, "host_clock", lambda: datetime.now(UTC) + timedelta(minutes=6))
        disposal.purge()
        found = health.retention()
        assert (found.ok, found.needed) == (False, True)
        assert "the brake is on" in found.says
        assert not health.oldest_day().ok

    def test_a_dry_run_says_so_and_raises_nothing(self, monkeypatch):
        monkeypatch.setattr(brake, "host_clock", lambda: datetime.now(UTC) + timedelta(minutes=6))
        assert disposal.purge(dry_run=True).brake
        assert not BrakeRaised.objects.exists()


@pytest.mark.usefixtures("days_again")
class TestRelease:
    @pytest.fixture
    def stopped(self, django_db_setup):
        disposal.purge()
        aged(django_db_setup, "reads_purgerun", "3 days")
        expired()
        assert disposal.purge().brake

    def test_a_person_at_the_console_lets_it_go_on(self, stopped):
        said = run("purge", "--release-brake", "The power was off for three days", "--operator", "Sui Sato")
        assert "On record: Sui Sato" in said
        released = BrakeReleased.objects.get()
        assert (released.operator, released.reason) == ("Sui Sato", "The power was off for three days")
        assert PurgeRun.objects.get(number=3).purged == 1
        assert disposal.purge().brake is None

    @pytest.mark.parametrize(
        "given", [["--release-brake", "Power was off"], ["--release-brake", " ", "--operator", "Sui Sato"]]
    )
    def test_not_without_a_name_and_a_reason(self, stopped, given):
        with pytest.raises(CommandError, match=r"operator\.missing|reason\.missing"):
            run("purge", *given)
        assert disposal.purge().brake

    def test_there_is_nothing_to_release_where_none_is_on(self):
        with pytest.raises(CommandError, match="The brake is not on"):
            run("purge", "--release-brake", "To be sure", "--operator", "Sui Sato")
        assert not PurgeRun.objects.exists()

    def test_clocks_that_still_differ_raise_it_again_at_once(self, monkeypatch):
        expired()
        monkeypatch.setattr(brake, "host_clock", lambda: datetime.now(UTC) + timedelta(minutes=6))
        disposal.purge()
        with pytest.raises(CommandError, match="Stopped"):
            run("purge", "--release-brake", "It looks right to me", "--operator", "Sui Sato")
        assert BrakeRaised.objects.count() == 2
        assert sum(PurgeRun.objects.values_list("purged", flat=True)) == 0

    def test_after_a_clock_that_stood_ahead_was_set_right_one_release_is_enough(self, django_db_setup):
        disposal.purge()
        aged(django_db_setup, "reads_purgerun", "-31 days")  # that run was by a clock a month ahead
        assert disposal.purge().brake.why == "went_back"
        run("purge", "--release-brake", "The clock was set right", "--operator", "Sui Sato")
        assert disposal.purge().brake is None

    def test_the_command_ends_with_an_error_while_it_is_on(self, stopped):
        with pytest.raises(CommandError, match="Stopped: The clock is far ahead of the last run"):
            run("purge")
        with pytest.raises(CommandError):
            run("purge", "--json")

    def test_catching_up_is_somebodys_word_too(self, stopped):
        expired(34, 35, 36)
        done = disposal.catch_up(operator="Sui Sato", reason="Put back from a backup")
        assert (done.left, done.brake, done.failed) == (0, None, [])
        assert BrakeReleased.objects.get().operator == "Sui Sato"
        assert sum(PurgeRun.objects.values_list("purged", flat=True)) == 4

    def test_catching_up_does_not_talk_over_clocks_that_differ(self, monkeypatch):
        expired()
        monkeypatch.setattr(brake, "host_clock", lambda: datetime.now(UTC) + timedelta(minutes=6))
        assert disposal.catch_up(operator="Sui Sato", reason="Put back from a backup").brake
        assert not BrakeReleased.objects.exists()

    def test_the_database_wants_a_name_and_a_reason(self, stopped):
        on = brake.raised()
        with pytest.raises(IntegrityError, match="brake_released_by_and_why"):
            BrakeReleased.objects.using("purge").create(by_name="the portal", brake=on, operator="", reason="why")

    @pytest.mark.parametrize("alias", ["default", "ingest", "report"])
    def test_no_other_role_releases_it(self, stopped, alias):
        on = brake.raised()
        with pytest.raises(ProgrammingError, match="permission denied"):
            BrakeReleased.objects.using(alias).create(by_name="the portal", brake=on, operator="Eve", reason="why")
