"""The demo keeps its hands off anything real, goes on after weeks of rest, and is the same each time."""

from __future__ import annotations

import random
import shutil
import socket
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections
from PIL import Image

from alpr_portal.demo import load, pictures, reads, servers, vehicles
from alpr_portal.demo.cameras import Readers
from alpr_portal.demo.cases import CASES
from alpr_portal.demo.cast import CAST, People
from alpr_portal.demo.reads import World
from alpr_portal.policy.screening import read_facts
from hotlists.models import Incident, QueueItem, Refresh, Stop, Verification
from reads.models import Batch, Query
from reads.partitions import make_ahead
from tests import database, make
from training.models import Completion, Member

NOW = datetime(2026, 3, 11, 20, 30, tzinfo=UTC)
PICTURE = make.jpeg(8, 8)
POPULATION = cache(vehicles.population)


def quiet(what: str, share: float) -> None:
    """Nobody watches."""


@pytest.fixture
def days_again(committed, monkeypatch):
    """Old upload days that the demo takes away are needed by other tests of this worker.

    What is costly and always the same is made once (the vehicles) or not at all (pictures, which have tests of their own).
    """
    monkeypatch.setattr(reads, "population", POPULATION)
    monkeypatch.setattr(pictures, "draw_picture", lambda *_: PICTURE)
    yield
    make_ahead(first=datetime.now(UTC).date() - timedelta(days=40), days=45)
    for folder in (Path(settings.DATA_DIR) / "images", settings.IMAGE_KEYS_DIR):
        shutil.rmtree(folder, ignore_errors=True)


def count(table: str) -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def hits_and_what_came_of_them() -> bool:
    """Whether the lists of each day raised hits that were worked, some into stops, and the newest still wait."""
    assert Refresh.objects.filter(outcome="applied").values("hot_list").distinct().count() == 2
    assert Verification.objects.exclude(outcome="").count() == Incident.objects.count() - QueueItem.objects.count()
    return 0 < QueueItem.objects.count() < Incident.objects.count() and Stop.objects.exists()


@pytest.mark.usefixtures("committed")
class TestNothingReal:
    def test_an_empty_database_is_free(self):
        assert load.require_demo_or_empty() is False

    def test_one_with_a_real_member_is_refused_and_left_alone(self, officer):
        with pytest.raises(CommandError, match="not the demo's: nothing was done"):
            load.bring_up_to_now(quiet)
        assert (Member.objects.count(), Batch.objects.count()) == (1, 0)

    def test_one_with_a_camera_is_refused_though_nobody_is_a_member(self):
        make.camera()
        with pytest.raises(CommandError, match="not the demo's"):
            load.require_demo_or_empty()

    def test_one_with_half_a_cast_is_another_version(self):
        person = People(NOW)["chief"]
        person.save(force_insert=True)
        with pytest.raises(CommandError, match="--reset"):
            load.require_demo_or_empty()


@pytest.mark.usefixtures("days_again")
class TestLaterStart:
    def test_what_has_come_since_is_added_and_nothing_twice(self):
        now = datetime.now(UTC)
        first = load.bring_up_to_now(quiet, days=2, now=now - timedelta(hours=26))
        assert first.first
        assert (count("reads_read"), Query.objects.count()) == (first.reads, first.searches)
        later = load.bring_up_to_now(quiet, days=2, now=now)
        assert not later.first
        assert later.reads > 1000
        assert (count("reads_read"), Query.objects.count()) == (
            first.reads + later.reads,
            first.searches + later.searches,
        )
        assert hits_and_what_came_of_them()
        again = load.bring_up_to_now(quiet, days=2, now=now)
        assert (again.reads, again.searches) == (0, 0)
        newest = Batch.objects.order_by("-at")[0].at
        assert now - newest < timedelta(hours=3)  # few drive at night

    def test_a_start_that_was_broken_off_goes_on(self, monkeypatch):
        now = datetime.now(UTC)
        with monkeypatch.context() as broken:
            broken.setattr(load, "_load_story", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                load.bring_up_to_now(quiet, days=1, now=now)
        assert not Query.objects.exists()
        loaded = load.bring_up_to_now(quiet, days=1, now=now)
        assert (loaded.reads, loaded.first) == (0, False)
        assert loaded.searches > 10

    def test_two_starts_at_once_do_not_load_twice(self):
        with database.connect(settings.DATABASES["default"]["NAME"]) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [load.LOADING])
            with pytest.raises(CommandError, match="Another start of the demo"):
                load.bring_up_to_now(quiet, days=1)
        assert not Member.objects.exists()

    def test_after_weeks_old_days_are_gone_and_training_was_renewed(self):
        now = datetime.now(UTC)
        load.bring_up_to_now(quiet, days=1, now=now - timedelta(days=38))
        load.bring_up_to_now(quiet, days=1, now=now)
        expired = "reads_read WHERE uploaded_at <= now() - interval '744 hours'"
        assert count(expired) == 0
        lapsing = Completion.objects.filter(member__username="officer3").order_by("expires_at")
        assert [c.expires_at > now for c in lapsing] == [False, False, True]
        assert lapsing[2].at < lapsing[1].expires_at


@pytest.fixture(scope="module")
def world() -> World:
    """Three days of reads, not written."""
    return World(Readers(NOW, People(NOW)), NOW, days=3)


class TestTheSameEachTime:
    def test_two_loads_are_alike(self, world):
        other = World(Readers(NOW, People(NOW)), NOW, days=3)
        said = [[(s.id, s.uploaded_at, s.plate, s.camera.code) for s in w.sights] for w in (world, other)]
        assert said[0] == said[1]

    def test_a_later_load_finds_the_earlier_reads_again(self, world):
        later = NOW + timedelta(hours=7)
        other = {s.id: s for s in World(Readers(later, People(later)), later, days=3).sights}
        both = [s for s in world.sights if s.uploaded_at > later - timedelta(days=3)]
        assert both
        assert all(other[s.id].captured_at == s.captured_at for s in both)

    def test_some_vehicles_are_seen_often_and_most_once_or_twice(self, world):
        counts = sorted(map(len, world.by_plate.values()))
        assert counts[len(counts) // 2] <= 2
        assert counts[-1] > 10

    def test_plates_are_of_the_demos_form_only(self):
        draw = random.Random(3)
        plates = {vehicles.new_plate(draw) for _ in range(2000)} | {car.plate for car in vehicles.FEATURED}
        assert all(plate[1] in "IOQ" and len(plate) == 7 for plate in plates)

    @pytest.mark.parametrize("plate", ["7IKB204", "ACM", "8OLM518"])
    def test_a_misread_plate_differs_in_one_look_alike(self, plate):
        wrong = vehicles.misread(plate, random.Random(1))
        differing = [(a, b) for a, b in zip(plate, wrong, strict=True) if a != b]
        assert differing == [] if plate == "ACM" else len(differing) == 1
        assert all(vehicles.LOOKS[a] == b for a, b in differing)


class TestPictures:
    @pytest.mark.parametrize("hour", [3, 13])
    def test_a_picture_is_a_jpeg_of_some_kilobytes_dark_at_night(self, hour, tmp_path):
        path = tmp_path / "car.jpg"
        path.write_bytes(
            pictures.draw_picture(vehicles.FEATURED[0], "7IKB204", "Acorn St at 3rd", NOW.replace(hour=hour))
        )
        with Image.open(path) as image:
            assert (image.format, image.size) == ("JPEG", (pictures.WIDE, pictures.HIGH))
            light = image.convert("L").resize((1, 1)).getpixel((0, 0))
        assert (light < 70) is (hour == 3)
        assert path.stat().st_size < 40_000


class TestCases:
    def test_each_could_be_typed_into_the_form(self):
        for case in CASES:
            words = {"street": "Acorn and 3rd", "colour": "white", "make": "ford", "serial": "1234"}
            assert read_facts(case.facts.format(**words))
            assert read_facts(case.need)

    def test_the_cast_has_one_account_each(self):
        for what in ("username", "name"):
            assert len({getattr(person, what) for person in CAST}) == len(CAST)
        badges = [person.badge for person in CAST if person.badge]
        assert len(set(badges)) == len(badges)


class TestServers:
    def test_a_free_port_is_taken_and_a_busy_one_refused(self):
        with socket.socket() as probe:
            probe.bind((servers.HOST, 0))
            port = probe.getsockname()[1]
            with pytest.raises(CommandError, match=f"Port {port} is busy.*make demo PORT={port + 1}"):
                servers.require_port(port)
        servers.require_port(port)

    def test_a_full_disk_is_told_before_anything_is_written(self, monkeypatch, tmp_path):
        monkeypatch.setattr(settings, "DATA_DIR", tmp_path / "not" / "there" / "yet")
        servers.require_room()
        monkeypatch.setattr(servers.shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
        with pytest.raises(CommandError, match="The disk is full: the demo needs 300 MB"):
            servers.require_room()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("url", "broker"),
        [
            ("redis://127.0.0.1:6390/3", "redis://127.0.0.1:6390/3"),
            ("unix:///run/redis.sock?db=0", "redis+socket:///run/redis.sock?virtual_host=0"),
        ],
    )
    def test_the_workers_address_is_the_same_redis(self, monkeypatch, url, broker):
        class Answering:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                return None

            def ping(self):
                return True

        monkeypatch.setattr(settings, "REDIS_URL", url)
        monkeypatch.setattr(servers.Redis, "from_url", lambda *_, **__: Answering())
        assert servers.broker_url() == broker

    def test_without_redis_there_is_no_worker(self, monkeypatch):
        monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
        assert servers.broker_url() == ""
