"""The trials count rightly: a lost, doubled or restarted read is seen, and a sender gives up nothing it was not told of."""

from __future__ import annotations

import itertools
import json
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import make
from trials import count, memory, people, report, searcher, sender, traffic
from trials.verdict import Verdict

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
BATCH, OTHER = uuid.uuid4(), uuid.uuid4()


def read_id(source: str, external: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{source}/{external}")


def post(*reads: str, batch: uuid.UUID = BATCH, **values: Any) -> dict[str, Any]:
    counts = {"stored": len(reads), "duplicates": 0, "pictures": []}
    return {"source": "s", "receipt": str(batch), "reads": list(reads), **counts, **values}


def stored(read: str, *, batch: uuid.UUID = BATCH, at: datetime = AT, batch_at: datetime | None = AT) -> count.Stored:
    return count.Stored(read_id("s", read), at, batch, batch_at)


WHOLE = {"acknowledged": 2, "stored": 2, "lost": 0, "twice": 0, "unacknowledged": 0, "restarted": 0}
A, B = stored("a"), stored("b")
NEXT_DAY = stored("a", at=AT + timedelta(days=1))


class TestCompare:
    @pytest.mark.parametrize(
        ("posts", "there", "differs"),
        [
            ([post("a", "b")], [A, B], {}),
            ([post("a", "b")], [A], {"stored": 1, "lost": 1}),
            ([post("a", "b")], [], {"stored": 0, "lost": 2}),
            ([post("a", "b")], [A, NEXT_DAY, B], {"stored": 3, "twice": 1}),
            ([post("a")], [A, B], {"acknowledged": 1, "unacknowledged": 1}),
            # sent again in a second batch: it belongs to the first
            ([post("a", "b"), post("a", batch=OTHER)], [A, B], {}),
            ([post("a", "b"), post("a", batch=OTHER)], [stored("a", batch=OTHER), B], {"restarted": 1}),
            # uploaded long after its batch was recorded, or in a batch that has no record
            ([post("a", "b")], [NEXT_DAY, B], {"restarted": 1}),
            ([post("a", "b")], [stored("a", batch_at=None), B], {"restarted": 1}),
        ],
    )
    def test_what_was_acknowledged_is_held_against_what_is_there(self, posts, there, differs):
        assert count.compare(posts, there, read_id, {}) == {**WHOLE, **differs}

    def test_an_upload_time_that_was_seen_stays(self):
        before = {read_id("s", "a"): AT - timedelta(seconds=1)}
        assert count.compare([post("a", "b")], [A, B], read_id, before)["restarted"] == 1

    def test_a_read_that_was_seen_and_is_gone_is_lost(self):
        assert count.compare([post("b")], [B], read_id, {read_id("s", "a"): AT})["lost"] == 1


class TestOtherCounts:
    def test_a_receipt_without_its_record_is_seen(self):
        posts = [post("a", "b"), post("c", batch=OTHER, stored=0, duplicates=1)]
        records = {str(BATCH): (2, 2, 0), str(OTHER): (1, 0, 1)}
        assert count.receipts(posts, records) == 0
        assert count.receipts(posts, {**records, str(OTHER): (1, 1, 0)}) == 1
        assert count.receipts(posts, {str(BATCH): (2, 2, 0)}) == 1

    def test_a_picture_that_does_not_open_is_lost(self):
        digest = count.sha256(b"whole").hexdigest()
        kept = [SimpleNamespace(read_id=read_id("s", name), digest=digest) for name in "ab"]
        posts = [post("a", "b", pictures=["a", "b"])]

        def opens(picture: Any, *, thumbnail: bool = False) -> bytes | None:
            return b"small" if thumbnail else b"whole"

        assert count.lost_pictures(posts, kept, read_id, opens) == (2, 0)
        assert count.lost_pictures(posts, kept[:1], read_id, opens) == (2, 1)
        assert count.lost_pictures(posts, kept, read_id, lambda picture, thumbnail=False: None) == (2, 2)
        assert count.lost_pictures(posts, kept, read_id, lambda picture, thumbnail=False: b"other") == (2, 2)

    def test_a_page_without_an_access_that_says_as_many_reads_is_seen(self):
        seen = [{"query": "q", "shown": ["x", "y"]}, {"query": "q", "shown": []}]
        assert count.unrecorded(seen, {"q": [2, 0]}) == 0
        assert count.unrecorded(seen, {"q": [2, 0, 5]}) == 0  # a page that was recorded and did not reach the browser
        assert count.unrecorded(seen, {"q": [2]}) == 1
        assert count.unrecorded(seen, {"q": [1, 0]}) == 1
        assert count.unrecorded(seen, {}) == 2

    def test_only_failures_beside_an_outage_are_explained(self):
        outages = [count.Outage("web", 100, 103)]
        failures = [(99.0, 100.5, "a"), (103.5, 103.9, "b"), (104.5, 104.6, "c"), (98.0, 99.0, "d"), (90.0, 120.0, "e")]
        assert count.outside(failures, outages, grace=1.0) == ["c", "d"]

    def test_a_plate_in_a_log_is_seen(self, tmp_path: Path):
        log = tmp_path / "web.log"
        log.write_text('{"event": "request"}\nsearched for 1I00000\n')
        assert count.lines_with(["1I00000", "2O07919"], [log, tmp_path / "none.log"]) == 1


class TestMemory:
    def test_a_line_through_samples_tells_growth_from_noise(self):
        steps = [5.0 * n for n in range(90)]
        growing = [(at, 1, int(100e6 + at / 60 * 3e6)) for at in steps]
        level = [(at, 2, int(100e6 + (n % 2) * 1e6)) for n, at in enumerate(steps)]
        grew, stayed = memory.lives([*growing, *level])
        assert grew.slope == pytest.approx(3.0, abs=0.01)
        assert (grew.is_flat, stayed.is_flat) == (False, True)

    def test_a_short_life_says_nothing(self):
        (life,) = memory.lives([(at, 1, 100_000_000) for at in (0.0, 5.0, 190.0, 220.0)])
        assert (life.slope, life.is_flat) == (None, None)

    def test_sizes_by_the_minute(self):
        samples = [
            (0.0, 1, 10_000_000),
            (30.0, 1, 20_000_000),
            (59.0, 1, 30_000_000),
            (61.0, 1, 7_000_000),
            (5.0, 2, 1),
        ]
        assert memory.by_minute(samples, 1) == [20.0, 7.0]


class TestVerdict:
    def test_one_number_that_must_not_be_is_enough(self):
        verdict = Verdict()
        verdict.say("reads", 12_345)
        verdict.must("lost", 0)
        assert verdict.holds
        verdict.must("twice", 1)
        assert not verdict.holds
        assert "| reads | 12,345 |  |  |" in verdict.table("counted")
        assert "| twice | 1 | 0 | **NOT** |" in verdict.table("counted")

    def test_each_trial_writes_its_own_part(self, tmp_path: Path):
        paper = tmp_path / "trials.md"
        report.write("replica", "## Replica\n\nfirst", paper)
        report.write("soak", "## Soak\n\nfirst", paper)
        report.write("replica", "## Replica\n\nsecond", paper)
        text = paper.read_text()
        assert text.startswith("# Trials")
        assert [text.count(words) for words in ("## Soak", "## Replica", "first", "second")] == [1, 1, 1, 1]
        assert text.index("## Soak") < text.index("## Replica")


SOURCE = {"name": "s", "key": "alpr_key", "cameras": ["c-1", "c-2"]}


class TestTraffic:
    def test_the_rate_is_kept_and_ids_are_never_used_twice(self):
        feed = traffic.Feed(SOURCE, "f", rate=9.0, began=1_000.0, pictures=["cGljdHVyZQ=="])
        posts = [feed.next() for _ in range(200)]
        fresh = {read for one in posts for read in one.reads}
        assert len(fresh) == round((posts[-1].due - 1_000) * 9)
        assert len({one.batch for one in posts}) == 200
        assert all(1 <= len(one.reads) <= traffic.MOST + 3 for one in posts)
        assert any(one.pictures for one in posts)
        assert any(set(one.reads) & set(other.reads) for one, other in itertools.pairwise(posts))


class Door(BaseHTTPRequestHandler):
    """A door for reads that answers as its script says: a status, or None to hang up."""

    script: list[int | None] = []
    bodies: list[bytes] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append(body)
        status = self.script.pop(0) if self.script else 200
        if status is None:
            self.close_connection = True
            return
        n = len(json.loads(body)["reads"])
        said = {"received": n, "stored": n, "duplicates": 0, "refused": {}, "batch": "r", "faults": []}
        answer = json.dumps(said if status == 200 else {"code": "busy"}).encode()
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def door() -> Iterator[type[Door]]:
    handler = type("ScriptedDoor", (Door,), {"script": [], "bodies": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.port = server.server_address[1]  # type: ignore[attr-defined]
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield handler
        server.shutdown()
        serving.join()


@pytest.fixture
def send(door, tmp_path, monkeypatch):
    """Run one connection of a camera network for a moment; what it says, and what it wrote down."""
    monkeypatch.setattr(sender, "PAUSES", (0.0,))
    monkeypatch.setattr(sender, "REPLAYED", 0.0)

    def run(*script: int | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        door.script[:] = script
        file = tmp_path / "acknowledged.jsonl"
        orders = {"host": "127.0.0.1", "port": door.port, "headers": {}, "sources": [SOURCE], "pictures": ["cA=="]}
        pace = {"began": time.time() - 10, "seconds": 5, "rate": 4.0, "connections": 1}  # all of it is overdue
        found = sender.Network({**orders, **pace, "label": "t", "file": str(file)}).run()
        return found, count.acknowledged(file)

    return run


class TestSender:
    def test_a_post_is_sent_unchanged_until_it_is_acknowledged(self, send, door):
        found, kept = send(None, 500, 503, 200)
        assert len(set(door.bodies[:4])) == 1
        assert [one["batch"] for one in kept].count("t-0-b1") == 1
        assert (kept[0]["tries"], found["counts"]["retries"], found["counts"]["answered_503"]) == (4, 3, 1)
        assert found["counts"]["acknowledged"] == found["counts"]["posts"] == len(kept)

    def test_busy_is_no_failure_and_the_rest_is(self, send):
        found, _ = send(503, None, 500)
        assert [what for *_, what in found["failures"]] == ["post: connection lost", "post: 500 busy"]

    def test_a_refused_post_is_not_acknowledged(self, send):
        found, kept = send(400)
        assert (found["counts"]["refused"], len(kept)) == (1, found["counts"]["posts"] - 1)
        assert "t-0-b1" not in [one["batch"] for one in kept]

    def test_a_replay_that_is_answered_otherwise_is_counted(self, send, door, monkeypatch):
        monkeypatch.setattr(sender, "REPLAYED", 1.1)
        found, _ = send()
        assert found["counts"]["replays"] == found["counts"]["posts"] > 0
        assert found["counts"]["replays_answered_otherwise"] == 0
        monkeypatch.setattr(sender.Network, "deliver", lambda *args: {"received": 0})
        found, _ = send()
        assert found["counts"]["replays_answered_otherwise"] == found["counts"]["replays"] > 0


@pytest.mark.usefixtures("committed")
class TestSearcher:
    def test_it_reads_the_portal_s_own_pages(self, officer, client_of):
        read = make.read("8ABC123")
        client = client_of(officer)
        assert searcher.TOKEN.search(client.get(searcher.FORM).content.decode())
        posted = client.post(searcher.FORM, {**people.form(), "plate": "8ABC123"})
        assert posted.status_code == 302
        assert searcher.QUERY.match(posted["Location"])
        page = client.get(posted["Location"]).content.decode()
        assert set(searcher.SHOWN.findall(page)) == {str(read)}

    def test_a_colleague_may_search_too(self, officer, client_of):
        second = people.colleague(officer, "second")
        posted = client_of(second).post(searcher.FORM, {**people.form(), "plate": "8ABC123"})
        assert posted.status_code == 302
