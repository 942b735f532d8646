"""F.2, A.2: reads come in by key, once, from attested cameras; a replay gets the first answer and no clock restarts."""

from __future__ import annotations

import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import ProgrammingError, connections
from django.test import Client
from django.utils import timezone
from PIL import Image

from reads import images, ingest, inventory
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
    def test_a_spoilt_image_is_answered(self, key):
        said = post([item(image=base64.b64encode(png()[:30]).decode())], key).json()
        assert list(said["refused"]) == ["image.damaged"]


class TestIdsUsedAgain:
    """A source that begins to count anew loses no read, and no read gets another one's picture."""

    def test_a_used_id_of_another_time_is_another_read(self, key, django_db_setup):
        early = datetime.now(UTC) - timedelta(hours=2)
        post([item("1AAA111", id="17", captured_at=early.isoformat())], key)
        said = post([item("2BBB222", id="17")], key).json()
        assert (said["stored"], said["duplicates"]) == (1, 0)
        assert rows(django_db_setup) == [("1AAA111",), ("2BBB222",)]

    def test_twice_in_one_delivery_the_first_keeps_its_own_picture(self, key, django_db_setup):
        now = datetime.now(UTC).isoformat()
        pictures = [base64.b64encode(png(colour)).decode() for colour in ("red", "blue")]
        both = [
            item(plate, id="x", captured_at=now, image=picture)
            for plate, picture in zip(("1AAA111", "2BBB222"), pictures, strict=True)
        ]
        said = post(both, key).json()
        assert (said["received"], said["stored"], said["duplicates"]) == (2, 1, 1)
        assert rows(django_db_setup) == [("1AAA111",)]
        with database.connect(django_db_setup) as admin:
            kept = admin.execute("SELECT digest FROM reads_picture").fetchall()
        assert kept == [(images.clean(png("red")).digest,)]


class TestLimitsOfADelivery:
    def test_few_bytes_of_many_pixels_are_taken_up_to_a_budget(self, key, monkeypatch):
        monkeypatch.setattr(images, "PIXELS_TOGETHER", 1000)
        several = [
            item(f"8ABC20{n}", id=str(n), image=base64.b64encode(png(colour)).decode())
            for n, colour in enumerate(["red", "navy", "green", "black"])
        ]
        said = post(several, key).json()  # each has 800 pixels: the second goes over, the third is not looked at
        assert (said["stored"], said["refused"]) == (2, {"image.too_many": 2})

    def test_one_picture_that_many_reads_share_is_drawn_once(self, key, monkeypatch):
        drawn = []
        real = images.clean
        monkeypatch.setattr(images, "clean", lambda *args, **more: drawn.append(1) or real(*args, **more))
        shared = base64.b64encode(png()).decode()
        said = post([item(f"8ABC20{n}", id=str(n), image=shared) for n in range(5)], key).json()
        assert (said["stored"], len(drawn)) == (5, 1)
        monkeypatch.setattr(images, "BYTES_TOGETHER", len(real(png()).jpeg) * 2)
        again = post([item(f"8ABC30{n}", id=f"b{n}", image=shared) for n in range(5)], key).json()
        assert (again["stored"], again["refused"]) == (2, {"image.too_many": 3})

    def test_a_full_disk_is_said_and_the_sender_comes_again(self, key, monkeypatch, django_db_setup):
        picture = base64.b64encode(png()).decode()

        def full(*args):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as broken:
            broken.setattr(ingest.packs, "keep", full)
            answer = post([item(image=picture)], key)
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "storage", "60")
        assert rows(django_db_setup) == []
        assert post([item(image=picture)], key).json()["stored"] == 1


class TestOnlyWhatIngestNeeds:
    def test_it_makes_today_and_tomorrow_and_no_other_day(self):
        with pytest.raises(ProgrammingError, match="permission denied"), connections["ingest"].cursor() as cursor:
            cursor.execute("SELECT reads_make_partitions('2031-01-01', 1)")
        with connections["ingest"].cursor() as cursor:
            cursor.execute("SELECT reads_make_today()")
