"""C.2.A: a verification is kept as it was, whatever it was; it closes a hit once, and leads to the record of a stop."""

from __future__ import annotations

import csv
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput, Refused
from hotlists import incidents, waiting_stops
from hotlists import verification_rules as rules
from hotlists.models import QueueItem, Verification
from tests import make

TABLE = Path(__file__).parents[1] / "tables" / "verification.csv"
YES = dict.fromkeys(incidents.FIELDS, "yes")
pytestmark = pytest.mark.clause("C.2.A")


def rows():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows(), ids=lambda row: "-".join(row.values()))
def test_how_far_a_verification_went(row):
    found = rules.completeness(row, clets=row["clets"], clets_result=row["clets_result"])
    assert found == (row["level"], row["missing"].split("+") if row["missing"] else [])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"plate": "no", "outcome": "stop"}, "did not match: plate"),
        ({"clets": "no", "outcome": "stop"}, "CLETS was not asked"),
        ({"clets_result": "no_record", "outcome": "stop"}, "no record"),
        ({"outcome": "misread"}, "plate matches"),
        ({"outcome": "wrong_state"}, "state matches"),
        ({"outcome": "cleared"}, "CLETS confirms"),
        ({"colour": "no", "outcome": "follow_only"}, "was followed"),
        ({"outcome": "not_located"}, "was compared"),
    ],
)
def test_what_speaks_against_an_outcome_is_told(said, words):
    given = {**YES, "clets": "yes", "clets_result": "confirmed", **said}
    inquiry = {name: given.pop(name) for name in ("clets", "clets_result", "outcome")}
    assert any(words in one for one in rules.contradictions(given, **inquiry))


def test_nothing_speaks_against_a_stop_after_a_full_verification():
    assert rules.contradictions(YES, clets="yes", clets_result="confirmed", outcome="stop") == []


class TestPage:
    pytestmark = pytest.mark.usefixtures("committed")

    @pytest.fixture
    def incident(self, committed):
        return make.incident("8ABC123")

    @pytest.fixture
    def post(self, client_of, officer, incident):
        """Post the page with some answers changed."""
        client = client_of(officer)
        answers = {**YES, "clets": "yes", "clets_by": officer.name, "clets_when": "now", "clets_result": "confirmed"}

        def send(**values):
            said = {**answers, "outcome": "open", "note": "", "clets_at": "", **values}
            return client.post(reverse("verify_hit", args=[incident.pk]), said)

        return send

    def test_a_full_one_is_kept_and_offers_the_stop(self, post, officer, client_of, incident):
        answer = post()
        assert answer.headers["Location"] == reverse("view_incident", args=[incident.pk])
        record = Verification.objects.get()
        assert (record.by, record.outcome, record.clets_by) == (officer, "", officer.name)
        assert incidents.completeness_of(record).level == "full"
        assert QueueItem.objects.get().verified_at is not None
        assert "Fully verified" in client_of(officer).get(answer.headers["Location"]).content.decode()

    def test_a_stop_without_any_of_it_is_taken_as_what_it_is(self, post, officer, client_of, incident):
        none = dict.fromkeys(incidents.FIELDS, "not_possible")
        answer = post(**none, clets="no", clets_when="", clets_result="", outcome="stop")
        assert answer.status_code == 302
        record = Verification.objects.get()
        assert (record.outcome, record.clets, record.clets_by) == ("stop", "no", "")
        assert not QueueItem.objects.exists()
        assert waiting_stops.unrecorded(officer)[0] == 1
        said = client_of(officer).get(reverse("view_incident", args=[incident.pk])).content.decode()
        assert "This stop has no record yet" in said
        assert "though CLETS was not asked" in said

    @pytest.mark.parametrize(
        "outcome", ["misread", "wrong_state", "cleared", "duplicate", "not_located", "follow_only"]
    )
    def test_every_other_reason_closes_it(self, post, outcome):
        assert post(outcome=outcome).status_code == 302
        assert Verification.objects.get().outcome == outcome
        assert not QueueItem.objects.exists()

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"clets_when": ""}, "When: choose when"),
            ({"clets_result": ""}, "Result: choose what CLETS answered"),
            ({"clets_by": " "}, "By whom: enter who"),
            ({"clets": "no"}, "a time or a result is given"),
            ({"clets_when": "at", "clets_at": "2099-01-01T10:00"}, "in the future"),
            ({"clets_when": "at", "clets_at": "2020-01-01T10:00"}, "30 days back"),
            ({"clets_when": "at", "clets_at": "noon"}, "Clets at"),
            ({"plate": ""}, "Choose one"),
            ({"plate": "maybe"}, "not one of the available"),
            ({"outcome": ""}, "Choose one"),
            ({"note": "a\x00b"}, "Note"),
        ],
    )
    def test_only_what_contradicts_itself_is_asked_again_and_what_was_typed_stays(self, post, values, words):
        answer = post(**{"note": "Seen at the lights", **values})
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert "Seen at the lights" in answer.content.decode() or "note" in values
        assert not Verification.objects.exists()

    def test_the_second_who_closes_is_told_so_politely(self, post, incident, supervisor):
        make.verification(incident, supervisor, outcome="misread")
        answer = post(outcome="stop")
        assert answer.status_code == 403
        assert "Somebody closed it before you" in answer.content.decode()
        assert post().status_code == 302  # what was compared is kept all the same
        assert Verification.objects.count() == 2

    def test_one_tap_closes_what_the_picture_decides(self, client_of, officer, incident):
        client = client_of(officer)
        url = reverse("close_hit", args=[incident.pk])
        assert client.post(url, {"outcome": "stop"}).status_code == 400
        assert client.post(url, {"outcome": "misread"}).status_code == 302
        record = Verification.objects.get()
        assert (record.plate, record.make, record.clets, record.outcome) == ("no", "not_possible", "no", "misread")
        assert incidents.completeness_of(record).level == "none"
        assert client.post(url, {"outcome": "duplicate"}).status_code == 403

    def test_of_eight_who_close_at_once_one_does(self, incident, officer):
        said = []

        def close():
            try:
                incidents.close_at_a_glance(incident, outcome="misread", by=officer, now=timezone.now())
                said.append("closed")
            except Refused as refused:
                said.append(refused.refusal.code)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=close) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said) == ["closed"] + ["incident.closed"] * 7

    def test_a_supervisor_sees_the_units_stops_without_a_record_and_nobody_elses(
        self, incident, client_of, officer, other_officer, supervisor, other_supervisor
    ):
        make.verification(incident, officer, outcome="stop")
        owed = {member: waiting_stops.unrecorded(member)[0] for member in (officer, supervisor)}
        assert owed == {officer: 1, supervisor: 1}
        assert waiting_stops.unrecorded(other_officer)[0] == 0
        assert waiting_stops.unrecorded(other_supervisor)[0] == 0
        assert incident.number in client_of(supervisor).get(reverse("list_stops")).content.decode()
        assert incident.number not in client_of(other_officer).get(reverse("list_stops")).content.decode()


def test_an_inquiry_in_the_future_is_none():
    now = timezone.now()
    with pytest.raises(BadInput, match="future"):
        rules.check_inquiry(clets="yes", by="Ola", at=now + timedelta(minutes=2), result="confirmed", now=now)
