"""A file that is handed in: the export it left as, or none."""

from __future__ import annotations

import hashlib

import pytest
from django.core.management.base import CommandError

from reads.models import Access
from tests import make
from tests.commands.run import run

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("F.1")]


@pytest.fixture
def sheet(officer, client_of, tmp_path):
    """An evidence sheet as it left, and its query."""
    query, found = make.query(officer), make.read()
    answer = client_of(officer).post(f"/searches/{query.pk}/reads/{found}/sheet.pdf")
    path = tmp_path / "sheet.pdf"
    path.write_bytes(answer.content)
    return path, query


def test_a_file_that_left_is_named(sheet, officer):
    path, query = sheet
    said = run("verify_file", str(path))
    assert f"Evidence sheet of one read under query {query.number}, taken by {officer} at " in said
    assert str(Access.objects.get().pk) in said
    assert hashlib.sha256(path.read_bytes()).hexdigest() in said
    assert "8ABC123" not in said


def test_a_file_of_results_is_named_too(officer, client_of, tmp_path):
    make.read()
    query, path = make.query(officer), tmp_path / "results.csv"
    path.write_bytes(client_of(officer).post(f"/searches/{query.pk}/export/csv/").content)
    assert f"Export of 1 read under query {query.number}" in run("verify_file", str(path))


def test_a_file_of_which_one_byte_was_changed_is_not(sheet):
    path, _ = sheet
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    with pytest.raises(CommandError, match="No export on record has SHA-256"):
        run("verify_file", str(path))


def test_an_empty_file_is_none_though_looks_without_a_file_have_no_digest(officer, client_of, tmp_path):
    client_of(officer).get(f"/searches/{make.query(officer).pk}/")
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    with pytest.raises(CommandError, match="No export on record"):
        run("verify_file", str(empty))


@pytest.mark.parametrize("name", ["not-there.pdf", "."])
def test_a_file_that_cannot_be_read_is_said_in_one_line(tmp_path, name):
    with pytest.raises(CommandError, match="Name a file that you may read"):
        run("verify_file", str(tmp_path / name))
