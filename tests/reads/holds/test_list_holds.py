"""G: who sees which holds, without a plate; filtered, paged, with a constant number of queries."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests import holding, make
from tests.counting import statements

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G", "C.3.b")]
LIST = "/holds/"


def numbers(client, query=""):
    """The holds that the list shows."""
    return {row.record.number for row in client.get(LIST + query).context["table"].page.object_list}


class TestWho:
    def test_each_sees_what_is_theirs(
        self,
        client_of,
        officer,
        other_officer,
        supervisor,
        other_supervisor,
        administrator,
        coordinator,
        chief,
        auditor,
    ):
        hold = holding.asked(officer, make.read())
        for member, sees in (
            (officer, True),
            (other_officer, False),
            (supervisor, True),
            (other_supervisor, False),
            (administrator, True),
            (coordinator, True),
            (chief, True),
            (auditor, True),
        ):
            client = client_of(member)
            assert numbers(client) == ({hold.number} if sees else set()), member
            answer = client.get(reverse("view_hold", args=[hold.pk]))
            assert answer.status_code == (200 if sees else 404), member

    def test_those_who_are_named_see_it(self, client_of, officer, other_officer):
        hold = holding.asked(officer, make.read())
        holding.named(hold, other_officer)
        assert numbers(client_of(other_officer)) == {hold.number}
        assert numbers(client_of(other_officer), "?whose=named") == {hold.number}
        assert numbers(client_of(other_officer), "?whose=own") == set()

    def test_those_who_only_oversee_open_nothing_and_see_no_plate(self, client_of, officer, administrator, auditor):
        query = make.query(officer, criteria={"plate": "ZQX7K3M"})
        said = {"query": query, "reason": "ZQX7K3M left the scene of the robbery."}
        hold = holding.held(officer, administrator, make.read("ZQX7K3M"), **said)
        mine = client_of(officer).get(reverse("view_hold", args=[hold.pk])).content.decode()
        assert "ZQX7K3M" in mine
        assert "Open what is held" in mine
        for address in (LIST, reverse("view_hold", args=[hold.pk])):
            shown = client_of(auditor).get(address).content.decode()
            assert "ZQX7K3M" not in shown
            assert "Open what is held" not in shown


class TestList:
    @pytest.fixture
    def several(self, officer, administrator):
        """One of each: waiting, denied, running, lapsed, released."""
        found = {"waiting": holding.asked(officer, make.read())}
        found["denied"] = holding.asked(officer, make.read())
        holding.decided(found["denied"], administrator, approved=False)
        for name in ("running", "lapsed", "released"):
            found[name] = holding.held(officer, administrator, make.read(), case_number="26-099999")
        holding.lapsed(found["lapsed"])
        holding.released(found["released"], administrator)
        return found

    def test_by_state(self, client_of, administrator, several):
        client = client_of(administrator)
        for state, hold in several.items():
            assert numbers(client, f"?state={state}") == {hold.number}

    def test_by_the_other_filters(self, client_of, administrator, officer, several):
        client = client_of(administrator)
        assert numbers(client, "?case=26-012345") == {several["waiting"].number, several["denied"].number}
        assert numbers(client, "?review=due") == {several["lapsed"].number}
        assert numbers(client, "?release=waits") == set()
        assert numbers(client, "?news=yes&state=denied") == {several["denied"].number}
        assert numbers(client, "?ground=legal_obligation") == set()
        assert numbers(client, "?whose=own") == set()
        assert len(numbers(client_of(officer), "?whose=unit")) == 5

    @pytest.mark.parametrize("query", ["?state=nonsense", "?ground=x", "?whose=x", "?case=" + "9" * 99])
    def test_a_filter_that_cannot_be_read_shows_nothing(self, client_of, administrator, several, query):
        assert numbers(client_of(administrator), query) == set()

    def test_a_constant_number_of_queries(self, client_of, administrator, officer):
        client = client_of(administrator)
        holding.held(officer, administrator, make.read())
        client.get(LIST)  # what is asked once in a process is asked
        few = statements(client.get, LIST)
        for _ in range(4):
            holding.held(officer, administrator, make.read())
        assert statements(client.get, LIST) == few

    def test_empty(self, client_of, officer, chief):
        assert "No holds yet" in client_of(officer).get(LIST).content.decode()
        assert "No holds yet" in client_of(chief).get(LIST).content.decode()
