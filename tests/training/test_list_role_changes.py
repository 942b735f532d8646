"""C.3.b: what changed about who may do what, by which two people, week by week."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from alpr_portal.policy.vocabulary import ClosedBecause
from tests import cast, make
from tests.training.people import decide, join, propose
from training import accounts, authority, members
from training.models import Member, RoleGrant

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.3.b")]
PAGE = "/members/changes/"


def since(days=7, **said):
    return accounts.changes_since(timezone.now() - timedelta(days=days), **said)


@pytest.fixture
def week(supervisor, system_administrator, chief, undesignated, coordinator, officer):
    """One change of each kind."""
    now = timezone.now()
    span = {"starts_at": now, "ends_at": now + timedelta(days=9), "now": now, "by": chief}
    decide(join(supervisor), by=system_administrator)
    decide(propose("category", officer, by=supervisor, category="pst"), by=system_administrator)
    decide(propose("factor", officer, by=system_administrator), by=supervisor)
    given = authority.designate(undesignated, scope="Analysis", **span)
    authority.end_designation(given, reason="Left the unit", by=chief, now=now)
    loan = authority.lend_verb("training.designate", coordinator, reason="On leave", **span)
    authority.end_loan(loan, reason="Back", by=chief, now=now)
    newton = Member.objects.get(username="newton")
    grant = RoleGrant.objects.get(member=newton)
    members.end_role(grant, reason="Moved", by=supervisor, now=now)
    members.close_account(newton, because=ClosedBecause.LEFT, note="", by=supervisor, now=now)
    decide(propose("reopen", newton, by=supervisor), by=system_administrator)


def test_every_kind_is_told_with_both_people(week):
    told = {(change.kind, change.what, (change.proposed_by, change.decided_by)) for change in since()}
    two = ("Sam Silva", "Sui Sato")
    for key, people in {
        ("granted", "Role granted: Officer"): two,
        ("category", "Category: Police Service Technician"): two,
        ("opened", "Account opened again"): two,
        ("factor", "Second factor removed"): ("Sui Sato", "Sam Silva"),
        ("ended", "Role ended: Officer"): ("", "Sam Silva"),
        ("closed", "Account closed: left the department"): ("", "Sam Silva"),
        ("designated", "Designated"): ("", "Cam Chau"),
        ("designated", "Designation ended"): ("", "Cam Chau"),
        ("lent", "Lent: to designate members who are neither sworn nor PST"): ("", "Cam Chau"),
        ("lent", "Loan ended: to designate members who are neither sworn nor PST"): ("", "Cam Chau"),
    }.items():
        assert (*key, people) in told, key


def test_what_is_older_is_not_told(officer, supervisor):
    assert since(days=-1) == []


def test_one_kind_or_one_member_where_asked(week, officer):
    assert {change.kind for change in since(kind="lent")} == {"lent"}
    assert {change.kind for change in since(member=officer)} == {"granted", "category", "factor"}


def test_the_page_filters_and_pages(week, chief, client_of):
    client = client_of(chief)
    assert "Second factor removed" in client.get(PAGE, {"since": "week"}).content.decode()
    lent = client.get(PAGE, {"since": "month", "kind": "lent"})
    assert {change.kind for change in lent.context["page"]} == {"lent"}
    make.role(cast.member("many", "Many Roles"), *["coordinator"] * 60)
    answer = client.get(PAGE, {"page": "2", "kind": "granted"})
    assert answer.context["page"].number == 2
    assert "?since=week&amp;kind=granted&amp;page=1" in answer.content.decode()


def test_what_the_address_says_wrongly_is_the_week(chief, client_of):
    for said in ({"since": "always"}, {"kind": "everything"}, {"page": "x"}):
        assert client_of(chief).get(PAGE, said).status_code == 200
