"""C.2.B.1: a file that changed too much waits for a second person, and the old list stays in force until then."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connections, transaction
from django.urls import reverse

from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import Via
from alpr_portal.records import broken_constraint
from hotlists import lists
from hotlists.models import HotList, Refresh, RefreshDecision, WatchRow
from tests import cast, make

from .files import hot_file, load, plates, ready, watched

pytestmark = pytest.mark.clause("C.2.B.1")


@pytest.fixture(autouse=True)
def data_dir(request, settings, tmp_path):
    """A data folder of one's own; the database in a transaction, where the test does not commit."""
    request.getfixturevalue("committed" if "committed" in request.fixturenames else "db")
    settings.DATA_DIR = tmp_path


def coordinates(name):
    """Somebody of the cast who is a Coordinator too."""
    member = cast.CAST[name]()
    make.role(member, "coordinator")
    return member


@pytest.fixture
def second():
    """Another Coordinator."""
    return coordinates("supervisor")


@pytest.fixture
def held(coordinator):
    """A file of three rows, delivered by the Coordinator, for a list of two."""
    svs = ready()
    load(svs, hot_file(*plates(2)))
    receipt = load(svs, hot_file(*plates(3, first=10)), by=coordinator, via=Via.UPLOAD)
    assert (receipt.outcome, receipt.code) == ("held", "hotlist.changed")
    return receipt


OLD, NEW = {"0000000A", "0000001A"}, {"0000010A", "0000011A", "0000012A"}


def in_force(receipt):
    return watched(HotList.objects.get(pk=receipt.hot_list_id))


def code_of(act):
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.refusal.code


def test_the_old_list_stays_in_force(held):
    assert in_force(held) == OLD


@pytest.mark.parametrize(("decision", "left"), [("yes", NEW), ("no", OLD)])
def test_a_second_person_decides(client_of, held, second, decision, left):
    client, page = client_of(second), reverse("decide_refresh", args=[held.pk])
    answers = {"decision": decision, "reason": "The source confirmed it"}
    assert "Check your answers" in client.post(page, answers).content.decode()
    assert not RefreshDecision.objects.exists()
    assert in_force(held) == OLD
    answer = client.post(page, {**answers, "confirmed": "yes"})
    record = RefreshDecision.objects.get()
    assert answer.headers["Location"] == reverse("view_receipt", args=[record.pk])
    assert (record.by, record.applied, record.delivered_by) == (second, decision == "yes", held.by)
    assert client.get(answer.headers["Location"]).status_code == 200
    assert in_force(held) == left
    assert WatchRow.objects.count() == len(left)
    assert "The source confirmed it" in client.get(reverse("view_list_file", args=[held.delivery_id])).content.decode()


def test_nobody_decides_on_a_file_that_they_delivered(client_of, held, coordinator):
    assert code_of(lambda: lists.decide_refresh(held, by=coordinator, applied=True, reason="x")) == "refresh.own"
    client = client_of(coordinator)
    assert client.get(reverse("decide_refresh", args=[held.pk])).status_code == 403
    assert (
        "Nobody decides on a file that they delivered"
        in client.get(reverse("view_list_file", args=[held.delivery_id])).content.decode()
    )


def test_the_database_refuses_it_too(held, coordinator, second, officer):
    for by, delivered_by, constraint in (
        (coordinator, coordinator, "held_file_decided_by_someone_else"),
        (second, None, "refresh_decision_of_held"),
        (officer, coordinator, "held_file_decided_by_entitled"),
    ):
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            RefreshDecision.objects.write(by=by, refresh=held, applied=True, reason="x", delivered_by=delivered_by)
        assert broken_constraint(error.value) == constraint


def test_once_and_only_what_is_held(held, second):
    lists.decide_refresh(held, by=second, applied=False, reason="No")
    assert code_of(lambda: lists.decide_refresh(held, by=second, applied=True, reason="x")) == "refresh.decided"
    applied = Refresh.objects.get(number=1)
    assert code_of(lambda: lists.decide_refresh(applied, by=second, applied=True, reason="x")) == "refresh.not_held"


def test_not_once_a_newer_file_is_in_force(held, second):
    load(held.hot_list, hot_file(*plates(2, first=50)))
    assert code_of(lambda: lists.decide_refresh(held, by=second, applied=True, reason="x")) == "refresh.newer"
    lists.decide_refresh(held, by=second, applied=False, reason="A newer one came")
    assert in_force(held) == {"0000050A", "0000051A"}


def test_of_two_that_are_held_either_may_replace_the_list(held, second):
    newer = load(held.hot_list, hot_file(*plates(4, first=20)))
    assert newer.outcome == "held"
    lists.decide_refresh(held, by=second, applied=True, reason="Right")
    assert in_force(held) == NEW
    lists.decide_refresh(newer, by=second, applied=True, reason="Right too")
    assert len(in_force(held)) == 4
    assert WatchRow.objects.count() == 4


def test_a_reason_is_needed(client_of, held, second):
    answer = client_of(second).post(reverse("decide_refresh", args=[held.pk]), {"decision": "yes", "reason": " "})
    assert answer.status_code == 422


def test_of_two_who_decide_at_once_one_does(committed, coordinator, data_dir):
    svs = ready()
    load(svs, hot_file(*plates(2)))
    receipt = load(svs, hot_file(*plates(3, first=10)), by=coordinator, via=Via.UPLOAD)
    deciders = [coordinates(name) for name in ("supervisor", "officer")]
    came = []

    def decide(by):
        try:
            lists.decide_refresh(Refresh.objects.get(pk=receipt.pk), by=by, applied=True, reason="Right")
            came.append("done")
        except Refused as refused:
            came.append(refused.refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=[by]) for by in deciders * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came.count("done") == 1
    assert set(came) <= {"done", "refresh.decided", "refresh.busy"}
    assert RefreshDecision.objects.count() == 1
