"""Rows as files: a cell is text or a number, never a formula or a link."""

from __future__ import annotations

import io
import zipfile

import pytest

from training.sheets import as_csv, as_xlsx

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_begins_like_a_formula_is_guarded(text):
    assert f'"\'{text}"'.encode() in as_csv([("a",), (text,)])


def test_numbers_stay_numbers_and_nothing_is_a_formula_or_a_link():
    body = as_xlsx(
        ("One", [("a", "b"), (-1, "=1+1"), (None, "https://opd.example")]),
        ("A name far too long for a sheet", [("c",)]),
    )
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        names = book.read("xl/workbook.xml").decode()
    assert "<v>-1</v>" in sheet
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert 'name="A name far too long for a sheet"' in names


def test_csv_opens_as_utf_8():
    assert as_csv([("Ünit",)]) == '\ufeff"Ünit"\r\n'.encode()
