"""Searches read on a replica where there is one, behind the same gate; one that lags or is gone costs them a moment."""

from __future__ import annotations

import uuid

import pytest
from django.db import OperationalError, ProgrammingError, connections, transaction
from django.utils import timezone

from reads import replica, search
from reads.models import Read
from tests import make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("F.1")]


@pytest.fixture(autouse=True)
def replica_is_the_same_server(settings, monkeypatch, django_db_setup):
    """The alias of the replica, as another connection to the test's database; what only two servers show is tried elsewhere."""
    monkeypatch.setattr(replica, "_rests_until", 0.0)
    connections["replica"].close()  # another test may have opened it to the server's own database
    connections["replica"].settings_dict["NAME"] = django_db_setup
    settings.SEARCH_REPLICA = True
    yield
    connections["replica"].close()


def look(member):
    query = make.query(member)
    with search.access(member, "results", query, now=timezone.now()) as window:
        return window.using, [read.plate for read in window.page().reads]


class TestReplica:
    def test_the_replica_answers_once_the_access_is_there(self, officer):
        make.read("8ABC123")
        assert look(officer) == ("replica", ["8ABC123"])

    def test_without_one_the_primary_answers(self, officer, settings):
        settings.SEARCH_REPLICA = False
        make.read("8ABC123")
        assert look(officer) == ("default", ["8ABC123"])

    def test_an_access_that_does_not_arrive_is_answered_by_the_primary(self, officer, monkeypatch):
        make.read("8ABC123")
        real = replica.has_arrived
        monkeypatch.setattr(replica, "ARRIVAL", 0.01)
        monkeypatch.setattr(replica, "has_arrived", lambda access_id: real(uuid.uuid4()))
        assert look(officer) == ("default", ["8ABC123"])

    def test_a_replica_that_fails_rests_and_the_primary_answers(self, officer, monkeypatch):
        make.read("8ABC123")
        connections["replica"].close()
        monkeypatch.setitem(connections["replica"].settings_dict, "NAME", "alpr_nowhere")
        assert look(officer) == ("default", ["8ABC123"])
        assert replica._rests_until > 0
        monkeypatch.setattr(connections["replica"], "cursor", lambda: pytest.fail("it was to rest"))
        assert look(officer) == ("default", ["8ABC123"])

    def test_a_replica_that_says_nothing_is_hung_up_on(self, officer):
        with (
            pytest.raises(OperationalError) as lost,
            replica.hung_up_after(0.05),
            connections["replica"].cursor() as cursor,
        ):
            cursor.execute("SELECT pg_sleep(5)")
        assert lost.value.__cause__.sqlstate is None, "its own time limit ended it: a silent one has none"

    def test_nobody_waits_for_it_longer_than_the_gate_is_open(self, officer, monkeypatch):
        monkeypatch.setattr(replica, "LONGEST", 0.05)
        query = make.query(officer)
        with (
            pytest.raises(OperationalError) as lost,
            search.access(officer, "results", query, now=timezone.now()) as window,
            connections[window.using].cursor() as cursor,
        ):
            cursor.execute("SELECT pg_sleep(5)")
        assert lost.value.__cause__.sqlstate is None, "its own time limit ended it: a silent one has none"

    def test_one_that_answers_in_time_is_not(self, officer):
        make.read("8ABC123")
        with replica.hung_up_after(30):
            assert look(officer) == ("replica", ["8ABC123"])
        assert look(officer) == ("replica", ["8ABC123"])

    def test_the_gate_stands_on_the_replica_too(self, officer):
        make.read("8ABC123")
        with pytest.raises(ProgrammingError, match="no recorded access"), transaction.atomic(using="replica"):
            list(Read.objects.using("replica"))

    def test_outside_an_access_nothing_is_routed_there(self, officer):
        look(officer)
        assert Read.objects.all().db == "default"

    def test_inside_reads_come_from_where_the_access_was_opened(self, officer):
        query = make.query(officer)
        with search.access(officer, "results", query, now=timezone.now()):
            assert Read.objects.all().db == "replica"
            assert type(query).objects.all().db == "default"
