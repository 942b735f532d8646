"""K.login: every sign-in, failure and end is a record; an idle session is locked, an old one ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests.cast import PASSWORD
from training.models import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.clause("K.login", "F.1")]
LOGIN = "/accounts/login/"


def kinds():
    return list(SignIn.objects.order_by("at").values_list("kind", flat=True))


def sign_in(username, password=PASSWORD):
    client = Client()
    return client, client.post(LOGIN, {"login": username, "password": password})


class TestSignIn:
    def test_it_is_recorded_and_leads_to_the_worklist(self, officer):
        client, answer = sign_in("okoro")
        assert (answer.status_code, answer["Location"]) == (302, "/home/")
        assert kinds() == ["in"]
        assert client.get("/home/").status_code == 200

    def test_guessing_ends_after_five_even_where_the_cache_is_lost(self, officer):
        for _ in range(5):
            sign_in("okoro", "wrong password 12")
            cache.clear()
        client, answer = sign_in("OKORO")
        assert "Too many failed" in answer.content.decode()
        assert client.get("/home/").status_code == 302

    def test_a_failure_is_recorded_with_the_member_and_without_what_was_typed(self, officer):
        _, answer = sign_in("okoro", "wrong password 12")
        assert answer.status_code == 200
        record = SignIn.objects.get()
        assert (record.kind, record.by) == ("failed", officer)
        assert "wrong password" not in record.canonical()

    def test_a_name_that_is_nobodys_is_not_kept(self):
        sign_in("8ABC123 typed in the wrong field")
        record = SignIn.objects.get()
        assert record.by is None
        assert "8ABC123" not in record.canonical()

    def test_a_member_who_left_cannot_sign_in(self, leaver):
        client, _ = sign_in("lund")
        assert client.get("/home/").status_code == 302
        assert "in" not in kinds()

    def test_signing_out_is_recorded(self, officer):
        client, _ = sign_in("okoro")
        client.post("/accounts/logout/")
        assert kinds() == ["in", "out"]
        assert client.get("/home/").status_code == 302

    def test_nobody_signs_up(self):
        assert Client().get("/accounts/signup/").status_code == 404
        assert Client().post("/accounts/signup/", {"username": "x"}).status_code == 404


@pytest.fixture
def later(monkeypatch):
    """The portal's clock, so many minutes on."""

    def on(minutes):
        real = timezone.now() + timedelta(minutes=minutes)
        monkeypatch.setattr(timezone, "now", lambda: real)

    return on


class TestSessionEnds:
    def test_an_idle_session_is_locked_at_fifteen_minutes(self, officer, client_of, later):
        client = client_of(officer)
        later(14)
        assert client.get("/home/").status_code == 200
        later(15)
        answer = client.get("/home/")
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/home/")
        assert kinds() == ["in", "idle"]

    def test_a_locked_sessions_form_is_not_run(self, officer, client_of, later):
        from reads.models import Query
        from tests import make

        client = client_of(officer)
        later(16)
        assert client.post("/searches/new/", make.form()).status_code == 302
        assert not Query.objects.exists()

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

    def test_a_member_deactivated_meanwhile_is_out_at_the_next_request(self, officer, client_of):
        client = client_of(officer)
        officer.is_active = False
        officer.save()
        assert client.get("/home/").status_code == 302

    def test_a_role_taken_away_works_on_the_next_request(self, officer, client_of):
        client = client_of(officer)
        officer.groups.clear()
        assert client.get("/searches/new/").status_code == 403
