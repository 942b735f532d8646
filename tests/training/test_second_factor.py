"""F.1: everybody shows a second factor; what is shown once opens nothing twice, and the last one stays."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests import cast, make
from tests.cast import PASSWORD
from tests.conftest import confirmed
from tests.doors import (
    CODE,
    FACTORS,
    LOGIN,
    Passkey,
    add_passkey,
    code,
    kinds,
    options_of,
    password,
    sign_in,
    wrong_codes,
)
from training.models import Member, SignIn
from training.second_factor import code_app, has_second_factor

pytestmark = [pytest.mark.clause("F.1", "K.login")]
ADD_APP, REMOVE_APP = "/accounts/2fa/totp/activate/", "/accounts/2fa/totp/deactivate/"
CODES, NEW_CODES = "/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/generate/"
AGAIN, AGAIN_BY_KEY = "/accounts/2fa/reauthenticate/", "/accounts/2fa/webauthn/reauthenticate/"
PASSKEYS = "/accounts/2fa/webauthn/"


@pytest.fixture
def newcomer(db):
    """A member with a password and nothing else."""
    return Member.objects.create_user("newton", PASSWORD, name="Nia Newton", email="newton@example.gov")


def of(member, kind):
    return Authenticator.objects.get(user=member, type=kind)


@pytest.mark.django_db
class TestFirstFactor:
    def test_without_one_a_member_reaches_nothing_else(self, newcomer):
        client, answer = password("newton")
        assert answer["Location"] == "/home/"
        assert client.get("/home/")["Location"] == FACTORS
        assert client.get("/accounts/mine/")["Location"] == FACTORS
        assert client.get("/searches/new/")["Location"] == FACTORS
        page = client.get(FACTORS).content.decode()
        assert "Set up your second factor" in page
        assert "Recovery codes" not in page

    def test_a_code_app_is_added_without_the_password_again_and_opens_the_portal(self, newcomer):
        client, _ = password("newton")
        page = client.get(ADD_APP)
        seed = page.context["form"].secret
        assert seed in page.content.decode()
        assert 'src="data:image/svg+xml;base64,' in page.content.decode()
        answer = client.post(ADD_APP, {"code": code(seed)})
        assert answer["Location"] == CODES
        shown = client.get(CODES)
        assert len(shown.context["unused_codes"]) == 10
        assert all(one in shown.content.decode() for one in shown.context["unused_codes"])
        assert client.get("/home/").status_code == 200
        assert kinds() == ["in", "factor_added", "codes_made"]

    def test_a_passkey_too(self, newcomer):
        client, _ = password("newton")
        assert add_passkey(client, Passkey())["Location"] == CODES
        assert client.get("/home/").status_code == 200
        assert of(newcomer, "webauthn").data["name"] == "Passkey 1"

    def test_the_recovery_codes_are_shown_once(self, newcomer):
        client, _ = password("newton")
        add_passkey(client, Passkey())
        spare = client.get(CODES).context["unused_codes"]
        again = client.get(CODES).content.decode()
        assert not any(one in again for one in spare)

    def test_a_wrong_code_adds_nothing_and_keeps_the_seed(self, newcomer):
        client, _ = password("newton")
        seed = client.get(ADD_APP).context["form"].secret
        answer = client.post(ADD_APP, {"code": "000000"})
        assert answer.context["form"].secret == seed
        assert not has_second_factor(newcomer)

    def test_ten_minutes_after_the_sign_in_the_password_is_asked_again(self, newcomer, monkeypatch):
        client, _ = password("newton")
        later = timezone.now() + timedelta(minutes=10)
        monkeypatch.setattr(timezone, "now", lambda: later)
        answer = client.get(ADD_APP)
        assert answer["Location"] == f"/accounts/reauthenticate/?next={ADD_APP.replace('/', '%2F')}"
        answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": ADD_APP})
        assert answer["Location"] == ADD_APP
        assert client.get(ADD_APP).status_code == 200
        assert kinds() == ["in", "confirmed"]

    def test_the_seed_lies_nowhere_in_the_clear_not_even_while_it_waits(self, newcomer):
        client, _ = password("newton")
        seed = client.get(ADD_APP).context["form"].secret
        assert seed not in json.dumps(dict(client.session))
        client.post(ADD_APP, {"code": code(seed)})
        assert seed not in json.dumps(list(Authenticator.objects.values_list("data", flat=True)))

    def test_of_two_pages_one_adds_the_app(self, newcomer):
        client, _ = password("newton")
        seed = client.get(ADD_APP).context["form"].secret
        client.post(ADD_APP, {"code": code(seed)})
        assert client.post(ADD_APP, {"code": code(seed)})["Location"] == REMOVE_APP

    def test_the_member_gets_a_letter(self, newcomer, django_capture_on_commit_callbacks):
        client, _ = password("newton")
        with django_capture_on_commit_callbacks(execute=True):
            add_passkey(client, Passkey(), "Blue key")
        (letter,) = mail.outbox
        assert letter.to == ["newton@example.gov"]
        assert "passkey Blue key" in letter.body


@pytest.mark.django_db
class TestACodeWorksOnce:
    def test_a_code_that_was_seen_opens_nothing_even_where_the_cache_is_lost(self, officer):
        from django.core.cache import cache

        seen = code()
        first, _ = password("okoro")
        assert first.post(CODE, {"code": seen})["Location"] == "/home/"
        cache.clear()
        second, _ = password("okoro")
        assert second.post(CODE, {"code": seen}).status_code == 200
        assert second.get("/home/").status_code == 302

    def test_nor_does_an_earlier_one(self, officer):
        first, _ = password("okoro")
        first.post(CODE, {"code": code(steps=1)})
        second, _ = password("okoro")
        assert second.post(CODE, {"code": code()}).status_code == 200

    def test_a_half_finished_sign_in_ends_with_its_password(self, officer):
        client, _ = password("okoro")
        officer.set_password("another long enough password")
        officer.save()
        answer = client.post(CODE, {"code": code()})
        assert answer.status_code == 403
        assert "set anew meanwhile" in answer.content.decode()
        assert client.get("/home/").status_code == 302

    def test_the_code_that_added_the_app_is_spent(self, newcomer):
        client, _ = password("newton")
        seed = client.get(ADD_APP).context["form"].secret
        seen = code(seed)
        client.post(ADD_APP, {"code": seen})
        other, _ = password("newton")
        assert other.post(CODE, {"code": seen}).status_code == 200

    @pytest.mark.parametrize("shift", [-1, 0, 1])
    def test_a_clock_half_a_minute_off_does_not_matter(self, officer, shift, monkeypatch):
        import time

        moment = (int(time.time()) // 30) * 30 + 15
        monkeypatch.setattr(time, "time", lambda: moment)
        client, _ = password("okoro")
        assert client.post(CODE, {"code": code(steps=shift)})["Location"] == "/home/"

    @pytest.mark.parametrize("shift", [-2, 2])
    def test_a_minute_does(self, officer, shift, monkeypatch):
        import time

        moment = (int(time.time()) // 30) * 30 + 15
        monkeypatch.setattr(time, "time", lambda: moment)
        client, _ = password("okoro")
        assert client.post(CODE, {"code": code(steps=shift)}).status_code == 200

    def test_it_may_be_typed_in_groups(self, officer):
        client, _ = password("okoro")
        digits = code()
        assert client.post(CODE, {"code": f" {digits[:3]} {digits[3:]} "})["Location"] == "/home/"

    @pytest.mark.parametrize(
        "typed", ["", " ", "١٢٣٤٥٦", "a\0b", "0" * 5000, "' OR 1=1", "\ud800", "é", "......", "%00"]
    )
    def test_what_is_no_code_opens_nothing(self, officer, typed):
        client, _ = password("okoro")
        answer = client.post(CODE, {"code": typed.encode("utf-8", "replace").decode()})
        assert answer.status_code == 200
        assert client.get("/home/").status_code == 302


@pytest.mark.usefixtures("committed")
def test_of_eight_that_type_the_same_code_at_once_one_comes_in():
    cast.CAST["officer"]()
    clients = [password("okoro")[0] for _ in range(8)]
    seen, start, answers = code(), threading.Barrier(8), []

    def enter(client):
        start.wait()
        answers.append(client.post(CODE, {"code": seen}).status_code)
        connections.close_all()

    threads = [threading.Thread(target=enter, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds().count("in") <= 1
    assert answers.count(302) <= 1


@pytest.mark.django_db
class TestRecoveryCodes:
    def codes(self, client):
        client.post(NEW_CODES)
        return client.get(CODES).context["unused_codes"]

    def test_one_opens_the_account_once(self, officer, client_of):
        spare = self.codes(client_of(officer))
        client, _ = password("okoro")
        assert client.post(CODE, {"code": spare[3]})["Location"] == "/home/"
        client, _ = password("okoro")
        assert client.post(CODE, {"code": spare[3]}).status_code == 200
        assert client.post(CODE, {"code": spare[4]})["Location"] == "/home/"

    def test_new_ones_shut_the_old_ones(self, officer, client_of):
        inside = client_of(officer)
        old = self.codes(inside)
        new = self.codes(inside)
        client, _ = password("okoro")
        assert client.post(CODE, {"code": old[0]}).status_code == 200
        assert client.post(CODE, {"code": new[0]})["Location"] == "/home/"
        assert kinds().count("codes_made") == 2

    def test_the_seed_is_encrypted(self, officer, client_of):
        self.codes(client_of(officer))
        seed = of(officer, "recovery_codes").data["seed"]
        assert seed.startswith("gAAAAA")

    def test_alone_they_are_no_factor(self, officer, client_of):
        spare = self.codes(client_of(officer))
        Authenticator.objects.filter(user=officer, type="totp").delete()
        client, answer = password("okoro")
        assert answer["Location"] == "/home/"  # and from there to set up a factor
        assert client.get("/home/")["Location"] == FACTORS
        assert client.post(CODE, {"code": spare[0]}).status_code == 302


@pytest.mark.django_db
class TestTheLastStays:
    def test_the_only_factor_cannot_be_removed(self, officer, client_of):
        client = client_of(officer)
        assert "your only second factor" in client.get(REMOVE_APP).content.decode()
        client.post(REMOVE_APP)
        assert has_second_factor(officer)

    def test_nor_the_only_passkey(self, officer, client_of):
        client = client_of(officer)
        add_passkey(client, Passkey())
        assert client.post(REMOVE_APP).status_code == 302
        pk = of(officer, "webauthn").pk
        assert "your only second factor" in client.get(f"{PASSKEYS}keys/{pk}/remove/").content.decode()
        client.post(f"{PASSKEYS}keys/{pk}/remove/")
        assert has_second_factor(officer)
        assert kinds().count("factor_removed") == 1

    def test_of_two_one_can(self, officer, client_of):
        client = client_of(officer)
        add_passkey(client, Passkey(), "Blue key")
        pk = of(officer, "webauthn").pk
        client.post(f"{PASSKEYS}keys/{pk}/remove/")
        assert not Authenticator.objects.filter(type="webauthn").exists()
        assert SignIn.objects.get(kind="factor_removed").note == "passkey Blue key"


@pytest.mark.usefixtures("committed")
def test_two_pages_at_once_do_not_remove_both(client_of):
    member = cast.CAST["officer"]()
    client = client_of(member)
    add_passkey(client, Passkey())
    pk, start = of(member, "webauthn").pk, threading.Barrier(2)
    addresses = [REMOVE_APP, f"{PASSKEYS}keys/{pk}/remove/"]

    def remove(address):
        mine = Client()
        mine.cookies["alpr"] = client.cookies["alpr"].value
        start.wait()
        mine.post(address)
        connections.close_all()

    threads = [threading.Thread(target=remove, args=(address,)) for address in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert has_second_factor(member)


@pytest.mark.django_db
class TestAskedAgain:
    """Whoever sits down at an open session adds, removes and changes nothing."""

    @pytest.fixture
    def inside(self, officer):
        client = Client()
        client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    @pytest.mark.parametrize("address", [REMOVE_APP, NEW_CODES, f"{PASSKEYS}add/", "/accounts/password/change/"])
    def test_factors_and_password_want_the_second_factor_first(self, inside, address):
        answer = inside.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith(AGAIN)
        assert inside.post(address).status_code == 302

    def test_the_password_is_not_enough(self, inside):
        assert inside.get("/accounts/reauthenticate/")["Location"] == AGAIN
        inside.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert inside.get(NEW_CODES)["Location"].startswith(AGAIN)

    def test_the_code_leads_on(self, inside):
        answer = inside.post(AGAIN, {"code": code(), "next": NEW_CODES})
        assert answer["Location"] == NEW_CODES
        assert inside.get(NEW_CODES).status_code == 200
        assert kinds() == ["in", "confirmed"]

    def test_it_does_not_lead_out(self, inside):
        answer = inside.post(AGAIN, {"code": code(), "next": "https://evil.example/"})
        assert answer["Location"] == "/home/"

    def test_a_passkey_confirms_too(self, officer, inside):
        passkey = Passkey()
        add_passkey(confirmed(inside), passkey)
        session = inside.session
        session["account_authentication_methods"] = []
        session.save()
        assert inside.get(NEW_CODES).status_code == 302
        credential = passkey.answer(options_of(inside.get(AGAIN_BY_KEY)))
        assert inside.post(AGAIN_BY_KEY, {"credential": credential, "next": NEW_CODES})["Location"] == NEW_CODES
        assert kinds()[-1] == "confirmed"
        answer = inside.post(f"{AGAIN_BY_KEY}?next={NEW_CODES}", {"credential": credential})
        assert answer["Location"].startswith(AGAIN_BY_KEY)

    def test_who_has_only_a_passkey_is_asked_for_it(self, officer, inside):
        passkey = Passkey()
        add_passkey(confirmed(inside), passkey)
        inside.post(REMOVE_APP)
        session = inside.session
        session["account_authentication_methods"] = []
        session.save()
        assert inside.get(NEW_CODES)["Location"].startswith(AGAIN_BY_KEY)

    def test_a_new_password_ends_the_session_and_is_on_record(self, officer, client_of):
        client = client_of(officer)
        new = "four quiet herons fishing"
        client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        assert client.get("/home/").status_code == 302
        officer.refresh_from_db()
        assert officer.check_password(new)
        assert "password" in kinds(by=officer)

    def test_what_an_app_of_another_member_shows_opens_nothing(self, officer, supervisor):
        Authenticator.objects.filter(user=supervisor).delete()
        code_app(supervisor, "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")
        client, _ = password("silva")
        assert wrong_codes(client, 1).status_code == 200
        assert client.post(CODE, {"code": code(make.SECRET)}).status_code == 200
        assert sign_in("okoro")[1]["Location"] == "/home/"
        assert client.get(LOGIN).status_code in {200, 302}
