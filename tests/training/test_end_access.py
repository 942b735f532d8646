"""C.3.b, K.login: one person suffices to take access away, from their own people, and it works on the very next request."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import ClosedBecause
from reads.models import Query
from tests import cast, make
from tests.training.people import through
from training import members
from training.models import AccountClosed, Member, RoleEnd, RoleGrant

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.3.b")]


def grant(member):
    return RoleGrant.objects.get(member=member, end__isnull=True)


def end_role(member, *, by):
    return members.end_role(grant(member), reason="Moved to the desk", by=by, now=timezone.now())


def close(member, *, by, because=ClosedBecause.LEFT):
    return members.close_account(member, because=because, note="", by=by, now=timezone.now())


def test_nobody_ends_the_access_of_who_stands_over_them(supervisor, other_supervisor, officer):
    """All are of one unit, and the second supervisor is the first one's."""
    Member.objects.filter(pk=other_supervisor.pk).update(unit=supervisor.unit)
    make.under(supervisor, other_supervisor)
    other_supervisor.refresh_from_db()
    assert not members.is_theirs(supervisor, other_supervisor)
    assert members.is_theirs(supervisor, officer)
    with pytest.raises(Refused):
        end_role(other_supervisor, by=supervisor)
    with pytest.raises(Refused):
        close(other_supervisor, by=supervisor)


class TestWho:
    @pytest.mark.parametrize(
        ("person", "may"),
        [
            *(("supervisor", True), ("administrator", True), ("chief", True), ("system_administrator", True)),
            ("other_supervisor", False),
        ],
    )
    def test_a_supervisor_from_their_own_people_the_others_from_everybody(self, officer, person, may, request):
        by = request.getfixturevalue(person)
        if may:
            end_role(officer, by=by)
            assert members.roles_of(officer) == []
        else:
            for act in (end_role, close):
                with pytest.raises(Refused, match="own people"):
                    act(officer, by=by)
            assert members.roles_of(officer) == ["officer"]

    def test_never_from_oneself(self, administrator, supervisor):
        for act in (end_role, close):
            with pytest.raises(Refused, match="own access"):
                act(administrator, by=administrator)

    def test_the_page_of_a_role_that_is_not_theirs_is_404(self, officer, other_supervisor, client_of):
        client = client_of(other_supervisor)
        assert client.get(reverse("end_role", args=[grant(officer).pk])).status_code == 404
        assert client.get(reverse("close_account", args=[officer.pk])).status_code == 404

    @pytest.mark.clause("K.login")
    def test_the_last_system_administrator_stays(self, system_administrator, chief):
        for act in (end_role, close):
            with pytest.raises(Refused, match="The last system administrator stays"):
                act(system_administrator, by=chief)
        cast.member("second", "Sid Second", "system_administrator", trained=False)
        close(system_administrator, by=chief)
        assert not Member.objects.get(pk=system_administrator.pk).is_active


class TestOnTheNextRequest:
    def test_a_role_ended_between_the_form_and_its_sending(self, officer, supervisor, client_of):
        client = client_of(officer)
        assert client.get("/searches/new/").status_code == 200
        done = through(client_of(supervisor), reverse("end_role", args=[grant(officer).pk]), {"reason": "Moved"})
        assert done["Location"] == reverse("view_receipt", args=[RoleEnd.objects.get().pk])
        assert client.post("/searches/new/", make.form()).status_code == 403
        assert not Query.objects.exists()

    def test_an_account_closed_between_the_form_and_its_sending(self, officer, supervisor, client_of):
        client = client_of(officer)
        assert client.get("/searches/new/").status_code == 200
        said = {"because": "left", "note": ""}
        done = through(client_of(supervisor), reverse("close_account", args=[officer.pk]), said)
        assert done["Location"] == reverse("view_receipt", args=[AccountClosed.objects.get().pk])
        answer = client.post("/searches/new/", make.form())
        assert (answer.status_code, answer["Location"][:16]) == (302, "/accounts/login/")
        assert not Query.objects.exists()

    def test_a_role_ended_while_its_act_is_checked(self, officer, supervisor, client_of):
        """The supervisor loses the role between "check your answers" and the confirmation."""
        client, address = client_of(supervisor), reverse("close_account", args=[officer.pk])
        said = {"because": "left", "note": ""}
        assert client.post(address, said).status_code == 200
        make.no_role(supervisor)
        assert client.post(address, {**said, "confirmed": "yes"}).status_code == 403
        assert not AccountClosed.objects.exists()


class TestClose:
    def test_it_ends_every_role(self, officer, supervisor):
        make.role(officer, "training_officer")
        close(officer, by=supervisor)
        officer.refresh_from_db()
        assert not officer.is_active
        assert members.roles_of(officer) == []
        assert set(RoleEnd.objects.values_list("reason", flat=True)) == {"Account closed: Left the Department"}

    def test_it_closes_once(self, officer, supervisor):
        close(officer, by=supervisor)
        officer.refresh_from_db()
        with pytest.raises(Refused, match="already"):
            close(officer, by=supervisor)

    def test_other_needs_a_note(self, officer, supervisor, client_of):
        address = reverse("close_account", args=[officer.pk])
        answer = client_of(supervisor).post(address, {"because": "other", "note": "", "confirmed": "yes"})
        assert answer.status_code == 422
        assert "Note: fill it in" in answer.content.decode()
        assert not AccountClosed.objects.exists()

    def test_a_role_ends_once(self, officer, supervisor):
        held = grant(officer)
        end_role(officer, by=supervisor)
        with pytest.raises(Refused, match="already"):
            members.end_role(RoleGrant.objects.get(pk=held.pk), reason="Again", by=supervisor, now=timezone.now())
