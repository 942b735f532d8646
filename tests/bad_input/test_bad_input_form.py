"""The corpus of bad inputs through the search form, and out again through an export."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from reads.models import Query
from reads.result_files import rows_of
from tests import make
from tests.corpus import bad_inputs
from tests.logs import listening
from training.sheets import as_csv

from .messages import NOW, told

OAKLAND = ZoneInfo("America/Los_Angeles")

# Where a case and the issue differ, the issue holds: value → why.
ISSUE_HOLDS = {"missing_at_risk": "the closed list says missing_or_at_risk_person"}
LONG = 60_000  # what a form field is sent at the most here: the validator counts characters, not bytes


def codes(answer, field):
    """The stable codes of a field's errors, questions under it included."""
    data = answer.context["form"].errors.as_data()
    return {
        error.code for name in (field, *(n for n in data if n.startswith("answer_"))) for error in data.get(name, [])
    }


def refused(answer, field):
    assert answer.status_code == 422, answer.status_code
    assert not Query.objects.exists()
    return codes(answer, field)


def typed(case):
    """What of a case a browser can send."""
    if not isinstance(case.value, str):
        pytest.skip("a form sends text only")
    if any("\ud800" <= character <= "\udfff" for character in case.value):
        pytest.skip("a browser sends no half characters")
    return case.value[:LONG]


def moment_of(text):
    """A moment of Oakland's clock, or None where the text is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=OAKLAND)
    except ValueError:
        return None


@pytest.mark.django_db
class TestForm:
    @pytest.mark.parametrize("case", bad_inputs("plate"))
    def test_bad_input_plate(self, search, case):
        with listening() as log:
            answer = search(plate=typed(case))
        assert not told(log(), typed(case))
        if case.code == "plate.bad_char" and "?" in case.value:
            assert answer.status_code == 302, "in a search, a question mark stands for one character"
        elif case.expect in {"accept", "normalise"}:
            assert answer.status_code == 302
            assert Query.objects.get().plate == case.normalised
        elif case.value == "":
            assert refused(answer, "plate") == {"search.too_broad"}
        else:
            assert refused(answer, "plate") == {case.code.replace("plate.", "pattern.")}

    @pytest.mark.parametrize("case", bad_inputs("plate_partial"))
    def test_bad_input_plate_partial(self, search, case):
        answer = search(plate=case.value)
        if case.expect in {"accept", "normalise"}:
            assert answer.status_code == 302
            assert Query.objects.get().plate == case.normalised
        elif case.value == "":
            assert refused(answer, "plate") == {"search.too_broad"}
        else:
            assert refused(answer, "plate") == {case.code}

    @pytest.mark.parametrize("case", bad_inputs("justification"))
    def test_bad_input_justification(self, search, case):
        answer = search(facts=typed(case))
        if case.expect in {"accept", "store_safely"}:
            assert answer.status_code == 302
            assert Query.objects.get().facts == case.value.strip()
        elif case.expect != "hold":
            assert refused(answer, "facts") == {case.code}
        elif answer.status_code == 302:
            assert Query.objects.get().outcome in {"wait", "refuse"}
        else:
            assert refused(answer, "facts") in ({case.code}, {"just.clarify"})

    @pytest.mark.parametrize("case", bad_inputs("purpose"))
    def test_bad_input_purpose(self, search, case):
        answer = search(
            purpose="" if case.value is None else case.value, court_document="Warrant of the Superior Court, 4711"
        )
        if case.expect == "accept" and case.value not in ISSUE_HOLDS:
            assert answer.status_code == 302
        else:
            assert refused(answer, "purpose") == {case.code or "purpose.not_listed"}

    @pytest.mark.parametrize("case", bad_inputs("case_number"))
    def test_bad_input_case_number(self, search, case):
        answer = search(case_number=case.value)
        if case.expect == "normalise":
            assert answer.status_code == 302
            assert Query.objects.get().case_number == case.normalised
        else:
            assert refused(answer, "case_number") == {case.code}

    @pytest.mark.parametrize("case", bad_inputs("timestamp_form"))
    def test_bad_input_timestamp_form(self, search, case, clock_at):
        """Asked a day later, so that nothing but the moment itself is wrong with it."""
        moment = moment_of(case.value)
        later = (moment or NOW).astimezone(UTC) + timedelta(days=1)
        clock_at(later)
        answer = search(start=case.value, end=f"{later.astimezone(OAKLAND):%Y-%m-%d %H:%M}")
        if case.expect in {"reject", "ask"}:
            assert {code.removesuffix(".start") for code in refused(answer, "start")} == {case.code}
        else:
            assert answer.status_code == 302
            said = Query.objects.get().criteria
            assert (datetime.fromisoformat(said["from"]), said["moved"]) == (moment, False)

    @pytest.mark.parametrize("case", bad_inputs("date_range"))
    def test_bad_input_date_range(self, search, case, clock_at):
        clock_at(NOW)
        answer = search(start=case.value["from"], end=case.value["to"])
        if case.expect == "reject":
            assert refused(answer, "start") == {case.code}
        else:
            assert answer.status_code == 302
            assert Query.objects.get().criteria["moved"] is (case.expect == "normalise")


@pytest.mark.parametrize("case", bad_inputs("csv_cell"))
@pytest.mark.django_db
def test_bad_input_csv_cell_in_an_export(officer, case):
    now = timezone.now()
    camera = SimpleNamespace(code=case.value, area="1")
    empty = dict.fromkeys(("state", "direction", "model", "colour", "body"), "")
    read = SimpleNamespace(
        captured_at=now, uploaded_at=now, plate="8ABC123", approximate=False, confidence=None, camera=camera, lat=None,
        lon=None, make=case.value, id="x", mark=None, **empty,
    )  # fmt: skip
    text = as_csv(rows_of(make.query(officer), [read])).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[1][7] == (case.normalised if case.normalised is not None else case.value)
