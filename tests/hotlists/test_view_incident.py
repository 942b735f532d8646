"""C.2.A, C.2.A.1-age: one incident with its pictures, its list, its sightings and its steps, each look recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hotlists import incidents
from hotlists.models import Hit, Incident
from reads.models import Access
from tests import make
from tests.counting import statements

pytestmark = [pytest.mark.clause("C.2.A", "C.2.A.1-age"), pytest.mark.usefixtures("committed")]


def url(incident: Incident) -> str:
    return reverse("view_incident", args=[incident.pk])


def test_it_shows_what_was_seen_beside_what_is_listed_and_the_list_itself(client_of, officer):
    make.listed("8ABC123")
    found = make.read("8ABC123", images=1)
    make.pictures(found, make.jpeg())
    incident = Incident.objects.get()
    said = client_of(officer).get(url(incident)).content.decode()
    digest = Hit.objects.get().refresh.delivery.digest
    for words in (
        "8ABC123",
        "SVS",
        digest,
        "Informational only",
        "Age at the hit",
        "data:image/jpeg;base64",
        "1 sighting",
    ):
        assert words in said
    look = Access.objects.get()
    assert (look.kind, look.hits) == ("hits", [Hit.objects.get().pk])


def test_every_sighting_stands_there_and_costs_no_more(client_of, officer):
    incident = make.incident("8ABC123")
    client = client_of(officer)
    client.get(url(incident))
    one = statements(client.get, url(incident))
    for _ in range(6):
        make.read("8ABC123")
    assert statements(client.get, url(incident)) == one
    said = client.get(url(incident)).content.decode()
    assert "7 sightings" in said
    assert "6 more since" in said


def test_an_entry_names_who_asked_and_who_approved(client_of, officer, supervisor, administrator):
    make.active(supervisor, "8ABC123", make="honda")
    make.read("8ABC123")
    said = client_of(officer).get(url(Incident.objects.get())).content.decode()
    assert supervisor.name in said
    assert administrator.name in said
    assert "Keep your distance" in said
    assert "differs" in said  # the camera saw a toyota


def test_the_steps_tell_what_was_done(client_of, officer, supervisor):
    incident = make.incident("8ABC123")
    now = timezone.now()
    incidents.take(incident, by=officer)
    incidents.mute(incident, reason="Parked at the yard", ends_at=now + timedelta(hours=1), by=officer, now=now)
    make.verification(incident, officer, make="no")
    said = client_of(officer).get(url(incident)).content.decode()
    for words in ("First hit", "Taken", "Parked at the yard", "Verified, kept open", "Not verified: make"):
        assert words in said


@pytest.mark.parametrize(("number", "status"), [(0, 200), (1, 404)])
def test_a_picture_in_full_is_a_look_of_its_own(client_of, officer, number, status):
    make.listed("8ABC123")
    read = make.read("8ABC123", images=1)
    make.pictures(read, make.jpeg())
    hit = Hit.objects.get()
    answer = client_of(officer).get(reverse("view_hit_image", args=[hit.pk, read, number]))
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("image/jpeg" if status == 200 else "text/html")
    look = Access.objects.get()
    assert (look.kind, look.read_id, look.answer.rows) == ("image", read, int(status == 200))


def test_a_picture_of_another_read_is_not_opened_by_this_hit(client_of, officer):
    make.incident("8ABC123")
    other = make.read("7XYZ987", images=1)
    make.pictures(other, make.jpeg())
    hit = Hit.objects.get()
    assert client_of(officer).get(reverse("view_hit_image", args=[hit.pk, other, 0])).status_code == 404


def test_what_was_seen_goes_with_the_read_and_the_page_says_so(client_of, officer):
    incident = make.incident("8ABC123")
    with make.as_owner(), make.connection.cursor() as cursor:
        cursor.execute("UPDATE hotlists_sight SET uploaded_at = uploaded_at - interval '721 hours'")
    said = client_of(officer).get(url(incident)).content.decode()
    assert "8ABC123" not in said
    assert "went with the read" in said
