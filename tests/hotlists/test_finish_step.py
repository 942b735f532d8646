"""C.2.A.2 f): next steps wait until somebody says how they ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from hotlists import stop_rules, stops, waiting_stops
from hotlists.models import NextStep, StepDone

from .stopped import keep, late

pytestmark = [pytest.mark.clause("C.2.A.2"), pytest.mark.django_db]


@pytest.fixture
def step(officer):
    return late(keep(officer), officer)


def test_it_leaves_the_worklist(client_of, officer, supervisor, step):
    client = client_of(officer)
    assert (waiting_stops.my_steps(officer)[0], waiting_stops.steps_of_unit(supervisor)[0]) == (1, 1)
    assert "Overdue" in client.get(f"/stops/{step.stop_id}/").content.decode()
    answer = client.post(f"/stops/steps/{step.pk}/", {"note": "Owner called"})
    assert answer.headers["Location"] == f"/stops/{step.stop_id}/"
    done = StepDone.objects.get()
    assert (done.by, done.note) == (officer, "Owner called")
    assert (waiting_stops.my_steps(officer), waiting_stops.steps_of_unit(supervisor)) == ((0, None), (0, None))
    assert "Next step finished" in client.get(f"/stops/{step.stop_id}/").content.decode()


def test_one_due_today_is_not_late(officer):
    NextStep.objects.write(by=officer, stop=keep(officer), what="Call", due_on=timezone.localdate())
    NextStep.objects.write(by=officer, stop=keep(officer), what="Whenever")
    assert waiting_stops.my_steps(officer) == (0, None)


def test_once(officer, step):
    stops.finish_step(step, note="Done", by=officer)
    for seen in (step, NextStep.objects.get(pk=step.pk)):  # as it was read before, and as it is
        with pytest.raises(Refused) as refused:
            stops.finish_step(seen, note="Again", by=officer)
        assert refused.value.refusal.code == "step.done"


def test_an_empty_note_is_asked_again(client_of, officer, step):
    answer = client_of(officer).post(f"/stops/steps/{step.pk}/", {"note": " "})
    assert answer.status_code == 422
    assert not StepDone.objects.exists()


def test_a_colleagues_is_not_there(client_of, other_officer, supervisor, step):
    assert client_of(other_officer).post(f"/stops/steps/{step.pk}/", {"note": "Done"}).status_code == 404
    assert client_of(supervisor).post(f"/stops/steps/{step.pk}/", {"note": "Done"}).status_code == 302


def test_who_audits_looks_only(client_of, auditor, step):
    assert client_of(auditor).post(f"/stops/steps/{step.pk}/", {"note": "Done"}).status_code == 403


@pytest.mark.parametrize(("days", "done", "late_"), [(-1, False, True), (0, False, False), (-1, True, False)])
def test_overdue(days, done, late_):
    today = date(2026, 6, 15)
    assert stop_rules.is_overdue(due_on=today + timedelta(days=days), done=done, today=today) is late_
