"""The first two members are different people, come in by their own link, and are made once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.management.base import CommandError
from django.utils import timezone

from tests.commands.run import run
from training import invitations
from training.models import Invitation, Member

SOL = {"system_administrator": "Ana Sol <ana.sol@example.org>", "system_administrator_badge": "77"}
LIND = {"administrator": "Bo Lind <bo@example.org>"}
LINK = re.compile(r"/accounts/invitation/([\w-]{40,})/")


@pytest.mark.clause("L.1", "K.login")
@pytest.mark.usefixtures("db")
class TestBootstrap:
    def test_two_people_are_made_with_one_role_each_and_no_password(self):
        run("bootstrap", **SOL, **LIND)
        people = {m.username: m for m in Member.objects.all()}
        assert {name: [g.name for g in m.groups.all()] for name, m in people.items()} == {
            "ana.sol": ["system_administrator"],
            "bo": ["administrator"],
        }
        assert [(m.name, m.email, m.badge, m.has_usable_password()) for m in people.values()] == [
            ("Ana Sol", "ana.sol@example.org", "77", False),
            ("Bo Lind", "bo@example.org", "", False),
        ]

    def test_each_invitation_is_on_record_and_its_token_nowhere(self):
        said = run("bootstrap", **SOL, **LIND)
        tokens = LINK.findall(said)
        assert len(set(tokens)) == 2
        records = list(Invitation.objects.order_by("reason"))
        assert [(r.by, r.by_name, r.reason) for r in records] == [
            (None, "the portal", "First administrator"),
            (None, "the portal", "First system administrator"),
        ]
        assert {r.token_digest for r in records} == {invitations.digest(token) for token in tokens}
        assert not [r for r in records for token in tokens if token in r.canonical()]

    def test_it_is_refused_once_members_exist(self, officer):
        with pytest.raises(CommandError, match=r"Members exist already.*\(L\.1\)"):
            run("bootstrap", **SOL, **LIND)
        assert list(Member.objects.all()) == [officer]

    def test_a_second_run_is_refused_too(self):
        run("bootstrap", **SOL, **LIND)
        with pytest.raises(CommandError, match="Members exist already"):
            run("bootstrap", **SOL, **LIND)
        assert Invitation.objects.count() == 2

    @pytest.mark.parametrize(
        ("other", "what"),
        [
            ({"administrator": "ana sol <bo@example.org>"}, "name"),
            ({"administrator": "Bo Lind <Ana.Sol@example.org>"}, "email"),
            ({**LIND, "administrator_badge": "77"}, "badge"),
            ({**LIND, "administrator_username": "ana.sol"}, "username"),
        ],
    )
    def test_one_person_is_not_two(self, other, what):
        with pytest.raises(CommandError, match=f"cannot share the same {what}"):
            run("bootstrap", **SOL, **other)
        assert not Member.objects.exists()

    @pytest.mark.parametrize(
        ("person", "says"),
        [
            ("", "--administrator: name the person"),
            ("Bo Lind", "--administrator: name the person"),
            ("<bo@example.org>", "--administrator: name the person"),
            ("Bo Lind <bo@fbi.gov>", "email.federal"),
            ("Bo Lind <bo@example>", "email.format"),
            ("... <bo@example.org>", "name.no_letter"),
        ],
    )
    def test_whoever_cannot_be_read_is_nobody(self, person, says):
        with pytest.raises(CommandError, match=re.escape(says)):
            run("bootstrap", **SOL, administrator=person)
        assert not Member.objects.exists()

    def test_a_dry_run_makes_nobody(self):
        assert "Would make Ana Sol as ana.sol." in run("bootstrap", "--dry-run", **SOL, **LIND)
        assert not Member.objects.exists()

    def test_links_carry_the_address_that_was_given(self):
        said = run("bootstrap", "--address", "https://alpr.example.gov/", **SOL, **LIND)
        assert said.count("  https://alpr.example.gov/accounts/invitation/") == 2


@pytest.mark.clause("K.login")
@pytest.mark.usefixtures("db")
class TestRenew:
    def test_whoever_waits_gets_a_new_link(self):
        old = LINK.findall(run("bootstrap", **SOL, **LIND))
        new = LINK.findall(run("bootstrap", "--renew"))
        assert len(new) == 2
        assert not set(new) & set(old)

    def test_whoever_came_in_is_not_invited_again(self):
        token = LINK.findall(run("bootstrap", **SOL, **LIND))[0]
        invitation = invitations.usable(token, now=timezone.now())
        invitations.accept(invitation, password="a long and lonely road")
        said = run("bootstrap", "--renew")
        assert invitation.member.username not in said
        assert len(LINK.findall(said)) == 1

    def test_when_nobody_waits_there_is_nothing_to_renew(self, officer):
        assert run("bootstrap", "--renew") == "Nobody waits: nothing to renew.\n"

    def test_a_dry_run_renews_nothing(self):
        run("bootstrap", **SOL, **LIND)
        assert "ana.sol, bo" in run("bootstrap", "--renew", "--dry-run")
        assert Invitation.objects.count() == 2

    def test_a_renewed_link_is_open_for_three_days_again(self):
        run("bootstrap", **SOL, **LIND)
        later = timezone.now() + timedelta(days=30)
        for token in invitations.renew(now=later).values():
            assert Invitation.objects.get(token_digest=invitations.digest(token)).expires_at == later + invitations.OPEN
