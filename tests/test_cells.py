"""An exported text is shown by a spreadsheet, never run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.cells import guard, safe_row
from tests.corpus import bad_inputs

FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"


@pytest.mark.parametrize("start", FORMULA)
def test_every_start_of_a_formula_is_guarded(start):
    assert guard(f"{start}1") == f"'{start}1"


@given(st.text())
def test_a_guarded_text_never_begins_like_a_formula_and_loses_nothing(text):
    guarded = guard(text)
    assert guarded[:1] not in set(FORMULA)
    assert guarded.removeprefix("'" if text[:1] in set(FORMULA) else "") == text


@given(st.text(st.characters(exclude_characters=FORMULA), min_size=1, max_size=1), st.text())
def test_a_text_that_begins_otherwise_is_left_alone(first, rest):
    assert guard(first + rest) == first + rest


def test_a_row_guards_texts_and_leaves_numbers_alone():
    assert safe_row(["-1", -1, -1.5, None, "8ABC123", True]) == ["'-1", -1, -1.5, None, "8ABC123", True]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2))
def test_a_guarded_row_comes_back_from_csv_as_it_went_out(values):
    file = io.StringIO(newline="")
    csv.writer(file).writerow(safe_row(values))
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [guard(value) for value in values]


@pytest.mark.parametrize("case", bad_inputs("csv_cell"))
def test_bad_input_csv_cell(case):
    assert guard(case.value) == case.normalised, case.note
    assert (guard(case.value) != case.value) == (case.expect == "escape")
