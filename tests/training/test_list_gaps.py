"""The register of known gaps: added, stepped, closed once; open to who oversees (K.login)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from tests import make
from tests.counting import statements
from training import gaps
from training.models import Gap, GapStep

pytestmark = [pytest.mark.django_db, pytest.mark.clause("K.login")]
LIST = "/documents/gaps/"


@pytest.fixture
def page(coordinator, client_of):
    return client_of(coordinator)


def test_a_gap_is_added_and_read_by_oversight(page, client_of, commissioner, chief):
    form = {"clause": "F.1", "title": "No alarm", "gap": "Nothing rings.", "plan": "A bell.", "due_on": "2026-12-01"}
    added = page.post(reverse("add_gap"), form)
    for reader in (commissioner, chief):
        shown = client_of(reader).get(added["Location"]).content.decode()
        assert "Nothing rings." in shown
        assert "Add a step" not in shown


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"gap": " "}, {"clause": "Z.9"}, {"due_on": "tomorrow"}, {"title": "a\nb"}]
)
def test_what_cannot_be_read_is_said(page, wrong):
    form = {"clause": "F.1", "title": "No alarm", "gap": "Nothing rings.", "plan": "", "due_on": "", **wrong}
    assert page.post(reverse("add_gap"), form).status_code == 422
    assert not Gap.objects.exists()


def test_steps_stand_in_the_timeline_and_closing_is_once(page, coordinator):
    gap = make.gap(coordinator)
    url = reverse("step_gap", args=[gap.pk])
    page.post(url, {"note": "Ordered a bell"})
    page.post(url, {"note": "It rings", "closed": "on"})
    shown = page.get(reverse("view_gap", args=[gap.pk])).content.decode()
    assert shown.index("Ordered a bell") < shown.index("It rings")
    assert "Closed" in shown
    assert page.post(url, {"note": "Again", "closed": "on"}).status_code == 403
    with pytest.raises(Refused):
        gaps.step(gap, note="Again", closed=False, by=coordinator)
    assert GapStep.objects.count() == 2


def test_filters_by_state_and_duty(page, coordinator):
    day = timezone.localdate()
    late = make.gap(coordinator, title="Late one", due_on=day - timedelta(days=1))
    make.gap(coordinator, title="Open one", clause="G", due_on=day)
    gaps.step(make.gap(coordinator, title="Closed one", due_on=day), note="Done", closed=True, by=coordinator)

    def shown(query):
        text = page.get(LIST + query).content.decode()
        return {name for name in ("Late one", "Open one", "Closed one") if name in text}

    assert shown("") == {"Late one", "Open one", "Closed one"}
    assert shown("?state=open") == {"Late one", "Open one"}
    assert shown("?state=overdue") == {"Late one"}
    assert shown("?state=closed") == {"Closed one"}
    assert shown("?clause=G") == {"Open one"}
    assert list(gaps.overdue(day)) == [late]


def test_three_empty_texts(page, officer, client_of):
    assert "No gap on record" in page.get(LIST).content.decode()
    assert "none fits" in page.get(f"{LIST}?state=open").content.decode()
    assert client_of(officer).get(LIST).status_code == 403


def test_only_the_coordinator_writes(client_of, administrator, coordinator):
    gap = make.gap(coordinator)
    client = client_of(administrator)
    assert client.post(reverse("add_gap"), {}).status_code == 403
    assert client.post(reverse("step_gap", args=[gap.pk]), {"note": "x"}).status_code == 403


def test_the_list_costs_as_many_queries_for_many_as_for_one(page, coordinator):
    make.gap(coordinator)
    page.get(LIST)
    alone = statements(page.get, LIST)
    for number in range(6):
        make.gap(coordinator, title=f"Gap {number}")
    assert statements(page.get, LIST) == alone
