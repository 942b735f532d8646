"""B.1, C.3.a, F.1: an open page hears of hits at once, of those it may see, and only while its session and right hold."""

from __future__ import annotations

import json
import queue
import time

import psycopg
import pytest
from django.db import connections
from django.test import Client

from hotlists import incidents
from hotlists.models import HitEvent, Incident
from tests import cast, make
from tests.conftest import confirmed
from tests.hotlists.lines import Line, serving, status
from training.models import LiveSession

pytestmark = [pytest.mark.clause("B.1"), pytest.mark.usefixtures("committed")]
PORTAL = "http://localhost:8000"


@pytest.fixture(scope="module")
def port(django_db_setup, django_db_blocker):
    """An events process whose clocks run fast."""
    with django_db_blocker.unblock(), serving(beat=0.5, recheck=1, lasts=20, PORTAL_URL=PORTAL) as found:
        yield found


@pytest.fixture
def line(port, client_of):
    """Open a line as a member; closed afterwards."""
    opened = []

    def open_as(member, query="", **headers):
        client = client_of(member) if not isinstance(member, Client) else member
        opened.append(Line(port, client, query, **headers))
        return opened[-1]

    yield open_as
    for one in opened:
        one.close()


def test_a_hit_is_told_by_its_number_alone(line, officer):
    make.listed("8ABC123")
    heard = line(officer)
    make.read("8ABC123")
    number, data = heard.next()
    assert json.loads(data) == {"incident": str(Incident.objects.get().pk)}
    assert int(number) == HitEvent.objects.latest("id").pk


def test_what_is_done_with_a_hit_is_told_too(line, officer):
    incident = make.incident("8ABC123")
    heard = line(officer)
    incidents.take(incident, by=officer)
    assert heard.next()
    make.verification(incident, officer, outcome="misread")
    assert heard.next()
    assert HitEvent.objects.count() == 3


def test_what_came_while_nobody_listened_is_told_first(line, officer):
    make.incident("8ABC123")
    before = HitEvent.objects.latest("id").pk
    make.read("8ABC123")
    make.read("8ABC123")
    for how in ({"query": f"?after={before}"}, {"Last-Event-ID": str(before)}):
        heard = line(officer, **how)
        numbers = {int(heard.next()[0]), int(heard.next()[0])}
        assert {before + 1, before + 2} & numbers
    with pytest.raises(queue.Empty):
        line(officer, f"?after={before + 2}").next(1)


@pytest.mark.parametrize("text", ["x", "-1", "9" * 30, "1e3", "１２"])
def test_a_number_that_is_none_is_no_number(line, officer, text):
    from urllib.parse import quote

    heard = line(officer, f"?after={quote(text)}")
    assert heard.status == 200
    with pytest.raises(queue.Empty):
        heard.next(0.7)


def test_of_a_confidential_hit_only_its_unit_hears(line, officer, supervisor, other_supervisor):
    make.active(supervisor, "8ABC123", confidentiality="unit")
    own, other = line(officer), line(other_supervisor)
    make.read("8ABC123")
    assert own.next()
    with pytest.raises(queue.Empty):
        other.next(1)
    with pytest.raises(queue.Empty):
        line(other_supervisor, "?after=0").next(1)


@pytest.mark.clause("F.1", "C.3.b")
def test_when_its_session_ends_the_line_ends(line, officer):
    heard = line(officer)
    LiveSession.objects.filter(member=officer).delete()
    assert heard.next(5) is None


def test_an_idle_session_hears_no_more_and_listening_keeps_none_awake(line, officer, client_of):
    client = client_of(officer)
    heard = line(client)
    session = client.session
    began = session["active_at"]
    time.sleep(1.2)
    assert client.session["active_at"] == began
    session["active_at"] = time.time() - 16 * 60
    session.save()
    assert heard.next(5) is None


@pytest.mark.clause("C.3.a", "C.3.b")
def test_when_the_training_or_the_role_goes_the_line_ends(line, officer, other_officer):
    trained, allowed = line(officer), line(other_officer)
    make.withdrawn(officer.completions.get())
    make.no_role(other_officer)
    assert trained.next(5) is None
    assert allowed.next(5) is None


@pytest.mark.clause("C.3.a", "C.3.b")
@pytest.mark.parametrize("name", ["untrained_officer", "undesignated", "auditor", "administrator"])
def test_who_may_not_work_hits_hears_nothing(line, name):
    assert line(cast.CAST[name]()).status == 403


def test_who_is_not_signed_in_is_led_to_the_door(line):
    assert line(Client()).status == 302


def test_without_a_second_factor_there_is_no_line(line, officer):
    from allauth.mfa.models import Authenticator

    client = Client()
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    confirmed(client)
    Authenticator.objects.filter(user=officer).delete()
    assert line(client).status == 302


def test_a_line_beats_and_ends_by_itself(officer, client_of):
    with serving(beat=0.2, lasts=1.5) as port:
        heard = Line(port, client_of(officer))
        assert heard.next(10) is None
        assert heard.beats > 2
        heard.close()


def test_when_postgresql_comes_back_what_was_missed_is_told(line, officer):
    make.listed("8ABC123")
    heard = line(officer)
    with psycopg.connect(address(), autocommit=True) as admin:
        ended = admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN hotlists_hits%' "
            "OR query LIKE '%hotlists_hitevent e JOIN%' AND datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert ended
    connections.close_all()
    make.read("8ABC123")
    assert heard.next(10)


def address():
    from django.conf import settings

    from tests.commands.run import address_of

    return address_of(settings.DATABASES["default"]["NAME"])


def test_other_addresses_are_not_there(port):
    for path in ("/home/", "/hits/", "/accounts/login/", "/api/v1/reads"):
        assert status(port, path) == 404


def test_only_the_portals_own_pages_may_read_from_another_address(officer, client_of):
    client = client_of(officer)
    with serving(beat=0.2, lasts=1, PORTAL_URL=PORTAL, EVENTS_URL="http://localhost:8001/events/hits/") as port:
        heard = Line(port, client, Origin="http://evil.example")
        assert heard.answer.headers["Access-Control-Allow-Origin"] == PORTAL
        assert heard.answer.headers["Access-Control-Allow-Credentials"] == "true"
        heard.close()


def test_behind_one_proxy_no_other_address_may(line, officer):
    assert line(officer).answer.headers.get("Access-Control-Allow-Origin") is None


def test_where_threads_serve_pages_there_is_no_news(client_of, officer):
    assert client_of(officer).get("/events/hits/").status_code == 204
