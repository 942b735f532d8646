"""A camera network as a process of its own: `python -m trials.sender < orders.json`, what became of it as JSON on stdout.

Every post is sent again, with the same batch id and the same body, until it is acknowledged; a 503 waits for its
Retry-After. Each acknowledged post becomes a line of the file that the orders name: this is what must not be lost.
Standard library only.
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from .traffic import Feed, Post

DOOR = "/api/v1/reads"
PAUSES = (0.25, 0.5, 1.0, 2.0)  # seconds before the next try, where nobody said how long
REPLAYED = 0.03  # share of the acknowledged posts that are sent once more, as if their acknowledgement had been lost
PATIENCE = 30.0  # seconds for an answer
DRAIN = 120.0  # seconds after the end for what is not acknowledged yet


class Answer(NamedTuple):
    """One try at one post: ``began`` is when its connection was opened where that broke (epoch). Status 0: it broke."""

    status: int
    said: dict[str, Any]
    retry_after: float | None
    began: float
    ended: float


class Line:
    """One connection that is kept open."""

    def __init__(self, host: str, port: int, headers: dict[str, str]):
        self.address, self.headers = (host, port), headers
        self.connection: http.client.HTTPConnection | None = None
        self.opened = 0.0

    def post(self, body: bytes) -> Answer:
        began = time.time()
        try:
            if self.connection is None:
                self.opened = began
                self.connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
            self.connection.request("POST", DOOR, body, self.headers)
            response = self.connection.getresponse()
            text = response.read()
            wait = response.getheader("Retry-After")
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(0, {}, None, self.opened, time.time())
        try:
            said = json.loads(text)
        except ValueError:
            said = {}
        return Answer(response.status, said, float(wait) if wait else None, began, time.time())

    def close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None


class Network:
    """All connections of a camera network, and what became of their posts."""

    def __init__(self, orders: dict[str, Any]):
        self.orders = orders
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.failures: list[tuple[float, float, str]] = []  # from, to, what
        self.longest = 0.0  # seconds from a post's being due to its acknowledgement
        self.until = orders["began"] + orders["seconds"]

    def work(self, number: int) -> None:
        """One connection: posts at their time, each until it is acknowledged."""
        orders = self.orders
        source = orders["sources"][number % len(orders["sources"])]
        feed = Feed(
            source,
            f"{orders['label']}-{number}",
            rate=orders["rate"] / orders["connections"],
            began=orders["began"],
            pictures=orders["pictures"],
        )
        headers = {**orders["headers"], "Authorization": f"Bearer {source['key']}", "Content-Type": "application/json"}
        line, draw = Line(orders["host"], orders["port"], headers), random.Random(number)
        try:
            while (post := feed.next()).due < self.until:
                time.sleep(max(0.0, post.due - time.time()))
                first = self.deliver(line, post, draw)
                if first and draw.random() < REPLAYED:
                    self.replay(line, post, first, draw)
        finally:
            line.close()

    def deliver(self, line: Line, post: Post, draw: random.Random) -> dict[str, Any] | None:
        """Send a post until it is acknowledged; its receipt, or None where it was refused or never taken."""
        with self.lock:
            self.counts["posts"] += 1
            self.counts["reads"] += len(set(post.reads))
        tries = 0
        while time.time() < self.until + DRAIN:
            tries += 1
            answer = line.post(post.body)
            if answer.status == 200:
                self.acknowledge(post, answer, tries)
                return answer.said
            self.note(answer)
            if 400 <= answer.status < 500:
                return None
            pause = PAUSES[min(tries, len(PAUSES)) - 1] * draw.uniform(0.8, 1.2)
            time.sleep(pause if answer.retry_after is None else answer.retry_after)
        with self.lock:
            self.counts["never_acknowledged"] += 1
        return None

    def acknowledge(self, post: Post, answer: Answer, tries: int) -> None:
        said = answer.said
        is_whole = said.get("received") == len(post.reads) == said.get("stored", 0) + said.get("duplicates", 0)
        kept = {
            "source": post.source,
            "batch": post.batch,
            "receipt": said.get("batch"),
            "stored": said.get("stored"),
            "duplicates": said.get("duplicates"),
            "reads": post.reads,
            "pictures": post.pictures,
            "tries": tries,
            "tried": answer.began,
            "at": answer.ended,
        }
        with self.lock:
            self.counts["acknowledged"] += 1
            self.counts["retries"] += tries - 1
            self.counts["odd_receipts"] += not is_whole
            self.longest = max(self.longest, answer.ended - post.due)
            with open(self.orders["file"], "a") as file:
                file.write(json.dumps(kept) + "\n")

    def note(self, answer: Answer) -> None:
        """Count a try that was not acknowledged. A 503 "busy" is no failure: it is how the door says later."""
        code = str(answer.said.get("code", ""))
        what = f"{answer.status} {code}".strip() if answer.status else "connection lost"
        with self.lock:
            self.counts["answered_503"] += answer.status == 503
            self.counts["refused"] += 400 <= answer.status < 500
            self.counts["without_retry_after"] += answer.status == 503 and answer.retry_after is None
            self.counts[f"not: {what}"] += 1
            if (answer.status, code) != (503, "busy"):
                self.failures.append((answer.began, answer.ended, f"post: {what}"))

    def replay(self, line: Line, post: Post, first: dict[str, Any], draw: random.Random) -> None:
        """Send an acknowledged post once more: it must be answered as the first time."""
        answer = line.post(post.body)
        while answer.status == 0 or answer.status >= 500:
            self.note(answer)
            if time.time() > self.until + DRAIN:
                return
            time.sleep(answer.retry_after or PAUSES[-1] * draw.uniform(0.8, 1.2))
            answer = line.post(post.body)
        with self.lock:
            self.counts["replays"] += 1
            self.counts["replays_answered_otherwise"] += answer.said != first

    def run(self) -> dict[str, Any]:
        """Send for the ordered seconds, then until all is acknowledged; answers the counts."""
        threads = [threading.Thread(target=self.work, args=(n,)) for n in range(self.orders["connections"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"counts": self.counts, "failures": self.failures, "longest": self.longest}


if __name__ == "__main__":
    json.dump(Network(json.load(sys.stdin)).run(), sys.stdout)
