"""F.2: the Coordinator says what a source's columns mean, on a sample that goes nowhere, and sees what is read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client
from django.utils import timezone

from alpr_portal.policy.inputs.times import OAKLAND
from reads.adapters import ADAPTERS, Limits, NormalRead, adapter_of
from reads.adapters.columns import KEPT, LOOKED_AT
from reads.camera_forms import EditSource
from reads.column_forms import SAMPLE_LIMIT
from tests import make
from tests.logs import listening

pytestmark = [pytest.mark.django_db, pytest.mark.clause("F.2")]
HEADER = "Tag,Read At,Reader,Score,Officer"


def stamp(hours=1, form="%m/%d/%Y %I:%M:%S %p"):
    return f"{timezone.now().astimezone(OAKLAND) - timedelta(hours=hours):{form}}"


def sample(*rows, header=HEADER):
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def page(coordinator, client_of):
    """The page of one source: ``page.look(text)`` gives a sample, ``page.send(answer, …)`` sends its form again."""
    return Page(client_of(coordinator), make.source("patrol", format="generic_csv"))


class Page:
    def __init__(self, client, source):
        self.client, self.source, self.address = client, source, f"/sources/{source.pk}/columns/"

    def look(self, text):
        body = text if isinstance(text, bytes) else text.encode()
        return self.client.post(self.address, {"file": SimpleUploadedFile("reads.csv", body, "text/csv")})

    def send(self, answer, step, **values):
        form = answer.context["form"]
        sent = {name: form[name].value() for name in form.fields}
        return self.client.post(self.address, {**sent, "step": step, **values})

    def kept(self):
        self.source.refresh_from_db()
        return self.source.columns


def codes(answer):
    assert answer.status_code == 422, answer.status_code
    form = answer.context["form"] or answer.context["given"]
    return {error.code for errors in form.errors.as_data().values() for error in errors}


class TestEditColumns:
    def test_a_sample_is_looked_at_guessed_tried_and_only_then_kept(self, page, coordinator):
        make.camera("car-12", source=page.source, mount="vehicle", name="Patrol car 12")
        seen = page.look(sample(f"8abc-123,{stamp()},car-12,93,x", f"9XYZ999,{stamp(2)},car-12,87,x"))
        assert seen.status_code == 200
        assert page.kept() == {}
        shown = seen.content.decode()
        assert "2 of 2 rows can be read." in shown
        assert "8ABC123" in shown
        assert "Patrol car 12" in shown
        assert "UTC" in shown

        answer = page.send(seen, "save")
        assert (answer.status_code, answer["Location"]) == (302, f"/sources/{page.source.pk}/")
        assert page.kept() == {
            "delimiter": ",",
            "columns": {"Tag": "plate", "Read At": "captured_at", "Reader": "camera", "Score": "confidence"},
            "camera": "",
            "time_format": "month_first",
            "zone": "America/Los_Angeles",
            "confidence": 100,
        }
        assert page.source.history.first().history_user == coordinator
        assert coordinator.name in page.client.get(page.address).content.decode()

    def test_what_is_kept_is_what_the_door_reads_by(self, page):
        page.send(page.look(sample(f"8ABC123,{stamp()},car-12,93,x")), "save")
        body = sample(f"9XYZ999,{stamp()},car-12,87,x").encode()
        adapter = adapter_of("generic_csv", page.kept())
        (read,) = adapter.read(body, "text/csv", now=timezone.now(), limits=Limits()).items
        assert isinstance(read, NormalRead)
        assert (read.plate, read.confidence) == ("9XYZ999", pytest.approx(0.87))

    def test_another_sample_of_the_same_source_begins_with_what_is_kept(self, page):
        first = page.look(sample(f"8ABC123,{stamp()},car-12,93,x"))
        page.send(first, "save", column_comma_4="model")
        again = page.look(sample(f"9XYZ999,{stamp()},car-12,0.5,x"))
        form = again.context["form"]
        assert (form["column_comma_4"].value(), form["confidence"].value()) == ("model", 100)
        other = page.look(
            "Plate;Timestamp;Camera\n8ABC123;2026-06-15T11:00Z;cam-1\n".replace("2026-06-15T11:00Z", stamp())
        )
        assert other.context["form"]["column_semicolon_0"].value() == "plate"

    def test_a_change_is_tried_before_it_is_kept(self, page):
        seen = page.look(sample(f"8ABC123,{stamp(form='%d/%m/%Y %H:%M')},car-12,93,x"))
        tried = page.send(seen, "try", time_format="day_first", zone="UTC")
        assert tried.status_code == 200
        assert page.kept() == {}
        (row,) = tried.context["rows"]
        assert row.read.offset_minutes == 0

    def test_another_delimiter_makes_other_columns_and_is_never_kept_unseen(self, page):
        seen = page.look(f"Tag;Read At|x;Reader\n8ABC123;{stamp()}|1;car-12\n".replace("|", " ").replace(";", "|"))
        assert seen.context["form"].cut_by == "|"
        text = sample(f"8ABC123,{stamp()},car-12,93,x")
        seen = page.look(text)
        wrong = page.send(seen, "save", delimiter="semicolon")
        assert "columns.needed" in codes(wrong)
        assert [column.header for column in wrong.context["form"].found] == [HEADER]
        sent = {"sample": text, "delimiter": "comma", "step": "save"}
        back = page.client.post(page.address, sent)
        assert back.status_code == 200
        assert page.kept() == {}
        assert back.context["form"].reads() == 1

    @pytest.mark.parametrize(
        ("values", "code", "says"),
        [
            ({"column_comma_0": ""}, "columns.needed", "Plate: say which column it is."),
            ({"column_comma_1": ""}, "columns.needed", "Captured at: say which"),
            ({"column_comma_1": "captured_date"}, "columns.needed", "Captured at: say which"),
            ({"column_comma_2": ""}, "columns.camera", "Camera: say which"),
            ({"camera": "car-12"}, "columns.camera", "not both"),
            ({"camera": "car\n12", "column_comma_2": ""}, "text.control", "Camera"),
            ({"column_comma_4": "plate"}, "columns.twice", "Plate: two columns are it."),
            ({"column_comma_4": "lat"}, "columns.place", "give both columns or neither"),
            ({"column_comma_0": "captured_at", "column_comma_1": "plate"}, "sample.no_read", "no row of the sample"),
            ({"time_format": "year_first"}, "sample.no_read", "no row of the sample"),
            ({"zone": "offset"}, "sample.no_read", "no row of the sample"),
            ({"time_format": "%Y"}, "invalid_choice", ""),
            ({"zone": "Europe/Berlin"}, "invalid_choice", ""),
            ({"column_comma_4": "driver"}, "invalid_choice", ""),
            ({"confidence": "7"}, "invalid_choice", ""),
            ({"delimiter": ""}, "required", ""),
        ],
    )
    def test_what_makes_no_read_is_refused_with_what_to_mend_and_nothing_is_kept(self, page, values, code, says):
        answer = page.send(page.look(sample(f"8ABC123,{stamp()},car-12,93,x")), "save", **values)
        assert codes(answer) == {code}
        assert says in answer.content.decode()
        assert "Error:" in answer.content.decode()
        assert page.kept() == {}

    def test_one_camera_may_be_named_for_the_whole_file(self, page):
        seen = page.look(f"Plate,Timestamp\n8ABC123,{stamp()}\n")
        assert codes(seen) == {"columns.camera"}
        assert page.send(seen, "save", camera="car-12").status_code == 302
        assert page.kept()["camera"] == "car-12"

    def test_each_row_is_shown_as_it_would_be_read_or_with_its_fault(self, page):
        make.camera("car-12", source=page.source, mount="vehicle")
        make.camera("car-13", source=page.source, mount="vehicle", attested=False)
        make.camera("cam-1", source=page.source)
        make.camera("cam-9", source=make.source("other"))
        rows = [
            f"8ABC123,{stamp()},car-12,93,x",
            f"8ABC123,{stamp()},car-13,93,x",
            f"8ABC123,{stamp()},car-14,93,x",
            f"8ABC123,{stamp()},cam-9,93,x",
            f"8ABC123,{stamp(hours=30)},cam-1,93,x",
            f"8ABC123,{stamp(hours=24 * 40)},car-12,93,x",
            f"***,{stamp()},car-12,93,x",
            "8ABC123",
        ]
        shown = page.look(sample(*rows)).context["rows"]
        assert [row.read is not None for row in shown] == [True] * 6 + [False] * 2
        says = [row.warning or row.fault for row in shown]
        told = [
            "",
            "C.3.1",
            "not in the inventory",
            "F.2",
            "24 hours",
            "168 hours",
            "Plate: ",
            "it has 1 cells",
        ]
        assert all(part in text for part, text in zip(told, says, strict=True)), says
        assert says[0] == ""

    def test_a_code_that_two_sources_have_is_the_sources_own_camera(self, page):
        make.camera("car-12", source=make.source("before"), name="Another")
        make.camera("car-12", source=page.source, mount="vehicle", name="Its own")
        make.camera("car-12", source=make.source("zulu"), name="Another")
        (row,) = page.look(sample(f"8ABC123,{stamp()},car-12,93,x")).context["rows"]
        assert (row.camera.name, row.warning) == ("Its own", "")

    def test_the_hour_that_comes_twice_is_told_by_its_row(self, page):
        year = timezone.now().year - 1
        first = next(day for day in range(1, 8) if timezone.datetime(year, 11, day).weekday() == 6)
        rows = [
            f"8ABC123,11/{first:02}/{year} 01:30 AM,car-12,93,x",
            f"8ABC123,11/{first:02}/{year} 03:30 AM,car-12,93,x",
        ]
        twice, plain = page.look(sample(*rows)).context["rows"]
        assert "this hour came twice" in twice.fault
        assert plain.read.offset_minutes == -480

    def test_only_the_first_rows_are_looked_at_and_go_through_the_form(self, page):
        rows = [f"7QAB{n:03},{stamp()},car-12,93,x" for n in range(300)]
        seen = page.look(sample(*rows))
        assert len(seen.context["rows"]) == LOOKED_AT
        assert "7QAB019" in seen.content.decode()
        assert "7QAB020" not in seen.content.decode()

    def test_a_header_is_shown_and_never_run(self, page):
        seen = page.look(f"Plate,Timestamp,Camera,<script>alert(1)</script>\n8ABC123,{stamp()},<b>x</b>,\n")
        assert "<script>alert" not in seen.content.decode()
        assert "<b>x</b>" not in seen.content.decode()


class TestSample:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "csv.empty"),
            (b"\n\n", "csv.empty"),
            (b"PK\x03\x04\xff\xfe", "csv.encoding"),
            ("Plate,Timestamp\n".encode("utf-16"), "csv.encoding"),
            (b"Plate,Timestamp\n8ABC\x00123,x\n", "csv.encoding"),
            (b"8ABC123,2026-06-15 04:59,cam-1\n", "csv.no_header"),
            (b"Plate,Plate\n", "csv.duplicate_header"),
            (b'Plate,"Time\n8ABC123', "csv.quotes"),
            (b"x" * 70_000, "csv.row_too_long"),
            (b"Plate\n" + b"x\n" * SAMPLE_LIMIT, "sample.too_large"),
            (b"Plate\n" + b"x\n" * (SAMPLE_LIMIT * 3 // 4), "sample.too_large"),
        ],
    )
    def test_what_is_no_table_is_refused_with_what_to_do(self, page, body, code):
        answer = page.look(body)
        assert codes(answer) == {code}
        assert "8ABC" not in answer.content.decode()

    def test_no_file_at_all(self, page):
        assert codes(page.client.post(page.address, {})) == {"sample.missing"}

    def test_a_sample_is_never_written_to_disk_however_long_it_is(self, page, monkeypatch):
        def written(*_, **__):
            raise AssertionError("written to disk")

        monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", written)
        assert codes(page.look(b"Plate\n" + b"x" * 3 * SAMPLE_LIMIT)) == {"sample.too_large"}

    @pytest.mark.parametrize(
        "text", ["", "x", "\0", "Plate,Plate\n", '"', ",,,\n", "x" * (2 * KEPT + 1), "8ABC1234,1\n"]
    )
    def test_a_form_with_another_sample_in_it_is_refused_alike(self, page, text):
        answer = page.client.post(page.address, {"sample": text, "delimiter": "comma", "step": "save"})
        assert answer.status_code == 422
        assert page.kept() == {}

    def test_a_form_holds_only_so_much_of_a_sample(self, page):
        text = sample(*[f"8ABC123,{stamp()},car-12,93,x"] * (2 * KEPT // 30))
        assert len(text) > 2 * KEPT
        answer = page.client.post(page.address, {"sample": text, "delimiter": "comma", "step": "try"})
        assert codes(answer) == {"sample.too_large"}
        assert "8ABC123" not in answer.content.decode()

    def test_nothing_of_it_is_in_the_log_the_address_or_the_history(self, page):
        with listening() as log:
            seen = page.look(sample(f"8ABC123,{stamp()},car-12,93,x"))
            page.send(seen, "try")
            page.send(seen, "save")
        assert '"route": "edit_columns"' in log()
        assert seen.wsgi_request.sensitive_post_parameters == "__ALL__"  # nor in the report of an error
        assert "8ABC123" not in log()
        assert not any("8ABC123" in str(row) for row in page.source.history.values())

    def test_a_post_needs_the_token_of_the_form(self, coordinator, client_of, page):
        client = client_of(coordinator, enforce_csrf_checks=True)
        file = SimpleUploadedFile("reads.csv", sample(f"8ABC123,{stamp()},car-12,93,x").encode())
        assert client.post(page.address, {"file": file}).status_code == 403
        token = str(client.get(page.address).context["csrf_token"])
        file.seek(0)
        assert client.post(page.address, {"file": file, "csrfmiddlewaretoken": token}).status_code == 200


class TestWho:
    def test_only_a_source_whose_format_needs_it_has_the_page_and_the_link(self, page):
        assert page.address in page.client.get(f"/sources/{page.source.pk}/").content.decode()
        for name in sorted(set(ADAPTERS) - {"generic_csv"}):
            other = make.source(name.replace("_", "-"), format=name)
            assert page.client.get(f"/sources/{other.pk}/columns/").status_code == 404
            assert "/columns/" not in page.client.get(f"/sources/{other.pk}/").content.decode()

    def test_others_than_the_coordinator_are_refused_and_strangers_sign_in(
        self, page, officer, administrator, client_of
    ):
        for member in (officer, administrator):
            assert client_of(member).get(page.address).status_code == 403
            assert client_of(member).post(page.address, {"sample": "x"}).status_code == 403
        assert Client().get(page.address).status_code == 302

    def test_the_form_of_a_source_offers_every_format_by_its_label(self):
        choices = dict(EditSource(source=None).fields["format"].choices)
        assert choices == {name: adapter.label for name, adapter in ADAPTERS.items()}
        assert choices["generic_csv"] == "CSV with columns of its own"
        assert all(re.match("[A-Z]", label) for label in choices.values())
