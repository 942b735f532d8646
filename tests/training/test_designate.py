"""C.1, E.1: the Chief or designee designates, with scope and dates; it ends on the very next request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from reads.models import Query
from tests import make
from tests.training.people import through
from training import authority
from training.models import Designation, DesignationEnd, Loan, LoanEnd

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.1", "E.1")]
VERB = "training.designate"


def lent(by, designee, **dates):
    now = timezone.now()
    span = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=9), **dates}
    return Loan.objects.write(by=by, designee=designee, verb=VERB, reason="On leave", **span)


def said(**values):
    today = timezone.localdate()
    return {"scope": "Crime analysis", "first": str(today), "last": str(today + timedelta(days=90)), **values}


def page(member):
    return reverse("designate", args=[member.pk])


class TestDesignate:
    def test_form_check_receipt_and_the_member_is_in(self, chief, undesignated, client_of):
        client, theirs = client_of(chief), client_of(undesignated)
        assert theirs.get("/searches/new/").status_code == 403
        done = through(client, page(undesignated), said())
        record = Designation.objects.get()
        assert done["Location"] == reverse("view_receipt", args=[record.pk])
        assert str(record.pk)[:8].upper() in client.get(done["Location"]).content.decode()
        assert (record.by, record.on_behalf_of, record.scope) == (chief, None, "Crime analysis")
        assert theirs.get("/searches/new/").status_code == 200

    def test_it_holds_whole_days_of_oakland(self, chief, undesignated, client_of):
        through(client_of(chief), page(undesignated), said())
        record = Designation.objects.get()
        starts, ends = timezone.localtime(record.starts_at), timezone.localtime(record.ends_at)
        assert (starts.hour, ends.hour, (ends.date() - starts.date()).days) == (0, 0, 91)

    @pytest.mark.parametrize(
        ("first", "last", "message"),
        [(-1, 30, "in the past"), (5, 4, "before the first"), (0, 366, "at most 366 days")],
    )
    def test_dates_that_do_not_hold(self, chief, undesignated, client_of, first, last, message):
        today = timezone.localdate()
        dates = {"first": str(today + timedelta(days=first)), "last": str(today + timedelta(days=last))}
        answer = client_of(chief).post(page(undesignated), said(**dates))
        assert answer.status_code == 422
        assert message in answer.content.decode()

    def test_only_for_the_category_that_needs_it(self, chief, officer, client_of):
        answer = client_of(chief).post(page(officer), said())
        assert answer.status_code == 403
        assert "need no designation" in answer.content.decode()

    def test_not_for_a_closed_account(self, chief, undesignated):
        make.closed(undesignated)
        now = timezone.now()
        with pytest.raises(Refused, match="closed"):
            authority.designate(undesignated, scope="x", starts_at=now, ends_at=now + timedelta(1), by=chief, now=now)

    def test_ended_between_the_form_and_its_sending(self, chief, designated, client_of):
        client = client_of(designated)
        assert client.get("/searches/new/").status_code == 200
        address = reverse("end_designation", args=[Designation.objects.get().pk])
        assert through(client_of(chief), address, {"reason": "Left the unit"}).status_code == 302
        assert DesignationEnd.objects.get().by == chief
        assert client.post("/searches/new/", make.form()).status_code == 403
        assert not Query.objects.exists()

    def test_it_ends_once(self, chief, designated):
        now, record = timezone.now(), Designation.objects.get()
        authority.end_designation(record, reason="Left", by=chief, now=now)
        with pytest.raises(Refused, match="ended already"):
            authority.end_designation(record, reason="Left", by=chief, now=now)

    def test_who_needs_one_is_listed(self, chief, designated, undesignated, officer, client_of):
        answer = client_of(chief).get("/members/designations/")
        assert [member for member, _ in answer.context["waiting"]] == [undesignated]
        assert page(undesignated) in answer.content.decode()


class TestDesignee:
    def test_a_designee_designates_and_the_record_says_for_whom(self, chief, coordinator, undesignated, client_of):
        lent(chief, coordinator)
        client = client_of(coordinator)
        assert "on behalf of Cam Chau" in client.get(page(undesignated)).content.decode()
        done = through(client, page(undesignated), said())
        record = Designation.objects.get()
        assert (record.by, record.on_behalf_of, record.on_behalf_of_name) == (coordinator, chief, "Cam Chau")
        for address in (done["Location"], "/members/designations/", "/members/changes/"):
            assert "on behalf of Cam Chau" in client.get(address).content.decode(), address

    def test_a_designee_ends_one_and_the_record_says_for_whom(self, chief, coordinator, designated, client_of):
        lent(chief, coordinator)
        address = reverse("end_designation", args=[Designation.objects.get().pk])
        through(client_of(coordinator), address, {"reason": "Left the unit"})
        assert DesignationEnd.objects.get().on_behalf_of == chief

    def test_a_loan_ended_between_the_form_and_its_sending(self, chief, coordinator, undesignated, client_of):
        loan, client = lent(chief, coordinator), client_of(coordinator)
        assert client.get(page(undesignated)).status_code == 200
        assert client.post(page(undesignated), said()).status_code == 200
        LoanEnd.objects.write(by=chief, loan=loan, reason="Back again")
        assert client.post(page(undesignated), said(confirmed="yes")).status_code == 403
        assert not Designation.objects.exists()

    @pytest.mark.parametrize("ending", ["over", "not yet", "principal lost the role", "principal left"])
    def test_a_loan_that_does_not_hold_opens_nothing(self, chief, coordinator, undesignated, client_of, ending):
        now = timezone.now()
        span = {
            "over": {"ends_at": now - timedelta(minutes=1)},
            "not yet": {"starts_at": now + timedelta(hours=1)},
        }
        lent(chief, coordinator, **span.get(ending, {}))
        if ending == "principal lost the role":
            make.no_role(chief)
        if ending == "principal left":
            make.closed(chief)
        assert client_of(coordinator).get(page(undesignated)).status_code == 403

    def test_a_designee_without_the_members_list_reaches_those_who_wait(
        self, chief, request_clerk, undesignated, client_of
    ):
        client = client_of(request_clerk)
        assert client.get("/members/designations/").status_code == 403
        lent(chief, request_clerk)
        client = client_of(request_clerk)
        assert page(undesignated) in client.get("/members/designations/").content.decode()
        assert through(client, page(undesignated), said()).status_code == 302

    def test_nobody_is_designated_by_themself_nor_by_their_designee(self, chief, undesignated, coordinator):
        now = timezone.now()
        span = {"scope": "x", "starts_at": now, "ends_at": now + timedelta(days=1), "now": now}
        lent(chief, undesignated)
        with pytest.raises(Refused, match="themself"):
            authority.designate(undesignated, by=undesignated, **span)
        lent(chief, coordinator)
        with pytest.raises(Refused, match="themself"):
            authority.designate(chief, by=coordinator, **span)
