"""G: the drill. A ten-day-old backup is restored, and nothing that expired or was erased since comes back with it.

The days are built ten days older than the backup would have found them: what it holds is a month old and over.
"""

from __future__ import annotations

import json
import time
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, connections, transaction

from alpr_portal import health
from alpr_portal.backup import keep, programs, quarantine, restore
from alpr_portal.backup import make as make_backup
from reads import erasures, packs
from reads.disposal import purge
from reads.holds import pictures
from reads.models import Access, HeldDisposed, HeldPicture, Quarantine, QuarantineEnd
from reads.tasks import watch
from tests import holding, make
from tests.backup.conftest import ago
from tests.commands.run import run
from tests.doors import kinds, password, sign_in
from training.models import LiveSession

pytestmark = [pytest.mark.usefixtures("committed", "days_again"), pytest.mark.clause("G")]


LET_GO = ("--let-go", "--operator", "Kim Keeper")


def called(hold: Any) -> str:
    return str(hold.pk)[:8].upper()


def read_of(plate: str, days: float, **values: Any) -> Any:
    """A read with a picture that was uploaded so many days ago; where its picture lies."""
    uploaded = ago(days=days)
    read_id = make.read(plate, uploaded_at=uploaded, images=1, **values)
    (kept,) = make.pictures(read_id, make.jpeg(), day=uploaded.astimezone(UTC).date())
    return kept


@pytest.fixture
def portal(officer, administrator):
    """Reads of three days, two holds on the oldest, a backup; and what happened after it."""
    expired, other, young = read_of("8ABC123", 34), read_of("8ABC124", 34), read_of("8ABC125", 12)
    runs = holding.held(officer, administrator, expired.read_id, at=ago(days=11))
    goes = holding.held(officer, administrator, other.read_id, at=ago(days=11))
    for hold in (runs, goes):
        holding.lapsed(hold, days=-20)  # reviewed since, and to be kept for 20 days more
    client, _ = sign_in("okoro")
    assert client.get("/home/").status_code == 200
    made = json.loads(run("backup", "--json"))
    # after the backup: the second hold was released, and its copy and the oldest day went
    erasures.note("hold", str(goes.pk))
    erasures.note("day", expired.upload_day.isoformat())
    packs.destroy_key(expired.upload_day)
    return SimpleNamespace(
        client=client,
        backup=keep.folder() / made["name"],
        officer=officer,
        runs=runs,
        goes=goes,
        expired=expired,
        young=young,
    )


@pytest.fixture
def restored(portal, elsewhere):
    """The backup in another database, in quarantine, and how long that took."""
    elsewhere()
    portal.started = time.monotonic()
    portal.said = run("restore", str(portal.backup))
    return portal


def held_by_owner(statement: str, *values: object) -> Any:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def look(member: Any) -> list[Any]:
    """A search of the member's, as the web would do it."""
    access = Access.objects.write(by=member, kind="results", query=make.query(member))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(access.pk)])
        cursor.execute("SELECT plate FROM reads_window")
        return [plate for (plate,) in cursor.fetchall()]


class TestDrill:
    def test_nothing_expired_or_erased_comes_back(self, restored, capsys):
        assert "nobody signs in yet" in restored.said
        with pytest.raises(ProgrammingError, match="in quarantine"):
            look(restored.officer)
        _, answer = password("okoro")
        assert answer.status_code == 403
        assert "restored from a backup" in answer.content.decode()

        left = json.loads(run("leave_quarantine", "--operator", "Kim Keeper"))
        seconds = time.monotonic() - restored.started
        with capsys.disabled():
            print(
                f"\nrestore drill on PostgreSQL {held_by_owner('SHOW server_version')}: open after {seconds:.1f} s, {left}"
            )

        assert (left["expired_on_disk"], left["expired_readable"]) == (0, 0)
        assert (left["holds"], left["running_holds"]) == (1, 1)
        assert look(restored.officer) == ["8ABC125"]  # of the expired day nothing is served
        assert held_by_owner("SELECT count(*) FROM reads_read WHERE upload_day = %s", restored.expired.upload_day) == 0
        assert packs.load(restored.expired) is None
        assert held_by_owner("SELECT array_agg(hold_id::text) FROM reads_heldread") == [str(restored.runs.pk)]
        assert not pictures.pack_of(restored.goes.pk).exists()
        (of_the_hold,) = self.held_pictures(restored.runs)
        assert pictures.load(of_the_hold).startswith(b"\xff\xd8")
        assert sign_in("okoro")[1].status_code == 302
        assert QuarantineEnd.objects.get().by_name == "Kim Keeper"

    def held_pictures(self, hold: Any) -> list[HeldPicture]:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT * FROM reads_heldpicture WHERE hold_id = %s", [hold.pk])
            names = [column.name for column in cursor.description]
            return [HeldPicture(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]

    def test_whoever_was_signed_in_is_not(self, restored):
        assert not LiveSession.objects.exists()
        assert restored.client.get("/home/").status_code == 302

    def test_health_is_red_until_the_quarantine_ends(self, restored):
        def red():
            return {check.name for check in health.report() if check.needed and not check.ok}

        assert "Quarantine" in red()
        run("leave_quarantine")
        assert "Quarantine" not in red()

    def test_brought_back_by_hand_it_is_closed_all_the_same(self, portal, elsewhere, monkeypatch):
        """Sessions and all, and nobody recorded it: the mark of another place is enough."""
        monkeypatch.setattr(make_backup, "NOT_TAKEN", ())
        made = json.loads(run("backup", "--json"))
        name = elsewhere()
        restore.bring_back_database(keep.folder() / made["name"], programs.find("pg_restore", server()), name)
        assert LiveSession.objects.exists()
        assert not Quarantine.objects.exists()
        assert portal.client.get("/home/").status_code == 302
        assert password("okoro")[1].status_code == 403
        assert json.loads(run("leave_quarantine"))["running_holds"] == 1

    def test_a_backup_that_was_made_in_quarantine_is_in_its_own(self, portal, elsewhere):
        watch()
        made = json.loads(run("backup", "--json"))
        elsewhere()
        run("restore", str(keep.folder() / made["name"]))
        assert sorted(Quarantine.objects.values_list("backup", flat=True)) == ["", made["name"]]
        assert json.loads(run("leave_quarantine"))["holds"] == 1
        assert QuarantineEnd.objects.count() == 2

    def test_ingest_goes_on(self, restored):
        with connections["ingest"].cursor() as cursor:
            cursor.execute("SELECT count(id) FROM reads_read WHERE upload_day > current_date - 20")
            assert cursor.fetchone() == (1,)


def server() -> int:
    return int(held_by_owner("SHOW server_version_num")) // 10000


class TestLeaving:
    """Killed anywhere it may be run again, and it opens nothing before everything is gone."""

    @pytest.mark.parametrize("step", ["replay", "purge", "check"])
    def test_it_goes_on_where_it_was(self, restored, monkeypatch, step):
        with monkeypatch.context() as broken:
            broken.setattr(quarantine, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                run("leave_quarantine")
        assert quarantine.stands()
        run("leave_quarantine")
        assert not quarantine.stands()
        assert held_by_owner("SELECT array_agg(hold_id::text) FROM reads_heldread") == [str(restored.runs.pk)]
        assert Quarantine.objects.count() == QuarantineEnd.objects.count() == 1

    def test_it_opens_nothing_while_an_expired_day_stays(self, restored, monkeypatch):
        monkeypatch.setattr(quarantine, "purge", lambda *_: 0)
        with pytest.raises(CommandError, match="expired upload days on disk"):
            run("leave_quarantine")
        assert password("okoro")[1].status_code == 403

    def test_it_opens_nothing_while_an_erased_hold_is_kept(self, restored, monkeypatch):
        monkeypatch.setattr(quarantine, "replay", lambda *_: (0, 0, []))
        with pytest.raises(CommandError, match="1 erased holds still kept"):
            run("leave_quarantine")
        assert quarantine.stands()

    def test_it_opens_nothing_while_a_running_hold_lacks_its_pictures(self, restored):
        pictures.pack_of(restored.runs.pk).unlink()
        with pytest.raises(
            CommandError, match=f"1 of 1 running holds are not whole .{str(restored.runs.pk)[:8].upper()}"
        ):
            run("leave_quarantine")
        assert quarantine.stands()

    def test_a_clock_behind_the_journal_is_noticed(self, restored, settings):
        file = Path(settings.ERASURES_DIR) / "2999-01.jsonl"
        file.write_text(json.dumps({"at": "2999-01-02T00:00:00+00:00", "kind": "day", "id": "2998-12-01"}) + "\n")
        with pytest.raises(CommandError, match="put the clock right first"):
            run("leave_quarantine")

    def test_outside_quarantine_there_is_nothing_to_leave(self):
        with pytest.raises(CommandError, match="not in quarantine"):
            run("leave_quarantine")

    def test_erasures_are_replayed_in_quarantine_only(self, officer, administrator):
        hold = holding.held(officer, administrator, read_of("8ABC123", 5).read_id)
        with pytest.raises(ProgrammingError, match="in quarantine only"), connections["purge"].cursor() as cursor:
            cursor.execute("SELECT reads_erase_again(ARRAY[%s]::uuid[], ARRAY[now()])", [hold.pk])


class TestJournalOfTheBackup:
    """Without the journal that goes back to the backup, what was erased since would come back and nobody knew."""

    @pytest.mark.parametrize("lost", ["folder", "lines", "beginning"])
    def test_it_opens_nothing_without_it_unasked(self, restored, settings, lost):
        self.lose(settings, lost)
        with pytest.raises(CommandError, match="does not go back to this backup"):
            run("leave_quarantine", "--without-journal", " ")
        assert quarantine.stands()
        run("leave_quarantine", "--operator", "Kim Keeper", "--without-journal", "Its disk burnt.")
        assert QuarantineEnd.objects.get().without_journal == "Its disk burnt."
        assert not quarantine.stands()

    def test_a_line_from_before_the_backup_is_enough(self, restored, settings):
        file = self.lose(settings, "beginning")
        line = {"at": "2026-01-02T00:00:00+00:00", "kind": "day", "id": "2025-12-01"}
        (file.parent / "2026-01.jsonl").write_text(json.dumps(line) + "\n")
        run("leave_quarantine", "--without-journal", "It is there.")
        assert QuarantineEnd.objects.get().without_journal == ""

    def lose(self, settings: Any, lost: str) -> Path:
        (file,) = Path(settings.ERASURES_DIR).iterdir()
        first, *others = file.read_text().splitlines(keepends=True)
        assert json.loads(first)["kind"] == "backup"
        file.write_text("".join(others) if lost == "beginning" else "")
        if lost == "folder":
            file.unlink()
            file.parent.rmdir()
        return file


class TestLapsed:
    """A backup may be older than the review of a hold."""

    @pytest.fixture
    def lapsed(self, portal, elsewhere):
        holding.lapsed(portal.runs, days=9)
        holding.lapsed(portal.goes, days=9)
        made = json.loads(run("backup", "--json"))
        elsewhere()
        run("restore", str(keep.folder() / made["name"]))
        return portal

    def kept(self) -> list[str]:
        return held_by_owner("SELECT coalesce(array_agg(hold_id::text), '{}') FROM reads_heldread")

    def test_nobody_lets_a_hold_lapse_unasked(self, lapsed):
        with pytest.raises(CommandError, match=f"over by more than a week: {called(lapsed.runs)}[.]"):
            run("leave_quarantine", "--operator", "Kim Keeper")
        purge()
        assert str(lapsed.runs.pk) in self.kept()
        assert quarantine.stands()

    def test_let_go_it_goes_with_the_next_disposal(self, lapsed):
        assert json.loads(run("leave_quarantine", *LET_GO))["holds"] == 1
        assert self.kept() == [str(lapsed.runs.pk)]  # what the journal has is gone
        purge()
        assert self.kept() == []
        assert HeldDisposed.objects.get(hold_id=lapsed.runs.pk).because == "lapsed"

    def test_its_day_put_right_it_stays(self, lapsed):
        holding.lapsed(lapsed.runs, days=-20)
        run("leave_quarantine")
        purge()
        assert self.kept() == [str(lapsed.runs.pk)]


class TestOlderThanItsJournal:
    """A copy of the disk brings the mark of the place along: there the journal tells."""

    def test_sign_in_is_closed_and_health_red(self, portal):
        assert not quarantine.stands()
        assert password("okoro")[1].status_code == 403
        assert kinds(kind="turned_away") == ["turned_away"]
        found = health.quarantine()
        assert (found.ok, "1 erased holds are back" in found.says) == (False, True)
        assert json.loads(run("leave_quarantine", *LET_GO))["holds"] == 1
        assert health.quarantine().ok

    def test_who_is_signed_in_is_no_longer(self, portal):
        assert portal.client.get("/home/").status_code == 302

    def test_the_watch_shuts_the_gate(self, portal):
        assert look(portal.officer) == ["8ABC125"]
        watch()
        with pytest.raises(ProgrammingError, match="in quarantine"):
            look(portal.officer)
        assert Quarantine.objects.get().backup == ""
        watch()
        assert Quarantine.objects.count() == 1

    def test_the_watch_leaves_a_portal_open_that_is_as_old_as_its_journal(self, officer, administrator):
        holding.held(officer, administrator, read_of("8ABC123", 5).read_id)
        watch()
        assert not quarantine.stands()

    @pytest.mark.parametrize("watched", [False, True])
    def test_a_line_about_a_hold_that_nobody_released_here_is_asked_about(self, portal, watched):
        """Nothing says that this database was restored: the line itself may be wrong."""
        if watched:
            watch()
        for words in ((), ("--let-go",), ("--operator", "Kim Keeper")):
            with pytest.raises(CommandError, match=f"nobody released them here: {called(portal.goes)}[.]"):
                run("leave_quarantine", *words)
        assert held_by_owner("SELECT count(*) FROM reads_heldread") == 2

    def test_a_line_that_is_none_shuts_nobody_out_and_health_counts_it(self, officer, settings):
        erasures.note("day", "2026-03-04")
        (file,) = Path(settings.ERASURES_DIR).iterdir()
        with file.open("a") as journal:
            journal.write(json.dumps({"at": "2026-11-01T00:00:00", "kind": "hold", "id": "nonsense"}) + "\n")
        assert password("okoro")[1].status_code == 302
        assert "1 lines; 1 more cannot be read" in health.journal().says

    def test_a_hold_that_is_released_in_this_database_too_is_none(self, officer, administrator):
        hold = holding.held(officer, administrator, read_of("8ABC123", 5).read_id)
        holding.released(hold, administrator)
        erasures.note("hold", str(hold.pk))
        assert erasures.forgotten() == []

    def test_nor_is_one_that_was_reviewed_after_its_line(self, officer, administrator):
        hold = holding.held(officer, administrator, read_of("8ABC123", 5).read_id)
        erasures.note("hold", str(hold.pk))
        assert erasures.forgotten() == [str(hold.pk)]
        holding.reviewed(hold, administrator)
        assert erasures.forgotten() == []
