"""F.2, A.2: reads come in by key, once, from attested cameras; a replay gets the first answer and no clock restarts."""

from __future__ import annotations

import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from PIL import Image

from alpr_portal.policy.refusal import BadInput
from reads import images, inventory
from reads.models import Batch, DeliveryRefused
from tests import database, make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("F.2", "A.2")]
URL = "/api/v1/reads"


@pytest.fixture
def key(coordinator):
    make.camera("cam-1")
    return inventory.issue_key(make.source(), by=coordinator, now=timezone.now())


def item(plate="8ABC123", camera="cam-1", **values):
    return {"plate": plate, "camera": camera, "captured_at": datetime.now(UTC).isoformat(), **values}


def post(body, key="", **headers):
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return Client(headers={"Authorization": f"Bearer {key}", **headers}).post(
        URL, data, content_type="application/json"
    )


def rows(name, columns="plate"):
    with database.connect(name) as admin:
        return admin.execute(f"SELECT {columns} FROM reads_read ORDER BY plate").fetchall()


def png(colour="navy"):
    out = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(out, "PNG")
    return out.getvalue()


class TestStored:
    def test_a_batch_is_stored_and_answered(self, key, django_db_setup):
        answer = post([item("8ABC123"), item("8abc-124", state="us-ca", confidence=0.9)], key)
        assert answer.status_code == 200
        said = answer.json()
        assert (said["received"], said["stored"], said["duplicates"], said["refused"]) == (2, 2, 0, {})
        assert rows(django_db_setup, "plate, plate_seen, state") == [
            ("8ABC123", "8ABC123", ""),
            ("8ABC124", "8abc-124", "CA"),
        ]

    def test_a_replay_answers_as_the_first_did(self, key, django_db_setup):
        body = json.dumps([item("8ABC123"), item("8ABC124")])
        assert post(body, key).json() == post(body, key).json()
        assert len(rows(django_db_setup)) == 2
        assert Batch.objects.count() == 1

    def test_a_replay_next_day_restarts_no_clock(self, key, django_db_setup, coordinator):
        captured = (datetime.now(UTC) - timedelta(hours=23, minutes=59)).isoformat()
        body = [item("8ABC123", id="r-1", captured_at=captured)]
        post(body, key)
        with database.connect(django_db_setup) as admin:  # the first upload was yesterday
            admin.execute(
                "UPDATE reads_read SET uploaded_at = uploaded_at - interval '1 day', upload_day = upload_day - 1"
            )
            before = admin.execute("SELECT id, upload_day, uploaded_at FROM reads_read").fetchall()
        said = post([*body, item("8ABC125")], key).json()
        assert (said["stored"], said["duplicates"]) == (1, 1)
        with database.connect(django_db_setup) as admin:
            after = admin.execute(
                "SELECT id, upload_day, uploaded_at FROM reads_read WHERE plate = '8ABC123'"
            ).fetchall()
        assert after == before

    def test_the_same_read_in_two_batches_is_one_read(self, key, django_db_setup):
        one = item("8ABC123", id="r-1")
        post([one], key)
        assert post([one, item("8ABC124", id="r-2")], key).json()["duplicates"] == 1
        assert len(rows(django_db_setup)) == 2

    def test_five_posts_at_once_store_once_and_answer_alike(self, key, django_db_setup):
        body = json.dumps([item("8ABC123"), item("8ABC124")])

        def deliver(_):
            try:
                return post(body, key).content
            finally:
                connections.close_all()

        with ThreadPoolExecutor(5) as pool:
            answers = set(pool.map(deliver, range(5)))
        assert len(answers) == 1
        assert len(rows(django_db_setup)) == 2

    def test_a_batch_id_is_not_given_to_other_reads(self, key):
        post({"batch": "b-1", "reads": [item("8ABC123")]}, key)
        answer = post({"batch": "b-1", "reads": [item("8ABC999")]}, key)
        assert (answer.status_code, answer.json()["code"]) == (409, "batch.key_reused")

    def test_a_bad_item_does_not_sink_the_good_ones(self, key, django_db_setup):
        said = post([item("8ABC123"), item("8AB_123"), item("8ABC125")], key).json()
        assert (said["stored"], said["refused"]) == (2, {"plate.bad_char": 1})
        assert said["faults"][0]["index"] == 1
        assert "8AB_123" not in said["faults"][0]["message"]


class TestRefused:
    def test_an_unknown_key_is_refused_and_counted(self):
        answer = post([item()], "alpr_no_such_key_at_all")
        assert (answer.status_code, answer.json()["code"]) == (401, "key.unknown")
        assert DeliveryRefused.objects.get().code == "key.unknown"

    def test_an_old_key_stops_when_a_new_one_is_issued(self, key, coordinator):
        inventory.issue_key(make.source(), by=coordinator, now=timezone.now())
        assert post([item()], key).status_code == 401

    @pytest.mark.clause("C.3.1")
    def test_an_unattested_camera_delivers_nothing_and_is_counted(self, key, django_db_setup):
        make.camera("cam-2", attested=False)
        said = post([item(camera="cam-2")], key).json()
        assert (said["stored"], said["refused"]) == (0, {"camera.unattested": 1})
        assert rows(django_db_setup) == []

    def test_what_was_turned_away_may_come_in_once_the_inventory_is_mended(self, key, django_db_setup, coordinator):
        camera = make.camera("cam-2", attested=False)
        body = json.dumps([item("8ABC123"), item("8ABC124", camera="cam-2")])
        first = post(body, key).json()
        assert post(body, key).json() == first
        inventory.attest_siting(camera, by=coordinator, siting="right_of_way", court_order="", note="")
        again = post(body, key).json()
        assert post(body, key).json() == again
        assert Batch.objects.count() == 2
        assert (first["stored"], again["stored"], again["duplicates"], again["refused"]) == (1, 1, 1, {})
        assert rows(django_db_setup) == [("8ABC123",), ("8ABC124",)]

    @pytest.mark.parametrize(
        ("code", "values"),
        [
            ("camera.not_yours", {"source_name": "other"}),
            ("camera.not_in_service", {"in_service_from": timezone.localdate() + timedelta(days=3)}),
        ],
    )
    def test_a_camera_delivers_through_its_own_source_and_in_service(self, key, code, values):
        source = make.source(values.pop("source_name", "street"))
        make.camera("cam-3", source=source, **values)
        assert post([item(camera="cam-3")], key).json()["refused"] == {code: 1}

    def test_an_unknown_camera_is_refused(self, key):
        assert post([item(camera="cam-99")], key).json()["refused"] == {"camera.unknown": 1}

    @pytest.mark.parametrize(("mount", "stored"), [("fixed", 0), ("vehicle", 1)])
    def test_a_patrol_car_may_deliver_later_than_a_fixed_camera(self, key, mount, stored):
        make.camera("cam-4", mount=mount)
        late = (datetime.now(UTC) - timedelta(hours=30)).isoformat()
        assert post([item(camera="cam-4", captured_at=late)], key).json()["stored"] == stored

    def test_a_body_over_the_limit_is_refused(self, key):
        assert post(b"[" + b" " * 2_700_000 + b"]", key).status_code == 413

    def test_the_clock_of_retention_is_not_the_senders(self, key):
        said = post([item(uploaded_at="2026-01-01T00:00:00Z")], key).json()
        assert said["refused"] == {"field.unknown": 1}

    def test_nothing_else_than_post(self, key):
        assert Client().get(URL).status_code == 405


@pytest.mark.clause("D")
class TestImages:
    def test_one_pixel_row_over_25_megapixels_is_too_many(self):
        out = io.BytesIO()
        Image.new("1", (5001, 5000)).save(out, "PNG")
        with pytest.raises(BadInput) as said:
            images.clean(out.getvalue())
        assert said.value.code == "image.too_many_pixels"

    def test_a_spoilt_image_is_answered(self, key):
        said = post([item(image=base64.b64encode(png()[:30]).decode())], key).json()
        assert list(said["refused"]) == ["image.damaged"]
