"""Deliveries that come together are written together, and each gets its own answer; the busy portal says so."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import timezone

from reads import admission, ingest, inventory
from reads.models import Batch
from reads.writer import Writer
from tests import make


class Desk:
    """What a writer writes to: it holds the first group until it is let go, and remembers all."""

    def __init__(self):
        self.groups, self.go, self.began = [], threading.Event(), threading.Event()

    def write(self, group):
        self.groups.append(list(group))
        self.began.set()
        self.go.wait(5)
        if "bad" in group:
            raise ValueError("bad")
        return [work.upper() for work in group]


def wait_until(is_so):
    """Come back when something is so, within five seconds."""
    until = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < until, "it never was"
        time.sleep(0.001)


def together(works, *, most=100):
    """Submit the first, and while it is written the others; answers (desk, what each got)."""
    desk = Desk()
    writer = Writer(desk.write, most=most)

    def submit(work):
        try:
            return writer.submit(work, weight=1)
        except ValueError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        first = pool.submit(submit, works[0])
        assert desk.began.wait(5)
        rest = [pool.submit(submit, work) for work in works[1:]]
        wait_until(lambda: len(writer._queue) == len(works) - 1)
        desk.go.set()
        return desk, [one.result(5) for one in (first, *rest)]


class TestWriter:
    def test_what_gathers_while_one_is_written_goes_together(self):
        desk, answers = together(["a", "b", "c", "d"])
        assert [len(group) for group in desk.groups] == [1, 3]
        assert answers == ["A", "B", "C", "D"]

    def test_a_group_is_no_heavier_than_the_most(self):
        desk, answers = together(["a", "b", "c", "d"], most=2)
        assert [len(group) for group in desk.groups] == [1, 2, 1]
        assert answers == ["A", "B", "C", "D"]

    def test_a_bad_one_sinks_no_other(self):
        _, answers = together(["a", "b", "bad", "d"])
        assert answers[:2] + answers[3:] == ["A", "B", "D"]
        assert isinstance(answers[2], ValueError)

    def test_a_delivery_that_was_taken_along_and_lost_is_told(self):
        writer = Writer(lambda group: group, most=1)
        writer._next_group = lambda: []
        with pytest.raises(RuntimeError, match="gone without a word"):
            writer.submit("a", weight=1)

    def test_one_heavier_than_the_most_is_written_all_the_same(self):
        desk = Desk()
        desk.go.set()
        assert Writer(desk.write, most=1).submit("a", weight=50) == "A"


@pytest.fixture
def key(coordinator):
    make.camera("cam-1")
    return inventory.issue_key(make.source(), by=coordinator, now=timezone.now())


def closing(work):
    """Run in a thread, and close that thread's connections afterwards."""

    def run(*args):
        try:
            return work(*args)
        finally:
            connections.close_all()

    return run


def post(key, plates, **envelope):
    reads = [{"plate": p, "camera": "cam-1", "captured_at": datetime.now(UTC).isoformat()} for p in plates]
    body = json.dumps({"reads": reads, **envelope} if envelope else reads)
    client = Client(headers={"Authorization": f"Bearer {key}"})
    return client.post("/api/v1/reads", body, content_type="application/json")


@pytest.mark.usefixtures("committed")
@pytest.mark.clause("F.2")
class TestStoredTogether:
    def test_a_group_is_one_transaction_with_a_record_for_each(self, key, monkeypatch):
        groups = []
        desk = Desk()

        def store(deliveries):
            groups.append(len(deliveries))
            desk.began.set()
            desk.go.wait(5)
            return ingest.store_together(deliveries)

        monkeypatch.setattr(ingest, "WRITER", Writer(store, most=100))
        with ThreadPoolExecutor(4) as pool:
            first = pool.submit(closing(post), key, ["8ABC123"])
            assert desk.began.wait(5)
            rest = [pool.submit(closing(post), key, [f"8ABC20{n}", f"8ABC30{n}"]) for n in range(3)]
            wait_until(lambda: len(ingest.WRITER._queue) == 3)
            desk.go.set()
            answers = [one.result(5).json() for one in (first, *rest)]
        assert groups == [1, 3]
        assert [answer["stored"] for answer in answers] == [1, 2, 2, 2]
        assert Batch.objects.count() == 4

    def test_the_same_key_twice_in_a_group_is_one_batch(self, key, monkeypatch):
        desk = Desk()

        def store(deliveries):
            desk.began.set()
            desk.go.wait(5)
            return ingest.store_together(deliveries)

        monkeypatch.setattr(ingest, "WRITER", Writer(store, most=100))
        body = [{"plate": "8ABC200", "camera": "cam-1", "captured_at": datetime.now(UTC).isoformat()}]
        with ThreadPoolExecutor(3) as pool:
            first = pool.submit(closing(post), key, ["8ABC123"])
            assert desk.began.wait(5)

            def send():
                client = Client(headers={"Authorization": f"Bearer {key}"})
                said = json.dumps({"batch": "b-1", "reads": body})
                return client.post("/api/v1/reads", said, content_type="application/json").json()

            twice = [pool.submit(closing(send)) for _ in range(2)]
            wait_until(lambda: len(ingest.WRITER._queue) == 2)
            desk.go.set()
            first.result(5)
            one, other = (sent.result(5) for sent in twice)
        assert one == other
        assert one["stored"] == 1
        assert Batch.objects.filter(key="b-1").count() == 1

    def test_lag_is_kept_with_the_batch(self, key):
        body = [
            {"plate": "8ABC123", "camera": "cam-1", "captured_at": (datetime.now(UTC) - ago).isoformat()}
            for ago in (timedelta(minutes=1), timedelta(minutes=2), timedelta(hours=2))
        ]
        Client(headers={"Authorization": f"Bearer {key}"}).post(
            "/api/v1/reads", json.dumps(body), content_type="application/json"
        )
        batch = Batch.objects.get()
        assert 120 <= batch.lag_median < 180
        assert 7200 <= batch.lag_longest < 7300


@pytest.mark.usefixtures("committed")
@pytest.mark.clause("F.2")
class TestAdmission:
    def test_with_every_place_taken_it_says_when_to_come_back(self, key, monkeypatch):
        monkeypatch.setattr("reads.api.DELIVERIES", admission.Admission(1))
        from reads import api

        with api.DELIVERIES.place():
            busy = post(key, ["8ABC123"])
        assert busy.status_code == 503
        assert busy.headers["Content-Type"] == "application/problem+json"
        assert 1 <= int(busy.headers["Retry-After"]) <= 4
        assert busy.json()["code"] == "busy"
        assert not Batch.objects.exists(), "nothing of it was taken"
        assert post(key, ["8ABC123"]).json()["stored"] == 1

    def test_a_short_burst_waits_its_turn_and_no_more_than_the_queue(self, monkeypatch):
        monkeypatch.setattr(admission, "PATIENCE", 5)
        places, leave, waits = admission.Admission(1, queue=1), threading.Event(), []

        def hold():
            with places.place():
                waits.append(1)
                leave.wait(5)

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(hold) for _ in range(2)]
            wait_until(lambda: waits and places._room._value == 0)
            with pytest.raises(admission.TooBusy), places.place():
                pass
            assert len(waits) == 1, "one works, one waits"
            leave.set()
            for one in both:
                one.result(5)
        assert len(waits) == 2

    def test_nobody_waits_for_ever(self, monkeypatch):
        monkeypatch.setattr(admission, "PATIENCE", 0.01)
        places = admission.Admission(1, queue=1)
        with places.place():
            with pytest.raises(admission.TooBusy), places.place():
                pass
            assert places._room._value == 1, "who gave up left the queue"

    def test_a_body_arrives_before_it_takes_a_place(self, key, monkeypatch):
        held = []

        class Noticing(admission.Admission):
            def place(self):
                held.append(request._body)
                return super().place()

        request = RequestFactory().post("/api/v1/reads", b"[]", content_type="application/json")
        monkeypatch.setattr("reads.api.DELIVERIES", Noticing(1))
        from reads import api

        api.post_reads(request)
        assert held == [b"[]"]

    def test_a_place_is_given_back_whatever_happens(self, key, monkeypatch):
        places = admission.Admission(1)
        monkeypatch.setattr("reads.api.DELIVERIES", places)
        for _ in range(3):
            assert post("wrong", ["8ABC123"]).status_code == 401
        with pytest.raises(RuntimeError, match="broke"), places.place():
            raise RuntimeError("broke")
        assert post(key, ["8ABC123"]).status_code == 200
