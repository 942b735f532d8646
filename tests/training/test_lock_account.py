"""K.login: five failures of password and second factor within fifteen minutes lock an account until somebody releases it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests import cast
from tests.cast import PASSWORD
from tests.doors import (
    CODE,
    LOGIN,
    WRONG,
    Passkey,
    add_passkey,
    code,
    kinds,
    password,
    sign_in,
    sign_in_by_passkey,
    wrong_codes,
)
from training import invitations, lock_rules, locks
from training.models import AccountLock, Member, SignIn

pytestmark = [pytest.mark.clause("K.login")]
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def guesses(n, username="okoro"):
    for _ in range(n):
        answer = password(username, WRONG)[1]
    return answer


@pytest.fixture
def later(monkeypatch):
    def on(**delta):
        moment = timezone.now() + timedelta(**delta)
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return on


class TestRules:
    @pytest.mark.parametrize(
        ("minutes_ago", "locks_it"),
        [
            ([1, 2, 3, 4], False),
            ([1, 2, 3, 4, 5], True),
            ([1, 2, 3, 4, 14.9], True),
            ([1, 2, 3, 4, 15], False),
            ([0, 0, 0, 0, 0, 0], True),
            ([], False),
        ],
    )
    def test_five_within_fifteen_minutes(self, minutes_ago, locks_it):
        failures = [NOW - timedelta(minutes=ago) for ago in minutes_ago]
        assert lock_rules.must_lock(failures=failures, now=NOW) is locks_it

    @pytest.mark.parametrize(
        ("is_active", "locked", "code"),
        [
            (True, False, None),
            (True, True, "account.locked"),
            (False, False, "account.closed"),
            (False, True, "account.closed"),
        ],
    )
    def test_who_may_sign_in(self, is_active, locked, code):
        refusal = lock_rules.may_sign_in(is_active=is_active, locked=locked)
        assert (refusal.code if refusal else None) == code

    @pytest.mark.parametrize(
        ("failures", "waits"), [([0] * 19, None), ([0] * 20, 300), ([0] * 19 + [299], 1), ([300] * 20, None)]
    )
    def test_how_long_an_address_waits(self, failures, waits):
        found = lock_rules.wait_for(failures=[NOW - timedelta(seconds=ago) for ago in failures], now=NOW)
        assert (found.total_seconds() if found else None) == waits


@pytest.mark.django_db
class TestLock:
    def test_four_wrong_passwords_do_not_lock(self, officer):
        guesses(4)
        assert sign_in("okoro")[1]["Location"] == "/home/"

    def test_the_fifth_locks_once(self, officer):
        guesses(7)
        lock = AccountLock.objects.get()
        assert (lock.member, lock.failures, lock.by, lock.address) == (officer, 5, None, "127.0.0.1")
        assert kinds(by=officer) == ["failed"] * 5 + ["locked"] + ["failed"] * 2

    def test_it_holds_where_the_cache_is_lost(self, officer):
        for _ in range(5):
            guesses(1)
            cache.clear()
        assert password("okoro")[1].status_code == 403

    def test_passwords_and_codes_count_together(self, officer):
        guesses(2)
        client, _ = password("okoro")
        wrong_codes(client, 3)
        assert AccountLock.objects.get().failures == 5
        assert kinds() == ["failed"] * 2 + ["factor_failed"] * 3 + ["locked", "turned_away"]

    def test_the_right_password_alone_does_not_start_the_count_anew(self, officer):
        guesses(4)
        client, _ = password("okoro")
        assert wrong_codes(client, 1).status_code == 403
        assert AccountLock.objects.count() == 1

    def test_a_whole_sign_in_does(self, officer):
        guesses(4)
        sign_in("okoro")
        guesses(4)
        assert not AccountLock.objects.exists()

    def test_failures_further_apart_do_not_lock(self, officer, later):
        guesses(4)
        later(minutes=15)
        guesses(1)
        assert not AccountLock.objects.exists()

    def test_it_does_not_open_with_time(self, officer, later):
        guesses(5)
        later(days=30)
        assert password("okoro")[1].status_code == 403

    def test_others_are_not_locked(self, officer, supervisor):
        guesses(5)
        assert sign_in("silva")[1]["Location"] == "/home/"

    def test_a_name_that_is_nobodys_locks_nobody(self):
        guesses(8, "nobody")
        assert not AccountLock.objects.exists()

    def test_the_name_in_capitals_is_the_same_account(self, officer):
        guesses(3)
        guesses(2, "OKORO")
        assert AccountLock.objects.get().member == officer

    def test_the_member_gets_a_letter(self, officer, django_capture_on_commit_callbacks):
        Member.objects.filter(pk=officer.pk).update(email="okoro@example.gov")
        with django_capture_on_commit_callbacks(execute=True):
            guesses(6)
        (letter,) = mail.outbox
        assert letter.to == ["okoro@example.gov"]
        assert "locked" in letter.subject


@pytest.mark.django_db
class TestEveryWayInIsShut:
    """Not the password, not the passkey, not a recovery code, not a sign-in begun before."""

    def test_the_right_password_is_told_that_it_is_locked(self, officer):
        guesses(5)
        client, answer = password("okoro")
        assert answer.status_code == 403
        assert "This account is locked" in answer.content.decode()
        assert client.get(CODE)["Location"] == LOGIN
        assert kinds()[-1] == "turned_away"

    def test_a_wrong_password_is_told_what_it_always_is(self, officer):
        assert "locked" not in guesses(5).content.decode().split("<main")[1].split("notice")[0]

    def test_a_guesser_does_not_learn_for_long_which_password_was_right(self, officer):
        guesses(9)
        assert password("okoro")[1].status_code == 403
        guesses(1)
        answer = password("okoro")[1]
        assert answer.status_code == 200
        assert "do not go together" in answer.content.decode()
        assert SignIn.objects.latest("at").kind == "turned_away"

    def test_a_sign_in_begun_before_goes_no_further(self, officer):
        client, _ = password("okoro")
        guesses(5)
        answer = client.post(CODE, {"code": code()})
        assert answer.status_code == 403
        assert client.get("/home/").status_code == 302
        assert client.get(CODE)["Location"] == LOGIN

    def test_a_recovery_code_does_not_open_it(self, officer, client_of):
        inside = client_of(officer)
        inside.post("/accounts/2fa/recovery-codes/generate/")
        spare = inside.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
        client, _ = password("okoro")
        guesses(5)
        assert client.post(CODE, {"code": spare[0]}).status_code == 403
        assert client.get("/home/").status_code == 302

    def test_a_passkey_alone_does_not_open_it(self, officer, client_of):
        passkey = Passkey()
        add_passkey(client_of(officer), passkey)
        guesses(5)
        client, answer = sign_in_by_passkey(passkey)
        assert answer.status_code == 403
        assert "This account is locked" in answer.content.decode()
        assert client.get("/home/").status_code == 302

    def test_a_lock_that_comes_at_the_last_moment_still_holds(self, officer, monkeypatch):
        client, _ = password("okoro")
        seen = iter([None, None, lock_rules.may_sign_in(is_active=True, locked=True)])
        monkeypatch.setattr(locks, "refusal", lambda member: next(seen))
        assert client.post(CODE, {"code": code()}).status_code == 403
        assert client.get("/home/").status_code == 302
        assert kinds() == ["turned_away"]

    def test_an_invitation_sets_a_password_and_releases_nothing(self, officer):
        guesses(5)
        token = invitations.invite(officer, reason="Lost", by=None, now=timezone.now())
        new = "four quiet herons fishing"
        Client().post(f"/accounts/invitation/{token}/", {"password": new, "again": new})
        assert password("okoro", new)[1].status_code == 403
        assert "password" in kinds()


@pytest.mark.django_db
class TestTheLiveSession:
    def test_a_stranger_cannot_end_an_officers_night_by_guessing(self, officer):
        inside, _ = sign_in("okoro")
        guesses(8)
        assert inside.get("/home/").status_code == 200

    def test_nor_keep_the_officer_from_confirming(self, officer):
        inside, _ = sign_in("okoro")
        guesses(8)
        assert inside.post("/accounts/2fa/reauthenticate/", {"code": code(steps=1)}).status_code == 302
        assert kinds()[-1] == "confirmed"

    def test_wrong_codes_when_asked_again_lock_too(self, officer, client_of):
        inside = client_of(officer)
        for _ in range(5):
            inside.post("/accounts/2fa/reauthenticate/", {"code": "000000"})
        assert kinds()[1:] == ["factor_failed"] * 5 + ["locked"]
        assert password("okoro")[1].status_code == 403

    def test_and_after_five_of_them_the_right_code_confirms_nothing(self, officer, client_of):
        inside = client_of(officer)
        for _ in range(5):
            inside.post("/accounts/2fa/reauthenticate/", {"code": "000000"})
        answer = inside.post("/accounts/2fa/reauthenticate/", {"code": code()})
        assert "confirms nothing until it is released" in answer.content.decode()
        assert "confirmed" not in kinds()
        assert inside.get("/home/").status_code == 200

    def test_wrong_passwords_when_changing_it_count(self, officer, client_of):
        inside = client_of(officer)
        new = "four quiet herons fishing"
        for _ in range(5):
            inside.post("/accounts/password/change/", {"oldpassword": WRONG, "password1": new, "password2": new})
        assert AccountLock.objects.get().member == officer
        inside.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        officer.refresh_from_db()
        assert officer.check_password(PASSWORD)

    def test_wrong_passwords_of_who_has_no_factor_yet_count(self, officer):
        from allauth.mfa.models import Authenticator

        Authenticator.objects.all().delete()
        client, _ = password("okoro")
        for _ in range(5):
            client.post("/accounts/reauthenticate/", {"password": WRONG})
        assert AccountLock.objects.get().member == officer


@pytest.mark.usefixtures("committed")
def test_eight_failures_at_once_make_one_lock():
    member = cast.CAST["officer"]()
    start = threading.Barrier(8)

    def guess():
        start.wait()
        locks.failed(member, SignIn.Kind.FAILED, now=timezone.now(), address="192.0.2.7")
        connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AccountLock.objects.count() == 1
    assert kinds().count("locked") == 1
    assert kinds().count("failed") == 8
