"""G: a backup is made whole or not at all, holds no image of a day, and none is kept past its seventh day."""

from __future__ import annotations

import json
import os
import stat
import tarfile
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import OperationalError
from django.utils import timezone
from psycopg import sql

from alpr_portal import checks, health
from alpr_portal.backup import keep, make, programs, restore, watch
from reads import disposal, erasures
from reads.holds import disposal as held_disposal
from reads.models import BackupMade, DisposedDay
from tests import database, holding
from tests import make as build
from tests.backup.conftest import ago
from tests.backup.test_seal import KEY
from tests.commands.run import run

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G")]


def older(**length: float) -> Path:
    """A backup that lies there since so long ago."""
    keep.folder().mkdir(parents=True, exist_ok=True)
    path = keep.folder() / keep.name_of(ago(**length))
    path.write_bytes(b"sealed")
    return path


class TestMake:
    def test_it_says_what_it_made_and_records_it(self):
        made = json.loads(run("backup", "--json"))
        path = keep.newest()
        assert (path.name, path.stat().st_size) == (made["name"], made["size"])
        record = BackupMade.objects.get()
        assert (record.name, record.size, record.sha256, record.kept) == (path.name, made["size"], made["sha256"], 1)

    def test_only_the_account_that_made_it_reads_it(self):
        run("backup")
        assert stat.S_IMODE(keep.newest().stat().st_mode) == 0o600
        assert stat.S_IMODE(keep.folder().stat().st_mode) == 0o700

    def test_it_holds_the_packs_of_holds_and_no_image_of_a_day(self, officer, administrator):
        read_id = build.read(images=1)
        build.pictures(read_id, build.jpeg())
        hold = holding.held(officer, administrator, read_id)
        run("backup")
        with restore.on_tape(keep.newest()) as tape:
            names = [entry.name for entry, _ in tape]
        assert [name for name in names if not name.startswith("dump/")] == [f"held/{hold.pk}.pack", "manifest.json"]

    def test_it_carries_nobody_who_is_signed_in(self):
        run("backup")
        tables = restore.verify(keep.newest())["tables"]
        assert not {"django_session", "training_livesession"} & set(tables)
        assert "reads_read" not in tables
        assert f"reads_read_{datetime.now(UTC):%Y%m%d}" in tables

    def test_no_password_is_among_the_words_of_a_process(self, monkeypatch):
        monkeypatch.setattr(programs, "parameters", lambda: {"host": "db", "user": "u", "password": "not-to-be-shown"})
        assert programs.environment()["PGPASSWORD"] == "not-to-be-shown"

    def test_memory_stays_flat_and_parts_are_put_together(self, monkeypatch, elsewhere):
        monkeypatch.setattr(make, "DUMP_PART", 4096)
        build.read("8ABC123")
        run("backup")
        path = keep.newest()
        assert restore.verify(path)["dump"]["parts"] > 10
        elsewhere()
        run("restore", str(path))

    @pytest.mark.parametrize("fault", ["write", "rename"])
    def test_where_it_fails_nothing_is_left_and_nothing_goes(self, monkeypatch, fault):
        before = [older(days=9), older(days=8)]

        def broken(*_):
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as faulty:
            faulty.setattr(make, "write_held", broken) if fault == "write" else faulty.setattr(Path, "rename", broken)
            with pytest.raises(OSError, match="Input/output error"):
                run("backup")
        assert keep.listed() == before
        assert not list(keep.folder().glob(".*.part"))
        assert not BackupMade.objects.exists()
        run("backup")
        assert not set(before) & set(keep.listed())

    def test_two_at_once_are_not_needed(self):
        keep.folder().mkdir(parents=True)
        with make.alone(), pytest.raises(CommandError, match="Another backup is being made"):
            run("backup")

    def test_without_a_key_it_does_not_begin(self, settings):
        settings.BACKUP_KEY = ""
        with pytest.raises(CommandError, match="BACKUP_KEY is not set here"):
            run("backup")
        assert not keep.folder().exists()

    def test_the_journal_lets_go_of_old_months(self, settings):
        erasures.note("day", "2026-03-04")
        old = Path(settings.ERASURES_DIR) / "2025-01.jsonl"
        old.write_text("")
        run("backup")
        assert not old.exists()
        assert [line.kind for line in erasures.read()] == ["day", "backup"]


class TestBesideTheDisposal:
    """What is dropped or emptied while a backup is made is gone for every moment: the tables are locked before."""

    @pytest.fixture
    def due(self, officer, administrator, days_again, monkeypatch):
        """An expired day, and a hold on it that is released: both are the disposal's. It tries twice."""
        monkeypatch.setattr(disposal, "ATTEMPTS", 2)
        monkeypatch.setattr(held_disposal, "ATTEMPTS", 2)
        uploaded = ago(days=34)
        read_id = build.read(uploaded_at=uploaded)
        stays = holding.held(officer, administrator, read_id, at=ago(days=11))
        goes = holding.held(officer, administrator, read_id, at=ago(days=11))
        for hold in (stays, goes):
            holding.lapsed(hold, days=-20)
        holding.released(goes, administrator)
        return uploaded.astimezone(UTC).date(), goes

    def dispose(self, due) -> list[str]:
        """Both, each on its own; what of it was not let."""
        refused = []
        for name, act in (
            ("hold", lambda: held_disposal.dispose_due(uuid.uuid4())),
            ("day", lambda: disposal.dispose(due[0], uuid.uuid4())),
        ):
            try:
                act()
            except OperationalError:
                refused.append(name)
        return refused

    @pytest.mark.parametrize("before", ["write_dump", "count"])
    def test_between_its_steps_the_disposal_waits_and_the_backup_is_whole(self, due, monkeypatch, elsewhere, before):
        whole, refused = getattr(make, before), []

        def beside(*said):
            refused.append(self.dispose(due))
            return whole(*said)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(make, before, beside)
            run("backup")
        assert refused == [["hold", "day"]]
        assert self.dispose(due) == []
        elsewhere()
        run("restore", str(keep.newest()))
        left = json.loads(run("leave_quarantine"))
        assert (left["running_holds"], left["expired_on_disk"]) == (1, 0)

    def test_while_packs_are_copied_the_disposal_goes_on(self, due, monkeypatch, elsewhere):
        whole, refused = make.write_held, []

        def beside(*said):
            refused.append(self.dispose(due))
            return whole(*said)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(make, "write_held", beside)
            run("backup")
        assert refused == [[]]
        elsewhere()
        run("restore", str(keep.newest()))
        assert json.loads(run("leave_quarantine"))["running_holds"] == 1

    def test_a_day_that_goes_after_it_was_listed_is_listed_no_more(self, due, monkeypatch):
        compose, refused = sql.SQL.join, []

        def beside(*said):
            names = compose(*said)
            if not refused:
                refused.append(self.dispose(due))
            return names

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(make.sql.SQL, "join", beside)
            run("backup")
        assert refused == [[]]
        tables = restore.verify(keep.newest())["tables"]
        assert (f"reads_read_{due[0]:%Y%m%d}" in tables, tables["reads_heldread"]) == (False, 1)

    def test_a_table_that_stays_locked_is_told(self, django_db_setup, monkeypatch):
        monkeypatch.setattr(make, "LOCK_WAIT", "100ms")
        with database.connect(django_db_setup) as admin, admin.transaction():
            admin.execute("LOCK TABLE reads_heldread IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(CommandError, match="wait until that is done"):
                run("backup")
        assert keep.listed() == []


class TestPrograms:
    def program(self, tmp_path: Path, version: str) -> Path:
        path = tmp_path / f"pg_dump-{version}"
        path.write_text(f'#!/bin/sh\necho "pg_dump (PostgreSQL) {version}"\n')
        path.chmod(0o755)
        return path

    def test_an_older_one_is_told_with_what_to_install(self, monkeypatch, tmp_path):
        found = [self.program(tmp_path, "14.9"), self.program(tmp_path, "13.2")]
        monkeypatch.setattr(programs, "candidates", lambda *_: iter(found))
        with pytest.raises(CommandError, match=r"of pg_dump only version 14 is here: install .* postgresql-client-"):
            run("backup")
        assert keep.listed() == []

    def test_the_servers_own_version_comes_before_a_newer_one(self, monkeypatch, tmp_path):
        found = [self.program(tmp_path, version) for version in ("14.9", "19.1", "18.1")]
        monkeypatch.setattr(programs, "candidates", lambda *_: iter(found))
        assert programs.find("pg_dump", 18).name == "pg_dump-18.1"
        assert programs.find("pg_dump", 17).name == "pg_dump-18.1"

    def test_none_at_all(self, monkeypatch, tmp_path):
        monkeypatch.setattr(programs, "candidates", lambda *_: iter([tmp_path / "nothing"]))
        with pytest.raises(CommandError, match="none is here"):
            run("backup")


class TestLetGo:
    def test_none_passes_its_seventh_day_before_the_next_run(self):
        stays, goes = older(days=5, hours=21), older(days=5, hours=23)
        made = json.loads(run("backup", "--json"))
        assert made["gone"] == [goes.name]
        assert stays in keep.listed()

    def test_the_newest_is_never_let_go(self):
        only = older(days=30)
        assert keep.let_go(timezone.now()) == []
        assert keep.listed() == [only]

    def test_what_a_broken_run_left_goes(self):
        older(hours=1)
        left = keep.folder() / f".{keep.name_of(ago(hours=2))}.part"
        left.write_bytes(b"half")
        keep.let_go(timezone.now())
        assert not left.exists()

    def test_other_files_are_nobodys_business(self):
        older(hours=1)
        other = keep.folder() / "letter.alprbackup"
        other.write_bytes(b"x")
        os.utime(other, (0, 0))
        keep.let_go(timezone.now())
        assert other.exists()


class TestRestoreRefuses:
    """Every refusal comes before anything is touched."""

    def test_what_is_damaged(self, elsewhere):
        run("backup")
        path = keep.newest()
        data = path.read_bytes()
        elsewhere()
        for damaged, said in (
            (data[: len(data) // 2], "cut off"),
            (data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :], "changed"),
            (b"nothing of ours" * 9, "no backup of the portal"),
        ):
            path.write_bytes(damaged)
            with pytest.raises(CommandError, match=said):
                run("restore", str(path))
            assert self.is_empty()
        path.write_bytes(data)
        run("restore", str(path))
        assert not self.is_empty()

    def test_another_key(self, elsewhere, settings):
        run("backup")
        elsewhere()
        settings.BACKUP_KEY = KEY
        with pytest.raises(CommandError, match="another BACKUP_KEY"):
            run("restore", str(keep.newest()))
        assert self.is_empty()

    def test_a_database_that_is_not_empty(self):
        run("backup")
        with pytest.raises(CommandError, match=r"is not empty .* writes over nothing"):
            run("restore", str(keep.newest()))
        assert BackupMade.objects.count() == 1

    def test_an_older_server(self, elsewhere, monkeypatch):
        run("backup")
        elsewhere()
        said = {**restore.verify(keep.newest()), "server": 990001}
        monkeypatch.setattr(restore, "verify", lambda path: said)
        with pytest.raises(CommandError, match="This backup is of PostgreSQL 99"):
            run("restore", str(keep.newest()))
        assert self.is_empty()

    def test_a_list_that_says_something_else(self, monkeypatch):
        put = make.put

        def lie(tape: tarfile.TarFile, name: str, content: bytes) -> None:
            put(tape, name, content.replace(b'"sha256": "', b'"sha256": "0') if name == "manifest.json" else content)

        monkeypatch.setattr(make, "put", lie)
        run("backup")
        with pytest.raises(CommandError, match="not hold what its own list says"):
            run("restore", "--verify", str(keep.newest()))

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(CommandError, match="cannot be opened: No such file"):
            run("restore", str(tmp_path / "none.alprbackup"))

    def test_broken_off_it_leaves_an_empty_database_and_may_be_run_again(self, elsewhere, monkeypatch):
        run("backup")
        elsewhere()
        with monkeypatch.context() as broken:
            broken.setattr(restore, "on_tape", self.broken(restore.on_tape))
            with pytest.raises(KeyboardInterrupt):
                run("restore", str(keep.newest()))
        assert self.is_empty()
        run("restore", str(keep.newest()))

    def test_what_cannot_be_restored_to_the_end_is_not_restored_at_all(self, elsewhere):
        run("backup")
        with database.connect(elsewhere()) as admin:
            admin.execute("CREATE TYPE training_storedfile AS (in_the_way integer)")
        with pytest.raises(CommandError, match=r"could not be restored, and is as it was: .*training_storedfile"):
            run("restore", str(keep.newest()))
        assert self.is_empty()

    def broken(self, whole):
        """The third time the tape is read, it breaks off in the middle."""
        calls = []

        @contextmanager
        def on_tape(path):
            calls.append(path)
            with whole(path) as tape:
                yield self.half(tape) if len(calls) == 3 else tape

        return on_tape

    def half(self, tape):
        yield next(tape)
        raise KeyboardInterrupt

    def is_empty(self) -> bool:
        with programs.connect() as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            ).fetchone()
        return row == (0,)


class TestWatched:
    def record(self, *, hours: float, oldest_days: float = 1) -> None:
        values = {"name": "x", "size": 1, "sha256": "", "took_ms": 1, "kept": 1, "by_name": "the portal"}
        BackupMade.backdated(at=ago(hours=hours), oldest_at=ago(days=oldest_days), **values)

    @pytest.mark.parametrize(("hours", "ok"), [(25.9, True), (26.1, False)])
    def test_none_yet_is_red_once_the_portal_is_a_day_old(self, monkeypatch, hours, ok):
        monkeypatch.setattr(watch, "began", lambda: ago(hours=hours))
        assert (watch.backups().ok, watch.backups().says) == (ok, "none was made yet")

    def test_a_portal_begins_with_its_first_migration(self):
        assert ago(days=2) < watch.began() <= timezone.now()

    @pytest.mark.parametrize(
        ("hours", "oldest_days", "ok"), [(25.9, 1, True), (26.1, 1, False), (1, 6.9, True), (1, 7.1, False)]
    )
    def test_one_that_is_late_or_kept_too_long_is_red(self, hours, oldest_days, ok):
        self.record(hours=hours, oldest_days=oldest_days)
        assert watch.backups().ok == ok
        assert not watch.backups().needed


class TestJournalWatched:
    """A journal that is gone is told from one in which nothing had to be written."""

    def gone(self, **length: float) -> str:
        """An upload day that this database knows to have gone so long ago."""
        at = ago(**length)
        day = (at - timedelta(days=31)).date()
        said = {"by_name": "the portal", "run_id": uuid.uuid4(), "day": day, "reads": 1, "pictures": 0}
        DisposedDay.backdated(at=at, **said)
        return day.isoformat()

    def test_where_nothing_went_none_is_needed(self):
        assert (watch.journal().ok, watch.journal().says) == (True, "its folder is not there")
        assert watch.journal in health.CHECKS

    @pytest.mark.parametrize("days", [1, 20])
    def test_a_missing_folder_is_red_where_days_went(self, monkeypatch, days):
        monkeypatch.setattr(watch, "began", lambda: ago(days=90))
        self.gone(days=days)
        assert (watch.journal().ok, "1 upload days" in watch.journal().says) == (False, True)

    def test_a_hold_that_went_is_missed_too(self, officer, administrator, settings):
        hold = holding.held(officer, administrator, build.read())
        holding.released(hold, administrator)
        held_disposal.dispose_due(uuid.uuid4())
        assert watch.journal().ok
        (Path(settings.ERASURES_DIR) / f"{datetime.now(UTC):%Y-%m}.jsonl").unlink()
        assert not watch.journal().ok

    def test_a_folder_that_began_anew_is_red_as_long_as_a_backup_could_need_what_was_lost(self):
        erasures.note("day", self.gone(hours=1))
        assert watch.journal().ok
        self.gone(days=6, hours=23)
        assert not watch.journal().ok

    @pytest.mark.parametrize(("oldest", "ok"), [(8, True), (11, False)])
    def test_then_it_is_green_unless_an_older_backup_is_kept(self, oldest, ok):
        erasures.note("day", self.gone(hours=1))
        self.gone(days=9)
        values = {"name": "x", "size": 1, "sha256": "", "took_ms": 1, "kept": 1, "by_name": "the portal"}
        BackupMade.backdated(at=ago(hours=1), oldest_at=ago(days=oldest), **values)
        assert watch.journal().ok == ok


@pytest.mark.parametrize(
    ("key", "production", "refused"),
    [
        (KEY, True, []),
        ("DEVELOPMENT", False, []),
        ("DEVELOPMENT", True, ["alpr.E009"]),
        ("", True, ["alpr.E008"]),
        ("eA==", False, ["alpr.E008"]),
    ],
)
def test_what_seals_backups(settings, key, production, refused):
    settings.BACKUP_KEY = settings.DEVELOPMENT_KEY if key == "DEVELOPMENT" else key
    settings.PRODUCTION = production
    assert [error.id for error in checks.backup_key(None)] == refused


@pytest.mark.parametrize(
    ("journal", "production", "refused"),
    [("/data/erasures", True, 1), ("/backups/e", True, 1), ("/erasures", True, 0), ("/data/erasures", False, 0)],
)
def test_where_the_journal_may_lie(settings, journal, production, refused):
    settings.DATA_DIR, settings.BACKUP_DIR = "/data", "/backups"
    settings.ERASURES_DIR, settings.PRODUCTION = journal, production
    assert [error.id for error in checks.erasures_apart(None)] == ["alpr.E007"] * refused


def test_a_name_says_when():
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert keep.name_of(at + timedelta(milliseconds=1)) == "20260304T050607Z.alprbackup"
    assert keep.made_at(Path("/x/20260304T050607Z.alprbackup")) == at
