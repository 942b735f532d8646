"""C.2.A: a hit is worked by one member: taken, given, given back."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.urls import reverse

from alpr_portal.policy.refusal import Refused
from hotlists import incidents
from hotlists.models import IncidentAssigned, QueueItem
from tests import make

pytestmark = [pytest.mark.clause("C.2.A"), pytest.mark.usefixtures("committed")]


@pytest.fixture
def incident(committed):
    return make.incident("8ABC123")


def url(name, incident):
    return reverse(name, args=[incident.pk])


def test_who_takes_it_has_it_and_may_give_it_back(client_of, officer, incident):
    client = client_of(officer)
    assert client.post(url("take_incident", incident)).status_code == 302
    assert QueueItem.objects.get().assigned_to == officer
    assert "Give it back" in client.get(url("view_incident", incident)).content.decode()
    client.post(url("take_incident", incident), {"back": "1"})
    assert QueueItem.objects.get().assigned_to is None
    assert [record.member_name for record in IncidentAssigned.objects.order_by("at")] == [officer.name, ""]


def test_who_comes_second_is_told_who_has_it(client_of, officer, other_officer, incident):
    incidents.take(incident, by=officer)
    answer = client_of(other_officer).post(url("take_incident", incident))
    assert answer.status_code == 403
    assert officer.name in answer.content.decode()
    assert QueueItem.objects.get().assigned_to == officer
    assert client_of(other_officer).post(url("take_incident", incident), {"back": "1"}).status_code == 403


def test_of_eight_who_take_it_at_once_one_has_it(incident, officer, other_officer, supervisor, other_supervisor):
    said = []

    def take(member):
        try:
            incidents.take(incident, by=member)
            said.append(member)
        except Refused:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=[m]) for m in (officer, other_officer, supervisor, other_supervisor)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 1
    assert QueueItem.objects.get().assigned_to == said[0]


def test_a_supervisor_gives_it_to_somebody_and_back(client_of, supervisor, officer, incident):
    client = client_of(supervisor)
    assert officer.name in client.get(url("assign_incident", incident)).content.decode()
    assert client.post(url("assign_incident", incident), {"member": officer.pk}).status_code == 302
    assert QueueItem.objects.get().assigned_to == officer
    assert client.post(url("assign_incident", incident), {"member": ""}).status_code == 302
    assert QueueItem.objects.get().assigned_to is None


def test_not_to_who_may_not_enter_nor_to_who_works_no_hits(client_of, supervisor, untrained_officer, auditor, incident):
    client = client_of(supervisor)
    assert client.post(url("assign_incident", incident), {"member": untrained_officer.pk}).status_code == 403
    assert client.post(url("assign_incident", incident), {"member": auditor.pk}).status_code == 422
    assert not IncidentAssigned.objects.exists()


def test_an_officer_assigns_nobody_else(client_of, officer, other_officer, incident):
    answer = client_of(officer).post(url("assign_incident", incident), {"member": other_officer.pk})
    assert answer.status_code == 403
    assert not IncidentAssigned.objects.exists()


def test_a_closed_one_needs_nobody(client_of, officer, incident):
    make.verification(incident, officer, outcome="misread")
    assert client_of(officer).post(url("take_incident", incident)).status_code == 403
    assert not IncidentAssigned.objects.exists()
