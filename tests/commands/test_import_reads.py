"""Reads from a file: the same answers as over the API, however large the file is and however often it comes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import connections
from hypothesis import given, settings
from hypothesis import strategies as st

from reads import files, ingest
from reads.adapters import ADAPTERS, Limits
from reads.models import Batch, DeliveryRefused
from reads.payload import BODY_LIMIT, MOST_READS
from tests import make
from tests.commands.run import run

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def one(number: int, now: datetime | None = None, **values) -> dict:
    """A read in our own words, some seconds old."""
    captured = (now or datetime.now(UTC)) - timedelta(seconds=number % 3000)
    return {
        "plate": f"7QAB{number % 1000:03}",
        "captured_at": captured.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "camera": "cam-1",
        "id": f"r-{number}",
        **values,
    }


def message(number: int, plates: int = 1) -> dict:
    """A message of Plate Recognizer with some plates."""
    stamp = (datetime.now(UTC) - timedelta(seconds=number)).isoformat(timespec="seconds").replace("+00:00", "Z")
    results = [{"plate": f"7qab{n:03}", "score": 0.9} for n in range(plates)]
    return {"data": {"camera_id": "cam-1", "timestamp": stamp, "results": results}}


def given_file(tmp_path: Path, content: object, name: str = "reads.json") -> str:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif name.endswith("l"):
        path.write_text("\n".join(map(json.dumps, content)))
    else:
        path.write_text(json.dumps(content))
    return str(path)


def imported(*words: str, **options) -> dict:
    return json.loads(run("import_reads", *words, "--source", "street", "--json", **options))


def stored() -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reads_read")
        return cursor.fetchone()[0]


@pytest.fixture
def street(committed):
    make.camera("cam-1")
    return make.source()


@pytest.mark.clause("F.2", "A.2")
class TestImportReads:
    def test_it_answers_these_five_and_nothing_else(self, street, tmp_path):
        said = imported(given_file(tmp_path, [one(n) for n in range(5)]))
        assert list(said) == ["received", "stored", "duplicates", "refused", "batch"]
        assert said == {**said, "received": 5, "stored": 5, "duplicates": 0, "refused": {}}
        assert Batch.objects.get(pk=said["batch"]).stored == stored() == 5

    def test_a_replay_answers_as_the_first_did_and_stores_nothing(self, street, tmp_path):
        path = given_file(tmp_path, [one(n) for n in range(1, 4)])
        assert imported(path) == imported(path)
        assert (stored(), Batch.objects.count()) == (3, 1)

    def test_the_same_body_over_the_api_is_the_same_batch(self, street, tmp_path):
        body = json.dumps([one(n) for n in range(1, 4)]).encode()
        now = datetime.now(UTC)
        parsed = ADAPTERS["portal"].read(body, "application/json", None, now=now, limits=Limits())
        first = ingest.store_batch(street, parsed, body=body, now=now)
        assert imported(given_file(tmp_path, body)) == first.as_json(with_faults=False)

    @pytest.mark.parametrize("name", ["reads.json", "reads.jsonl"])
    def test_a_large_file_becomes_several_batches(self, street, tmp_path, name):
        path = given_file(tmp_path, [one(n) for n in range(2 * MOST_READS + 7)], name)
        first = imported(path)
        assert (first["received"], first["stored"]) == (2007, 2007)
        assert sorted(Batch.objects.values_list("received", flat=True)) == [7, MOST_READS, MOST_READS]
        assert Batch.objects.get(pk=first["batch"]).received == MOST_READS
        assert imported(path) == first
        assert stored() == 2007

    def test_a_large_document_with_a_batch_id_gives_each_batch_its_number(self, street, tmp_path):
        imported(given_file(tmp_path, {"batch": "shift-7", "reads": [one(n) for n in range(MOST_READS + 1)]}))
        assert sorted(Batch.objects.values_list("key", flat=True)) == ["shift-7 1", "shift-7 2"]

    def test_a_batch_id_that_came_with_other_reads_is_refused(self, street, tmp_path):
        imported(given_file(tmp_path, {"batch": "shift-7", "reads": [one(1)]}))
        with pytest.raises(CommandError, match=r"^batch\.key_reused: "):
            imported(given_file(tmp_path, {"batch": "shift-7", "reads": [one(2)]}))

    def test_the_same_reads_in_another_file_are_duplicates(self, street, tmp_path):
        reads = [one(n) for n in range(1, 4)]
        imported(given_file(tmp_path, reads))
        said = imported(given_file(tmp_path, [*reads, one(9)], "more.json"))
        assert (said["stored"], said["duplicates"]) == (1, 3)

    def test_bad_reads_are_counted_and_do_not_sink_the_good(self, street, tmp_path):
        late = one(3, now=datetime.now(UTC) - timedelta(hours=30))
        reads = [one(1), one(2, plate=""), late, one(4, camera="cam-9")]
        said = imported(given_file(tmp_path, reads))
        assert (said["received"], said["stored"]) == (4, 1)
        assert said["refused"] == {"plate.empty": 1, "time.too_old": 1, "camera.unknown": 1}

    def test_people_read_why_something_was_refused(self, street, tmp_path):
        said = run("import_reads", given_file(tmp_path, [one(1), one(2, camera="cam-9")]), "--source", "street")
        assert "2 received, 1 stored, 0 duplicates." in said
        assert "1 refused  camera.unknown: This camera is not in the inventory" in said

    def test_a_dry_run_judges_and_stores_nothing(self, street, tmp_path):
        said = imported(given_file(tmp_path, [one(1), one(2, camera="cam-9")]), "--dry-run")
        assert (said["received"], said["stored"], said["refused"]) == (2, 1, {"camera.unknown": 1})
        assert (stored(), Batch.objects.count()) == (0, 0)

    def test_the_sources_own_format_is_the_default(self, committed, tmp_path):
        source = make.source("lot", format="platerecognizer")
        make.camera("cam-1", source=source)
        path = given_file(tmp_path, message(1))
        said = json.loads(run("import_reads", path, "--source", "lot", "--json"))
        assert said["stored"] == 1
        with pytest.raises(CommandError, match=r"^field\.unknown|^json\.shape"):
            run("import_reads", path, "--source", "lot", "--format", "portal")

    def test_lines_of_a_vendor_that_hold_too_many_reads_are_halved(self, committed, tmp_path):
        source = make.source("lot", format="platerecognizer")
        make.camera("cam-1", source=source)
        path = given_file(tmp_path, [message(n, plates=30) for n in range(40)], "reads.jsonl")
        said = json.loads(run("import_reads", path, "--source", "lot", "--json"))
        assert said["stored"] == 1200
        assert list(Batch.objects.values_list("received", flat=True)) == [600, 600]


@pytest.mark.clause("F.2")
class TestBadFiles:
    @pytest.mark.parametrize(
        ("content", "name", "code"),
        [
            (b"[{]", "reads.json", "json.syntax"),
            (b'[{"plate": "1", "plate": "2"}]', "reads.json", "json.duplicate_key"),
            (b"[]", "reads.json", "batch.empty"),
            (b"{}", "reads.json", "json.shape"),
            (b"\xff\xfe", "reads.json", "json.encoding"),
            (b'{"reads": [], "more": 1}', "reads.json", "field.unknown"),
            (b"[" * 99 + b"]" * 99, "reads.json", "json.too_deep"),
        ],
    )
    def test_one_line_with_the_code_nothing_stored_and_the_refusal_counted(self, street, tmp_path, content, name, code):
        with pytest.raises(CommandError, match=f"^{code}: ") as error:
            imported(given_file(tmp_path, content, name))
        assert "\n" not in str(error.value)
        assert (stored(), Batch.objects.count()) == (0, 0)
        assert list(DeliveryRefused.objects.values_list("source__name", "code")) == [("street", code)]

    def test_a_bad_line_is_named_and_nothing_before_it_is_stored(self, street, tmp_path):
        lines = [json.dumps(one(n)).encode() for n in range(MOST_READS + 5)]
        lines[MOST_READS + 2] = b'{"plate": NaN}'
        with pytest.raises(CommandError, match=r"^json\.not_finite: Line 1003: "):
            imported(given_file(tmp_path, b"\n".join(lines), "reads.jsonl"))
        assert stored() == 0

    @pytest.mark.parametrize(("path", "code"), [("no-such.json", "file.unreadable"), (".", "file.unreadable")])
    def test_a_file_that_is_none_is_no_delivery(self, street, path, code):
        with pytest.raises(CommandError, match=f"^{code}: "):
            imported(path)
        assert not DeliveryRefused.objects.exists()

    def test_an_empty_file_says_so(self, street, tmp_path):
        with pytest.raises(CommandError, match=r"^file\.empty: "):
            imported(given_file(tmp_path, b""))

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (["--source", "nobody"], "source.unknown: .*street"),
            (
                ["--source", "street", "--format", "morse"],
                "format.unknown: .*openalpr, platerecognizer, platerecognizer_csv, portal",
            ),
        ],
    )
    def test_unknown_names_are_told_which_there_are(self, street, tmp_path, words, says):
        with pytest.raises(CommandError, match=says):
            run("import_reads", given_file(tmp_path, [one(1)]), *words)

    def test_a_source_that_is_switched_off_delivers_nothing(self, street, tmp_path):
        street.is_active = False
        street.save()
        with pytest.raises(CommandError, match=r"^source\.inactive: "):
            imported(given_file(tmp_path, [one(1)]))

    def test_a_read_too_large_for_any_batch_is_refused(self, street, tmp_path):
        with pytest.raises(CommandError, match=r"^body\.too_large: "):
            imported(given_file(tmp_path, [one(1, image="A" * BODY_LIMIT)]))
        assert stored() == 0


class TestBatches:
    @settings(deadline=None, max_examples=40)
    @given(n=st.integers(1, 2500), lines=st.booleans(), blanks=st.booleans())
    def test_every_read_is_in_one_batch_in_the_order_of_the_file(self, tmp_path_factory, n, lines, blanks):
        path = tmp_path_factory.getbasetemp() / "property.json"
        reads = [one(number, now=NOW) for number in range(n)]
        gap = "\n\n \n" if blanks else "\n"
        path.write_text(gap.join(map(json.dumps, reads)) + gap if lines and n > 1 else json.dumps(reads))
        with path.open("rb") as file:
            pieces = list(files.batches(file, ADAPTERS["portal"], now=NOW))
            again = list(files.batches(file, ADAPTERS["portal"], now=NOW))
        assert [item.external_id for piece in pieces for item in piece.parsed.items] == [f"r-{i}" for i in range(n)]
        assert [piece.body for piece in pieces] == [piece.body for piece in again]
        assert all(len(piece.parsed.items) <= MOST_READS and len(piece.body) <= BODY_LIMIT for piece in pieces)
