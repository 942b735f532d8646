"""The corpus of bad inputs through the record of a stop, and out again through the spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from django.utils import timezone

from hotlists.models import Stop
from tests import make
from tests.corpus import bad_inputs
from tests.hotlists.stopped import keep
from tests.logs import listening

from .messages import told

LONG = 60_000


@pytest.fixture
def record(officer, client_of):
    """Post the record of a stop without a hit, confirmed at once, with some of its answers changed."""
    client, listed = client_of(officer), make.hot_list()

    def post(**values):
        said = {
            "hot_list": listed.pk,
            "area": "2",
            "justification": "The plate is that of a stolen vehicle",
            "case_number": f"{timezone.localdate():%y}-012345",
            "disposition": "recovery",
            "responded_at": f"{timezone.localtime():%Y-%m-%dT%H:%M}",
            "next_steps": "Tow and call the owner",
            "confirmed": "yes",
        }
        return client.post("/stops/new/", {**said, **values})

    return post


def typed(case):
    """What of a case a browser can send."""
    if not isinstance(case.value, str):
        pytest.skip("a form sends text only")
    if any("\ud800" <= character <= "\udfff" for character in case.value):
        pytest.skip("a browser sends no half characters")
    return case.value[:LONG]


def codes(answer, field):
    assert answer.status_code == 422
    assert not Stop.objects.exists()
    data = answer.context["form"].errors.as_data()
    return {error.code for name, errors in data.items() for error in errors if name == field or name[:7] == "answer_"}


@pytest.mark.django_db
class TestForm:
    @pytest.mark.parametrize("case", bad_inputs("plate"))
    def test_bad_input_plate(self, record, case):
        with listening() as log:
            answer = record(plate=typed(case))
        assert not told(log(), typed(case))
        if case.expect in {"accept", "normalise"} or case.value == "":
            assert answer.status_code == 302
            assert Stop.objects.get().plate == (case.normalised or case.value)
        else:
            assert codes(answer, "plate") == {case.code}

    @pytest.mark.parametrize("case", bad_inputs("case_number"))
    def test_bad_input_case_number(self, record, case):
        answer = record(case_number="" if case.value is None else case.value)
        if case.expect == "normalise":
            assert Stop.objects.get().case_number == case.normalised
        else:
            assert codes(answer, "case_number") == {case.code}

    @pytest.mark.parametrize("case", bad_inputs("justification"))
    def test_bad_input_justification(self, record, case):
        """A stop is taken down whatever its words say; only what could steer a page or says nothing is asked again."""
        answer = record(justification=typed(case))
        if answer.status_code == 302:
            assert Stop.objects.get().justification
        else:
            assert codes(answer, "justification") <= {
                *("text.control", "text.bidi", "text.too_long", "justification.missing")
            }

    @pytest.mark.parametrize("value", ["-1", "1.5", "100", "two", "²", "1e3", "99999", "Ola Okoro"])
    def test_bad_input_counts(self, record, value):
        assert codes(record(count_stopped=value), "count_stopped") <= {"count.whole", "count.range"}

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ("", "time.format"),
            ("yesterday", "time.format"),
            ("2026-02-30T10:00", "time.format"),
            ("2026-03-08T02:30", "time.dst_gap"),
            ("2099-01-01T00:00", "stop.future"),
            ("2026-01-01T00:00", "stop.too_old"),
            ("1960-01-01T00:00", "time.too_old"),
        ],
    )
    def test_bad_input_times(self, record, value, code):
        assert codes(record(responded_at=value), "responded_at") == {code}

    @pytest.mark.parametrize(
        ("value", "code"), [("soon", "due.format"), ("2026-02-30", "due.format"), ("2020-01-01", "due.past")]
    )
    def test_bad_input_due(self, record, value, code):
        assert codes(record(step_1="Call", due_1=value), "due_1") == {code}

    def test_a_day_without_its_step(self, record):
        assert codes(record(due_3=f"{timezone.localdate()}"), "step_3") == {"step.missing"}

    @pytest.mark.parametrize("field", ["disposition", "hot_list", "area", "next_steps"])
    def test_what_is_missing_is_asked(self, record, field):
        answer = record(**{field: ""})
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
        assert "Tow and call" in answer.content.decode() or field == "next_steps", "what was typed is kept"


@pytest.mark.django_db
@pytest.mark.parametrize("case", bad_inputs("csv_cell"))
def test_bad_input_csv_cell(supervisor, officer, client_of, case):
    if not case.value:
        pytest.skip("a stop says something")
    keep(officer, justification=case.value, next_steps=case.value)
    body = client_of(supervisor).post("/stops/export/csv/").content.decode("utf-8-sig")
    row = list(csv.reader(io.StringIO(body)))[1]
    assert not row[1].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not row[5].startswith(("=", "+", "-", "@", "\t", "\r"))
