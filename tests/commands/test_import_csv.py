"""Tables of reads from a file and through the door: the same batches, however long the file and however often it comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import connections
from django.test import Client
from django.utils import timezone

from reads import inventory
from reads.models import Batch, DeliveryRefused
from reads.payload import MOST_READS
from tests import cast, make
from tests.commands.run import run
from tests.reads.messages import AXIS, COLUMNS, STREAM_ROW, csv_of

pytestmark = pytest.mark.clause("F.2", "A.2", "G")
HEAD = "Plate,Read at,Unit"
URL = "/api/v1/reads"


def row(number: int, *, days: float = 0, camera: str = "car-12") -> str:
    captured = datetime.now(UTC) - timedelta(days=days, seconds=60 + number % 3000)
    return f"7QAB{number % 1000:03},{captured:%Y-%m-%d %H:%M:%S}Z,{camera}"


def given(tmp_path: Path, *rows: str, name: str = "reads.csv") -> str:
    path = tmp_path / name
    path.write_text("\n".join([HEAD, *rows, ""]))
    return str(path)


def imported(*words: str, source: str = "patrol") -> dict:
    return json.loads(run("import_reads", *words, "--source", source, "--json"))


def stored() -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reads_read")
        return cursor.fetchone()[0]


@pytest.fixture
def patrol(committed):
    """A patrol car whose files the portal can read, and a fixed camera of the same source."""
    source = make.source("patrol", format="generic_csv", columns=COLUMNS | {"zone": "UTC"})
    make.camera("car-12", source=source, mount="vehicle")
    make.camera("cam-1", source=source)
    return source


def posting(source):
    """What posts a body with the source's own key."""
    key = inventory.issue_key(source, by=cast.CAST["coordinator"](), now=timezone.now())

    def post(body, content_type="text/csv"):
        return Client(headers={"Authorization": f"Bearer {key}"}).post(URL, body, content_type=content_type)

    return post


class TestImport:
    def test_a_file_given_twice_is_answered_alike_and_stored_once(self, patrol, tmp_path):
        path = given(tmp_path, *(row(n) for n in range(5)))
        first = imported(path)
        assert (first["received"], first["stored"], first["refused"]) == (5, 5, {})
        assert imported(path) == first
        assert (stored(), Batch.objects.count()) == (5, 1)

    def test_a_long_file_becomes_the_same_batches_each_time(self, patrol, tmp_path):
        path = given(tmp_path, *(row(n) for n in range(2 * MOST_READS + 7)))
        first = imported(path)
        assert (first["received"], first["stored"]) == (2007, 2007)
        assert sorted(Batch.objects.values_list("received", flat=True)) == [7, MOST_READS, MOST_READS]
        assert imported(path) == first
        assert stored() == 2007

    def test_a_file_that_grew_stores_what_is_new(self, patrol, tmp_path):
        rows = [row(n) for n in range(MOST_READS + 5)]
        imported(given(tmp_path, *rows))
        said = imported(given(tmp_path, *rows, row(MOST_READS + 5), name="grown.csv"))
        assert (said["stored"], said["duplicates"]) == (MOST_READS + 1, 5)  # the first batch is answered as it was
        assert stored() == MOST_READS + 6

    def test_a_replay_restarts_no_clock(self, patrol, tmp_path):
        path = given(tmp_path, row(1))
        imported(path)
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT uploaded_at FROM reads_read")
            before = cursor.fetchall()
            imported(path)
            cursor.execute("SELECT uploaded_at FROM reads_read")
            assert cursor.fetchall() == before

    def test_a_patrol_cars_reads_may_be_days_old_and_a_fixed_cameras_may_not(self, patrol, tmp_path):
        rows = [row(1, days=6), row(2, days=8), row(3, days=2, camera="cam-1"), row(4, camera="cam-1")]
        said = imported(given(tmp_path, *rows))
        assert (said["stored"], said["refused"]) == (2, {"time.too_old": 2})

    def test_a_row_that_is_wrong_is_told_by_its_line_and_does_not_sink_the_others(self, patrol, tmp_path):
        path = given(tmp_path, row(1), "7QAB002,soon,car-12", "7QAB003", row(4))
        said = run("import_reads", path, "--source", "patrol")
        assert "4 received, 2 stored, 0 duplicates." in said
        assert "1 refused  time.format: Line 3: Captured at: this is no time" in said
        assert "1 refused  csv.ragged: Line 4: it has 1 cells, and the header 3." in said

    def test_what_leaves_the_rest_unsure_sinks_the_file_whole(self, patrol, tmp_path):
        rows = [row(n) for n in range(MOST_READS + 5)]
        with pytest.raises(CommandError, match=r"^csv\.quotes: Line 1007: "):
            imported(given(tmp_path, *rows, '"7QAB999,'))
        assert (stored(), Batch.objects.count()) == (0, 0)
        assert list(DeliveryRefused.objects.values_list("source__name", "code")) == [("patrol", "csv.quotes")]

    def test_a_dry_run_stores_nothing(self, patrol, tmp_path):
        said = imported(given(tmp_path, row(1), row(2, camera="car-13")), "--dry-run")
        assert (said["received"], said["stored"], said["refused"]) == (2, 1, {"camera.unknown": 1})
        assert (stored(), Batch.objects.count()) == (0, 0)

    def test_a_source_whose_columns_nobody_set_delivers_nothing(self, patrol, tmp_path):
        make.source("new", format="generic_csv")
        with pytest.raises(CommandError, match=r"^columns\.missing: .*Coordinator"):
            imported(given(tmp_path, row(1)), source="new")
        assert stored() == 0

    def test_streams_own_file_names_its_camera_in_a_path(self, committed, tmp_path):
        make.camera("gate-2", source=make.source("gate", format="platerecognizer_csv"))
        stamp = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%d %H:%M:%S.%f+00:00}"
        path = tmp_path / "camera-1.csv"
        path.write_bytes(csv_of(STREAM_ROW | {"timestamp": stamp}, STREAM_ROW | {"timestamp": stamp, "plate": ""}))
        first = imported(str(path), source="gate")
        assert (first["received"], first["stored"]) == (1, 1)
        assert imported(str(path), source="gate") == first


class TestDoor:
    def test_a_table_is_posted_as_it_is_and_a_replay_is_answered_alike(self, patrol, tmp_path):
        body = Path(given(tmp_path, row(1), row(2), "8ABC123")).read_bytes()
        post = posting(patrol)
        first = post(body)
        assert (first.status_code, first.json()["stored"], first.json()["refused"]) == (200, 2, {"csv.ragged": 1})
        assert first.json()["faults"][0]["message"].startswith("Line 4: it has 1 cells")
        assert post(body).json() == first.json()

    def test_the_same_file_by_the_command_is_the_same_batch(self, patrol, tmp_path):
        path = given(tmp_path, row(1), row(2))
        answer = posting(patrol)(Path(path).read_bytes()).json()
        assert imported(path)["batch"] == answer["batch"]

    @pytest.mark.parametrize(
        ("body", "content_type", "status", "code"),
        [
            (b'[{"plate": "8ABC123"}]', "application/json", 415, "media_type"),
            (b"\n", "text/csv", 400, "csv.empty"),
            (HEAD.encode(), "text/csv", 400, "batch.empty"),
            ("Plate,Read at,Unit\n".encode("utf-16"), "text/csv", 400, "csv.encoding"),
            (b"8ABC123,2026-06-15 04:59,cam-1\n", "text/csv", 400, "csv.no_header"),
            (b"Plate,Read at,Unit\n" + b"a,b,c\n" * 1001, "text/csv", 400, "batch.too_many"),
            (b"Plate,Read at,Unit\n" + b"\n" * 2_621_440, "text/csv", 413, "body.too_large"),
        ],
    )
    def test_what_is_refused_whole(self, patrol, body, content_type, status, code):
        answer = posting(patrol)(body, content_type)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert "8ABC123" not in answer.content.decode()
        assert stored() == 0

    def test_columns_that_nobody_set_are_the_sources_fault_and_no_errors(self, committed):
        answer = posting(make.source("new", format="generic_csv"))(HEAD.encode())
        assert (answer.status_code, answer.json()["code"]) == (400, "columns.missing")

    def test_a_form_with_an_event_is_the_same_batch_whatever_its_boundary(self, committed):
        source = make.source("gate", format="axis")
        make.camera("ACCC8E000101", source=source)
        now = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp() * 1000)
        event = json.dumps(AXIS | {"capture_timestamp": str(now)}).encode()
        post = posting(source)

        def send(boundary):
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="event"; filename="event.json"\r\n\r\n'
            body = head.encode() + event + f"\r\n--{boundary}--\r\n".encode()
            return post(body, f"multipart/form-data; boundary={boundary}").json()

        first = send("one")
        assert first["stored"] == 1
        assert send("two") == first
        assert Batch.objects.count() == 1

    def test_an_alert_without_a_plate_is_no_error_and_says_so(self, committed):
        source = make.source("alerts", format="flock")
        alert = {
            "objectId": "7",
            "deviceExternalId": "cam-1",
            "eventTime": "2026-06-15T11:59:58Z",
            "ocr": None,
            "sources": [],
        }
        answer = posting(source)(json.dumps(alert).encode(), "application/json")
        assert (answer.status_code, answer.json()["received"]) == (200, 0)
        assert answer.json()["note"] == "Alerts without a plate, not stored: 1."
        assert not DeliveryRefused.objects.exists()
