"""The corpus of bad inputs, through every entrance that exists: the search form, the door for reads, and addresses."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from reads import inventory
from reads.models import Query
from reads.views.search import csv_of
from tests import make
from tests.corpus import bad_inputs

NEW, URL = "/searches/new/", "/api/v1/reads"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)  # the corpus's "received_at"

# Where a case and the issue differ, the issue holds: value → why.
ISSUE_HOLDS = {"missing_at_risk": "the closed list says missing_or_at_risk_person"}
LONG = 60_000  # what a form field is sent at the most here: the validator counts characters, not bytes


@pytest.fixture
def search(officer, client_of):
    client = client_of(officer)

    def post(**values):
        return client.post(NEW, make.form(**values))

    return post


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
    """What of a case a browser can send: text without lone surrogates."""
    if not isinstance(case.value, str):
        pytest.skip("a form sends text only")
    return case.value[:LONG]


@pytest.mark.django_db
class TestForm:
    @pytest.mark.parametrize("case", bad_inputs("plate"))
    def test_bad_input_plate(self, search, case):
        answer = search(plate=typed(case))
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
        elif case.expect == "hold":
            assert answer.status_code in {302, 422}
            assert not Query.objects.filter(outcome="run").exists()
        elif case.expect == "ask":
            assert refused(answer, "facts") == {case.code}
        else:
            assert refused(answer, "facts") == {case.code}

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
    def test_bad_input_timestamp_form(self, search, case):
        answer = search(start=case.value, end=f"{timezone.localtime():%Y-%m-%d %H:%M}")
        found = codes(answer, "start") if answer.status_code == 422 else set()
        if case.expect in {"reject", "ask"}:
            assert any(code.startswith(case.code) for code in found)
        else:
            assert not any(code.startswith("time.") and code != "time.too_old" for code in found)

    @pytest.mark.parametrize("case", bad_inputs("date_range"))
    def test_bad_input_date_range(self, search, case, time_machine_at):
        time_machine_at(NOW)
        answer = search(start=case.value["from"], end=case.value["to"])
        if case.expect == "reject":
            assert refused(answer, "start") == {case.code}
        else:
            assert answer.status_code == 302
            assert Query.objects.get().criteria["moved"] is (case.expect == "normalise")


@pytest.fixture
def time_machine_at(monkeypatch):
    """The portal's clock at a chosen moment (the database's goes on)."""

    def set_to(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_to


@pytest.fixture
def deliver(committed, coordinator):
    from datetime import date

    make.camera("cam-1", in_service_from=date(2026, 1, 1))
    make.camera("cam-9", source=make.source("other"))
    key = inventory.issue_key(make.source(), by=coordinator, now=timezone.now())

    def post(body, content_type="application/json"):
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        return Client(headers={"Authorization": f"Bearer {key}"}).post(URL, body, content_type=content_type)

    return post


def item(**values):
    return {"plate": "8ABC123", "captured_at": "2026-06-15T11:59:58Z", "camera": "cam-1", **values}


def refusals(answer):
    """Every code of an answer: of the whole body, or of its items."""
    assert answer.status_code < 500
    said = answer.json()
    return {said["code"]} if "code" in said else set(said["refused"])


class TestDoorForReads:
    @pytest.mark.parametrize("case", bad_inputs("plate"))
    def test_bad_input_plate(self, deliver, time_machine_at, case):
        time_machine_at(NOW)
        value = case.value[:1_000_000] if isinstance(case.value, str) else case.value
        answer = deliver([item(plate=value)])
        if case.expect in {"accept", "normalise"}:
            assert answer.json()["stored"] == 1
        else:
            assert refusals(answer) & {case.code, "json.encoding", "text.control", "field.missing", "body.too_large"}
            assert answer.json().get("stored", 0) == 0

    @pytest.mark.parametrize("case", bad_inputs("timestamp_api"))
    def test_bad_input_timestamp_api(self, deliver, time_machine_at, case):
        time_machine_at(NOW)
        if isinstance(case.value, bytes):
            answer = deliver(json.dumps([item(captured_at="@")]).replace('"@"', case.value.decode()))
        else:
            answer = deliver([item(captured_at=case.value)])
        if case.expect in {"accept", "normalise"}:
            assert answer.json()["stored"] == 1, answer.content
        else:
            assert refusals(answer) & {case.code, "field.missing"}
            assert answer.json().get("stored", 0) == 0

    @pytest.mark.parametrize("case", bad_inputs("coordinates"))
    def test_bad_input_coordinates(self, deliver, time_machine_at, case):
        time_machine_at(NOW)
        if isinstance(case.value, bytes):
            answer = deliver(json.dumps([item(location="@")]).replace('"@"', case.value.decode()))
        else:
            answer = deliver([item(location=case.value)])
        if case.expect in {"accept", "normalise"}:
            assert answer.json()["stored"] == 1, answer.content
        else:
            assert refusals(answer) == {case.code}

    @pytest.mark.parametrize("case", bad_inputs("json_payload"))
    def test_bad_input_json_payload(self, deliver, time_machine_at, case):
        time_machine_at(NOW)
        kind = "application/xml" if b"<?xml" in case.value else "application/json"
        if case.id == "json_payload-041":
            kind = "application/x-www-form-urlencoded"
        answer = deliver(case.value, kind)
        if case.expect == "accept":
            said = answer.json()
            assert said["stored"] >= 1
            assert said["stored"] + said["duplicates"] + len(said["faults"]) == said["received"]
        else:
            assert case.code in refusals(answer)
            assert answer.json().get("stored", 0) == 0


@pytest.mark.django_db
class TestAddresses:
    @pytest.mark.parametrize("case", bad_inputs("object_id"))
    def test_bad_input_object_id(self, officer, client_of, case):
        client = client_of(officer)
        missing = client.get("/searches/00000000-0000-0000-0000-000000000009/")
        answer = client.get(f"/searches/{case.value[:2000]}/")
        assert answer.status_code == missing.status_code == 404

    @pytest.mark.parametrize("case", bad_inputs("search_form"))
    def test_bad_input_search_form(self, officer, client_of, case):
        make.query(officer)
        client = client_of(officer)
        if "next" in case.value:
            answer = Client().post(
                "/accounts/login/", {"login": officer.username, "password": "correct horse battery 9", **case.value}
            )
            assert "evil" not in answer.get("Location", "")
            assert not answer.get("Location", "").startswith("javascript")
            return
        answer = client.get("/searches/", case.value)
        assert answer.status_code in ({400} if case.code == "sort.unknown" else {200})
        assert "password" not in answer.get("Location", "")


@pytest.mark.parametrize("case", bad_inputs("csv_cell"))
@pytest.mark.django_db
def test_bad_input_csv_cell_in_an_export(officer, case):
    from types import SimpleNamespace

    now = timezone.now()
    camera = SimpleNamespace(code=case.value, area="1")
    read = SimpleNamespace(
        captured_at=now,
        uploaded_at=now,
        plate="8ABC123",
        approximate=False,
        state="",
        confidence=None,
        camera=camera,
        lat=None,
        lon=None,
        direction="",
        make=case.value,
        model="",
        colour="",
        body="",
        id="x",
    )
    rows = list(csv.reader(io.StringIO(csv_of(make.query(officer), [read]).decode("utf-8-sig"), newline="")))
    assert rows[1][7] == (case.normalised if case.normalised is not None else case.value)
