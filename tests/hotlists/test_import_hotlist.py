"""C.2.B.1: a file replaces its list whole or not at all, and leaves a receipt either way."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import Via
from alpr_portal.records import broken_constraint
from hotlists import drop_folders, importer, tasks
from hotlists.models import Delivery, DeliveryProgress, HotList, Refresh, WatchRow
from tests import make

from .files import hot_file, load, plates, ready, watched

pytestmark = pytest.mark.clause("C.2.B.1")


@pytest.fixture(autouse=True)
def data_dir(request, settings, tmp_path):
    """A data folder of one's own; the database in a transaction, where the test does not commit."""
    request.getfixturevalue("committed" if "committed" in request.fixturenames else "db")
    settings.DATA_DIR = tmp_path
    return tmp_path


def spooled() -> list[str]:
    return [path.name for path in importer.spool().iterdir()]


def test_a_file_replaces_the_list():
    svs = ready()
    first = load(svs, hot_file("8ABC123,CA,SVS,stolen,2026-01-02", "7XYZ999,,svs,plate stolen,"))
    assert (first.outcome, first.number, first.rows, first.kept, first.previous_rows) == ("applied", 1, 2, 2, None)
    second = load(svs, hot_file("8ABC123,CA,SVS,stolen,2026-01-02", "5NEW555,NV,SVS,stolen,"))
    assert (second.outcome, second.number, second.previous_rows) == ("applied", 2, 2)
    svs = HotList.objects.get(pk=svs.pk)
    assert watched(svs) == {"8ABC123", "5NEW555"}
    assert WatchRow.objects.filter(hot_list=svs).count() == 2
    row = WatchRow.objects.get(plate="8ABC123")
    assert (row.plate_fold, row.state, row.detail) == (
        "8A8C123",
        "CA",
        {"reason": "stolen", "entered_on": "2026-01-02"},
    )
    assert spooled() == []


def test_texts_come_through_whole():
    svs = ready()
    load(svs, hot_file('8ABC123,CA,SVS,"a \\n ""b"", \\\\ =1+1 é",'))
    assert WatchRow.objects.get(plate="8ABC123").detail["reason"] == 'a \\n "b", \\\\ =1+1 é'


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (["8ABC123,CA,SVS,stolen,", ",CA,SVS,stolen,"], "hotlist.bad_rows"),
        (["8ABC123,CA,SVS,stolen,", "8ABC124,CA,SVS,stolen,13/45/2026"], "hotlist.bad_rows"),
        (["8ABC123,CA,SVS,stolen,", "8ABC124,CA"], "hotlist.row_shape"),
        (["8ABC123,CA,SVS,stolen,", "8ABC124,CA,NCIC,stolen,"], "hotlist.list_not_allowed"),
        ([], "hotlist.empty"),
    ],
)
def test_a_faulty_file_leaves_the_old_list_whole(rows, code):
    svs = ready()
    load(svs, hot_file("1OLD111,CA,SVS,stolen,"))
    receipt = load(svs, hot_file(*rows))
    assert (receipt.outcome, receipt.code, receipt.kept) == ("refused", code, 0)
    assert watched(HotList.objects.get(pk=svs.pk)) == {"1OLD111"}
    assert "8ABC12" not in json.dumps([receipt.faults, receipt.says])
    assert WatchRow.objects.count() == 1
    assert spooled() == []


def test_the_receipt_names_the_first_hundred_faults():
    receipt = load(ready(), hot_file(*[",CA,SVS,stolen,"] * 130))
    assert (receipt.refused, len(receipt.faults)) == ({"plate.empty": 130}, 100)
    assert receipt.faults[0] == {
        "line": 2,
        "code": "plate.empty",
        "message": "Line 2: Plate: enter at least one letter or digit.",
    }


class TestImmigration:
    """C.2.A.1: rows about immigration are refused and counted, and nothing of them is kept."""

    pytestmark = pytest.mark.clause("C.2.A.1")

    @pytest.mark.parametrize(
        "said",
        [
            "Administrative Warrant of Removal",
            "DEPORTED FELON",
            "Immigration  Violator",
            "wanted by ICE",
            "EZQ",
            "x EZQ y",
        ],
    )
    def test_are_counted(self, said):
        ncic = make.hot_list("ncic", kind="ncic")
        make.template(ncic, layout={**make.LAYOUT, "immigration": ["EZQ"]})
        receipt = load(ncic, hot_file("8ABC123,CA,NCIC,wanted,", f"1BAD111,CA,NCIC,{said},"))
        assert (receipt.outcome, receipt.rows, receipt.kept, receipt.immigration) == ("applied", 2, 1, 1)
        assert watched(HotList.objects.get(pk=ncic.pk)) == {"8ABC123"}

    @pytest.mark.parametrize(
        "said", ["stolen, ice cream truck", "EZQUIET", "driveway removal of parts", "silver alert"]
    )
    def test_others_are_not(self, said):
        ncic = make.hot_list("ncic", kind="ncic")
        make.template(ncic, layout={**make.LAYOUT, "immigration": ["EZQ"]})
        assert load(ncic, hot_file(f'8ABC123,CA,NCIC,"{said}",')).immigration == 0

    def test_nothing_else_is_no_list(self):
        receipt = load(ready("ncic", kind="ncic"), hot_file("1BAD111,CA,NCIC,Deported Felon,"))
        assert (receipt.outcome, receipt.code, receipt.immigration) == ("refused", "hotlist.empty", 1)
        assert not WatchRow.objects.exists()


def test_without_an_approved_template_nothing_is_read():
    svs = make.hot_list()
    make.template(svs, approved=False)
    receipt = load(svs, hot_file("8ABC123,CA,SVS,stolen,"))
    assert (receipt.outcome, receipt.code, receipt.template) == ("refused", "hotlist.no_template", None)


def test_files_are_for_active_lists_that_files_feed():
    for hot_list in (make.bolo(), make.hot_list("off", is_active=False)):
        with pytest.raises(Refused):
            importer.take(hot_list, [b"x"], name="x.csv", via=Via.COMMAND, by=None)
    assert not Delivery.objects.exists()
    assert spooled() == []


def test_a_file_that_is_too_large_is_not_even_kept(monkeypatch):
    monkeypatch.setattr(importer, "MAX_BYTES", 10)
    with pytest.raises(BadInput) as error:
        importer.take(ready(), [b"12345678", b"90123"], name="x.csv", via=Via.COMMAND, by=None)
    assert error.value.code == "hotlist.too_large"
    assert spooled() == []


def test_dates_bound_what_a_row_watches_for():
    svs = make.hot_list()
    columns = [{"name": name, "field": name} for name in ("plate", "effective_on", "expires_on")]
    make.template(svs, layout={"columns": columns, "dates": "compact", "default_state": "CA"})
    load(svs, hot_file("8ABC123,20260131,20260228", "7XYZ999,,00000000", head="plate,effective_on,expires_on"))
    row, other = WatchRow.objects.get(plate="8ABC123"), WatchRow.objects.get(plate="7XYZ999")
    assert (row.starts_at.isoformat(), row.ends_at.isoformat()) == (
        "2026-01-31T08:00:00+00:00",
        "2026-03-01T08:00:00+00:00",
    )
    assert (other.starts_at, other.ends_at, other.state) == (None, None, "CA")


def test_fixed_width_and_codes():
    svs = make.hot_list()
    columns = [
        {"field": "plate", "start": 1, "width": 8},
        {"field": "state", "start": 9, "width": 2},
        {"field": "list", "start": 11, "width": 1},
        {"field": "reason", "start": 12, "width": 10},
    ]
    make.template(
        svs, layout={"format": "fixed", "columns": columns, "codes": {"state": {"06": "CA"}, "list": {"S": "svs"}}}
    )
    receipt = load(svs, b"8ABC123 06Sstolen\r\n7XYZ999 NVSplate only\r\n")
    assert receipt.outcome == "applied"
    assert set(WatchRow.objects.values_list("plate", "state", "detail__reason")) == {
        ("8ABC123", "CA", "stolen"),
        ("7XYZ999", "NV", "plate only"),
    }
    assert load(svs, b"8ABC123 06Sstolen\n7XYZ999 NVSplate only and more\n").code == "hotlist.row_shape"


@pytest.mark.clause("C.2.B.1")
def test_an_older_file_that_is_read_late_never_replaces_a_newer_one():
    svs = ready()
    older = importer.take(svs, [hot_file("8ABC123,CA,SVS,stolen,")], name="a.csv", via=Via.COMMAND, by=None)
    newer = importer.take(svs, [hot_file("7XYZ987,CA,SVS,stolen,")], name="b.csv", via=Via.COMMAND, by=None)
    assert importer.read(newer).outcome == "applied"
    late = importer.read(older)
    assert (late.outcome, late.code) == ("refused", "hotlist.superseded")
    assert watched(svs) == {"7XYZ987"}


class TestKilled:
    def test_a_file_is_tried_three_times(self):
        svs, now = ready(), timezone.now()
        delivery = importer.take(svs, [hot_file("8ABC123,CA,SVS,stolen,")], name="x.csv", via=Via.FOLDER, by=None)
        DeliveryProgress.objects.create(delivery=delivery, tries=3, beat_at=now - importer.LEASE)
        assert importer.read_waiting(now) == 1
        assert Refresh.objects.get().code == "hotlist.failed"

    def test_who_reads_it_holds_it_while_young(self):
        svs, now = ready(), timezone.now()
        delivery = importer.take(svs, [hot_file("8ABC123,CA,SVS,stolen,")], name="x.csv", via=Via.FOLDER, by=None)
        DeliveryProgress.objects.create(delivery=delivery, tries=1, beat_at=now - importer.LEASE + timedelta(seconds=5))
        assert importer.read_waiting(now) == 0
        assert importer.read_waiting(now + timedelta(seconds=10)) == 1

    def test_a_file_that_was_cut_in_the_spool(self):
        delivery = importer.take(ready(), [hot_file(*plates(50))], name="x.csv", via=Via.FOLDER, by=None)
        path = importer.spool() / delivery.spool
        path.write_bytes(path.read_bytes()[: len(hot_file(*plates(30)))])
        assert importer.read(delivery).code == "hotlist.truncated"

    def test_a_fault_of_one_file_does_not_stop_the_next(self, monkeypatch):
        svs = ready()
        for name in ("a.csv", "b.csv"):
            importer.take(svs, [hot_file("8ABC123,CA,SVS,stolen,")], name=name, via=Via.FOLDER, by=None)
        real, seen = importer.read, []

        def read(delivery):
            seen.append(delivery.file_name)
            if len(seen) == 1:
                raise OSError
            return real(delivery)

        monkeypatch.setattr(importer, "read", read)
        assert importer.read_waiting(timezone.now()) == 1
        assert seen == ["a.csv", "b.csv"]


def test_one_reader_at_a_list(committed, data_dir):
    svs = ready()
    delivery = importer.take(svs, [hot_file("8ABC123,CA,SVS,stolen,")], name="x.csv", via=Via.FOLDER, by=None)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"hotlists.list.{svs.pk}"])
            assert importer.read(delivery) is None
            assert not Refresh.objects.exists()
            cursor.execute("SELECT pg_advisory_unlock_all()")
        assert importer.read(delivery).outcome == "applied"
    finally:
        other.close()


def test_the_database_wants_the_receipt_beside_its_rows():
    svs = ready()
    receipt = load(svs, hot_file("8ABC123,CA,SVS,stolen,"))
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hotlists_watchrow (hot_list_id, refresh_id, plate, plate_fold, state, detail) "
            "VALUES (%s, %s, 'X', 'X', '', '{}')",
            [svs.pk, receipt.pk],
        )
    assert broken_constraint(error.value) == "rows_of_their_receipt"


class TestDropFolder:
    @pytest.fixture
    def folder(self, monkeypatch):
        monkeypatch.setattr(drop_folders, "QUIET", 0)
        found = drop_folders.folder_of(ready())
        found.mkdir(parents=True)
        return found

    def test_what_lies_there_is_taken_once(self, folder):
        (folder / "today.csv").write_bytes(hot_file("8ABC123,CA,SVS,stolen,"))
        assert tasks.scan_folders() == 1
        assert tasks.scan_folders() == 0
        receipt = Refresh.objects.get()
        assert (receipt.outcome, receipt.delivery.via, receipt.delivery.file_name) == ("applied", "folder", "today.csv")
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize("name", ["today.csv.part", ".today.csv", "today.FILEPART"])
    def test_unfinished_files_wait(self, folder, name):
        (folder / name).write_bytes(hot_file("8ABC123,CA,SVS,stolen,"))
        assert drop_folders.scan() == 0
        assert (folder / name).exists()

    def test_a_file_that_still_grows_waits(self, folder, monkeypatch):
        (folder / "today.csv").write_bytes(hot_file("8ABC123,CA,SVS,stolen,"))
        monkeypatch.setattr(drop_folders, "QUIET", 10)
        assert drop_folders.scan() == 0

    def test_no_link_and_no_folder_is_followed(self, folder, data_dir):
        (data_dir / "secret.csv").write_bytes(hot_file("8ABC123,CA,SVS,stolen,"))
        (folder / "link.csv").symlink_to(data_dir / "secret.csv")
        (folder / "more").mkdir()
        assert drop_folders.scan() == 0
        assert not Delivery.objects.exists()

    def test_one_that_is_too_large_is_set_aside_and_not_tried_for_ever(self, folder, monkeypatch):
        monkeypatch.setattr(importer, "MAX_BYTES", 20)
        (folder / "today.csv").write_bytes(hot_file("8ABC123,CA,SVS,stolen,"))
        assert [drop_folders.scan(), drop_folders.scan()] == [0, 0]
        [left] = folder.iterdir()
        assert left.name.startswith(".refused-")
        assert left.name.endswith("today.csv")
        assert not Delivery.objects.exists()

    def test_killed_before_it_was_kept(self, folder, monkeypatch):
        (folder / "today.csv").write_bytes(hot_file("8ABC123,CA,SVS,stolen,"))
        with monkeypatch.context() as patched:
            patched.setattr(importer, "take", lambda *args, **kwargs: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                drop_folders.scan()
        assert drop_folders.scan() == 1
        assert Delivery.objects.get().file_name == "today.csv"

    def test_killed_before_it_was_taken_away(self, folder, monkeypatch):
        (folder / "today.csv").write_bytes(hot_file("8ABC123,CA,SVS,stolen,"))
        with monkeypatch.context() as patched:
            patched.setattr("pathlib.Path.unlink", lambda *args, **kwargs: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                drop_folders.scan()
        drop_folders.scan()
        assert Delivery.objects.count() == 1
        assert list(folder.iterdir()) == []


class TestCommand:
    def run(self, path, *more):
        said = io.StringIO()
        call_command("import_hotlist", str(path), "--list", "svs", *more, stdout=said, stderr=io.StringIO())
        return said.getvalue()

    def test_answers_the_receipt(self, tmp_path):
        ready()
        (tmp_path / "l.csv").write_bytes(hot_file("8ABC123,CA,SVS,stolen,"))
        answer = json.loads(self.run(tmp_path / "l.csv", "--json"))
        assert (answer["outcome"], answer["kept"], answer["number"], answer["list"]) == ("applied", 1, 1, "svs")
        assert "version 2 of SVS" in self.run(tmp_path / "l.csv")

    def test_fails_where_the_list_was_not_replaced(self, tmp_path):
        ready()
        (tmp_path / "l.csv").write_bytes(hot_file(",CA,SVS,stolen,"))
        with pytest.raises(SystemExit) as left:
            self.run(tmp_path / "l.csv")
        assert left.value.code == 1

    def test_says_which_lists_there_are(self, tmp_path):
        make.hot_list("ncic", kind="ncic")
        with pytest.raises(CommandError, match=r"list.unknown.*ncic"):
            self.run(tmp_path / "l.csv")

    def test_says_where_there_is_no_file(self, tmp_path):
        ready()
        with pytest.raises(CommandError, match=r"file.missing"):
            self.run(tmp_path / "none.csv")
