"""K.login: password and second factor open the door, every way through and past it is a record, and names are not told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests import make
from tests.cast import PASSWORD
from tests.doors import CODE, LOGIN, WRONG, code, kinds, password, sign_in
from training.models import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.clause("K.login", "F.1")]
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


class TestSignIn:
    def test_password_and_code_lead_to_the_worklist(self, officer):
        client, answer = sign_in("okoro")
        assert (answer.status_code, answer["Location"]) == (302, "/home/")
        assert kinds() == ["in"]
        assert client.get("/home/").status_code == 200

    def test_the_password_alone_opens_nothing(self, officer):
        client, answer = password("okoro")
        assert (answer.status_code, answer["Location"]) == (302, CODE)
        assert kinds() == []
        assert client.get("/home/").status_code == 302

    def test_a_wrong_code_opens_nothing(self, officer):
        client, _ = password("okoro")
        answer = client.post(CODE, {"code": "000000"})
        assert "This code is wrong" in answer.content.decode()
        assert client.get("/home/").status_code == 302
        assert kinds() == ["factor_failed"]

    def test_the_name_may_be_typed_in_capitals(self, officer):
        client, _ = password("OKORO")
        client.post(CODE, {"code": code()})
        assert client.get("/home/").status_code == 200

    def test_it_leads_on_to_where_one_was(self, officer):
        client = Client()
        client.post(LOGIN, {"login": "okoro", "password": PASSWORD, "next": "/searches/"})
        assert client.post(CODE, {"code": code()})["Location"] == "/searches/"

    def test_a_half_finished_sign_in_can_be_started_over(self, officer):
        client, _ = password("okoro")
        assert client.get(LOGIN)["Location"] == CODE
        client.post("/accounts/logout/", {"next": LOGIN})
        assert client.get(LOGIN).status_code == 200
        assert client.get(CODE)["Location"] == LOGIN

    def test_address_and_device_are_recorded(self, officer):
        sign_in("okoro", headers={"user-agent": CHROME}, REMOTE_ADDR="192.0.2.7")
        record = SignIn.objects.get()
        assert (record.address, record.device) == ("192.0.2.7", CHROME[:120])

    def test_the_last_sign_in_stays_with_the_member(self, officer):
        sign_in("okoro")
        officer.refresh_from_db()
        assert timezone.now() - officer.last_login < timedelta(minutes=1)

    def test_signing_out_is_recorded(self, officer):
        client, _ = sign_in("okoro")
        client.post("/accounts/logout/")
        assert kinds() == ["in", "out"]
        assert client.get("/home/").status_code == 302

    def test_nobody_signs_up(self):
        assert Client().get("/accounts/signup/").status_code == 404
        assert Client().post("/accounts/signup/", {"username": "x"}).status_code == 404

    def test_nobody_resets_a_password_by_mail(self):
        assert Client().get("/accounts/password/reset/").status_code == 404


class TestWhatAStrangerLearns:
    def test_a_failure_is_recorded_with_the_member_and_without_what_was_typed(self, officer):
        _, answer = password("okoro", WRONG)
        assert answer.status_code == 200
        record = SignIn.objects.get()
        assert (record.kind, record.by) == ("failed", officer)
        assert WRONG not in record.canonical()

    def test_a_name_that_is_nobodys_is_not_kept(self):
        password("8ABC123 typed in the wrong field")
        record = SignIn.objects.get()
        assert record.by is None
        assert "8ABC123" not in record.canonical()

    def test_a_name_that_is_nobodys_looks_like_a_wrong_password(self, officer, leaver):
        said = [password(name, WRONG)[1].content.decode() for name in ("okoro", "nobody", "lund")]
        assert all("User name and password do not go together" in page for page in said)

    def test_a_name_that_is_nobodys_is_hashed_too(self, officer, monkeypatch):
        from training.models import Member

        hashed = []
        real = Member.set_password
        monkeypatch.setattr(Member, "set_password", lambda self, text: hashed.append(text) or real(self, text))
        password("nobody", WRONG)
        assert hashed == [WRONG]


class TestClosedAccounts:
    def test_a_member_who_left_is_turned_away_at_the_right_password(self, leaver):
        client, answer = password("lund")
        assert answer.status_code == 403
        assert "This account is closed" in answer.content.decode()
        assert kinds() == ["turned_away"]
        assert client.get(CODE)["Location"] == LOGIN

    def test_an_account_closed_between_password_and_code_does_not_come_in(self, officer):
        client, _ = password("okoro")
        make.closed(officer)
        assert client.post(CODE, {"code": code()}).status_code == 403
        assert client.get("/home/").status_code == 302
        assert kinds() == ["turned_away"]

    def test_a_role_taken_away_works_on_the_next_request(self, officer, client_of):
        client = client_of(officer)
        make.no_role(officer)
        assert client.get("/searches/new/").status_code == 403


def fail_from(address, n, **headers):
    for number in range(n):
        password(f"nobody{number}", WRONG, REMOTE_ADDR=address, headers=headers)


class TestAddresses:
    """Twenty failures of one address within five minutes slow it down, whoever they were for."""

    def tried(self, address, **headers):
        return password("okoro", REMOTE_ADDR=address, headers=headers)[1]

    def test_an_address_that_was_wrong_too_often_waits(self, officer):
        fail_from("192.0.2.7", 19)
        assert self.tried("192.0.2.7").status_code == 302
        fail_from("192.0.2.7", 1)
        answer = self.tried("192.0.2.7")
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 301
        assert "Wait about 5 minutes" in answer.content.decode()

    def test_others_do_not(self, officer):
        fail_from("192.0.2.7", 20)
        assert self.tried("192.0.2.8").status_code == 302

    def test_it_is_over_after_five_minutes(self, officer, monkeypatch):
        fail_from("192.0.2.7", 20)
        later = timezone.now() + timedelta(minutes=5)
        monkeypatch.setattr(timezone, "now", lambda: later)
        assert self.tried("192.0.2.7").status_code == 302

    def test_ipv6_addresses_of_one_customer_count_together(self, officer):
        for number in range(20):
            fail_from(f"2001:db8:0:1::{number:x}", 1)
        assert self.tried("2001:db8:0:1:ffff::1").status_code == 429
        assert self.tried("2001:db8:0:2::1").status_code == 302

    @pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip"])
    def test_without_a_proxy_a_forged_header_neither_helps_nor_harms(self, officer, header):
        for number in range(20):
            password("nobody", WRONG, REMOTE_ADDR="192.0.2.7", headers={header: f"198.51.100.{number}"})
        assert self.tried("192.0.2.7", **{header: "203.0.113.5"}).status_code == 429
        assert self.tried("198.51.100.1").status_code == 302
        assert set(SignIn.objects.filter(kind="failed").values_list("address", flat=True)) == {"192.0.2.7"}

    @pytest.fixture
    def behind_a_proxy(self, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def test_behind_a_proxy_the_address_it_saw_counts(self, officer, behind_a_proxy):
        for number in range(20):
            forged = f"198.51.100.{number}, 192.0.2.7"  # what the client sent, and what the proxy added
            password("nobody", WRONG, REMOTE_ADDR="10.0.0.2", headers={"x-forwarded-for": forged})
        assert self.tried("10.0.0.2", **{"x-forwarded-for": "203.0.113.5, 192.0.2.7"}).status_code == 429
        assert self.tried("10.0.0.2", **{"x-forwarded-for": "192.0.2.7, 203.0.113.5"}).status_code == 302

    @pytest.mark.parametrize("said", [None, "", "garbage", "1.2.3.4.5", "fe80::1%eth0", "'; --", "\ud7ff"])
    def test_behind_a_proxy_a_broken_chain_does_not_break_the_door(self, officer, behind_a_proxy, said):
        headers = {} if said is None else {"x-forwarded-for": said}
        assert self.tried("10.0.0.2", **headers).status_code == 302
        assert password("okoro", WRONG, REMOTE_ADDR="10.0.0.2", headers=headers)[1].status_code == 200

    def test_codes_and_passkeys_wait_too(self, officer):
        client, _ = password("okoro")
        fail_from("127.0.0.1", 20)
        assert client.post(CODE, {"code": code()}).status_code == 429
        assert Client().post("/accounts/2fa/webauthn/login/", {"credential": "{}"}).status_code == 429
        assert client.get(CODE).status_code == 200
