"""The corpus of bad inputs through the entrances for reads: the door, the command that takes a file, and images."""

from __future__ import annotations

import base64
import io
import json
from datetime import date

import pytest
from django.core.management.base import CommandError
from django.db import connections
from PIL import Image

from alpr_portal.policy.refusal import BadInput
from reads import images, packs
from tests import make
from tests.commands.run import run
from tests.corpus import bad_inputs
from tests.logs import listening
from tests.reads.messages import COLUMNS, csv_of

from .messages import NOW, body_with, code_of, of_http, refusals, told

TAKEN = {"accept", "normalise"}


def check(answer, case, body):
    if case.expect in TAKEN:
        assert answer.json()["stored"] == 1, answer.content
    else:
        assert refusals(answer) == {code_of(case, body)}
        assert answer.json().get("stored", 0) == 0


class TestDoorForReads:
    @pytest.mark.parametrize("case", bad_inputs("plate"))
    def test_bad_input_plate(self, deliver_often, clock_at, case):
        clock_at(NOW)
        body = body_with("plate", case.value, id=case.id)
        with listening() as log:
            answer = deliver_often(body)
        check(answer, case, body)
        assert not told(log(), case.value)

    @pytest.mark.parametrize("case", bad_inputs("timestamp_api"))
    def test_bad_input_timestamp_api(self, deliver_often, clock_at, case):
        clock_at(NOW)
        body = body_with("captured_at", case.value, id=case.id)
        check(deliver_often(body), case, body)

    @pytest.mark.parametrize("case", bad_inputs("coordinates"))
    def test_bad_input_coordinates(self, deliver_often, clock_at, case):
        clock_at(NOW)
        body = body_with("location", case.value, id=case.id)
        check(deliver_often(body), case, body)


@pytest.mark.parametrize("case", of_http(length=True))
def test_bad_input_http_length(deliver, case):
    """A length in the head is refused before the body is read."""
    answer = deliver([], CONTENT_LENGTH=case.value.partition(": ")[2])
    assert (str(answer.status_code), refusals(answer)) == (case.code, {"body.too_large"})


@pytest.mark.parametrize("case", bad_inputs("json_payload"))
def test_bad_input_json_payload(deliver, clock_at, case):
    clock_at(NOW)
    kind = "application/json"
    if case.code == "media_type":
        kind = "application/xml" if case.value.startswith(b"<") else "application/x-www-form-urlencoded"
    answer = deliver(case.value, kind)
    if case.expect == "accept":
        said = answer.json()
        assert said["stored"] >= 1
        assert said["stored"] + said["duplicates"] + len(said["faults"]) == said["received"]
    else:
        assert refusals(answer) == {case.code}
        assert answer.json().get("stored", 0) == 0


def picture_of(case):
    """The bytes of a picture; the corpus gives some as text, a character for a byte."""
    return case.value.encode("latin-1") if isinstance(case.value, str) else case.value


def check_clean(picture, given):
    """A JPEG of pixels only: nothing of the file that came is left in it."""
    assert picture.startswith(b"\xff\xd8\xff")
    assert picture != given
    assert b"script" not in picture
    assert b"PK\x03\x04" not in picture
    with Image.open(io.BytesIO(picture)) as opened, Image.open(io.BytesIO(given)) as original:
        assert (opened.format, opened.size, len(opened.getexif())) == ("JPEG", original.size, 0)


class TestImages:
    @pytest.mark.parametrize("case", bad_inputs("image"))
    def test_bad_input_image(self, case):
        given = picture_of(case)
        if case.expect in TAKEN:
            check_clean(images.clean(given).jpeg, given)
        else:
            with pytest.raises(BadInput) as fault:
                images.clean(given)
            assert fault.value.code == case.code

    @pytest.mark.parametrize("case", bad_inputs("image"))
    def test_bad_input_image_at_the_door(self, deliver_often, clock_at, case):
        """As base64 in the read; a picture of some megabytes makes the whole body too large."""
        clock_at(NOW)
        given = picture_of(case)
        body = body_with("image", base64.b64encode(given).decode(), id=case.id)
        answer = deliver_often(body)
        check(answer, case, body)
        if case.expect in TAKEN:
            with connections["owner"].cursor() as cursor:
                cursor.execute(
                    "SELECT p.* FROM reads_picture p JOIN reads_read r ON r.id = p.read_id WHERE r.batch_id = %s",
                    [answer.json()["batch"]],
                )
                (row,) = cursor.fetchall()
            check_clean(packs.load(packs.Kept(*row)), given)


FIELDS = {"plate": "plate", "timestamp_api": "captured_at"}


class TestImportReads:
    @pytest.mark.parametrize("case", [case for category in FIELDS for case in bad_inputs(category)])
    def test_bad_input_in_a_file(self, deliver_often, clock_at, tmp_path, case):
        """The command answers with the door's own codes, and refuses a file that is no JSON whole."""
        clock_at(NOW)
        body = body_with(FIELDS[case.category], case.value, id=case.id)
        path = tmp_path / "reads.json"
        path.write_bytes(body)
        try:
            said = json.loads(run("import_reads", str(path), "--source", "street", "--json"))
        except CommandError as error:
            said = {"stored": 0, "refused": {str(error).partition(":")[0]: 1}}
        if case.expect in TAKEN:
            assert (said["stored"], said["refused"]) == (1, {})
        else:
            assert (said["stored"], said["refused"]) == (0, {code_of(case, body): 1})


@pytest.fixture(scope="class")
def table_source(committed_class):
    """A source whose files have columns of their own, with a camera."""
    source = make.source("patrol", format="generic_csv", columns=COLUMNS | {"columns": TABLE})
    make.camera("cam-1", source=source, in_service_from=date(2026, 1, 1))
    return source


TABLE = {"Plate": "plate", "Read at": "captured_at", "Unit": "camera", "Id": "id", "Make": "make"}
OF_A_CELL = {"plate.type", "plate.empty"}  # in a cell all is text, and what is empty was not given


class TestTables:
    """The same values in the cells of a CSV, through the command."""

    def imported(self, tmp_path, case, **values):
        row = {"Plate": "8ABC123", "Read at": "2026-06-15T11:59:58Z", "Unit": "cam-1", "Id": case.id, "Make": ""}
        path = tmp_path / "reads.csv"
        path.write_bytes(csv_of(row | values, header=",".join(TABLE)))
        try:
            return json.loads(run("import_reads", str(path), "--source", "patrol", "--json"))
        except CommandError as error:
            return {"stored": 0, "refused": {str(error).partition(":")[0]: 1}}

    @pytest.mark.parametrize("case", bad_inputs("plate"))
    def test_bad_input_plate_in_a_cell(self, table_source, clock_at, tmp_path, case):
        if not isinstance(case.value, str) or code_of(case, b"") == "json.encoding":
            pytest.skip("a file of text cannot express this")
        clock_at(NOW)
        with listening() as log:
            said = self.imported(tmp_path, case, Plate=case.value)
        if case.expect in TAKEN:
            assert (said["stored"], said["refused"]) == (1, {})
        else:
            code = {"text.control": "csv.encoding"}.get(code_of(case, b""), case.code)
            found = next(iter(said["refused"]))
            assert said["stored"] == 0
            assert found == code or (code in OF_A_CELL and found == "field.missing") or found == "csv.row_too_long"
        assert len(case.value) < 5 or case.value not in log()

    @pytest.mark.parametrize("case", bad_inputs("csv_cell"))
    def test_bad_input_csv_cell_comes_in_as_text(self, table_source, clock_at, tmp_path, case):
        clock_at(NOW)
        said = self.imported(tmp_path, case, Make=case.value)
        assert (said["stored"], said["refused"]) == (1, {})
