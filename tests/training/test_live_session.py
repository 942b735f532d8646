"""F.1, K.login: one live session a member; idle after fifteen minutes, over after twelve hours, ended by a newer one."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from reads.models import Query
from tests import cast, make
from tests.doors import kinds, sign_in
from training.models import LiveSession

pytestmark = [pytest.mark.clause("K.login", "F.1")]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def later(monkeypatch):
    """The portal's clock, so many minutes on."""

    def on(minutes):
        real = timezone.now() + timedelta(minutes=minutes)
        monkeypatch.setattr(timezone, "now", lambda: real)

    return on


@pytest.mark.django_db
class TestSessionEnds:
    def test_an_idle_session_is_locked_at_fifteen_minutes(self, officer, client_of, later):
        client = client_of(officer)
        later(14)
        assert client.get("/home/").status_code == 200
        later(15)
        answer = client.get("/home/")
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/home/")
        assert kinds() == ["in", "idle"]
        assert not LiveSession.objects.exists()
        assert "nobody used the portal for 15 minutes" in client.get(answer["Location"]).content.decode()

    def test_a_locked_sessions_form_is_not_run_and_leads_back_to_its_page(self, officer, client_of, later):
        client = client_of(officer)
        later(16)
        answer = client.post("/searches/new/", make.form(), headers={"referer": "http://testserver/searches/new/?x=1"})
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/searches/new/")
        assert not Query.objects.exists()

    def test_a_page_that_went_to_the_door_by_itself_comes_back_to_where_it_was(self, officer, client_of, later):
        client = client_of(officer)
        later(16)
        door = "/accounts/login/?next=/searches/new/"
        assert client.get(door)["Location"] == door
        page = client.get(door).content.decode()
        assert "nobody used the portal" in page
        assert 'value="/searches/new/"' in page

    def test_a_part_of_a_page_leads_the_whole_page_to_the_door(self, officer, client_of, later):
        client = client_of(officer)
        later(16)
        answer = client.get("/home/", headers={"hx-request": "true", "referer": "http://testserver/searches/"})
        assert (answer.status_code, answer["HX-Redirect"]) == (204, "/accounts/login/?next=/searches/")

    def test_one_click_keeps_it(self, officer, client_of, later):
        client = client_of(officer)
        later(14)
        assert client.post("/session/stay/").status_code == 204
        later(14)
        assert client.get("/home/").status_code == 200

    def test_no_session_lives_longer_than_twelve_hours(self, officer, client_of, later):
        client = client_of(officer)
        for _ in range(72):
            later(10)
            answer = client.get("/home/")
        assert answer.status_code == 302
        assert kinds() == ["in", "limit"]

    def test_a_page_says_how_long_the_session_still_has(self, officer, client_of, later):
        client = client_of(officer)
        later(10)
        left = int(re.search(r'data-session-left="(\d+)"', client.get("/home/").content.decode())[1])
        assert 0 <= 12 * 3600 - 600 - left <= 60

    def test_a_member_closed_meanwhile_is_out_at_the_next_request(self, officer, client_of):
        client = client_of(officer)
        make.closed(officer)
        assert client.get("/home/").status_code == 302


@pytest.mark.django_db
class TestOneLiveSession:
    def test_a_second_sign_in_ends_the_first_at_its_very_next_request(self, officer):
        first, _ = sign_in("okoro")
        assert first.get("/home/").status_code == 200
        second, _ = sign_in("okoro")
        answer = first.get("/home/")
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/home/")
        assert "signed in somewhere else" in first.get(answer["Location"]).content.decode()
        assert second.get("/home/").status_code == 200
        assert kinds() == ["in", "in", "ended"]

    def test_a_form_of_the_first_is_not_run(self, officer, client_of):
        first = client_of(officer)
        client_of(officer)
        assert first.post("/searches/new/", make.form()).status_code == 302
        assert not Query.objects.exists()

    def test_the_end_of_the_first_does_not_end_the_second(self, officer, client_of):
        first, second = client_of(officer), client_of(officer)
        first.get("/home/")
        first.post("/accounts/logout/")
        assert second.get("/home/").status_code == 200

    def test_after_signing_out_the_next_sign_in_ends_nothing(self, officer):
        client, _ = sign_in("okoro")
        client.post("/accounts/logout/")
        sign_in("okoro")
        assert kinds() == ["in", "out", "in"]

    def test_sessions_of_two_members_do_not_meet(self, officer, supervisor, client_of):
        clients = client_of(officer), client_of(supervisor)
        assert [client.get("/home/").status_code for client in clients] == [200, 200]

    def test_a_stolen_old_cookie_opens_nothing(self, officer, client_of):
        first = client_of(officer)
        thief = Client()
        thief.cookies["alpr"] = first.cookies["alpr"].value
        client_of(officer)
        assert thief.get("/home/").status_code == 302


@pytest.mark.usefixtures("committed")
def test_of_eight_sign_ins_at_once_one_stays():
    member = cast.CAST["officer"]()
    clients = [Client() for _ in range(8)]
    start = threading.Barrier(8)

    def come_in(client):
        start.wait()
        client.force_login(member, backend=BACKEND)
        connections.close_all()

    threads = [threading.Thread(target=come_in, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [client.get("/home/").status_code for client in clients]
    assert sorted(answers) == [200] + [302] * 7
    assert kinds().count("in") == 8
    assert kinds().count("ended") == 7
