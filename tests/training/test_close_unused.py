"""C.3.b, K.login: an account that nobody used for 90 days is closed; its roles rest until two people open it again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from alpr_portal.policy.parameters import UNUSED
from tests import cast, make
from tests.commands.run import run
from tests.training.people import decide, propose
from training import members
from training.models import AccountClosed, Member, SignIn
from training.unused import close_unused, unused

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.3.b", "K.login")]


def joined(member, days):
    Member.objects.filter(pk=member.pk).update(joined_at=timezone.now() - timedelta(days=days))


class TestUnused:
    def test_ninety_days_to_the_instant(self, officer):
        now = timezone.now()
        Member.objects.filter(pk=officer.pk).update(joined_at=now - UNUSED.now)
        assert list(unused(now - timedelta(microseconds=1))) == []
        assert list(unused(now)) == [officer]

    def test_a_sign_in_counts_and_a_failure_does_not(self, officer, other_officer):
        now = timezone.now()
        for member in (officer, other_officer):
            joined(member, 200)
        SignIn.objects.write(by=officer, kind=SignIn.Kind.IN)
        SignIn.objects.write(by=other_officer, kind=SignIn.Kind.FAILED)
        assert list(unused(now + timedelta(minutes=1))) == [other_officer]

    def test_it_is_closed_and_its_roles_rest(self, officer):
        joined(officer, 91)
        [closed] = close_unused(timezone.now())
        officer.refresh_from_db()
        assert (closed.member, closed.because, closed.by, closed.by_name) == (officer, "unused", None, "the portal")
        assert not officer.is_active
        assert members.roles_of(officer) == ["officer"]

    def test_it_can_be_run_again(self, officer):
        joined(officer, 91)
        assert len(close_unused(timezone.now())) == 1
        assert close_unused(timezone.now()) == []

    def test_the_session_is_over(self, officer, client_of):
        client = client_of(officer)
        close_unused(timezone.now() + timedelta(days=91))
        assert client.get("/home/").status_code == 302

    def test_opened_again_it_counts_from_then(self, officer, supervisor, system_administrator):
        make.under(officer, supervisor)
        joined(officer, 400)
        close_unused(timezone.now())
        officer.refresh_from_db()
        decide(propose("reopen", officer, by=supervisor), by=system_administrator)
        assert close_unused(timezone.now()) == []

    def test_the_last_system_administrator_stays(self, system_administrator):
        joined(system_administrator, 400)
        assert close_unused(timezone.now()) == []
        second = cast.member("second", "Sid Second", "system_administrator", trained=False)
        assert [record.member for record in close_unused(timezone.now())] == [system_administrator]
        joined(second, 400)
        assert close_unused(timezone.now()) == []


class TestCommand:
    def test_dry_run_names_them_and_closes_nothing(self, officer):
        joined(officer, 91)
        said = run("close_unused", dry_run=True)
        assert "okoro, Ola Okoro: last seen" in said
        assert "Would close 1. Nothing was done." in said
        assert not AccountClosed.objects.exists()

    def test_it_closes_and_says_so(self, officer):
        joined(officer, 91)
        assert run("close_unused") == "okoro, Ola Okoro: closed\nClosed 1.\n"
        assert run("close_unused") == "Closed 0.\n"
