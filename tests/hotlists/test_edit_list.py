"""C.2.A.1: the portal knows the lists that the order names, fed as the order wants, and no others."""

from __future__ import annotations

import pytest
from django.urls import reverse

from alpr_portal.policy.refusal import Refused
from hotlists import list_rules, lists
from hotlists.models import HotList
from tests import make
from tests.corpus import table

pytestmark = [pytest.mark.clause("C.2.A.1"), pytest.mark.django_db]
ANSWERS = {"title": "Stolen vehicles", "name": "svs", "kind": "svs", "feed": "file", "priority": "2", "is_active": "on"}


@pytest.mark.parametrize(("kind", "feed", "purpose", "clause", "code", "why"), table("may_use_list.csv"))
def test_may_use_list(kind, feed, purpose, clause, code, why):
    refusal = list_rules.may_use_list(kind=kind, feed=feed, purpose=purpose)
    assert (refusal.clause, refusal.code) == (clause, code) if clause else refusal is None


@pytest.mark.clause("C.2.B.1")
@pytest.mark.parametrize(
    ("rows", "kept", "previous", "placeholders", "outcome", "code", "why"), table("list_file_counts.csv")
)
def test_what_becomes_of_a_file(rows, kept, previous, placeholders, outcome, code, why):
    said = list_rules.judge(
        rows=int(rows), kept=int(kept), previous=int(previous) if previous else None, placeholders=int(placeholders)
    )
    assert (said.outcome, said.code) == (outcome, code)
    assert bool(said.says) is bool(code)


@pytest.mark.parametrize(
    ("kept", "outcome", "code"),
    [(900, "applied", ""), (700, "held", "hotlist.changed"), (400, "refused", "hotlist.shrunk")],
)
def test_a_file_of_the_same_length_that_brings_less_is_noticed(kept, outcome, code):
    said = list_rules.judge(rows=1000, kept=kept, previous=1000, previous_kept=1000)
    assert (said.outcome, said.code) == (outcome, code)


@pytest.mark.parametrize(("plate", "is_one", "why"), table("placeholders.csv"))
def test_placeholders(plate, is_one, why):
    assert list_rules.is_placeholder(plate) is (is_one == "yes")


def test_the_coordinator_adds_a_list(client_of, coordinator):
    answer = client_of(coordinator).post(reverse("add_hot_list"), ANSWERS)
    svs = HotList.objects.get(name="svs")
    assert answer.headers["Location"] == reverse("view_hot_list", args=[svs.pk])
    assert (svs.title, svs.kind, svs.feed, svs.priority, svs.is_active) == ("Stolen vehicles", "svs", "file", 2, True)
    assert svs.history.get().history_user == coordinator


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"kind": "immigration"}, 422),
        ({"kind": ""}, 422),
        ({"feed": "members"}, 403),
        ({"kind": "bolo"}, 403),
        ({"name": "../etc"}, 422),
        ({"name": "Svs"}, 422),
        ({"name": ""}, 422),
        ({"title": " "}, 422),
        ({"title": "a\u202eb"}, 422),
        ({"priority": "9"}, 422),
    ],
)
def test_what_is_no_list_is_none(client_of, coordinator, changed, status):
    assert client_of(coordinator).post(reverse("add_hot_list"), {**ANSWERS, **changed}).status_code == status
    assert not HotList.objects.exists()


def test_a_name_is_given_once(client_of, coordinator):
    make.hot_list("svs")
    answer = client_of(coordinator).post(reverse("add_hot_list"), ANSWERS)
    assert answer.status_code == 422
    assert "another list has it" in answer.content.decode()


def test_a_list_stays_what_it_is(client_of, coordinator):
    svs = make.hot_list("svs")
    answers = {
        **ANSWERS,
        "title": "SVS of the State",
        "name": "other",
        "kind": "ncic",
        "feed": "members",
        "is_active": "",
    }
    client_of(coordinator).post(reverse("edit_hot_list", args=[svs.pk]), answers)
    svs = HotList.objects.get(pk=svs.pk)
    assert (svs.title, svs.name, svs.kind, svs.feed, svs.is_active) == ("SVS of the State", "svs", "svs", "file", False)


def test_nobody_else_adds_one(client_of, administrator, officer):
    for member in (administrator, officer):
        assert client_of(member).post(reverse("add_hot_list"), ANSWERS).status_code == 403
    with pytest.raises(Refused):
        lists.save_list(None, by=officer, kind="ice", feed="file", name="x", title="X")
