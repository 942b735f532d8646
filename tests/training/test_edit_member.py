"""K.login: facts are corrected with a reason and a history; what two people decide is not among them."""

from __future__ import annotations

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from tests import cast, make
from tests.training.people import through
from training import invitations, members
from training.models import Invitation, Member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("K.login")]


def typed(member, **values):
    said = {name: getattr(member, name) or "" for name in ("name", "email", "badge", "unit", "rank")}
    said["supervisor"] = str(member.supervisor_id or "")
    return {**said, "email": said["email"] or "okoro@example.org", "reason": "Personnel says so", **values}


@pytest.fixture
def edit(system_administrator, client_of):
    client = client_of(system_administrator)
    return lambda member, **values: client.post(reverse("edit_member", args=[member.pk]), typed(member, **values))


class TestEdit:
    def test_the_page_shows_what_it_was_who_and_why(self, edit, officer, supervisor, system_administrator, client_of):
        make.under(officer, supervisor)
        assert edit(officer, unit="Robbery").status_code == 302
        page = client_of(system_administrator).get(reverse("view_member", args=[officer.pk])).content.decode()
        assert "Patrol 3</del>" in page
        assert "Robbery</ins>" in page
        assert "Personnel says so" in page
        row = officer.history.first()
        assert (row.history_user, row.unit) == (system_administrator, "Robbery")

    def test_a_changed_address_is_told_to_the_old_one(
        self, edit, officer, supervisor, django_capture_on_commit_callbacks
    ):
        make.under(officer, supervisor)
        Member.objects.filter(pk=officer.pk).update(email="old@example.org")
        officer.refresh_from_db()
        with django_capture_on_commit_callbacks(execute=True):
            edit(officer, email="new@example.org")
        assert [letter.to for letter in mail.outbox] == [["old@example.org"]]
        assert "new@example.org" not in mail.outbox[0].body

    def test_nobody_edits_their_own(self, system_administrator, supervisor, client_of):
        with pytest.raises(Refused, match="their own account"):
            members.edit_member(
                system_administrator, reason="Mine", by=system_administrator, now=timezone.now(), unit="Elsewhere"
            )
        page = client_of(system_administrator).get(reverse("view_member", args=[system_administrator.pk]))
        assert "Correct the facts" not in page.content.decode()

    def test_what_two_people_decide_is_not_edited(self, edit, officer, supervisor):
        make.under(officer, supervisor)
        edit(officer, category="other", is_active="", username="other", roles=["chief"])
        officer.refresh_from_db()
        assert (officer.category, officer.is_active, officer.username) == ("sworn", True, "okoro")
        assert members.roles_of(officer) == ["officer"]

    def test_nobody_supervises_themself_nor_who_stands_over_them(self, edit, supervisor, other_supervisor, chief):
        make.under(supervisor, chief)
        assert edit(supervisor, supervisor=str(supervisor.pk)).status_code == 422
        make.under(other_supervisor, supervisor)
        answer = edit(supervisor, supervisor=str(other_supervisor.pk))
        assert answer.status_code == 422
        assert "stands over them" in answer.content.decode()
        supervisor.refresh_from_db()
        assert supervisor.supervisor == chief

    def test_a_longer_circle_is_found(self, supervisor, other_supervisor, chief, administrator, system_administrator):
        for below, above in ((supervisor, chief), (chief, administrator)):
            make.under(below, above)
        with pytest.raises(Refused, match="stands over them"):
            members.edit_member(
                administrator, reason="Tried", by=system_administrator, now=timezone.now(), supervisor=supervisor
            )

    @pytest.mark.parametrize(("field", "value"), [("badge", "PETROV"), ("email", "pia@example.org")])
    def test_what_is_another_members_is_an_error_at_its_field(
        self, edit, officer, other_officer, supervisor, field, value
    ):
        make.under(officer, supervisor)
        Member.objects.filter(pk=other_officer.pk).update(email="pia@example.org")
        answer = edit(officer, **{field: value})
        assert answer.status_code == 422
        assert "another member has it" in answer.content.decode()

    def test_it_needs_a_reason_and_a_supervisor(self, edit, officer):
        said = edit(officer, reason="").content.decode()
        assert "Reason: fill it in" in said
        assert "Supervisor: choose one" in said


@pytest.mark.clause("F.1")
class TestRenewInvitation:
    @pytest.fixture
    def newcomer(self, supervisor):
        return make.under(
            Member.objects.create_user("newton", None, name="Nia Newton", email="newton@example.org"), supervisor
        )

    def test_the_link_goes_to_the_member_alone(
        self, newcomer, system_administrator, client_of, django_capture_on_commit_callbacks
    ):
        client, address = client_of(system_administrator), reverse("renew_invitation", args=[newcomer.pk])
        with django_capture_on_commit_callbacks(execute=True):
            done = through(client, address, {"reason": "The first ran out"})
        letter = mail.outbox[0]
        token = letter.body.split("/accounts/invitation/")[1].split("/")[0]
        assert letter.to == ["newton@example.org"]
        assert invitations.usable(token, now=timezone.now()).member == newcomer
        assert token not in client.get(done["Location"]).content.decode()

    def test_looking_at_the_answers_sends_nothing(
        self, newcomer, system_administrator, client_of, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            address = reverse("renew_invitation", args=[newcomer.pk])
            client_of(system_administrator).post(address, {"reason": "Ran out"})
        assert mail.outbox == []
        assert not Invitation.objects.exists()

    def test_never_for_oneself(self, system_administrator):
        with pytest.raises(Refused, match="themself"):
            members.renew_invitation(system_administrator, reason="Me", by=system_administrator, now=timezone.now())

    def test_not_by_who_changed_the_address(self, newcomer, system_administrator):
        now = timezone.now()
        members.edit_member(newcomer, reason="Typo", by=system_administrator, now=now, email="mine@example.org")
        with pytest.raises(Refused, match="changed the mail address"):
            members.renew_invitation(newcomer, reason="Lost", by=system_administrator, now=now)
        second = cast.member("second", "Sid Second", "system_administrator", trained=False)
        assert members.renew_invitation(newcomer, reason="Lost", by=second, now=now)

    def test_nor_after_writing_it_in_other_letters(self, newcomer, system_administrator):
        other = cast.member("second", "Sven Second", "system_administrator", trained=False)
        now = timezone.now()
        members.edit_member(newcomer, reason="Typo", by=system_administrator, now=now, email="mine@example.org")
        members.edit_member(newcomer, reason="Typo", by=other, now=now, email="Mine@example.org")
        with pytest.raises(Refused, match="changed the mail address"):
            members.renew_invitation(newcomer, reason="Lost", by=system_administrator, now=now)

    def test_not_for_a_closed_account(self, newcomer, system_administrator):
        make.closed(newcomer)
        with pytest.raises(Refused, match="closed account"):
            members.renew_invitation(newcomer, reason="Lost", by=system_administrator, now=timezone.now())
