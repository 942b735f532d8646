"""C.2.B.2: an entry that is no longer needed ends at once: by its proposer, that unit's supervisor, or who decides."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hotlists.models import EntryEnd, WatchRow
from tests import cast, make

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.2.B.2")]
SAID = {"because": "found", "note": "Found in San Leandro."}


@pytest.fixture
def entry(officer, administrator):
    return make.active(officer)


def page(entry):
    return reverse("end_entry", args=[entry.pk])


@pytest.mark.parametrize("name", ["officer", "supervisor", "administrator"])
def test_these_may_and_it_matches_nothing_from_then_on(client_of, entry, name):
    assert WatchRow.objects.exists()
    client = client_of(cast.CAST[name]())
    assert client.get(page(entry)).status_code == 200
    done = client.post(page(entry), SAID)
    assert done.headers["Location"] == reverse("view_receipt", args=[EntryEnd.objects.get().pk])
    assert not WatchRow.objects.exists()
    assert "Found in San Leandro." in client.get(reverse("view_entry", args=[entry.pk])).content.decode()


@pytest.mark.parametrize("name", ["other_officer", "other_supervisor", "coordinator", "auditor"])
def test_others_may_not(client_of, entry, name):
    client = client_of(cast.CAST[name]())
    assert client.get(page(entry)).status_code == 403
    assert client.post(page(entry), SAID).status_code == 403
    assert WatchRow.objects.exists()


@pytest.mark.parametrize("values", [{"because": ""}, {"because": "bored"}, {"note": ""}, {"note": "found"}])
def test_it_says_why(client_of, officer, entry, values):
    assert client_of(officer).post(page(entry), {**SAID, **values}).status_code == 422
    assert WatchRow.objects.exists()


def test_once(client_of, officer, entry):
    client = client_of(officer)
    client.post(page(entry), SAID)
    assert client.post(page(entry), SAID).status_code == 403
    assert EntryEnd.objects.count() == 1


def test_a_proposal_can_be_taken_back_before_anybody_decides(client_of, officer):
    version = make.entry(officer)
    assert client_of(officer).post(page(version.entry), SAID).status_code == 302
    assert EntryEnd.objects.exists()


def test_what_was_not_approved_has_nothing_to_end(client_of, officer, administrator):
    version = make.entry(officer)
    make.decided(version, administrator, approved=False)
    assert client_of(officer).post(page(version.entry), SAID).status_code == 403
