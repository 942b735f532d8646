"""A member's own account: who they are here, where they are signed in, by what, and what happened at their door."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests import make
from tests.doors import WRONG, Passkey, add_passkey, kinds, password, sign_in
from training.devices import device_name
from training.models import LiveSession, SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.clause("K.login", "F.1")]
MINE, END = "/accounts/mine/", "/accounts/mine/end/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1"


def seen(client):
    return client.get(MINE).content.decode()


class TestViewAccount:
    def test_it_says_who_one_is(self, officer, client_of):
        page = seen(client_of(officer))
        for words in ("Ola Okoro", "okoro", "Patrol 3", "officer", "OKORO"):
            assert words in page

    def test_a_designation_in_force_is_shown(self, designated, client_of):
        assert "Crime analysis, until" in seen(client_of(designated))

    def test_the_live_session_with_its_address_and_device(self, officer):
        client, _ = sign_in("okoro", headers={"user-agent": PHONE}, REMOTE_ADDR="192.0.2.7")
        page = seen(client)
        assert "Safari on iPhone" in page
        assert "192.0.2.7" in page

    def test_factors_and_the_recovery_codes_that_are_left_and_no_secret(self, officer, client_of):
        client = client_of(officer)
        assert "You have no recovery codes" in seen(client)
        add_passkey(client, Passkey(), "Blue key")
        page = seen(client)
        assert "Blue key" in page
        assert "10 recovery codes left" in page
        assert make.SECRET not in page
        for data in Authenticator.objects.values_list("data", flat=True):
            assert data.get("seed", data.get("secret", "no secret")) not in page

    def test_what_happened_at_ones_own_door_and_at_no_other(self, officer, supervisor, client_of):
        password("okoro", WRONG, REMOTE_ADDR="192.0.2.7")
        password("silva", WRONG, REMOTE_ADDR="198.51.100.9")
        page = seen(client_of(officer))
        assert "Password failed" in page
        assert "192.0.2.7" in page
        assert "198.51.100.9" not in page

    def test_fifty_to_a_page_and_a_constant_number_of_queries(self, officer, client_of, django_assert_max_num_queries):
        client = client_of(officer)
        for number in range(60):
            SignIn.objects.write(by=officer, kind="out", address=f"192.0.2.{number}")
        client.get(MINE)
        with django_assert_max_num_queries(33) as few:
            page = seen(client)
        assert "1–50 of 61" in page
        for number in range(60):
            SignIn.objects.write(by=officer, kind="out", address=f"192.0.2.{number}")
        with django_assert_max_num_queries(len(few.captured_queries)):
            seen(client)
        assert "51–100 of 121" in client.get(f"{MINE}?page=2").content.decode()

    def test_who_may_not_enter_reaches_it(self, untrained_officer, undesignated, client_of):
        assert client_of(untrained_officer).get(MINE).status_code == 200
        assert client_of(undesignated).get(MINE).status_code == 200

    def test_the_menu_leads_there(self, officer, client_of):
        assert f'href="{MINE}"' in client_of(officer).get("/home/").content.decode()

    def test_what_a_browser_says_of_itself_is_shown_as_text(self, officer):
        client, _ = sign_in("okoro", headers={"user-agent": "<script>alert(1)</script>"})
        page = seen(client)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15", "Safari on Mac"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        (PHONE, "Safari on iPhone"),
        ("curl/8.0", "curl/8.0"),
        ("x" * 120, "x" * 40),
        ("", "unknown"),
    ],
)
def test_a_device_in_words(said, name):
    assert device_name(said) == name


class TestEndSession:
    def test_it_ends_everywhere_at_once(self, officer):
        client, _ = sign_in("okoro")
        copy = Client()
        copy.cookies["alpr"] = client.cookies["alpr"].value
        assert client.post(END)["Location"] == "/accounts/login/"
        assert not LiveSession.objects.exists()
        assert client.get("/home/").status_code == copy.get("/home/").status_code == 302
        assert kinds() == ["in", "revoked"]

    def test_by_its_address_alone_it_does_not(self, officer, client_of):
        client = client_of(officer)
        assert client.get(END).status_code == 405
        assert client.get("/home/").status_code == 200
