"""K.login: a locked account is released by somebody else, with a reason, on a page or at the console, and on record."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.test import Client

from alpr_portal.policy.refusal import Refused
from tests import cast
from tests.conftest import confirmed
from tests.doors import WRONG, password, sign_in
from training import locks
from training.models import AccountLock, LockRelease, SignIn

pytestmark = [pytest.mark.clause("K.login")]


def guesses(n, username="okoro"):
    for _ in range(n):
        password(username, WRONG)


@pytest.fixture
def locked(officer):
    guesses(5)
    return AccountLock.objects.get()


@pytest.mark.django_db
class TestRelease:
    REASON = {"reason": "I spoke with Ola Okoro at the desk."}

    def page(self, lock):
        return f"/accounts/locks/{lock.pk}/release/"

    def test_a_system_administrator_releases_it_and_the_member_comes_in(self, locked, system_administrator, client_of):
        client = client_of(system_administrator)
        assert "Ola Okoro" in client.get("/accounts/locks/").content.decode()
        answer = client.post(self.page(locked), self.REASON)
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/locks/")
        assert sign_in("okoro")[1]["Location"] == "/home/"
        release = LockRelease.objects.get()
        assert (release.by, release.member, release.through) == (system_administrator, locked.member, "page")
        record = SignIn.objects.get(kind="released")
        assert (record.by, record.note) == (locked.member, "Released by Sui Sato")

    def test_after_a_release_the_count_starts_anew(self, locked, system_administrator):
        locks.release(locked, by=system_administrator, reason="Spoke with her")
        guesses(4)
        assert AccountLock.objects.count() == 1
        guesses(1)
        assert AccountLock.objects.count() == 2

    @pytest.mark.parametrize("reason", ["", "  ", "x", "a\u202eb and more", "x" * 501, "no\0pe"])
    def test_without_a_reason_it_stays_locked(self, locked, system_administrator, client_of, reason):
        answer = client_of(system_administrator).post(self.page(locked), {"reason": reason})
        assert answer.status_code == 422
        assert locks.open_lock(locked.member)

    def test_nobody_releases_their_own(self, system_administrator, client_of):
        client = client_of(system_administrator)
        guesses(5, "sato")
        lock = AccountLock.objects.get()
        assert "This is your own account" in client.get(self.page(lock)).content.decode()
        assert client.post(self.page(lock), self.REASON).status_code == 403
        assert not LockRelease.objects.exists()

    def test_the_database_refuses_ones_own_too(self, locked):
        with pytest.raises(IntegrityError, match="released_by_someone_else"), transaction.atomic():
            LockRelease.objects.write(by=locked.member, lock=locked, member=locked.member, through="page", reason="x")

    def test_the_second_release_is_refused(self, locked, system_administrator, client_of):
        client = client_of(system_administrator)
        client.post(self.page(locked), self.REASON)
        assert client.post(self.page(locked), self.REASON).status_code == 403
        assert LockRelease.objects.count() == 1
        assert "Released by Sui Sato" in client.get(self.page(locked)).content.decode()

    def test_it_asks_again_who_one_is(self, locked, system_administrator):
        client = Client()
        client.force_login(system_administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
        answer = client.post(self.page(locked), self.REASON)
        assert answer["Location"].startswith("/accounts/2fa/reauthenticate/")
        confirmed(client)
        assert client.post(self.page(locked), self.REASON)["Location"] == "/accounts/locks/"

    def test_the_list_shows_released_ones_when_asked(self, locked, system_administrator, client_of):
        client = client_of(system_administrator)
        locks.release(locked, by=system_administrator, reason="Spoke with her")
        assert "Nobody is locked out now" in client.get("/accounts/locks/").content.decode()
        assert "Ola Okoro" in client.get("/accounts/locks/?state=released").content.decode()

    def test_the_list_asks_a_constant_number_of_times(
        self, system_administrator, client_of, django_assert_max_num_queries
    ):
        for number in range(30):
            member = cast.member(f"name{number}", f"Name {number}", trained=False)
            AccountLock.objects.write(by=None, member=member, failures=5)
        client = client_of(system_administrator)
        client.get("/accounts/locks/")
        with django_assert_max_num_queries(25):
            answer = client.get("/accounts/locks/")
        assert "of 30" in answer.content.decode()


@pytest.mark.django_db
class TestReleaseCommand:
    def release(self, username="okoro", reason="Locked out by a stuck key", operator="Ines Ingram", **options):
        call_command("release_lock", username, reason=reason, operator=operator, **options)

    def test_it_releases_and_writes_down_who_sat_there(self, locked, capsys):
        self.release()
        release = LockRelease.objects.get()
        assert (release.by, release.by_name, release.through) == (None, "Ines Ingram", "console")
        assert SignIn.objects.get(kind="released").note == "Released by Ines Ingram at the console"
        assert sign_in("okoro")[1]["Location"] == "/home/"
        assert "Ines Ingram" in capsys.readouterr().out

    def test_a_dry_run_releases_nothing(self, locked, capsys):
        self.release(dry_run=True)
        assert locks.open_lock(locked.member)
        assert capsys.readouterr().out.startswith("Would release okoro")

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"username": "nobody"}, "No account has this user name"),
            ({"username": "silva"}, "silva is not locked"),
            ({"reason": " "}, "reason.missing"),
            ({"operator": "123"}, "name.no_letter"),
        ],
    )
    def test_what_is_wrong_is_one_line(self, locked, supervisor, options, said):
        with pytest.raises(CommandError, match=said):
            self.release(**options)
        assert locks.open_lock(locked.member)

    def test_a_lock_is_released_once(self, locked):
        self.release()
        with pytest.raises(Refused, match="released already"):
            locks.release(locked, by=None, reason="Again", through="console", operator="Ines Ingram")
