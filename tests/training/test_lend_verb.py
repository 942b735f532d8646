"""L.2, C.3.b: a principal lends what the order gives "or designee", between two dates, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from alpr_portal.roles import VERBS
from tests import make
from tests.training.people import through
from training import authority
from training.models import Loan, LoanEnd

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.3.b")]
DESIGNATE = "training.designate"


def lend(by, designee, verb=DESIGNATE, days=30, starts=0):
    now = timezone.now()
    span = {"starts_at": now + timedelta(days=starts), "ends_at": now + timedelta(days=starts + days)}
    return authority.lend_verb(verb, designee, reason="On leave", by=by, now=now, **span)


def said(designee, **values):
    today = timezone.localdate()
    dates = {"first": str(today), "last": str(today + timedelta(days=13))}
    return {"verb": DESIGNATE, "designee": str(designee.pk), "reason": "On leave", **dates, **values}


class TestLend:
    def test_form_check_receipt_and_it_opens(self, chief, coordinator, undesignated, client_of):
        theirs, page = client_of(coordinator), reverse("designate", args=[undesignated.pk])
        assert theirs.get(page).status_code == 403
        done = through(client_of(chief), reverse("lend_verb"), said(coordinator))
        assert done["Location"] == reverse("view_receipt", args=[Loan.objects.get().pk])
        assert theirs.get(page).status_code == 200

    def test_only_ones_own(self, administrator, chief, coordinator, client_of):
        assert authority.lendable(chief) == ["training.designate", "training.approve_course"]
        assert authority.lendable(administrator) == [
            *("reads.decide_hold", "hotlists.approve_template", "hotlists.decide_entry"),
            *("training.approve_course", "training.publish_document"),
        ]
        with pytest.raises(Refused, match="of one's own"):
            lend(administrator, coordinator)
        answer = client_of(administrator).post(reverse("lend_verb"), said(coordinator))
        assert answer.status_code == 422

    def test_what_was_lent_is_not_lent_on(self, chief, administrator, coordinator):
        lend(chief, administrator)
        administrator.refresh_from_db()
        assert administrator.has_perm(DESIGNATE)
        with pytest.raises(Refused, match="not lent on"):
            lend(administrator, coordinator)

    @pytest.mark.parametrize("verb", sorted(name for name, verb in VERBS.items() if not verb.lendable))
    def test_nothing_that_the_order_keeps_with_the_role(self, chief, coordinator, verb):
        with pytest.raises(Refused, match="no designee"):
            lend(chief, coordinator, verb=verb)

    def test_not_to_oneself_nor_who_holds_it_nor_who_left_nor_twice(self, chief, administrator, coordinator, leaver):
        for designee, words in ((chief, "themself"), (leaver, "active member")):
            with pytest.raises(Refused, match=words):
                lend(chief, designee)
        with pytest.raises(Refused, match="already"):
            lend(chief, administrator, verb="training.approve_course")
        lend(chief, coordinator)
        with pytest.raises(Refused, match="these days already"):
            lend(chief, coordinator, starts=29)
        assert lend(chief, coordinator, starts=31)

    @pytest.mark.parametrize("who", ["auditor", "independent_auditor", "internal_affairs", "commissioner"])
    def test_not_to_who_oversees_the_department(self, chief, request, who):
        with pytest.raises(Refused, match="oversees"):
            lend(chief, request.getfixturevalue(who))

    def test_what_was_lent_before_they_came_to_oversee_opens_nothing(self, chief, auditor):
        now = timezone.now()
        said = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1), "reason": "Before"}
        Loan.objects.write(by=chief, designee=auditor, verb="training.designate", **said)
        assert not auditor.has_perm("training.designate")

    def test_a_day_at_the_end_of_time_is_an_error_at_its_field(self, chief, coordinator, client_of):
        end = "9999-12-31"
        answer = client_of(chief).post(reverse("lend_verb"), said(coordinator, first=end, last=end))
        assert answer.status_code == 422
        assert "Check the year" in answer.content.decode()

    def test_for_ninety_days_at_most(self, chief, coordinator, client_of):
        last = timezone.localdate() + timedelta(days=90)
        answer = client_of(chief).post(reverse("lend_verb"), said(coordinator, last=str(last)))
        assert answer.status_code == 422
        assert "at most 90 days" in answer.content.decode()


class TestEnd:
    def test_who_lent_it_ends_it(self, chief, coordinator, undesignated, client_of):
        loan, theirs = lend(chief, coordinator), client_of(coordinator)
        page = reverse("designate", args=[undesignated.pk])
        assert theirs.get(page).status_code == 200
        through(client_of(chief), reverse("end_loan", args=[loan.pk]), {"reason": "Back again"})
        assert LoanEnd.objects.get().loan == loan
        assert theirs.get(page).status_code == 403

    def test_another_principals_loan_is_not_there(self, chief, administrator, coordinator, client_of):
        loan = lend(chief, coordinator)
        assert client_of(administrator).get(reverse("end_loan", args=[loan.pk])).status_code == 404
        with pytest.raises(Refused, match="Who lent it"):
            authority.end_loan(loan, reason="Mine", by=administrator, now=timezone.now())

    def test_it_ends_once(self, chief, coordinator):
        loan, now = lend(chief, coordinator), timezone.now()
        authority.end_loan(loan, reason="Back", by=chief, now=now)
        with pytest.raises(Refused, match="ended already"):
            authority.end_loan(loan, reason="Back", by=chief, now=now)


class TestList:
    def test_each_sees_what_concerns_them(self, chief, coordinator, request_clerk, extractor, client_of):
        lend(chief, request_clerk)
        for person, count in ((chief, 1), (coordinator, 1), (request_clerk, 1), (extractor, 0)):
            assert len(client_of(person).get("/members/loans/").context["table"].rows) == count
        assert "Nothing is lent to you" in client_of(extractor).get("/members/loans/").content.decode()

    def test_a_loan_whose_principal_lost_the_verb_says_so(self, chief, coordinator, client_of):
        lend(chief, coordinator)
        make.no_role(chief)
        assert "no longer holds it" in client_of(coordinator).get("/members/loans/").content.decode()
