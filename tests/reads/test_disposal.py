"""G: expired upload days leave the disk: reads, key, packs; once, with a receipt, and no search waits behind it."""

from __future__ import annotations

import json
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management.base import CommandError
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, connections, transaction
from django.utils import timezone

from alpr_portal import health
from reads import disposal, erasures, images, packs, partitions
from reads.certificates.issue import verify
from reads.models import CertifiedDay, DisposedDay, PurgeRun
from tests import database, make
from tests.commands.run import run

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G")]
EXPIRED = timedelta(days=33)


@pytest.fixture(autouse=True)
def days_again(committed, settings, tmp_path, django_db_setup):
    """Pictures in a folder of the test's own; afterwards, the days that went stand again for the tests that come."""
    settings.DATA_DIR, settings.IMAGE_KEYS_DIR = tmp_path / "disk", tmp_path / "keys"
    settings.ERASURES_DIR = tmp_path / "erasures"
    yield
    connections.close_all()
    with database.connect(django_db_setup) as admin:
        admin.execute("SELECT reads_make_partitions(current_date - 40, 45)")
        for (index,) in admin.execute("SELECT relname FROM pg_class WHERE relname LIKE '%_trigram'").fetchall():
            admin.execute(f"DROP INDEX {index}")


def expired_read(**values):
    """A read of a day that is over, with a picture; answers (day, where the picture lies)."""
    uploaded = timezone.now() - EXPIRED
    read_id = make.read(uploaded_at=uploaded, images=1, **values)
    (kept,) = make.pictures(read_id, make.jpeg(), day=uploaded.astimezone(UTC).date())
    return kept.upload_day, kept


def on_disk():
    with connections["purge"].cursor() as cursor:
        cursor.execute("SELECT reads_upload_days()")
        return {day for (day,) in cursor.fetchall()}


class TestPurge:
    def test_an_expired_day_goes_with_its_reads_and_pictures_and_leaves_a_receipt(self):
        day, kept = expired_read()
        young = make.read("8ABC124")
        done = disposal.purge()
        assert day not in on_disk()
        assert packs.load(kept) is None
        assert packs.days() == set()
        assert (done.purged, done.failed) == (1, [])
        receipt = PurgeRun.objects.get()
        assert (receipt.purged, receipt.partitions, receipt.failed) == (1, done.partitions, [])
        assert done.partitions >= 1
        gone = DisposedDay.objects.get(day=day)
        assert (gone.reads, gone.pictures, gone.run_id) == (1, 1, receipt.pk)
        assert (gone.has_key, gone.packs_bytes > 0, gone.bytes > 0) == (True, True, True)
        assert gone.certified.run_id == receipt.pk
        assert gone.certified.key_gone_at > gone.at, "the key goes after the reads"
        assert day.isoformat() in {line.what for line in erasures.read() if line.kind == "day"}
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT id, uploaded_at FROM reads_read")
            assert cursor.fetchall() == [(young, receipt.oldest_at)]

    def test_a_second_run_finds_nothing_and_says_so(self):
        expired_read()
        disposal.purge()
        again = disposal.purge()
        assert (again.partitions, again.purged, again.oldest_at) == (0, 0, None)
        assert PurgeRun.objects.count() == 2

    def test_a_day_stays_until_its_last_read_is_720_hours_old(self):
        now = datetime(2026, 3, 31, 0, 0, tzinfo=UTC)
        assert disposal.has_expired((now - timedelta(days=31)).date(), now)
        assert not disposal.has_expired((now - timedelta(days=31)).date(), now - timedelta(microseconds=1))

    def test_the_database_itself_refuses_a_day_that_is_too_young(self):
        young = timezone.now().astimezone(UTC).date() - timedelta(days=30)
        make.read(uploaded_at=timezone.now() - timedelta(days=30))
        with pytest.raises(ProgrammingError, match="not over 720 hours old"), connections["purge"].cursor() as cursor:
            cursor.execute("SELECT reads_dispose(%s)", [young])
        assert young in on_disk()

    @pytest.mark.parametrize("alias", ["default", "ingest", "report"])
    def test_no_other_role_may_dispose(self, alias):
        day, _ = expired_read()
        with pytest.raises(ProgrammingError, match="permission denied"), connections[alias].cursor() as cursor:
            cursor.execute("SELECT reads_dispose(%s)", [day])

    def test_the_receipts_are_written_once(self):
        disposal.purge()
        with pytest.raises(ProgrammingError), connections["purge"].cursor() as cursor:
            cursor.execute("DELETE FROM reads_purgerun")

    def test_a_dry_run_tells_and_leaves_everything(self):
        day, kept = expired_read()
        told = []
        done = disposal.purge(dry_run=True, tell=told.append)
        assert (done.purged, done.partitions >= 1) == (1, True)
        assert any(line.startswith(f"{day}: 1 reads, 1 pictures would go") for line in told)
        assert day in on_disk()
        assert packs.load(kept)
        assert not PurgeRun.objects.exists()

    def test_two_runs_at_once_are_not_needed(self, django_db_setup):
        with database.connect(django_db_setup) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [disposal.ONE_AT_A_TIME])
            with pytest.raises(disposal.AlreadyRunning):
                disposal.purge()
            other.execute("SELECT pg_advisory_unlock(%s)", [disposal.ONE_AT_A_TIME])
            disposal.purge()

    def test_statistics_do_not_keep_plates_of_days_that_are_gone(self, django_db_setup):
        for n in range(40):
            make.read("9GPNE99", uploaded_at=timezone.now() - EXPIRED + timedelta(seconds=n))
        make.read("8ABC124")
        known = "SELECT count(*) FROM pg_stats WHERE most_common_vals::text LIKE '%9GPNE99%'"
        with database.connect(django_db_setup) as admin:
            parents = [row[0] for row in admin.execute("SELECT parent FROM reads_daily").fetchall()]
            for parent in parents:
                admin.execute(f"ANALYZE {parent}")
            of_all = "SELECT count(*) FROM pg_stats WHERE tablename = 'reads_read' AND attname = 'make'"
            assert admin.execute(of_all).fetchone()[0] == 1, "the whole table was looked at"
            disposal.purge()
            assert admin.execute(known).fetchone()[0] == 0


def killed(*args, **options):
    """Whatever stands here is where the run dies."""
    raise KeyboardInterrupt


class TestBrokenOff:
    """Killed anywhere, a run may be started again, and nothing is counted twice or left over."""

    LINES = (
        "reads.disposal.packs.destroy_key",
        "reads.disposal.packs.destroy",
        "reads.packs.shutil.rmtree",
        "reads.disposal.dispose_due",
        "reads.disposal.issue",
        "reads.certificates.issue.digest_of",
    )

    @pytest.mark.parametrize("line", LINES)
    def test_it_goes_on_where_it_was_and_certifies_the_day_once(self, monkeypatch, line):
        disposal.purge()  # the empty days before it, so that the run dies at ours
        partitions.make_ahead((timezone.now() - EXPIRED).astimezone(UTC).date(), 1)
        day, kept = expired_read()
        with monkeypatch.context() as broken:
            broken.setattr(line, killed)
            with pytest.raises(KeyboardInterrupt):
                disposal.purge()
        assert PurgeRun.objects.count() == 1
        assert day not in on_disk(), "the reads went first"
        disposal.purge()
        disposal.purge()
        assert packs.days() == set()
        assert packs.size(day) == 0
        gone = DisposedDay.objects.get(day=day, bytes__gt=0, reads=1)
        assert (gone.reads, gone.pictures, gone.has_key) == (1, 1, True)
        assert gone.packs_bytes > 0
        first = PurgeRun.objects.get(number=2)
        assert [one.disposed.day for one in CertifiedDay.objects.filter(disposed=gone, run=first)] == [day]
        assert first.purged == 1
        assert verify().wrong == []

    @pytest.mark.parametrize("line", ["reads.disposal.erasures.note", "reads.models.DisposedDay.objects.using"])
    def test_killed_within_the_transaction_nothing_went(self, monkeypatch, line):
        day, kept = expired_read()
        with monkeypatch.context() as broken:
            broken.setattr(line, killed)
            with pytest.raises(KeyboardInterrupt):
                disposal.dispose(day, uuid.uuid4())
        assert day in on_disk()
        assert packs.load(kept), "key and reads stay together"

    def test_killed_between_reads_and_key_the_key_is_still_there(self, monkeypatch):
        """A hold that copied the reads before seals its pictures with it; none can come after, for the day is gone."""
        day, kept = expired_read()
        monkeypatch.setattr(disposal.packs, "destroy_key", killed)
        with pytest.raises(KeyboardInterrupt):
            disposal.dispose(day, uuid.uuid4())
        assert day not in on_disk()
        assert packs.key_file(day).exists()

    def test_reads_and_their_record_go_in_one_transaction(self, monkeypatch):
        day, _ = expired_read()
        with monkeypatch.context() as broken:
            broken.setattr(DisposedDay.objects, "using", lambda alias: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                disposal.purge()
        assert day in on_disk()
        assert not DisposedDay.objects.exists()

    def test_a_day_that_cannot_go_is_named_and_the_others_go(self, monkeypatch):
        day, _ = expired_read()
        real = disposal.dispose

        def dispose(one, run_id):
            if one == day:
                raise DatabaseError("the disk is broken")
            return real(one, run_id)

        monkeypatch.setattr(disposal, "dispose", dispose)
        done = disposal.purge()
        assert done.failed == [{"day": day.isoformat(), "reason": "the disk is broken"}]
        assert done.partitions >= 1
        assert PurgeRun.objects.get().failed == done.failed
        assert not health.oldest_day().ok

    def test_pictures_without_a_table_are_taken_too(self):
        day, kept = expired_read()
        disposal.purge()
        (left,) = packs.keep(day, [(uuid.uuid4(), [images.clean(make.jpeg())])])
        disposal.purge()
        assert packs.load(left) is None
        assert packs.days() == set()

    def test_a_detached_leftover_is_taken_too(self, django_db_setup):
        day, _ = expired_read()
        with database.connect(django_db_setup) as admin:
            admin.execute(f"ALTER TABLE reads_read DETACH PARTITION reads_read_{day:%Y%m%d}")
        assert disposal.purge().purged == 1
        assert day not in on_disk()

    def test_packs_that_cannot_go_leave_the_day_uncertified_until_they_do(self, monkeypatch):
        day, _ = expired_read()
        with monkeypatch.context() as broken:
            broken.setattr(packs.shutil, "rmtree", lambda path: (_ for _ in ()).throw(OSError("the disk is broken")))
            done = disposal.purge()
        assert done.failed == [{"day": day.isoformat(), "reason": "the disk is broken"}]
        assert not CertifiedDay.objects.filter(disposed__day=day).exists()
        disposal.purge()
        certified = CertifiedDay.objects.get(disposed__day=day)
        assert (certified.run.number, certified.key_gone_at) == (2, None), "the run before destroyed the key"


class TestHoldsWin:
    """An approval shares the lock of the days it copies from; the disposal has it to itself for a whole day."""

    SHARE = "SELECT pg_advisory_lock_shared(%s, reads_day_number(%s))"

    def test_the_disposal_waits_for_an_approval_and_touches_nothing(self, django_db_setup, monkeypatch):
        day, kept = expired_read()
        monkeypatch.setattr(disposal, "PAUSE", 0)
        monkeypatch.setattr(disposal, "ATTEMPTS", 2)
        with database.connect(django_db_setup) as approval:
            approval.execute(self.SHARE, [disposal.OF_A_DAY, day])
            done = disposal.purge()
            assert [one["day"] for one in done.failed] == [day.isoformat()]
            assert packs.load(kept)
        assert disposal.purge().purged == 1

    @pytest.mark.parametrize("step", ["_reads", "packs.destroy_key", "packs.destroy"])
    def test_no_approval_comes_between_the_steps(self, django_db_setup, monkeypatch, step):
        day, _ = expired_read()
        held: list[bool] = []

        def look(*args):
            with database.connect(django_db_setup) as approval:
                number = "SELECT pg_try_advisory_lock_shared(%s, reads_day_number(%s))"
                held.append(approval.execute(number, [disposal.OF_A_DAY, day]).fetchone()[0])
            return real(*args)

        where, _, name = step.rpartition(".")
        at = getattr(disposal, where) if where else disposal
        real = getattr(at, name)
        monkeypatch.setattr(at, name, look)
        disposal.dispose(day, uuid.uuid4())
        assert held
        assert not any(held)


class TestSearchesGoFirst:
    def test_while_a_search_is_open_nobody_waits_and_the_disposal_comes_back(self, django_db_setup, monkeypatch):
        day, _ = expired_read()
        monkeypatch.setattr(disposal, "PAUSE", 0.01)
        tried, leave = threading.Event(), threading.Event()
        real = transaction.atomic

        def counted(**options):
            if options.get("using") == "purge":
                attempts.append(1)
                if len(attempts) == 2:
                    tried.set()
                    leave.wait(5)
            return real(**options)

        attempts: list[int] = []
        monkeypatch.setattr(disposal.transaction, "atomic", counted)
        with database.connect(django_db_setup) as search:
            search.autocommit = False
            search.execute("SELECT count(*) FROM reads_read").fetchone()  # open until it commits
            result: list[disposal.Disposal] = []

            def work():
                result.append(disposal.purge())
                connections.close_all()

            worker = threading.Thread(target=work)
            worker.start()
            assert tried.wait(5), "the first attempt gave up"
            with database.connect(django_db_setup) as other:
                other.execute("SET lock_timeout = '1s'")
                other.execute("SELECT count(*) FROM reads_read").fetchone()
            search.commit()
            leave.set()
            worker.join(10)
        assert result[0].failed == []
        assert day not in on_disk()

    def test_it_gives_up_on_the_day_after_a_while(self, django_db_setup, monkeypatch):
        day, kept = expired_read()
        monkeypatch.setattr(disposal, "PAUSE", 0)
        monkeypatch.setattr(disposal, "ATTEMPTS", 2)
        with database.connect(django_db_setup) as search:
            search.autocommit = False
            search.execute("SELECT count(*) FROM reads_read").fetchone()
            with pytest.raises(OperationalError):
                disposal.dispose(day, uuid.uuid4())
        assert day in on_disk()
        assert packs.load(kept), "its pictures go after its reads, never before"

    def test_nobody_waits_for_the_journal(self, monkeypatch, django_db_setup):
        """It lies on another disk: it is written once, before the reads' table is locked, however often that is tried."""
        day, _ = expired_read()
        noted: list[str] = []
        real = erasures.note

        def note(kind, what):
            with database.connect(django_db_setup) as search:
                search.execute("SET lock_timeout = '200ms'")
                search.execute("SELECT count(*) FROM reads_read").fetchone()
            noted.append(what)
            real(kind, what)

        monkeypatch.setattr(disposal, "PAUSE", 0)
        monkeypatch.setattr(disposal, "ATTEMPTS", 2)
        monkeypatch.setattr(disposal.erasures, "note", note)
        with database.connect(django_db_setup) as search:
            search.autocommit = False
            search.execute("SELECT count(*) FROM reads_read").fetchone()
            with pytest.raises(OperationalError):
                disposal.dispose(day, uuid.uuid4())
        assert noted == [day.isoformat()]
        disposal.dispose(day, uuid.uuid4())
        assert noted == [day.isoformat()] * 2
        assert day not in on_disk()


class TestCommand:
    def test_as_json(self):
        expired_read()
        said = json.loads(run("purge", "--json"))
        assert list(said) == ["partitions", "purged", "oldest_at", "failed", "left", "brake", "certificate"]
        assert said["certificate"]["digest"] == PurgeRun.objects.get().digest
        assert (said["purged"], said["oldest_at"], said["failed"]) == (1, None, [])

    def test_as_a_sentence(self):
        expired_read()
        assert "with 1 reads. Oldest read left: none." in run("purge")

    def test_dry(self):
        day, _ = expired_read()
        assert run("purge", "--dry-run").startswith("Would dispose of")
        assert day in on_disk()

    def test_what_is_left_ends_it_with_an_error_that_names_the_day(self, monkeypatch):
        day, _ = expired_read()
        monkeypatch.setattr(disposal, "dispose", lambda *args: (_ for _ in ()).throw(DatabaseError("no")))
        with pytest.raises(CommandError, match=day.isoformat()):
            run("purge", "--json")

    def test_a_second_one_at_once_is_refused(self, django_db_setup):
        with database.connect(django_db_setup) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [disposal.ONE_AT_A_TIME])
            with pytest.raises(CommandError, match="Another run"):
                run("purge")


class TestHealth:
    def test_it_tells_of_the_last_run(self):
        disposal.purge()
        assert "last run" in health.oldest_day().says

    def test_it_is_red_where_no_run_came_for_hours(self, django_db_setup):
        disposal.purge()
        assert health.oldest_day().ok
        with database.connect(django_db_setup) as admin:
            admin.execute("SET session_replication_role = replica")
            admin.execute("ALTER TABLE reads_purgerun DISABLE TRIGGER written_once")
            admin.execute("UPDATE reads_purgerun SET at = at - interval '4 hours'")
            admin.execute("ALTER TABLE reads_purgerun ENABLE ALWAYS TRIGGER written_once")
        assert not health.oldest_day().ok

    def test_it_is_red_after_a_run_that_left_something(self, monkeypatch):
        expired_read()
        monkeypatch.setattr(disposal, "dispose", lambda *args: (_ for _ in ()).throw(OSError("no")))
        disposal.purge()
        assert not health.oldest_day().ok


@pytest.mark.clause("A.2")
class TestIndexes:
    def test_closed_days_get_their_index_once_and_the_open_day_never(self):
        partitions.index_closed_days()
        today = timezone.now().astimezone(UTC).date()
        with connection.cursor() as cursor:
            cursor.execute("SELECT array_agg(relname::text) FROM pg_class WHERE relname LIKE 'reads_read_%_trigram'")
            names = cursor.fetchone()[0]
        days = {day.date() for day in health.partition_days() if day.date() < today}
        assert set(names) == {f"reads_read_{day:%Y%m%d}_trigram" for day in days}
        assert partitions.index_closed_days() == 0

    def test_the_database_refuses_to_index_the_open_day(self):
        with pytest.raises(ProgrammingError, match="is not closed"), connections["purge"].cursor() as cursor:
            cursor.execute("SELECT reads_index_day(%s)", [timezone.now().astimezone(UTC).date()])
