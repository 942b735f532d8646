"""C.2.A.2: a stop from an alert is written down with the order's six things, verified or not."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.records import broken_constraint
from hotlists import stop_rules, stops
from hotlists.models import QueueItem, Stop
from reads.models import Access
from tests import cast, make
from tests.corpus import table

from .stopped import keep

pytestmark = pytest.mark.clause("C.2.A.2")
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def local(moment):
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def answers(**values):
    """What an officer types, complete."""
    return {
        "justification": "The plate is that of a stolen vehicle",
        "case_number": f"{timezone.localdate():%y}-012345",
        "disposition": "recovery",
        "responded_at": local(timezone.now()),
        "next_steps": "Tow and call the owner",
        "step_1": "Call the owner",
        "due_1": f"{timezone.localdate() + timedelta(days=2)}",
        "count_stopped": "2",
        "count_vehicles": "1",
        **values,
    }


class TestRules:
    @pytest.mark.clause("C.2.A")
    @pytest.mark.parametrize(("said", "level", "missing", "why"), table("stop_verification.csv"))
    def test_the_fullest_verification_counts(self, said, level, missing, why):
        found = [(one.split(":")[0], [name for name in one.split(":")[1].split("+") if name]) for one in said.split()]
        assert stop_rules.best(found) == (level, [name for name in missing.split("+") if name])

    @pytest.mark.parametrize(
        ("minutes", "level"), [(-1, "full"), (0, "full"), (1, "partial")], ids=["before", "at it", "after"]
    )
    def test_an_inquiry_after_the_response_verified_nothing_for_it(self, minutes, level):
        seen = dict.fromkeys(("plate", "state", "make", "model", "colour", "other"), "yes")
        asked = NOW + timedelta(minutes=minutes)
        said = {"clets": "yes", "clets_result": "confirmed", "clets_at": asked, "recorded_at": NOW}
        assert stop_rules.level_at(seen, **said, responded_at=NOW) == (level, [] if level == "full" else ["clets"])

    @pytest.mark.parametrize(("seconds", "level"), [(-1, "full"), (59, "full"), (60, "none")])
    def test_nor_did_a_verification_that_was_recorded_after_it(self, seconds, level):
        seen = dict.fromkeys(("plate", "state", "make", "model", "colour", "other"), "yes")
        said = {"clets": "yes", "clets_result": "confirmed", "clets_at": NOW - timedelta(hours=1)}
        recorded = NOW + timedelta(seconds=seconds)
        assert stop_rules.level_at(seen, **said, recorded_at=recorded, responded_at=NOW)[0] == level

    @pytest.mark.parametrize(
        ("moment", "code"),
        [
            (NOW, None),
            (NOW + timedelta(minutes=1), "stop.future"),
            (NOW - timedelta(days=30), None),
            (NOW - timedelta(days=30, minutes=1), "stop.too_old"),
        ],
    )
    def test_the_moment_of_a_response(self, moment, code):
        if code is None:
            assert stop_rules.check_moment(moment, now=NOW) == moment
        else:
            with pytest.raises(BadInput) as bad:
                stop_rules.check_moment(moment, now=NOW)
            assert bad.value.code == code

    def test_for_whom(self):
        base = {"by": 1, "member": 2, "supervises": True, "unit": "Patrol 3", "member_unit": "Patrol 3"}
        assert stop_rules.may_record_for(**base) is None
        assert stop_rules.may_record_for(**{**base, "member": 1, "supervises": False}) is None
        for changed in ({"supervises": False}, {"member_unit": "Robbery"}, {"unit": "", "member_unit": ""}):
            assert stop_rules.may_record_for(**{**base, **changed}).code == "stop.not_theirs"


@pytest.mark.usefixtures("committed")
@pytest.mark.clause("C.2.A.2")
class TestFromAHit:
    @pytest.fixture
    def page(self, officer, client_of):
        incident = make.incident()
        return client_of(officer), f"/hits/{incident.pk}/stop/", incident

    def test_form_check_receipt(self, page, officer):
        client, url, incident = page
        make.verification(incident, officer, clets_at=timezone.now() - timedelta(minutes=2))
        shown = client.get(url).content.decode()
        assert "8ABC123" in shown
        assert "Full" in shown
        said = answers()
        check = client.post(url, said)
        assert "Check your answers" in check.content.decode()
        assert not Stop.objects.exists()
        receipt = client.post(url, {**said, "confirmed": "yes"})
        stop = Stop.objects.get()
        assert receipt.headers["Location"].endswith(f"{stop.pk}/")
        assert stop.number in client.get(receipt.headers["Location"]).content.decode()
        assert (stop.plate, stop.state, stop.vehicle) == ("8ABC123", "CA", "silver toyota")
        assert (stop.list_version, stop.list_age, stop.area) == (1, 0, "4")
        assert stop.people == {"stopped": 2, "vehicles": 1}
        assert [(step.what, step.due_on) for step in stop.steps.all()] == [
            ("Call the owner", timezone.localdate() + timedelta(days=2))
        ]
        assert (stop.member, stop.by, stop.member_unit) == (officer, officer, "Patrol 3")
        assert not QueueItem.objects.exists(), "the hit is worked"

    @pytest.mark.clause("C.2.A")
    def test_without_verification_it_is_taken_as_what_it_is(self, page):
        client, url, _ = page
        check = client.post(url, answers()).content.decode()
        assert "None; missing: CLETS inquiry, plate, state, make, model, color" in check
        assert "recorded as what it is" in check
        receipt = client.get(client.post(url, {**answers(), "confirmed": "yes"}).headers["Location"])
        assert "recorded as what it is; supervisors and auditors see it" in receipt.content.decode()
        stop = Stop.objects.get()
        assert (stop.verification, stop.missing[0]) == ("none", "clets")

    @pytest.mark.clause("C.2.A")
    def test_a_partial_one_says_what_is_missing(self, page, officer):
        client, url, incident = page
        make.verification(incident, officer, clets="no", clets_by="", clets_at=None, clets_result="")
        client.post(url, {**answers(), "confirmed": "yes"})
        assert (Stop.objects.get().verification, Stop.objects.get().missing) == ("partial", ["clets"])

    @pytest.mark.clause("C.2.A")
    def test_checked_only_after_the_response_is_not_full(self, officer):
        incident = make.incident()
        make.verification(incident, officer)
        stop = keep(officer, incident=incident, responded_at=timezone.now() - timedelta(hours=1))
        assert (stop.verification, "clets" in stop.missing) == ("none", True)

    @pytest.mark.clause("C.2.A")
    def test_nobody_calls_a_stop_verified_that_was_not(self, officer):
        stop = keep(officer, incident=make.incident())
        values = {
            f.attname: getattr(stop, f.attname) for f in Stop._meta.concrete_fields if f.attname not in {"id", "at"}
        }
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Stop.objects.create(**{**values, "incident_id": None, "verification": "full", "missing": []})
        assert broken_constraint(refused.value) == "verified_stop_was_verified"

    def test_each_look_is_recorded(self, page):
        client, url, _ = page
        client.get(url)
        record = Access.objects.get()
        assert (record.kind, record.answer.rows) == ("hits", 1)

    def test_what_was_seen_may_be_gone(self, officer, client_of):
        make.listed("8ABC123")
        incident = make.incident()
        with connections["owner"].cursor() as cursor:
            cursor.execute("DELETE FROM hotlists_sight")
        client, url = client_of(officer), f"/hits/{incident.pk}/stop/"
        assert "What was seen went with the read" in client.get(url).content.decode()
        client.post(url, {**answers(plate="8abc 123", state="California", vehicle="Silver Toyota"), "confirmed": "yes"})
        stop = Stop.objects.get()
        assert (stop.plate, stop.state, stop.vehicle, stop.list_version) == ("8ABC123", "CA", "Silver Toyota", 2)

    def test_once(self, page, officer):
        client, url, incident = page
        stop = keep(officer, incident=incident)
        assert client.get(url).headers["Location"] == f"/stops/{stop.pk}/"
        assert client.post(url, {**answers(), "confirmed": "yes"}).status_code == 403
        assert Stop.objects.count() == 1

    def test_of_two_at_once_one(self, officer, other_officer):
        incident = make.incident()
        together, came = threading.Barrier(2), []

        def act(by):
            together.wait()
            try:
                keep(by, incident=incident)
                came.append("kept")
            except Refused as refused:
                came.append(refused.refusal.code)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=act, args=[by]) for by in (officer, other_officer)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert sorted(came) == ["kept", "stop.recorded"]

    @pytest.mark.clause("C.2.B.2")
    def test_a_confidential_hit_of_another_unit_is_not_there(self, officer, client_of):
        other = cast.member("quist", "Quinn Quist", "officer", unit="Robbery")
        make.active(other, "7XYZ789", confidentiality="unit")
        make.read("7XYZ789")
        incident = stops.Incident.objects.get()
        assert client_of(officer).get(f"/hits/{incident.pk}/stop/").status_code == 404
        assert client_of(other).get(f"/hits/{incident.pk}/stop/").status_code == 200


@pytest.mark.django_db
class TestWithoutAHit:
    URL = "/stops/new/"

    def test_a_list_is_chosen(self, officer, client_of):
        listed = make.hot_list()
        said = answers(hot_list=listed.pk, area="2", plate="7XYZ789", state="CA", vehicle="blue van")
        assert client_of(officer).post(self.URL, said).status_code == 200
        assert client_of(officer).post(self.URL, {**said, "confirmed": "yes"}).status_code == 302
        stop = Stop.objects.get()
        assert (stop.incident, stop.hot_list, stop.verification, stop.plate) == (None, listed, "none", "7XYZ789")

    def test_a_question_is_answered_on_the_way(self, officer, client_of):
        client = client_of(officer)
        year = f"{timezone.localdate():%y}"
        said = answers(hot_list=make.hot_list().pk, area="2", case_number=f"{year}-111111")
        asked = client.post(self.URL, said)
        assert asked.status_code == 422
        assert "looks made up" in asked.content.decode()
        check = client.post(self.URL, {**said, "answer_case_pattern": "yes"}).content.decode()
        assert 'name="answer_case_pattern" value="yes"' in check
        client.post(self.URL, {**said, "answer_case_pattern": "yes", "confirmed": "yes"})
        assert Stop.objects.get().case_number == f"{year}-111111"

    def test_a_warning_of_personal_data_refuses_nothing(self, officer, client_of):
        client = client_of(officer)
        said = answers(
            hot_list=make.hot_list().pk, area="2", next_steps="Call 510-555-0142 about the social security number"
        )
        assert "People are counted, never named." in client.post(self.URL, said).content.decode()
        assert client.post(self.URL, {**said, "confirmed": "yes"}).status_code == 302

    def test_an_officer_records_for_nobody_else(self, officer, other_officer, client_of):
        said = answers(hot_list=make.hot_list().pk, area="2", member=other_officer.pk, confirmed="yes")
        client_of(officer).post(self.URL, said)
        assert Stop.objects.get().member == officer

    def test_a_supervisor_records_for_the_unit_only(self, supervisor, officer, other_supervisor, client_of):
        client = client_of(supervisor)
        said = answers(hot_list=make.hot_list().pk, area="2", confirmed="yes")
        assert client.post(self.URL, {**said, "member": other_supervisor.pk}).status_code == 422
        assert client.post(self.URL, {**said, "member": officer.pk}).status_code == 302
        stop = Stop.objects.get()
        assert (stop.by, stop.member, stop.member_name) == (supervisor, officer, "Ola Okoro")

    def test_the_action_refuses_another_unit(self, supervisor, other_supervisor):
        with pytest.raises(Refused) as refused:
            keep(supervisor, member=other_supervisor)
        assert refused.value.refusal.code == "stop.not_theirs"
