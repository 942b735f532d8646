"""An invitation opens once, for three days, to whoever holds the link; the password is the member's own."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from tests import make
from tests.doors import kinds, password
from training import invitations
from training.models import Invitation, InvitationUsed, Member

PASSWORD = "four quiet herons fishing"


def newcomer(username: str = "newton", **values) -> Member:
    return Member.objects.create_user(username, None, name="Nia Newton", **values)


def invited(**values) -> tuple[Member, str]:
    member = newcomer(**values)
    return member, invitations.invite(member, reason="New", by=None, now=timezone.now())


def page(token: str) -> str:
    return reverse("accept_invitation", args=[token])


def typed(password: str = PASSWORD, again: str | None = None) -> dict[str, str]:
    return {"password": password, "again": password if again is None else again}


@pytest.mark.clause("F.1", "K.login")
@pytest.mark.usefixtures("db")
class TestAcceptInvitation:
    def test_the_link_shows_whose_it_is(self, client):
        _, token = invited()
        answer = client.get(page(token))
        assert answer.status_code == 200
        assert b"Nia Newton" in answer.content
        assert b"newton" in answer.content

    def test_the_member_sets_a_password_and_signs_in_with_it(self, client):
        member, token = invited()
        assert client.post(page(token), typed()).headers["Location"] == reverse("account_login")
        assert authenticate(username="newton", password=PASSWORD) == member
        record = InvitationUsed.objects.get()
        assert (record.by, record.by_name, record.invitation.member) == (member, "Nia Newton", member)
        assert kinds(by=member) == ["password"]

    def test_the_first_sign_in_leads_to_the_second_factor_and_nowhere_else(self, client):
        _, token = invited()
        client.post(page(token), typed())
        _, answer = password("newton", PASSWORD, client)
        assert answer["Location"] == "/home/"
        assert client.get("/home/")["Location"] == reverse("mfa_index")

    def test_a_renewed_one_works_and_the_lost_one_does_not(self, client):
        _, lost = invited()
        token = invitations.renew()["newton"]
        assert client.get(page(token)).status_code == 200
        assert client.post(page(token), typed()).status_code == 302
        assert client.post(page(lost), typed("another long password")).status_code == 404

    def test_it_opens_once(self, client):
        _, token = invited()
        client.post(page(token), typed())
        assert client.get(page(token)).status_code == 404
        assert client.post(page(token), typed("another long password")).status_code == 404
        assert authenticate(username="newton", password="another long password") is None

    @pytest.mark.parametrize(
        ("after", "opens"), [(timedelta(hours=71, minutes=59), True), (timedelta(hours=72), False)]
    )
    def test_it_opens_for_three_days(self, after, opens):
        member = newcomer()
        began = timezone.now()
        token = invitations.invite(member, reason="New", by=None, now=began)
        assert (invitations.usable(token, now=began + after) is not None) is opens

    def test_an_unknown_a_used_and_an_old_link_look_alike(self, client):
        _, used = invited()
        client.post(page(used), typed())
        old = invitations.invite(newcomer("old"), reason="Old", by=None, now=timezone.now() - timedelta(days=4))
        answers = [Client().get(page(token)) for token in ("no-such-token", used, old)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1

    def test_a_member_who_left_does_not_come_in(self, client):
        member, token = invited()
        make.closed(member)
        assert client.get(page(token)).status_code == 404

    @pytest.mark.parametrize(
        ("password", "again"),
        [("short", "short"), ("qwerty123456", "qwerty123456"), (PASSWORD, "something else entirely"), ("", "")],
    )
    def test_a_weak_or_mistyped_password_is_not_taken(self, client, password, again):
        member, token = invited()
        answer = client.post(page(token), typed(password, again))
        assert answer.status_code == 422
        assert not InvitationUsed.objects.exists()
        member.refresh_from_db()
        assert not member.has_usable_password()

    def test_the_password_is_not_shown_again(self, client):
        _, token = invited()
        assert PASSWORD.encode() not in client.post(page(token), typed(PASSWORD, "something else")).content


@pytest.mark.clause("F.1")
@pytest.mark.usefixtures("committed")
class TestCommitted:
    def test_a_newer_link_shuts_the_older_one(self, client):
        member, old = invited()
        new = invitations.invite(member, reason="Again", by=None, now=timezone.now())
        assert client.get(page(old)).status_code == 404
        assert client.get(page(new)).status_code == 200

    def test_eight_at_once_take_it_up_once(self):
        _, token = invited()
        invitation = invitations.usable(token, now=timezone.now())
        said: list[str] = []

        def accept() -> None:
            mine = Invitation.objects.select_related("member").get(pk=invitation.pk)
            try:
                invitations.accept(mine, password=PASSWORD)
                said.append("in")
            except Refused:
                said.append("refused")
            finally:
                connections.close_all()

        threads = [threading.Thread(target=accept) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said) == ["in"] + ["refused"] * 7
        assert InvitationUsed.objects.count() == 1

    def test_the_application_cannot_undo_an_invitation(self):
        invited()
        with pytest.raises(Exception, match="permission denied"):
            Invitation.objects.all().delete()
