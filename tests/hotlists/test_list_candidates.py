"""C.2.A, B.1: what only resembles a listed plate stands apart, is never an alert, and says what differs."""

from __future__ import annotations

import pytest

from hotlists.models import Hit, HitEvent, Incident, QueueItem
from reads.models import Access
from tests import make
from tests.counting import statements

MARKED = '<mark class="differs">B</mark>ABC123'
pytestmark = [pytest.mark.clause("C.2.A", "B.1"), pytest.mark.usefixtures("committed")]
URL = "/hits/candidates/"


@pytest.fixture
def page(client_of, officer):
    client = client_of(officer)
    return lambda query="": client.get(URL + query).content.decode()


def test_a_lookalike_is_marked_where_it_differs(page, client_of, officer):
    make.listed("8ABC123")
    make.read("BABC123")
    said = page()
    assert "B in place of 8" in said
    assert MARKED in said
    assert "Candidate" in said
    assert not any(model.objects.exists() for model in (Incident, QueueItem, HitEvent))
    assert "BABC123" not in client_of(officer).get("/hits/").content.decode()


def test_another_state_is_said_in_words(page):
    make.listed("8ABC123")
    make.read("8ABC123", state="NV")
    assert "state NV in place of CA" in page()


def test_part_of_a_plate_is_a_candidate_too(page, supervisor):
    make.active(supervisor, "8AB*", watched="partial")
    make.read("8ABC123")
    said = page()
    assert "Part of a plate" in said
    assert "8ABC123" in said


def test_an_exact_hit_is_not_among_them(page):
    make.incident("8ABC123")
    assert "No candidates" in page()


def test_filters_by_list_area_and_kind(page):
    make.listed("8ABC123")
    make.read("BABC123")
    assert MARKED in page("?kind=lookalike&area=4")
    assert MARKED not in page("?kind=state")
    assert "none fits these filters" in page("?area=1")
    assert "A filter cannot be read" in page("?kind=exact")


def test_a_page_is_one_look_and_costs_the_same(client_of, officer):
    client = client_of(officer)
    make.listed(*(f"8ABC{n:03}" for n in range(1, 30)))
    make.read("BABC001")
    client.get(URL)
    one = statements(client.get, URL)
    for n in range(2, 30):
        make.read(f"BABC{n:03}")
    looks = Access.objects.count()
    assert statements(client.get, URL) == one
    assert Access.objects.count() == looks + 1
    assert Hit.objects.count() == 29


def test_a_confidential_one_is_for_its_unit(page, client_of, supervisor, other_supervisor):
    make.active(supervisor, "8ABC123", confidentiality="unit")
    make.read("BABC123")
    assert MARKED in page()
    assert MARKED not in client_of(other_supervisor).get(URL).content.decode()
