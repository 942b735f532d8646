"""C.2.A, C.2.A.1-age: the queue of hits, filtered in the address, each page opened under one recorded access."""

from __future__ import annotations

import uuid
from datetime import UTC, timedelta

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from hotlists import incidents
from hotlists.models import Hit, Incident, QueueItem, Sight
from reads.models import Access
from reads.plates import fold
from tests import make
from tests.counting import statements

pytestmark = [pytest.mark.clause("C.2.A", "C.2.A.1-age"), pytest.mark.usefixtures("committed")]
URL = "/hits/"


@pytest.fixture
def page(client_of, officer):
    """The text of the queue under filters."""
    client = client_of(officer)

    def get(query: str = "", **headers: str) -> str:
        answer = client.get(URL + query, headers=headers)
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def test_it_names_plate_vehicle_state_place_and_the_age_of_the_list(page):
    make.incident("8ABC123")
    said = page()
    for words in ("8ABC123", "State matches", "Foothill and 35th", "SVS version 1", "no basis for a stop", "stolen"):
        assert words in said
    assert "STALE" not in said


def test_a_stale_list_is_stamped(page):
    make.listed("8ABC123", at=timezone.now() - timedelta(hours=30))
    make.read("8ABC123")
    assert "STALE list" in page()
    assert "30 h old" in page()


def test_a_state_that_was_not_read_is_not_confirmed(page):
    make.incident("8ABC123", state="")
    assert "State not confirmed" in page()


def test_a_page_is_one_recorded_look_that_names_its_hits(page, officer):
    make.listed("8ABC123", "7XYZ987")
    make.read("8ABC123")
    make.read("7XYZ987")
    page()
    look = Access.objects.get()
    assert (look.by, look.kind, len(look.hits)) == (officer, "hits", 2)
    assert look.answer.rows == 2


def test_an_empty_queue_opens_nothing(page):
    assert "No hit waits" in page()
    assert not Access.objects.exists()


def test_the_number_of_statements_does_not_grow(client_of, officer):
    client = client_of(officer)
    make.listed(*(f"8ABC{n:03}" for n in range(40)))
    make.read("8ABC000")
    client.get(URL)
    one = statements(client.get, URL)
    for n in range(1, 40):
        make.read(f"8ABC{n:03}")
    assert statements(client.get, URL) == one
    assert "1–25 of 40" in client.get(URL).content.decode()


def read_at_once(plates):
    """Reads of these plates in one statement, as a delivery is stored: the trigger raises their hits together."""
    camera = make.camera()
    at = timezone.now()
    row = {
        "upload_day": at.astimezone(UTC).date(),
        "uploaded_at": at,
        "captured_at": at - timedelta(minutes=1),
        "camera_id": camera.pk,
        "source_id": camera.source_id,
        "batch_id": uuid.uuid4(),
        "state": "CA",
        "lat": camera.lat,
        "lon": camera.lon,
        "confidence": 0.94,
        "make": "toyota",
        "colour": "silver",
    }
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO reads_read (id, plate_seen, plate, plate_fold, {', '.join(row)}) "
            f"SELECT gen_random_uuid(), n.plate, n.plate, n.fold, {', '.join(['%s'] * len(row))} "
            "FROM unnest(%s::text[], %s::text[]) AS n(plate, fold)",
            [*row.values(), plates, [fold(plate) for plate in plates]],
        )


def test_a_day_of_3700_hits_is_worked_like_one(client_of, officer):
    client = client_of(officer)
    plates = [f"8AB{n:04}" for n in range(3700)]
    make.listed(*plates)
    read_at_once(plates[:1])
    asked = {
        "first": URL,
        "filtered": URL + "?area=4&age=hour&assigned=nobody&order=oldest",
        "last": URL + "?page=148",
    }
    asked["none"] = URL + "?area=1"

    def costs():
        # the lesser of two: now and then a page also does what goes by the clock
        return {name: min(statements(client.get, address) for _ in range(2)) for name, address in asked.items()}

    one = costs()
    read_at_once(plates[1:])
    assert QueueItem.objects.count() == Incident.objects.count() == 3700
    assert Hit.objects.count() == 3700
    with make.as_owner():
        assert Sight.objects.count() == 3700
    assert costs() == one
    news = client.get(URL, headers={"X-Part": "news"}).json()
    assert news["total"] == 3700
    assert len(news["new"]) < 100
    said = client.get(asked["last"]).content.decode()
    assert "3676–3700 of 3700" in said
    assert Access.objects.latest("at").answer.rows == 25


def test_filters_stand_in_the_address_and_as_chips(page):
    make.incident("8ABC123")
    far = make.camera("cam-2", area="1")
    make.refresh(make.hot_list("doj", kind="ca_doj", priority=1), "7XYZ987")
    make.read("7XYZ987", camera=far)
    both = page()
    assert "8ABC123" in both
    assert "7XYZ987" in both
    assert both.index("7XYZ987") < both.index("8ABC123")  # high priority first
    assert "7XYZ987" not in page("?area=4")
    assert "Police area: Area 4" in page("?area=4")
    assert "8ABC123" not in page("?priority=1")
    assert "8ABC123" not in page(f"?list={make.hot_list('doj').pk}")
    assert "7XYZ987" in page("?age=hour")
    assert "No hit that waits fits" in page("?age=older")
    assert page("?order=oldest").index("8ABC123") < page("?order=oldest").index("7XYZ987")


def test_a_filter_that_cannot_be_read_shows_nothing(page):
    make.incident("8ABC123")
    said = page("?area=9")
    assert "A filter cannot be read" in said
    assert "8ABC123" not in said


def test_assigned_to_me_to_nobody_to_somebody_else(page, officer, other_officer):
    found = make.incident("8ABC123")
    assert "8ABC123" in page("?assigned=nobody")
    incidents.take(found, by=officer)
    assert "8ABC123" in page("?assigned=me")
    assert "8ABC123" not in page("?assigned=nobody")
    assert "8ABC123" not in page("?assigned=others")
    incidents.give_back(found, by=officer)
    incidents.take(found, by=other_officer)
    assert "8ABC123" in page("?assigned=others")


def test_muted_hits_are_hidden_unless_asked_for(page, officer):
    found = make.incident("8ABC123")
    now = timezone.now()
    incidents.mute(found, reason="The owner drives it home", ends_at=now + timedelta(hours=1), by=officer, now=now)
    assert "8ABC123" not in page()
    assert "Muted" in page("?muted=shown")
    assert "8ABC123" in page("?muted=only")


def test_a_confidential_hit_is_for_its_unit(page, client_of, officer, supervisor, other_supervisor):
    make.active(supervisor, "8ABC123", confidentiality="unit")
    make.read("8ABC123")
    found = Incident.objects.get()
    assert found.unit == officer.unit
    assert "8ABC123" in page()
    other = client_of(other_supervisor)
    assert "8ABC123" not in other.get(URL).content.decode()
    assert other.get(reverse("view_incident", args=[found.pk])).status_code == 404
    assert other.get(reverse("verify_hit", args=[found.pk])).status_code == 404


def test_an_open_page_asks_for_its_rows_or_for_the_numbers_alone(page, client_of, officer):
    found = make.incident("8ABC123")
    part = page("", **{"X-Part": "queue"})
    assert part.lstrip().startswith("<section")
    assert "8ABC123" in part
    before = Access.objects.count()
    answer = client_of(officer).get(URL, headers={"X-Part": "news"})
    assert answer.json() == {"total": 1, "new": [str(found.pk)]}
    assert Access.objects.count() == before


def test_what_a_page_asks_by_itself_keeps_no_session_awake(client_of, officer):
    client = client_of(officer)
    long_ago = timezone.now().timestamp() - 600
    session = client.session
    session["active_at"] = long_ago
    session.save()
    client.get(URL, headers={"X-Unattended": "1"})
    assert client.session["active_at"] == long_ago
    client.get(URL, headers={"Accept": "text/event-stream"})
    assert client.session["active_at"] == long_ago
    client.get(URL)
    assert client.session["active_at"] > long_ago


def test_after_720_hours_the_plate_is_gone_and_the_page_says_so(page):
    make.listed("8ABC123")
    make.read("8ABC123")
    with make.as_owner(), make.connection.cursor() as cursor:
        cursor.execute("UPDATE hotlists_sight SET uploaded_at = uploaded_at - interval '721 hours'")
    assert QueueItem.objects.count() == 1
    said = page()
    assert "8ABC123" not in said
    assert "went with the read" in said
