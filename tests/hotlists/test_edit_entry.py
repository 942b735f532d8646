"""C.2.B.2: a change or renewal is a new version that waits; the one in force stays so meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from hotlists import entries
from hotlists.models import EntryVersion, WatchRow
from tests import cast, make
from tests.training.people import through

from .propose import typed

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.2.B.2")]


@pytest.fixture
def entry(officer, administrator):
    return make.active(officer)


def page(entry):
    return reverse("edit_entry", args=[entry.pk])


def said(entry, **values):
    rest = {name: value for name, value in typed().items() if name != "hot_list"}
    seen = str(entry.versions.latest("number").pk)
    return {**rest, "change": "Renewed, not found yet.", "seen": seen, **values}


def test_the_form_begins_as_the_entry_stands(officer, client_of, entry):
    shown = client_of(officer).get(page(entry)).content.decode()
    assert "Seen leaving three burglaries in a week." in shown
    assert "8ABC123" in shown


def test_a_new_version_waits_and_the_old_one_stays_in_force(officer, client_of, entry, administrator):
    client = client_of(officer)
    assert through(client, page(entry), said(entry, plate="9ZZZ999")).status_code == 302
    first, second = entry.versions.order_by("number")
    assert (second.number, second.plate, second.change) == (2, "9ZZZ999", "Renewed, not found yet.")
    assert WatchRow.objects.get().plate == "8ABC123"
    shown = client.get(reverse("view_entry", args=[entry.pk])).content.decode()
    assert "A change awaits a decision" in shown
    assert "8ABC123</del>" in shown
    assert "9ZZZ999</ins>" in shown
    entries.decide_entry(second, approved=True, reason="Right", by=administrator, now=timezone.now())
    assert WatchRow.objects.get().plate == "9ZZZ999"


def test_it_says_what_changes(officer, client_of, entry):
    answer = client_of(officer).post(page(entry), said(entry, change=""))
    assert answer.status_code == 422
    assert "change" in answer.context["form"].errors
    assert entry.versions.count() == 1


def test_what_changed_meanwhile_is_looked_at_again(officer, other_officer, client_of, entry):
    before = said(entry)
    make.version(entry, other_officer)
    assert client_of(officer).post(page(entry), before).status_code == 403
    assert entry.versions.count() == 2


def test_another_of_the_unit_may(other_officer, client_of, entry):
    assert through(client_of(other_officer), page(entry), said(entry)).status_code == 302
    assert entry.versions.latest("number").by == other_officer


def test_another_unit_may_not(client_of, entry):
    stranger = cast.member("stone", "Sid Stone", "officer", unit="Robbery")
    client = client_of(stranger)
    assert client.get(page(entry)).status_code == 403
    assert client.post(page(entry), said(entry)).status_code == 403
    assert entry.versions.count() == 1


def test_what_ended_is_not_changed(officer, client_of, entry):
    before = said(entry)
    entries.end_entry(entry, because="found", note="Found today", by=officer, now=timezone.now())
    assert client_of(officer).post(page(entry), before).status_code == 403


def test_what_ran_out_is_renewed(officer, client_of, administrator):
    late = timezone.now() - timedelta(days=3)
    first = make.entry(officer)
    values = {name: getattr(first, name) for name in ("entry_id", "watched", "plate", "purpose", "justification")}
    values |= {
        name: getattr(first, name) for name in ("case_number", "report_number", "confidentiality", "instructions")
    }
    old = make.backdated(
        EntryVersion, at=late - timedelta(days=20), by=officer, number=2, change="x", expires_at=late, **values
    )
    assert entries.newest(timezone.now()).get(entry=first.entry).stands == "expired"
    assert through(client_of(officer), page(old.entry), said(old.entry)).status_code == 302
    assert entries.newest(timezone.now()).get(entry=first.entry).stands == "pending"


def test_a_change_is_screened_too(officer, entry):
    version = entry.versions.get()
    names = [name for name in entries.Said.__dataclass_fields__ if name != "answers"]
    values = {name: getattr(version, name) for name in names}
    values["change"] = "ICE asked for immigration enforcement, deportation"
    with pytest.raises(Refused) as refused:
        entries.edit_entry(entry, entries.Said(**values), seen=str(version.pk), by=officer, now=timezone.now())
    assert refused.value.refusal.clause == "E.3"
