"""G, L.4: what should not be there any more is noticed by the hour, told each day, and counted for the annual report."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import ProgrammingError, connections
from django.utils import timezone

from alpr_portal import health, public
from reads import brake, disposal, packs, partitions, retention_rules, tasks, watching
from reads.models import DisposedDay, RetentionBreach
from tests import cast, database, make
from training import letters
from training.models import Letter

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G", "L.4")]
SAYS = (
    "No read older than 30 days can be seen: n = {}. None has been on the disk for over 746 hours: n = {}. "
    "Copies of ended holds still there a day later: n = {}."
)
EXPIRED = "(now() - interval '721 hours')"
OF_DAY = f"gen_random_uuid(), ({EXPIRED} AT TIME ZONE 'UTC')::date, {EXPIRED}"
RIGHT = f"INSERT INTO reads_rightplate SELECT gen_random_uuid(), {OF_DAY}, true, '8ABC123', '8A8C123', 'CA'"
SIGHT = (
    "INSERT INTO hotlists_sight (hit_id, incident_id, read_id, upload_day, uploaded_at, hot_list_id, plate, listed, "
    f"listed_state, detail) SELECT gen_random_uuid(), gen_random_uuid(), {OF_DAY}, gen_random_uuid(), '8ABC123', '8ABC123', "
    "'CA', '{}'"
)
WINDOW = "SELECT pg_get_viewdef('reads_window'::regclass)"


@pytest.fixture(autouse=True)
def days_again(committed, settings, tmp_path, django_db_setup):
    settings.DATA_DIR, settings.IMAGE_KEYS_DIR = tmp_path / "disk", tmp_path / "keys"
    settings.ERASURES_DIR = tmp_path / "erasures"
    yield
    connections.close_all()
    with database.connect(django_db_setup) as admin:
        admin.execute("SELECT reads_make_partitions(current_date - 40, 45)")


def aged(**span):
    uploaded = timezone.now() - timedelta(**span)
    partitions.make_ahead(uploaded.astimezone(UTC).date(), 1)
    return make.read(uploaded_at=uploaded)


def readers():
    """The Administrator and the Coordinator with addresses, and somebody else with one."""
    for name in ("administrator", "coordinator", "officer"):
        person = cast.CAST[name]()
        person.email = f"{name}@example.org"
        person.save()


@contextmanager
def window_of(name, hours):
    """A window that somebody changed to show this many hours, as only the owner or a superuser can."""
    with database.connect(name) as admin:
        (stands,) = admin.execute(WINDOW).fetchone()
        changed = stands.replace("'720:00:00'::interval", f"'{hours}:00:00'::interval")
        assert changed != stands
        admin.execute(f"CREATE OR REPLACE VIEW reads_window AS {changed}")
        try:
            yield
        finally:
            admin.execute(f"CREATE OR REPLACE VIEW reads_window AS {stands}")


@contextmanager
def hold_state(name, **values):
    """A hold's state without the hold: the watch asks for nothing else."""
    said = {"hold_id": uuid.uuid4(), "case_number": "26-012345", "keep_until": date(2099, 1, 1), **values}
    with database.connect(name) as admin:
        places = ", ".join(["%s"] * len(said))
        admin.execute(f"INSERT INTO reads_holdstate ({', '.join(said)}) VALUES ({places})", list(said.values()))
        yield


class TestWhatIsSeen:
    def test_all_is_well(self):
        aged(hours=719)
        found = watching.standing()
        assert (found.readable, found.late, found.held_late, found.in_breach) == (0, 0, 0, False)
        check = health.retention()
        assert (check.ok, check.needed) == (True, True)

    def test_an_expired_read_that_waits_for_its_day_to_go_is_no_breach(self):
        aged(hours=721)
        assert not watching.standing().in_breach

    def test_a_window_that_shows_too_much_is_noticed(self, django_db_setup):
        aged(hours=721)
        aged(hours=719)
        with window_of(django_db_setup, 745):
            assert watching.standing().readable == 1
            assert not health.retention().ok
        assert watching.standing().readable == 0

    def test_a_window_without_its_gate_is_noticed(self, django_db_setup):
        with database.connect(django_db_setup) as admin:
            (stands,) = admin.execute(WINDOW).fetchone()
            opened = stands.replace("( SELECT reads_gate() AS reads_gate)", "true")
            assert opened != stands
            admin.execute(f"CREATE OR REPLACE VIEW reads_window AS {opened}")
            try:
                with pytest.raises(ProgrammingError, match="has no gate"):
                    watching.figures()
            finally:
                admin.execute(f"CREATE OR REPLACE VIEW reads_window AS {stands}")

    def test_every_window_of_reads_is_looked_through(self, django_db_setup):
        gated = "SELECT viewname FROM pg_views WHERE schemaname = 'public' AND definition ~ 'reads_(gate|window)'"
        with database.connect(django_db_setup) as admin:
            there = {name for (name,) in admin.execute(gated).fetchall()}
            watched = {name for (name,) in admin.execute("SELECT reads_watched_windows()").fetchall()}
        assert watched == there - {"reads_held_window", "reads_held_picture_window"}

    def test_pictures_of_reads_that_are_shown_too_long_count(self, django_db_setup):
        for hours in (721, 719):
            read_id = aged(hours=hours)
            make.pictures(read_id, make.jpeg(), day=(timezone.now() - timedelta(hours=hours)).astimezone(UTC).date())
        count = "SELECT reads_expired_shown('reads_picture_window'::regclass)"
        with database.connect(django_db_setup) as admin:
            assert admin.execute(count).fetchone() == (0,)
        with window_of(django_db_setup, 745), database.connect(django_db_setup) as admin:
            assert admin.execute(count).fetchone() == (1,)
            assert watching.standing().readable == 2

    @pytest.mark.parametrize(
        ("window", "stands_for"), [("reads_right_window", RIGHT), ("hotlists_sight_window", SIGHT)]
    )
    def test_what_another_window_shows_too_long_counts(self, django_db_setup, window, stands_for):
        aged(hours=721)  # makes the day
        with database.connect(django_db_setup) as admin:
            (stands,) = admin.execute("SELECT pg_get_viewdef(%s::regclass)", [window]).fetchone()
            changed = stands.replace("'720:00:00'::interval", "'745:00:00'::interval")
            assert changed != stands
            admin.execute("SET session_replication_role = replica")
            admin.execute(stands_for)
            assert watching.standing().readable == 0
            admin.execute(f"CREATE OR REPLACE VIEW {window} AS {changed}")
            try:
                assert watching.standing().readable == 1
            finally:
                admin.execute(f"CREATE OR REPLACE VIEW {window} AS {stands}")

    @pytest.mark.parametrize(("hours", "left"), [(745.9, 0), (746.1, 1)])
    @pytest.mark.parametrize("what", ["key", "packs", "certificate"])
    def test_a_day_that_is_not_finished_in_time(self, monkeypatch, what, hours, left):
        midnight = datetime(2026, 3, 4, tzinfo=UTC)
        if what == "certificate":
            day = (timezone.now() - timedelta(hours=hours)).astimezone(UTC).date()
            day += timedelta(days=0 if left else 1)
            DisposedDay.objects.using("purge").create(
                by_name="the portal", run_id=uuid.uuid4(), day=day, reads=1, pictures=0, bytes=1
            )
        else:
            at = packs.key_file(midnight.date()) if what == "key" else packs.folder(midnight.date()) / "00.pack"
            at.parent.mkdir(parents=True)
            at.write_bytes(b"x")
            monkeypatch.setattr(watching.timezone, "now", lambda: midnight + timedelta(hours=hours))
        found = watching.standing()
        assert (found.unfinished, found.in_breach) == (left, bool(left))
        assert (found.readable, found.late, found.held_late) == (0, 0, 0)

    def test_a_key_that_stays_makes_a_day_in_breach(self, client):
        readers()
        key = packs.key_file(date(2026, 3, 4))
        key.parent.mkdir(parents=True)
        key.write_bytes(b"x")
        assert watching.watch(timezone.now()) == 2
        assert RetentionBreach.objects.get().unfinished == 1
        assert "Retention" in client.get("/readyz").json()["red"]
        assert "whose pictures, key or certificate" in health.retention().says
        page = " ".join(client.get("/public/").content.decode().split())
        assert "Nothing older than 30 days is kept" not in page
        assert "whose end is not certified: n = 1." in page

    @pytest.mark.parametrize(("hours", "late"), [(745.9, 0), (746.1, 1)])
    def test_a_read_on_the_disk_for_too_long(self, hours, late):
        read_at = timezone.now() - timedelta(hours=hours)
        aged(hours=hours)
        assert watching.standing().late == late
        assert retention_rules.is_late(read_at, timezone.now()) is bool(late)
        cache.clear()
        assert health.retention().ok is not bool(late)

    @pytest.mark.parametrize(
        ("values", "late"),
        [
            ({"released_at": timedelta(hours=23)}, 0),
            ({"released_at": timedelta(hours=25)}, 1),
            ({"keep_until": timedelta(days=8)}, 0),
            ({"keep_until": timedelta(days=9)}, 1),
        ],
    )
    def test_held_data_that_should_have_left(self, django_db_setup, values, late):
        now = timezone.now()
        said = {name: now - back for name, back in values.items()}
        if "keep_until" in said:
            said["keep_until"] = timezone.localdate(said["keep_until"])
        with hold_state(django_db_setup, **said):
            assert watching.standing().held_late == late
        rule = {"released_at": None, "keep_until": date(2099, 1, 1), **said}
        assert retention_rules.held_is_late(**rule, now=now, today=timezone.localdate(now)) is bool(late)

    @pytest.mark.parametrize("alias", ["purge", "ingest"])
    def test_only_web_and_report_ask(self, alias):
        with pytest.raises(ProgrammingError, match="permission denied"):
            watching.figures(alias)

    @pytest.mark.parametrize("alias", ["default", "report", "purge"])
    def test_nobody_counts_through_the_open_window_themself(self, alias):
        with pytest.raises(ProgrammingError, match="permission denied"), connections[alias].cursor() as cursor:
            cursor.execute("SELECT reads_expired_shown('reads_window'::regclass)")


class TestWhatIsToldOfIt:
    NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)

    def test_nothing_is_told_while_all_is_well(self):
        readers()
        assert tasks.watch() == 0
        assert not RetentionBreach.objects.exists()

    def test_a_day_in_breach_is_recorded_once_and_told_to_two(self):
        readers()
        aged(hours=747)
        assert watching.watch(self.NOW) == 2
        assert watching.watch(self.NOW + timedelta(hours=1)) == 0
        told = Letter.objects.filter(kind=watching.BREACH).values_list("member__username", flat=True)
        assert set(told) == {"abara", "castel"}
        breach = RetentionBreach.objects.get()
        assert (breach.on, breach.readable, breach.late) == (date(2026, 11, 22), 0, 1)

    def test_the_next_day_is_another_one_and_the_year_counts_them(self):
        readers()
        aged(hours=747)
        watching.watch(self.NOW)
        assert watching.watch(self.NOW + timedelta(days=1)) == 2
        assert (watching.days_in_breach(2026), watching.days_in_breach(2025)) == (2, 0)

    def test_a_brake_is_told_each_day_until_it_is_released(self, monkeypatch):
        readers()
        with monkeypatch.context() as wrong:
            wrong.setattr(brake, "host_clock", lambda: datetime.now(UTC) + timedelta(minutes=6))
            disposal.purge()
        assert watching.watch(self.NOW) == 2
        assert watching.watch(self.NOW) == 0
        assert not RetentionBreach.objects.exists()
        brake.release(operator="Sui Sato", reason="Set right")
        assert watching.watch(self.NOW + timedelta(days=1)) == 0

    def test_letters_leave_and_hold_no_data(self, mailoutbox):
        readers()
        read_id = aged(hours=747)
        watching.watch(timezone.now())
        letters.send_due(timezone.now())
        assert len(mailoutbox) == 2
        for sent in mailoutbox:
            assert "8ABC123" not in sent.body
            assert str(read_id) not in sent.body
            assert "/certificates/" in sent.body

    def test_a_letter_of_a_stopped_disposal_leaves_too(self, mailoutbox):
        readers()
        letters.write([(pk, watching.STOPPED, timezone.localdate()) for pk in watching.readers()])
        letters.send_due(timezone.now())
        assert {sent.subject for sent in mailoutbox} == {
            "ALPR Portal: the disposal of expired reads has stopped itself"
        }

    def test_the_task_stands_in_the_timetable_each_hour(self):
        from alpr_portal.celery import app

        (line,) = [line for line in app.conf.beat_schedule.values() if line["task"] == "reads.tasks.watch"]
        assert len(line["schedule"].hour) == 24


class TestReadyAndPublic:
    def test_readyz_is_red_by_name(self, client):
        assert "Retention" not in client.get("/readyz").json()["red"]
        cache.clear()
        aged(hours=747)
        answer = client.get("/readyz")
        assert (answer.status_code, "Retention" in answer.json()["red"]) == (503, True)

    def test_the_public_page_says_that_copies_stay(self, client, django_db_setup):
        with hold_state(django_db_setup, released_at=timezone.now() - timedelta(hours=25)):
            page = " ".join(client.get("/public/").content.decode().split())
        assert SAYS.format(0, 0, 1) in page
        assert "Nothing older than 30 days is kept" not in page

    def test_the_public_page_says_n(self, client):
        page = " ".join(client.get("/public/").content.decode().split())
        assert "<strong>Nothing older than 30 days is kept without a hold.</strong>" in page
        assert SAYS.format(0, 0, 0) in page
        assert "whose end is not certified" not in page
        assert "The disposal has not run yet." in page
        cache.clear()
        aged(hours=747)
        disposal.PurgeRun.objects.using("purge").create(by_name="the portal", partitions=0, purged=0, took_ms=1)
        page = " ".join(client.get("/public/").content.decode().split())
        assert SAYS.format(0, 1, 0) in page
        assert "Nothing older than 30 days is kept" not in page
        assert "The disposal last ran" in page

    @pytest.mark.parametrize(
        ("number", "said"), [(0, "0"), (1, "fewer than 5"), (4, "fewer than 5"), (5, "5"), (1200, "1,200")]
    )
    def test_few_are_not_counted_in_public(self, number, said):
        assert public.few(number) == said

    def test_it_is_counted_anew_after_a_minute_at_most(self):
        assert watching.figures(fresh=False)["late"] == 0
        aged(hours=747)
        assert watching.figures(fresh=False)["late"] == 0
        assert watching.figures()["late"] == 1
        assert watching.FRESH <= 60
