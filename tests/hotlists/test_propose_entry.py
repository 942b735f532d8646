"""C.2.B.2, C.2.B.2-min, C.2.A.1: a member proposes an entry, which waits; what the order wants of it is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hotlists.models import Entry, EntryVersion, WatchRow
from tests import make
from tests.training.people import through
from training.models import RefusalRecord

from .propose import typed

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.2.B.2", "C.2.B.2-min", "C.2.A.1")]
PAGE = "/hot-lists/entries/new/"


@pytest.fixture(autouse=True)
def lists(db):
    return make.bolo(), make.bolo("amber", kind="amber"), make.hot_list()


@pytest.fixture
def post(officer, client_of):
    client = client_of(officer)

    def send(**values):
        return client.post(PAGE, typed(**values))

    return send


def codes(answer, field):
    data = answer.context["form"].errors.as_data()
    return {error.code for error in data.get(field, [])}


@pytest.mark.clause("C.2.B.2", "C.2.B.2-min", "C.2.A.1")
def test_form_check_receipt(officer, client_of):
    client = client_of(officer)
    assert "SVS" not in client.get(PAGE).content.decode()
    checked = client.post(PAGE, typed())
    assert checked.status_code == 200
    assert not Entry.objects.exists()
    done = through(client, PAGE, typed())
    version = EntryVersion.objects.get()
    assert done.headers["Location"] == reverse("view_receipt", args=[version.pk])
    assert (version.by, version.by_name, version.number, version.plate) == (officer, officer.name, 1, "8ABC123")
    assert version.entry.by == officer
    assert abs(version.expires_at - timezone.now() - timedelta(days=14)) < timedelta(minutes=2)
    assert "matches nothing before" in client.get(done.headers["Location"]).content.decode()
    assert not WatchRow.objects.exists()


@pytest.mark.parametrize(
    ("field", "values", "code"),
    [
        ("purpose", {"purpose": "court_order"}, "purpose.not_listed"),
        ("purpose", {"purpose": ""}, "purpose.missing"),
        ("purpose", {"hot_list": "amber", "purpose": "burglary"}, "purpose.fixed"),
        ("hot_list", {"hot_list": "svs"}, "invalid_choice"),
        ("plate", {"plate": "8ABC?23"}, "plate.bad_char"),
        ("plate", {"watched": "partial", "plate": "8ABC123"}, "pattern.whole"),
        ("plate", {"watched": "partial", "plate": "8AB*"}, "pattern.too_broad"),
        ("plate", {"watched": "vehicle"}, "plate.unwanted"),
        (
            "make",
            {"watched": "vehicle", "plate": "", "make": "", "model": "", "year": "", "marks": ""},
            "vehicle.missing",
        ),
        ("justification", {"justification": "suspicious"}, "just.too_vague"),
        ("case_number", {"case_number": ""}, "case.missing"),
        ("report_number", {"report_number": ""}, "case.missing"),
        ("report_number", {"report_number": "none yet"}, "case.format"),
        ("answer_case_pattern_report_number", {"report_number": "26-123456"}, "case.pattern.report_number"),
        ("expiry", {"expiry": ""}, "expiry.missing"),
        ("expiry", {"expiry": "31"}, "expiry.too_late"),
        ("expiry", {"expiry": "0"}, "expiry.past"),
        ("expiry", {"expiry": "2020-01-01"}, "expiry.past"),
        ("expiry", {"expiry": "soon"}, "expiry.format"),
        ("instructions", {"instructions": "Stop"}, "instructions.missing"),
        ("urgent", {"urgent": "on"}, "urgent.list"),
        ("year", {"year": "19"}, "year.format"),
        ("state", {"state": "Atlantis"}, "state.unknown"),
    ],
)
def test_what_is_missing_or_wrong_is_asked_again(post, field, values, code):
    answer = post(**values)
    assert answer.status_code == 422
    assert codes(answer, field) == {code}
    assert not Entry.objects.exists()
    assert "Three burglaries" in answer.content.decode() or "justification" in values


@pytest.mark.parametrize("days", ["30", "1"])
def test_thirty_days_are_the_most(officer, client_of, days):
    assert through(client_of(officer), PAGE, typed(expiry=days)).status_code == 302
    version = EntryVersion.objects.get()
    assert version.expires_at <= version.at + timedelta(days=30)


def test_a_day_means_its_end_in_oakland(officer, client_of):
    day = timezone.localdate() + timedelta(days=30)
    assert through(client_of(officer), PAGE, typed(expiry=str(day - timedelta(days=20)))).status_code == 302
    local = timezone.localtime(EntryVersion.objects.get().expires_at)
    assert (local.date(), local.hour) == (day - timedelta(days=19), 0)
    assert through(client_of(officer), PAGE, typed(expiry=str(day))).status_code == 302


def test_amber_says_its_purpose_itself_and_may_be_urgent(officer, client_of):
    said = typed(
        hot_list="amber", purpose="", urgent="on", justification="Child taken from a school, seen in this car."
    )
    assert through(client_of(officer), PAGE, said).status_code == 302
    version = EntryVersion.objects.get()
    assert (version.purpose, version.urgent) == ("missing_or_at_risk_person", True)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"watched": "partial", "plate": "8ab*2?"}, "raises candidates only, never alerts"),
        ({"watched": "vehicle", "plate": ""}, "no read is ever compared with it"),
    ],
)
def test_what_never_alerts_says_so(post, values, says):
    answer = post(**values)
    assert answer.status_code == 200
    assert says in answer.content.decode()


def test_it_warns_of_an_entry_for_the_same_plate(post, other_officer, administrator):
    assert "watched for already" not in post().content.decode()
    found = make.active(other_officer, decider=administrator)
    answer = post()
    assert answer.status_code == 200
    assert "watched for already" in answer.content.decode()
    assert found.number in answer.content.decode()


class TestScreens:
    @pytest.mark.clause("E.3")
    def test_what_the_order_forbids_is_refused_and_kept(self, post):
        said = "Burglary suspect; ICE wants a pickup for deportation, immigration enforcement asked for the car."
        answer = post(justification=said)
        assert answer.status_code == 403
        refusal = RefusalRecord.objects.get()
        assert (refusal.clause, refusal.act) == ("E.3", "hotlists.propose_entry")
        assert not Entry.objects.exists()

    def test_also_in_the_instructions(self, post):
        assert post(instructions="Detain for ICE deportation, immigration enforcement").status_code == 403

    def test_what_raises_a_question_is_recorded_for_the_decider(self, officer, administrator, client_of):
        said = "Burglary series; the FBI asked us to watch for this car, report of the task force."
        assert through(client_of(officer), PAGE, typed(justification=said)).status_code == 302
        version = EntryVersion.objects.get()
        assert "federal_request" in version.screening["categories"]
        page = client_of(administrator).get(reverse("decide_entry", args=[version.entry_id])).content.decode()
        assert "Its words raised a question" in page


def test_a_unit_is_needed_for_what_only_a_unit_sees(administrator, client_of):
    assert administrator.unit == ""
    answer = client_of(administrator).post(PAGE, typed(confidentiality="unit"))
    assert codes(answer, "confidentiality") == {"confidentiality.no_unit"}


def test_it_can_be_changed_before_it_is_sent(officer, client_of):
    client = client_of(officer)
    answer = client.post(PAGE, typed(change_answers="yes"))
    assert answer.status_code == 200
    assert "Dent in the left rear door" in answer.content.decode()
    assert not Entry.objects.exists()
