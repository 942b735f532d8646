"""What the columns of a file mean: kept only where it makes a read, guessed from what files call their columns."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.refusal import BadInput
from reads.adapters import ItemFault, Limits
from reads.adapters.columns import (
    KEPT,
    LOOKED_AT,
    NAMES,
    beginning,
    delimiter_of,
    guess,
    read_columns,
    sample_rows,
)
from reads.adapters.generic_csv import try_sample
from reads.adapters.table import ROW_LIMIT
from reads.adapters.times import OFFSET
from tests.corpus import outcome, table

from .messages import COLUMNS, NOW, PATROL

LATE = Limits(oldest=timedelta(days=3660))


def draft(header, *rows):
    return guess("\n".join([header, *rows]).encode())


class TestReadColumns:
    @pytest.mark.parametrize(("change", "code", "field", "note"), table("adapter_columns.csv"))
    def test_what_makes_a_read_is_kept_and_what_does_not_is_told_by_its_field(self, change, code, field, note):
        value = COLUMNS | json.loads(change)
        kind, found = outcome(read_columns, value)
        assert (found if kind == "reject" else "") == code
        if kind == "take":
            assert found.as_json() == {"camera": "", **value}
            assert read_columns(found.as_json()) == found
        else:
            with pytest.raises(BadInput) as caught:
                read_columns(value)
            assert caught.value.field == field

    @pytest.mark.parametrize("value", [{}, None])
    def test_nothing_is_kept_yet(self, value):
        assert outcome(read_columns, value) == ("reject", "columns.missing")

    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.text(max_size=5)
            | st.sampled_from(["plate", ",", "columns"]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from([*COLUMNS, "camera", "more"]) | st.text(max_size=3), inner, max_size=5
                )
            ),
        )
    )
    def test_anything_is_columns_or_a_bad_input(self, value):
        kind, found = outcome(lambda _: read_columns(value), None)
        assert kind == "take" or found.partition(".")[0] in {"columns", "field", "text"}


class TestGuess:
    @pytest.mark.parametrize(
        ("header", "row", "fields"),
        [
            ("Plate,Read at,Unit", "8ABC123,2026-06-15 04:59,cam-1", ["plate", "captured_at", "camera"]),
            ("LICENSE_PLATE;Capture Time;Device ID", "8ABC123;2026-06-15 04:59;1", ["plate", "captured_at", "camera"]),
            ("Tag\tDate\tTime\tReader", "8ABC123\t06/15/2026\t4:59 AM\t7", ["plate", "captured_date", "captured_time", "camera"]),
            ("plate|timestamp|date|camera", "8ABC123|1781524798000|x|7", ["plate", "captured_at", "", "camera"]),
            ("Plate Number,Event Date,Camera Name", "8ABC123,06/15/2026 4:59,7", ["plate", "captured_at", "camera"]),
            ("a,b,c", "8ABC123,2026-06-15 04:59,cam-1", ["", "", ""]),
            ("Plate,Plate Number,Time,Camera", "8ABC123,x,2026-06-15 04:59,7", ["plate", "", "captured_at", "camera"]),
            ("Latitude,Lng,Heading,Vehicle Make,Model,Color,Body Style", "37.8,-122.2,N,a,b,c,d",
             ["lat", "lon", "direction", "make", "model", "colour", "body"]),
        ],
    )  # fmt: skip
    def test_columns_by_their_names(self, header, row, fields):
        found = draft(header, row)
        names = [name.strip() for name in header.split(found["delimiter"])]
        assert [found["columns"].get(name, "") for name in names] == fields

    @pytest.mark.parametrize(
        ("stamps", "form", "zone"),
        [
            (["2026-06-15 04:59"], "year_first", "America/Los_Angeles"),
            (["2026-06-15T04:59:58-07:00", "2026-06-15T04:59:58Z"], "year_first", OFFSET),
            (["2026-06-15T04:59:58Z", "2026-06-15T04:59:58"], "year_first", "America/Los_Angeles"),
            (["06/15/2026 04:59"], "month_first", "America/Los_Angeles"),
            (["15/06/2026 04:59"], "day_first", "America/Los_Angeles"),
            (["soon", "06/15/2026 04:59", "later"], "month_first", "America/Los_Angeles"),
            (["03/04/2026 04:59"], "month_first", "America/Los_Angeles"),
            (["03/04/2026 04:59", "13/04/2026 04:59"], "day_first", "America/Los_Angeles"),
            (["1781524798"], "seconds", "UTC"),
            (["1781524798000"], "milliseconds", "UTC"),
            (["2026-11-01 01:30"], "year_first", "America/Los_Angeles"),
            (["", "soon"], "year_first", "America/Los_Angeles"),
            ([], "year_first", "America/Los_Angeles"),
        ],
    )
    def test_the_form_of_times_and_their_clock(self, stamps, form, zone):
        found = draft("Plate,Timestamp,Camera", *(f"8ABC123,{stamp},cam-1" for stamp in stamps))
        assert (found["time_format"], found["zone"]) == (form, zone)

    def test_a_header_may_say_the_clock(self):
        assert draft("Plate,Timestamp UTC,Camera", "8ABC123,2026-06-15 04:59,cam-1")["zone"] == "UTC"

    @pytest.mark.parametrize(
        ("sure", "scale"), [("0.93", 1), ("1", 1), ("93", 100), ("93%", 100), ("high", 1), ("", 1)]
    )
    def test_how_far_confidence_runs(self, sure, scale):
        assert draft("Plate,Timestamp,Camera,Score", f"8ABC123,2026-06-15 04:59,c,{sure}")["confidence"] == scale

    @pytest.mark.parametrize(
        ("first", "delimiter"),
        [("a,b;c,d", ","), ("a;b;c,d", ";"), ('"a,b,c";d', ";"), ("a\tb c", "\t"), ("a|b", "|"), ("a", ",")],
    )
    def test_what_stands_between_the_cells(self, first, delimiter):
        assert delimiter_of(f"\n{first}\n1;2;3;4;5\n".encode()) == delimiter

    def test_what_is_guessed_from_a_common_file_can_be_kept_as_it_is(self):
        found = draft("Plate,Timestamp,Camera,Latitude,Longitude", "8ABC123,2026-06-15 04:59,cam-1,37.8,-122.2")
        assert read_columns(found).as_json() == found

    @given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
    def test_any_sample_is_a_draft_or_a_bad_input(self, sample):
        kind, found = outcome(guess, sample)
        if kind == "reject":
            assert found.startswith("csv.")
        else:
            kind, found = outcome(read_columns, found)
            assert kind == "take" or found.startswith("columns.")

    def test_no_name_of_a_column_is_two_fields_but_date_and_time(self):
        said = [name for field, names in NAMES.items() for name in names.split()]
        assert len(said) == len(set(said))
        assert all(name.isascii() and name.isalnum() and name == name.lower() for name in said)


class TestSample:
    def test_its_beginning_is_the_header_and_the_first_rows_as_they_stand(self):
        row = '8ABC123,2026-06-15 04:59,"cam\n1"\r\n'
        text = "\ufeffPlate,Read at,Unit\r\n" + row * 100
        assert beginning(text.encode()) == "\ufeffPlate,Read at,Unit\r\n" + row * LOOKED_AT

    def test_its_beginning_has_so_many_characters_and_no_more(self):
        row = f"{'x' * (ROW_LIMIT - 10)}\n"
        found = beginning(("Plate\n" + row * 10).encode())
        assert found == "Plate\n" + row * 4
        assert len(found) <= KEPT

    def test_a_header_in_parts_is_the_same_as_the_composed_one(self):
        text = "Pla\u0301ca,Timestamp,Camera\n8ABC123,2026-06-15 04:59,cam-1\n"
        (header, _, _), _ = sample_rows(text.encode(), ",")
        kept = read_columns(
            guess(text.encode()) | {"columns": {header: "plate", "Timestamp": "captured_at", "Camera": "camera"}}
        )
        (row,) = try_sample(text.encode(), kept, now=NOW, limits=Limits())
        assert row.item.plate == "8ABC123"

    def test_rows_of_another_length_are_no_examples(self):
        header, cells = sample_rows(b"a,b\n1,2\n3\n4,5,6\n7,8\n", ",")
        assert (header, cells) == (["a", "b"], [["1", "2"], ["7", "8"]])

    def test_it_is_tried_row_by_row_and_told_by_its_lines(self):
        text = PATROL + "\n8ABC123,soon,cam-1\n" + "8ABC123,2026-06-15 04:59,cam-1\n" * 30
        found = list(try_sample(text.encode(), read_columns(COLUMNS), now=NOW, limits=Limits(), most=5))
        assert [line for line, _ in found] == [2, 4, 5, 6, 7]
        assert [item.code for _, item in found if isinstance(item, ItemFault)] == ["time.format"]

    def test_an_old_sample_says_what_its_columns_mean_as_well(self):
        text = "Plate,Read at,Unit\n8ABC123,2024-06-15 04:59,cam-1\n"
        columns = read_columns(COLUMNS)
        (early,) = try_sample(text.encode(), columns, now=NOW, limits=Limits())
        (late,) = try_sample(text.encode(), columns, now=NOW, limits=LATE)
        assert (early.item.code, late.item.plate) == ("time.too_old", "8ABC123")
