"""A.1, C.3.1, F.2: the inventory keeps who changed what, who attests where a camera looks, and shows a key once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from reads import inventory
from reads.models import Camera, SitingAttestation, Source
from tests import make

pytestmark = pytest.mark.django_db


def form(source, **values):
    return {
        "source": source.pk,
        "code": "cam-7",
        "name": "Foothill and 35th, westbound",
        "mount": "fixed",
        "area": "4",
        "lat": "37.79",
        "lon": "-122.21",
        "in_service_from": "2026-01-01",
        **values,
    }


@pytest.mark.clause("A.1")
class TestInventory:
    def test_the_coordinator_adds_a_camera_and_the_history_says_so(self, coordinator, client_of):
        answer = client_of(coordinator).post("/cameras/new/", form(make.source()))
        camera = Camera.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/cameras/{camera.pk}/")
        assert camera.history.get().history_user == coordinator

    def test_a_change_is_shown_with_before_and_after(self, coordinator, client_of):
        client, source = client_of(coordinator), make.source()
        client.post("/cameras/new/", form(source))
        camera = Camera.objects.get()
        client.post(f"/cameras/{camera.pk}/edit/", form(source, area="5"))
        page = client.get(f"/cameras/{camera.pk}/")
        (change,) = [c for step in page.context["steps"] for c in step.get("changes", [])]
        assert (change["label"], change["before"], change["after"]) == ("area", "4", "5")

    @pytest.mark.parametrize(
        ("values", "field", "code"),
        [
            ({"lon": "122.21"}, "lat", "geo.outside"),
            ({"lat": "", "lon": ""}, "lat", "geo.type"),
            ({"code": ""}, "code", "code.missing"),
            ({"in_service_to": "2025-01-01"}, "in_service_to", "range.reversed"),
            ({"code": "cam-1"}, "code", "camera.taken"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_stored(self, coordinator, client_of, values, field, code):
        make.camera("cam-1")
        answer = client_of(coordinator).post("/cameras/new/", form(make.source(), **values))
        assert answer.status_code == 422
        assert code in {error.code for error in answer.context["form"].errors.as_data()[field]}
        assert Camera.objects.count() == 1

    def test_the_list_costs_the_same_for_two_cameras_and_for_twenty(self, coordinator, client_of):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client = client_of(coordinator)
        client.get("/cameras/")

        def cost(first, count):
            for number in range(first, first + count):
                make.camera(f"cam-{number}")
            with CaptureQueriesContext(connection) as captured:
                assert client.get("/cameras/").status_code == 200
            return len(captured)

        assert cost(0, 2) == cost(2, 18)


@pytest.mark.clause("C.3.1")
class TestSiting:
    def test_an_attestation_is_a_record_with_a_name(self, coordinator, client_of):
        camera = make.camera(attested=False)
        client = client_of(coordinator)
        assert "Cameras without a siting attestation" in client.get("/home/").content.decode()
        client.post(f"/cameras/{camera.pk}/siting/", {"siting": "right_of_way", "note": "Looks at the street"})
        assert SitingAttestation.objects.get().by == coordinator
        assert "Cameras without a siting attestation" not in client.get("/home/").content.decode()

    @pytest.mark.parametrize(
        ("values", "stands"), [({"area": "5"}, True), ({"lat": "37.80"}, False), ({"mount": "vehicle"}, False)]
    )
    def test_an_attestation_does_not_travel_with_the_camera(self, coordinator, client_of, values, stands):
        client, source = client_of(coordinator), make.source()
        client.post("/cameras/new/", form(source))
        camera = Camera.objects.get()
        client.post(f"/cameras/{camera.pk}/siting/", {"siting": "right_of_way"})
        client.post(f"/cameras/{camera.pk}/edit/", form(source, **values))
        assert Camera.objects.filter(inventory.attested()).exists() is stands
        assert SitingAttestation.objects.count() == 1

    def test_what_is_not_open_to_public_view_needs_a_court_order(self, coordinator, client_of):
        camera = make.camera(attested=False)
        client = client_of(coordinator)
        answer = client.post(f"/cameras/{camera.pk}/siting/", {"siting": "court_order"})
        assert answer.status_code == 422
        assert not SitingAttestation.objects.exists()
        client.post(f"/cameras/{camera.pk}/siting/", {"siting": "court_order", "court_order": "RG26-4711"})
        assert SitingAttestation.objects.get().court_order == "RG26-4711"


@pytest.mark.clause("F.2")
class TestSource:
    def test_a_key_is_shown_once_and_kept_as_a_digest(self, coordinator, client_of):
        source = make.source()
        client = client_of(coordinator)
        page = client.post(f"/sources/{source.pk}/key/")
        key = page.context["key"]
        assert key in page.content.decode()
        source.refresh_from_db()
        assert source.key_digest == inventory.digest(key)
        assert key not in client.get(f"/sources/{source.pk}/").content.decode()
        assert all(key not in str(row) for row in source.history.values())

    def test_its_page_counts_what_came_and_what_was_refused(self, coordinator, client_of):
        source = make.source()
        from reads.models import Batch

        counts = {"received": 5, "stored": 3, "duplicates": 1, "refused": {"plate.empty": 1}}
        Batch.objects.write(by=None, source=source, key="b", digest="d", **counts)
        page = client_of(coordinator).get(f"/sources/{source.pk}/")
        assert (page.context["totals"]["stored"], page.context["refused"]) == (3, [("plate.empty", 1)])

    def test_a_source_is_added_and_corrected(self, coordinator, client_of):
        client = client_of(coordinator)
        client.post("/sources/new/", {"name": "gateway", "format": "platerecognizer", "is_active": "on"})
        source = Source.objects.get()
        client.post(f"/sources/{source.pk}/edit/", {"name": "gateway", "format": "openalpr"})
        source.refresh_from_db()
        assert (source.format, source.is_active) == ("openalpr", False)
        assert [h.history_user for h in source.history.all()] == [coordinator] * 2
        assert timezone.now() >= source.history.latest().history_date
