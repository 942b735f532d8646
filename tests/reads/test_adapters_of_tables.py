"""The traps of tables: times on clocks, quotes, line ends, headers, and lists that stand in cells."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alpr_portal.policy.refusal import BadInput
from reads.adapters import ItemFault, Limits, NormalRead, adapter_of
from reads.adapters.platerecognizer_csv import _listed
from reads.adapters.table import MOST_COLUMNS, ROW_LIMIT
from reads.adapters.times import FORMS, ZONES, read_stamp
from reads.payload import BODY_LIMIT, MOST_READS
from tests.corpus import outcome, table

from .messages import COLUMNS, NOW, PATROL, STREAM_CSV, STREAM_ROW, THEN, codes, csv_of, parse, parse_csv

FAR = timedelta(days=36600)
ALL = COLUMNS["columns"] | {
    "Id": "id",
    "State": "state",
    "Sure": "confidence",
    "Lat": "lat",
    "Lon": "lon",
    "Way": "direction",
    "Make": "make",
    "Model": "model",
    "Color": "colour",
    "Type": "body",
}
ROW = {"Plate": "8ABC-123", "Read at": "2026-06-15 04:59:58", "Unit": "cam-1"}


def one(**values):
    """The only item of a file with every column of ours; ``values`` by header, an underscore for a space."""
    row = ROW | {name.replace("_", " "): value for name, value in values.items()}
    header = ",".join(ALL)
    (item,) = parse_csv(csv_of(row, header=header), columns=ALL, confidence=100).items
    return item


def stamped(text, form, zone, *, now=NOW, ahead=timedelta(minutes=5)):
    """What became of a text that should be a time."""
    return outcome(read_stamp, text, form=form, zone=zone, now=now, field="captured_at", oldest=FAR, ahead=ahead)


class TestTimes:
    @pytest.mark.parametrize(("text", "form", "zone", "expected", "note"), table("adapter_times.csv"))
    def test_a_time_on_its_clock(self, text, form, zone, expected, note):
        kind, found = stamped(text, form, zone, now=datetime(2026, 12, 31, tzinfo=UTC), ahead=timedelta(days=99))
        assert (found if kind == "reject" else f"{found[0].replace(tzinfo=None).isoformat()} {found[1]}") == expected

    @given(st.text(max_size=40), st.sampled_from(sorted(FORMS)), st.sampled_from(sorted(ZONES)))
    @example("9999-12-31 23:59", "year_first", "America/Los_Angeles")
    @example("99999999999", "seconds", "UTC")
    @example("99999999999999", "milliseconds", "UTC")
    def test_any_text_is_a_time_or_a_bad_input(self, text, form, zone):
        kind, found = stamped(text, form, zone)
        assert found.startswith("time.") if kind == "reject" else found[0].tzinfo == UTC

    @given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.sampled_from(sorted(set(ZONES) - {"offset"})))
    def test_a_local_time_is_read_back_exactly_or_told_that_it_has_no_moment_of_its_own(self, naive, zone):
        naive = naive.replace(microsecond=0)
        kind, found = stamped(f"{naive:%m/%d/%Y %I:%M:%S %p}", "month_first", zone, ahead=FAR)
        if kind == "reject":
            assert found in {"time.dst_gap", "time.dst_fold"}
        else:
            assert found[0].replace(tzinfo=None) + timedelta(minutes=found[1]) == naive


class TestAnyCsv:
    def test_every_field_arrives_in_our_words(self):
        read = one(
            Id="r-7", State="us-ca", Sure="93 %", Lat="37.8044", Lon="-122.2712", Way="northbound", Make="Honda",
            Model="CR-V", Color="Silver_Gray", Type="SUV",
        )  # fmt: skip
        assert read == NormalRead(
            plate_seen="8ABC-123",
            plate="8ABC123",
            captured_at=THEN,
            offset_minutes=-420,
            camera="cam-1",
            external_id="r-7",
            state="CA",
            confidence=0.93,
            lat=37.8044,
            lon=-122.2712,
            direction="N",
            make="honda",
            model="cr-v",
            colour="silver gray",
            body="suv",
        )

    def test_empty_cells_say_nothing(self):
        read = one()
        assert (read.confidence, read.lat, read.lon, read.direction, read.state) == (None, None, None, "", "")
        assert read.external_id == one().external_id != one(Unit="cam-2").external_id

    @pytest.mark.parametrize(
        ("values", "found"),
        [
            ({"State": "Bavaria", "Way": "in", "Color": "x" * 31, "Make": "\u202e"}, ("", "", "", "")),
            ({"State": "nevada", "Way": "182.4", "Color": "RED", "Make": "Kia"}, ("NV", "S", "red", "kia")),
        ],
    )
    def test_what_only_helps_never_loses_a_read(self, values, found):
        read = one(**values)
        assert (read.state, read.direction, read.colour, read.make) == found

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ({"Sure": "101"}, "confidence.range"),
            ({"Sure": "high"}, "confidence.type"),
            ({"Sure": "1e999"}, "confidence.type"),
            ({"Sure": "nan"}, "confidence.type"),
            ({"Lat": "37.8"}, "geo.type"),
            ({"Lat": "34.05", "Lon": "-118.24"}, "geo.outside"),
            ({"Lat": "-122.27", "Lon": "37.80"}, "geo.range"),
            ({"Lat": "north", "Lon": "west"}, "geo.type"),
            ({"Unit": "c" * 61}, "text.too_long"),
            ({"Id": "7" * 129}, "text.too_long"),
            ({"Plate": "8ABC" * 20}, "plate.too_long"),
            ({"Read_at": "06/15/2026 04:59"}, "time.format"),
        ],
    )
    def test_what_is_refused_is_told_by_its_line_and_without_its_value(self, values, code):
        fault = one(**values)
        assert (fault.code, fault.message[:8]) == (code, "Line 2: ")
        assert not any(value in fault.message for value in values.values())

    @pytest.mark.parametrize(("lat", "lon"), [("0", "0"), ("-1", "-1"), ("0.0", "0.000000")])
    def test_a_reader_without_a_fix_says_nothing_of_the_place(self, lat, lon):
        assert one(Lat=lat, Lon=lon).lat is None

    def test_a_comma_may_stand_before_the_decimals(self):
        columns = ALL | {"Sure": "confidence"}
        row = ROW | {"Sure": "93,5", "Lat": "37,8044", "Lon": "-122,2712"}
        body = csv_of(row, header=",".join(ALL)).decode().replace(",", ";").replace('"93;5"', "93,5")
        body = body.replace('"37;8044"', "37,8044").replace('"-122;2712"', "-122,2712")
        (read,) = parse_csv(body, columns=columns, confidence=100, delimiter=";").items
        assert (read.confidence, read.lat, read.lon) == (pytest.approx(0.935), 37.8044, -122.2712)

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_delimiters(self, delimiter):
        assert codes(parse_csv(PATROL.replace(",", delimiter), delimiter=delimiter)) == ["8ABC123"]

    def test_the_date_and_the_time_may_stand_apart(self):
        columns = {"Plate": "plate", "Day": "captured_date", "Time": "captured_time", "Unit": "camera"}
        body = "Plate,Day,Time,Unit\n8ABC123,06/15/2026,4:59:58 AM,cam-1\n8ABC123,06/15/2026,,cam-1\n"
        parsed = parse_csv(body, columns=columns, time_format="month_first")
        assert parsed.items[0].captured_at == THEN
        assert parsed.items[1].code == "time.format"

    def test_one_camera_may_stand_for_the_whole_file(self):
        columns = {"Plate": "plate", "Read at": "captured_at"}
        (read,) = parse_csv(PATROL, columns=columns, camera="car-12").items
        assert read.camera == "car-12"

    def test_files_from_patrol_cars_come_days_later(self):
        body = "Plate,Read at,Unit\n8ABC123,2026-06-09 04:59,car-12\n8ABC123,2026-06-08 04:59,car-12\n"
        assert codes(parse_csv(body)) == ["8ABC123", "time.too_old"]

    @pytest.mark.parametrize("content_type", ["application/json", "", "text/plain", "multipart/form-data"])
    def test_only_csv_is_read(self, content_type):
        adapter = adapter_of("generic_csv", COLUMNS)
        body = PATROL.encode()
        assert outcome(adapter.read, body, content_type, None, now=NOW, limits=Limits()) == ("reject", "media_type")

    def test_without_its_columns_a_source_can_deliver_nothing(self):
        for columns in ({}, None):
            assert outcome(adapter_of, "generic_csv", columns) == ("reject", "columns.missing")
        assert outcome(parse, "generic_csv", PATROL.encode(), None, "text/csv") == ("reject", "columns.missing")

    def test_formats_of_their_own_need_no_columns(self):
        assert adapter_of("flock", {}).name == "flock"
        assert adapter_of("generic_csv", COLUMNS).label


class TestTable:
    @pytest.mark.parametrize(("body", "expected", "note"), table("adapter_csv.csv"))
    def test_what_becomes_of_a_file(self, body, expected, note):
        kind, found = outcome(parse_csv, body.encode())
        assert (found if kind == "reject" else " ".join(codes(found))) == expected

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp037", "cp1252"])
    def test_another_encoding_is_refused_and_told_what_to_do(self, encoding):
        body = PATROL.replace("cam", "c\u00e4m").encode(encoding)
        with pytest.raises(BadInput, match="UTF-8") as caught:
            parse_csv(body)
        assert caught.value.code == "csv.encoding"

    def test_a_fault_names_its_line_as_an_editor_counts(self):
        body = 'Plate,Read at,Unit,Note\n\n8ABC123,2026-06-15 04:59,cam-1,"a\nb\nc"\n\n9XYZ999,x,cam-1,\n8ABC123\n'
        faults = [item for item in parse_csv(body).items if isinstance(item, ItemFault)]
        assert [(fault.index, fault.message.partition(":")[0]) for fault in faults] == [(1, "Line 7"), (2, "Line 8")]
        with pytest.raises(BadInput, match=r"^Line 4: a quoted cell does not end"):
            parse_csv('Plate,Read at,Unit\n\n\n"8ABC123,2026-06-15 04:59,cam-1\n')

    def test_a_row_may_be_long_and_not_endless(self):
        body = f"{PATROL.strip()},{{}}\n".replace("Unit\n", "Unit,Note\n")
        assert codes(parse_csv(body.format("x" * (ROW_LIMIT - 100)))) == ["8ABC123"]
        assert outcome(parse_csv, body.format("x" * ROW_LIMIT)) == ("reject", "csv.row_too_long")
        assert outcome(parse_csv, body.format('"' + "x\n" * ROW_LIMIT)) == ("reject", "csv.quotes")
        assert outcome(parse_csv, "x" * (BODY_LIMIT - 1)) == ("reject", "csv.row_too_long")

    def test_headers_may_be_many_and_not_countless(self):
        for count, code in ((MOST_COLUMNS, "8ABC123"), (MOST_COLUMNS + 1, "csv.many_columns")):
            more = count - 3
            body = f"Plate,Read at,Unit{',' * more}\n8ABC123,2026-06-15 04:59,cam-1{',' * more}\n"
            kind, found = outcome(parse_csv, body)
            assert (found if kind == "reject" else codes(found)[0]) == code

    @pytest.mark.parametrize("header", ["x" * 101, '"a\nb"', "a\u202eb", "a\x07b"])
    def test_a_header_is_a_name(self, header):
        assert outcome(parse_csv, f"Plate,Read at,Unit,{header}\n8ABC123,2026-06-15 04:59,cam-1,\n") == (
            "reject",
            "csv.header",
        )

    def test_a_body_has_so_many_rows_and_bytes_and_no_more(self):
        row = "8ABC123,2026-06-15 04:59,cam-1\n"
        head = "Plate,Read at,Unit\n"
        assert len(parse_csv(head + row * MOST_READS).items) == MOST_READS
        assert outcome(parse_csv, head + row * (MOST_READS + 1)) == ("reject", "batch.too_many")
        assert outcome(parse_csv, head + "\n" * BODY_LIMIT) == ("reject", "body.too_large")

    @given(st.binary(max_size=200))
    def test_any_bytes_are_reads_faults_or_a_bad_input(self, body):
        check(body)

    @given(
        st.lists(
            st.sampled_from(
                [
                    *("Plate", "Read at", "Unit", "8ABC123", "2026-06-15 04:59", "cam-1", "cam-2", ",", ",", "\n"),
                    *("\r\n", "\r", '"', '""', ";", "\t", " ", "\ufeff", "\0", "\u2028", "=1", "\u00e9"),
                ]
            ),
            max_size=30,
        ),
        st.booleans(),
    )
    @example(['"'], True)
    @example(["Plate", '"'], False)
    def test_pieces_of_tables_in_any_order(self, pieces, headed):
        check((PATROL if headed else "").encode() + "".join(pieces).encode())

    @given(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12), min_size=1)
    )
    def test_a_cell_is_read_as_it_was_written(self, notes):
        body = csv_of(*(ROW | {"Note": note} for note in notes), header="Plate,Read at,Unit,Note")
        assert codes(parse_csv(body)) == ["8ABC123"] * len(notes)


def check(body):
    """A body becomes reads and faults, or one of the refusals of a file."""
    kind, found = outcome(parse_csv, body)
    if kind == "reject":
        assert found.partition(".")[0] in {"csv", "batch", "body"}
        return
    for item in found.items:
        assert isinstance(item, ItemFault) or (item.plate and item.camera and item.external_id)


class TestBatches:
    @settings(max_examples=25)
    @given(st.integers(1, 2300), st.sampled_from(["\n", "\r\n"]), st.booleans())
    def test_every_row_is_in_one_batch_in_the_order_of_the_file(self, n, end, last):
        lines = ["Plate,Read at,Unit", *(f"7QAB{i % 1000:03},2026-06-15 04:59:{i % 60:02},cam-{i}" for i in range(n))]
        body = (end.join(lines) + (end if last else "")).encode()
        file = io.BytesIO(body)
        pieces = list(adapter_of("generic_csv", COLUMNS).cut(file, now=NOW, limits=Limits()))
        assert [item.camera for piece in pieces for item in piece.parsed.items] == [f"cam-{i}" for i in range(n)]
        assert all(len(piece.parsed.items) <= MOST_READS for piece in pieces)
        file.seek(0)
        again = list(adapter_of("generic_csv", COLUMNS).cut(file, now=NOW, limits=Limits()))
        assert [piece.body for piece in pieces] == [piece.body for piece in again]
        if len(pieces) == 1:
            assert pieces[0].body == body

    def test_a_batch_is_a_body_that_the_door_would_take(self):
        note = "x" * 5000
        rows = [ROW | {"Note": note, "Unit": f"cam-{n}"} for n in range(1200)]
        file = io.BytesIO(csv_of(*rows, header="Plate,Read at,Unit,Note"))
        pieces = list(adapter_of("generic_csv", COLUMNS).cut(file, now=NOW, limits=Limits()))
        assert len(pieces) == 3
        for piece in pieces:
            assert len(piece.body) <= BODY_LIMIT
            assert parse_csv(piece.body) == piece.parsed

    def test_a_file_is_read_no_further_than_the_batch_in_hand(self):
        file = io.BytesIO(b"Plate,Read at,Unit\n" + b"8ABC123,2026-06-15 04:59,cam-1\n" * 20 * MOST_READS)
        held = []
        for piece in adapter_of("generic_csv", COLUMNS).cut(file, now=NOW, limits=Limits()):
            held.append(len(piece.body))
            assert file.tell() <= sum(held) + 31 + io.DEFAULT_BUFFER_SIZE
        assert len(held) == 20
        assert not file.closed


class TestStreamCsv:
    def test_a_row_in_our_words(self):
        (read,) = parse_csv(csv_of(STREAM_ROW), "platerecognizer_csv").items
        assert read == NormalRead(
            plate_seen="8abc123",
            plate="8ABC123",
            captured_at=THEN,
            offset_minutes=-420,
            camera="gate-2",
            external_id=read.external_id,
            state="CA",
            confidence=0.902,
            direction="225",
            make="honda",
            model="civic",
            colour="silver",
            body="sedan",
        )

    def test_lists_may_be_written_as_json(self):
        row = {name: value.replace("'", '"') for name, value in STREAM_ROW.items()}
        assert parse_csv(csv_of(row), "platerecognizer_csv") == parse_csv(csv_of(STREAM_ROW), "platerecognizer_csv")

    def test_a_row_of_the_mode_that_looks_for_vehicles(self):
        plate = "{'score': 0.9, 'type': 'Plate', 'props': {'plate': [{'value': '8abc123', 'score': 0.902}], 'region': None}}"
        vehicle = "{'type': 'Sedan', 'score': 0.7, 'props': {'color': [{'value': 'silver', 'score': 0.5}]}}"
        header = "timestamp,file,source_url,position_sec,direction,plate,vehicle"
        row = {name: STREAM_ROW[name] for name in header.split(",")} | {"plate": plate, "vehicle": vehicle}
        (read,) = parse_csv(csv_of(row, header=header), "platerecognizer_csv").items
        assert (read.plate, read.confidence, read.colour, read.body) == ("8ABC123", 0.902, "silver", "sedan")

    def test_a_vehicle_without_a_plate_is_no_read_and_is_counted(self):
        parsed = parse_csv(
            csv_of(STREAM_ROW | {"plate": ""}, STREAM_ROW, STREAM_ROW | {"plate": " "}), "platerecognizer_csv"
        )
        assert (codes(parsed), parsed.note) == (["8ABC123"], "Rows without a plate, not stored: 2.")

    @pytest.mark.parametrize(
        ("path", "camera"),
        [
            ("/camera-1_screenshots/21-10-27/06-20-43.970337.jpg", "camera-1"),
            ("camera-1_screenshots/21-10-27/06-20-43.jpg", "camera-1"),
            ("/user-data/out/Gate 2_screenshots/a.jpg", "Gate 2"),
            ("C:\\stream\\gate_2_screenshots\\a.jpg", "gate_2"),
            ("/a_screenshots/b_screenshots/c.jpg", "b"),
            ("/images/a.jpg", None),
            ("_screenshots/a.jpg", None),
            ("camera-1_screenshots.jpg", None),
            ("", None),
            ("/" + "x" * 61 + "_screenshots/a.jpg", None),
        ],
    )
    def test_the_camera_is_the_folder_of_the_picture(self, path, camera):
        (item,) = parse_csv(csv_of(STREAM_ROW | {"file": path}), "platerecognizer_csv").items
        if camera is None:
            assert (item.code, item.field) == ("field.missing", "file")
            assert "image_format" in item.message
        else:
            assert item.camera == camera

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"timestamp": ""}, "field.missing"),
            ({"timestamp": "2026-06-15 04:59:58"}, "time.no_offset"),
            ({"timestamp": "06/15/2026 04:59:58"}, "time.format"),
            ({"timestamp": "2026-06-01 04:59:58-07:00"}, "time.too_old"),
            ({"score": "90.2"}, "confidence.range"),
            ({"score": "high"}, "confidence.type"),
            ({"plate": "{'props': {}}"}, "field.missing"),
            ({"plate": "b\u00e4d"}, "plate.non_ascii"),
        ],
    )
    def test_what_is_refused(self, change, code):
        assert codes(parse_csv(csv_of(STREAM_ROW | change), "platerecognizer_csv")) == [code]

    @pytest.mark.parametrize(
        "cell", ["__import__('os')", "[{'make': 'a', 'make': 'b'}]", "[" * 99, "'", "x" * 5000, "\\"]
    )
    def test_a_cell_that_cannot_be_read_does_not_lose_the_read_and_is_never_run(self, cell):
        row = STREAM_ROW | dict.fromkeys(["model_make", "color", "vehicle", "region", "box"], cell)
        (read,) = parse_csv(csv_of(row), "platerecognizer_csv").items
        assert (read.make, read.colour, read.body, read.state) == ("", "", "", "")

    def test_columns_that_are_needed(self):
        for name in ("timestamp", "plate", "file"):
            header = ",".join(column for column in STREAM_CSV.split(",") if column != name)
            row = {column: value for column, value in STREAM_ROW.items() if column != name}
            assert outcome(parse_csv, csv_of(row, header=header), "platerecognizer_csv") == ("reject", "csv.columns")

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
            max_leaves=6,
        )
    )
    def test_what_python_writes_is_read_back_or_left_alone(self, value):
        found = _listed(repr(value))
        assert found in (value, None)
        if repr(value).isascii() and "\\" not in repr(value):
            assert found == value

    @given(st.text(max_size=60))
    def test_any_cell_is_read_or_left_alone(self, cell):
        _listed(cell)
