"""The corpus of bad inputs through the entry form and through a file of entries."""

from __future__ import annotations

import csv
import io

import pytest
from django.utils import timezone
from django.utils.html import escape

from hotlists import entry_files
from hotlists.models import EntryVersion
from tests import make
from tests.corpus import bad_inputs
from tests.hotlists.propose import typed
from tests.logs import listening

from .messages import told
from .test_bad_input_form import typed as sendable

pytestmark = pytest.mark.django_db
PAGE = "/hot-lists/entries/new/"
TAKEN = {"accept", "normalise", "store_safely", "unchanged", "escape"}


@pytest.fixture(autouse=True)
def lists(db):
    make.bolo()


@pytest.fixture
def by_form(officer, client_of):
    """What a form made of an answer: (the stored version, or the codes that refused it)."""
    client = client_of(officer)

    def post(field, value):
        answer = client.post(PAGE, typed(**{field: value}, confirmed="yes"))
        if answer.status_code == 302:
            return EntryVersion.objects.get(), set()
        if answer.status_code == 403:
            return None, {"refused"}
        assert answer.status_code == 422
        assert not EntryVersion.objects.exists()
        data = answer.context["form"].errors.as_data()
        return None, {error.code for errors in data.values() for error in errors}

    return post


@pytest.fixture
def by_file(officer):
    """What a file made of a cell, in the same words."""

    def load(field, value):
        said = {entry_files.NAMES.get(name, name): text for name, text in typed(**{field: value}).items()}
        out = io.StringIO(newline="")
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerows([entry_files.COLUMNS, [said.get(name, "") for name in entry_files.COLUMNS]])
        now = timezone.now()
        try:
            text = entry_files.decode(out.getvalue().encode())
            rows = entry_files.judged(text, by=officer, now=now)
        except entry_files.BadInput as error:
            return None, {error.code}
        if rows[0].faults:
            return None, {"refused" if code == "entry.screened" else code for _, code, _ in rows[0].faults}
        return entry_files.load_entries(text, by=officer, now=now)[0], set()

    return load


ENTRANCES = pytest.mark.parametrize("entrance", ["by_form", "by_file"])


@ENTRANCES
@pytest.mark.parametrize("case", bad_inputs("plate"))
def test_bad_input_plate(request, entrance, case):
    value = sendable(case)
    with listening() as log:
        version, codes = request.getfixturevalue(entrance)("plate", value)
    assert not (told(log(), value) if entrance == "by_form" else len(value) > 4 and value in log())
    if case.expect in TAKEN:
        assert version.plate == case.normalised
    else:
        assert codes in ({case.code}, {"file.not_text"}, {"file.too_long"})


@ENTRANCES
@pytest.mark.parametrize("case", bad_inputs("justification"))
def test_bad_input_justification(request, entrance, case):
    version, codes = request.getfixturevalue(entrance)("justification", sendable(case))
    if case.expect in TAKEN:
        assert version.justification == case.value.strip()
    elif case.expect == "hold":
        assert version is None or version.screening["categories"]
        assert codes <= {case.code, "just.clarify", "refused"}
    else:
        assert codes in ({case.code}, {"file.not_text"}, {"file.too_long"}, {"file.too_large"})


@ENTRANCES
@pytest.mark.parametrize("field", ["case_number", "report_number"])
@pytest.mark.parametrize("case", bad_inputs("case_number"))
def test_bad_input_case_number(request, entrance, case, field):
    version, codes = request.getfixturevalue(entrance)(field, "" if case.value is None else case.value)
    if case.expect in TAKEN:
        assert getattr(version, field) == case.normalised
    else:
        assert codes == {f"{case.code}.{field}" if case.expect == "ask" else case.code}


@ENTRANCES
@pytest.mark.parametrize("case", bad_inputs("csv_cell"))
def test_bad_input_csv_cell(request, entrance, case, officer, client_of):
    """A formula is text like any other: kept as it was typed, and shown as text."""
    version, codes = request.getfixturevalue(entrance)("marks", case.value)
    assert not codes
    assert version.marks == case.value.strip()
    page = client_of(officer).get(f"/hot-lists/entries/{version.entry_id}/").content.decode()
    assert escape(version.marks) in page
