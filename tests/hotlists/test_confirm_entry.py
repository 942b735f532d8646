"""C.2.B.2: an urgent entry that a designee let in is confirmed by the Administrator in person within 24 hours, or ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alpr_portal import worklist
from alpr_portal.policy.refusal import Refused
from hotlists import entries, waiting_entries
from hotlists.models import EntryConfirmation, EntryDecision, WatchRow
from tests import cast, make

from .propose import lent

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.2.B.2")]
REASON = "Spoke with the desk, it is right."


@pytest.fixture
def version(officer, other_supervisor, administrator):
    """An urgent entry that a designee let in."""
    lent(administrator, other_supervisor)
    amber = make.bolo("amber", kind="amber")
    found = make.entry(officer, hot_list=amber, urgent=True, purpose="missing_or_at_risk_person")
    entries.decide_entry(found, approved=True, reason=REASON, by=other_supervisor, now=timezone.now())
    return found


def page(version):
    return reverse("confirm_entry", args=[version.entry_id])


def said(seen, decision="confirm", **values):
    return {"version": str(seen.pk), "decision": decision, "reason": REASON, **values}


def until(version):
    return WatchRow.objects.get(version_id=version.pk).ends_at - version.decision.at


def test_it_lasts_a_day_at_first(version, client_of, administrator):
    assert until(version) == timedelta(hours=24)
    shown = client_of(administrator).get(reverse("view_entry", args=[version.entry_id])).content.decode()
    assert "The Administrator has to confirm it" in shown


def test_confirmed_it_lasts_until_it_expires(version, client_of, administrator):
    client = client_of(administrator)
    assert "Toru Tanaka (TANAKA), on behalf of Ada Abara" in client.get(page(version)).content.decode()
    done = client.post(page(version), said(version))
    record = EntryConfirmation.objects.get()
    assert done.headers["Location"] == reverse("view_receipt", args=[record.pk])
    assert client.get(done.headers["Location"]).status_code == 200
    assert (record.by, record.proposed_by, record.confirmed) == (administrator, version.by, True)
    assert until(version) > timedelta(days=19)
    assert waiting_entries.to_confirm(administrator) == (0, None)
    assert client.post(page(version), said(version)).status_code == 403


def test_not_confirmed_it_ends(version, client_of, administrator):
    assert client_of(administrator).post(page(version), said(version, "end")).status_code == 302
    assert not WatchRow.objects.exists()
    assert entries.newest(timezone.now()).get(entry=version.entry).stands == "lapsed"


def test_a_designee_does_not(version, client_of, administrator):
    other = cast.member("stone", "Sid Stone", "supervisor", unit="Homicide")
    lent(administrator, other)
    assert client_of(other).get(page(version)).status_code == 403
    assert client_of(other).post(page(version), said(version)).status_code == 403
    assert waiting_entries.to_confirm(other) == (0, None)
    assert not EntryConfirmation.objects.exists()


def test_after_24_hours_it_is_too_late(version, administrator):
    late = timezone.now() + timedelta(hours=24, minutes=1)
    with pytest.raises(Refused) as refused:
        entries.confirm_entry(version, confirmed=True, reason=REASON, by=administrator, now=late)
    assert refused.value.refusal.code == "entry.lapsed"
    assert entries.newest(late).get(entry=version.entry).stands == "lapsed"
    assert not entries.to_confirm(late).exists()


@pytest.mark.parametrize("values", [{"version": ""}, {"version": "x"}])
def test_what_was_not_seen_is_not_confirmed(version, client_of, administrator, values):
    assert client_of(administrator).post(page(version), said(version, **values)).status_code == 403
    assert not EntryConfirmation.objects.exists()


def test_incomplete(version, client_of, administrator):
    assert client_of(administrator).post(page(version), said(version, reason="")).status_code == 422
    assert not EntryConfirmation.objects.exists()


def test_what_the_administrator_let_in_needs_no_more(officer, client_of, administrator):
    amber = make.bolo("amber", kind="amber")
    found = make.entry(officer, hot_list=amber, urgent=True, purpose="missing_or_at_risk_person")
    entries.decide_entry(found, approved=True, reason=REASON, by=administrator, now=timezone.now())
    assert EntryDecision.objects.get().on_behalf_of is None
    assert until(found) > timedelta(days=19)
    assert client_of(administrator).get(page(found)).status_code == 403


def test_the_worklist_says_until_when(version, administrator, client_of):
    item = next(i for i in worklist.worklist(administrator) if i.label == "Urgent entries to confirm")
    assert (item.count, item.due_at) == (1, version.decision.at + timedelta(hours=24))
    assert version.entry.number in client_of(administrator).get(item.url).content.decode()
