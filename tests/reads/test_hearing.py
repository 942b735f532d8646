"""L.4: a camera that fell silent is seen, by the times of its reads and nothing else of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from alpr_portal import health
from alpr_portal.templatetags.portal import seconds
from reads import hearing
from reads.models import SitingAttestation
from tests import make


def attested_long_ago(code):
    """A camera that has had its time to be heard of."""
    camera = make.camera(code, attested=False)
    SitingAttestation.backdated(
        at=timezone.now() - timedelta(days=9),
        camera=camera,
        place_id=camera.place_id,
        siting="right_of_way",
        by_name="x",
    )
    return camera


@pytest.mark.clause("L.4")
@pytest.mark.usefixtures("committed")
class TestSilent:
    @pytest.mark.parametrize(
        ("mount", "hours", "silent"),
        [
            ("fixed", 23, False),
            ("fixed", 25, True),
            ("vehicle", 25, False),
            ("vehicle", 169, True),
            ("fixed", None, True),
        ],
    )
    def test_how_long_a_camera_may_say_nothing(self, mount, hours, silent):
        now = timezone.now()
        assert hearing.is_silent(mount, None if hours is None else now - timedelta(hours=hours), now) is silent

    def test_only_those_that_may_deliver_can_fall_silent(self):
        heard = make.camera("cam-1")
        make.read(camera=heard)
        make.camera("cam-2", attested=False)
        make.camera("cam-3", in_service_to=timezone.localdate() - timedelta(days=1))
        make.camera("cam-4", source=make.source("old", is_active=False))
        attested_long_ago("cam-5")
        make.camera("cam-6")
        assert [camera.code for camera in hearing.silent(timezone.now())] == ["cam-5"]
        check = health.silent_cameras()
        assert (check.ok, check.says) == (False, "1 of 3 delivering cameras silent: cam-5")

    def test_the_inventory_shows_and_filters_them(self, coordinator, client_of):
        make.read(camera=make.camera("cam-1"))
        attested_long_ago("cam-5")
        page = client_of(coordinator).get("/cameras/?heard=silent").content.decode()
        assert "cam-5" in page
        assert "none in eight days" in page
        assert "cam-1" not in page
        assert (
            "None in the last eight days"
            in client_of(coordinator).get(f"/cameras/{make.camera('cam-5').pk}/").content.decode()
        )

    def test_the_time_is_all_that_the_application_gets(self):
        make.read()
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM reads_last_heard()")
            assert [column.name for column in cursor.description] == ["camera_id", "captured_at"]


@pytest.mark.parametrize(
    ("given", "said"),
    [(None, "—"), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h"), (200_000, "2 days")],
)
def test_a_span_in_words(given, said):
    assert seconds(given) == said
