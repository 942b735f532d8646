"""An officer who searches at a steady rate: `python -m trials.searcher < orders.json`, what was seen as JSON on stdout.

Each search is what a browser does: the form is posted, the redirect followed, the page of results read. Its address and
the ids of the reads on it are noted, so that each look can be held against the records afterwards. Standard library
only.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import sys
import threading
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from .traffic import FLEET, plate

FORM = "/searches/new/"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
QUERY = re.compile(r"^/searches/([0-9a-f-]{36})/$")
SHOWN = re.compile(r"/searches/[0-9a-f-]{36}/reads/([0-9a-f-]{36})/")
PATIENCE = 30.0  # seconds for an answer


class Failed(Exception):  # noqa: N818 - read as a sentence
    """A page did not come: ``began`` (epoch) is when its connection was opened where that broke."""

    def __init__(self, what: str, began: float):
        super().__init__(what)
        self.began = began


class Officer:
    """One signed-in browser."""

    def __init__(self, orders: dict[str, Any], number: int):
        self.orders, self.draw = orders, random.Random(f"officer-{number}")
        self.headers = {**orders["headers"], "Cookie": orders["cookies"][number]}
        self.connection: http.client.HTTPConnection | None = None
        self.opened = 0.0
        self.token = ""

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[http.client.HTTPResponse, str]:
        """One page. Raises Failed where the connection breaks."""
        headers = dict(self.headers)
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.orders["origin"]}
        try:
            if self.connection is None:
                self.opened = time.time()
                self.connection = http.client.HTTPConnection(self.orders["host"], self.orders["port"], timeout=PATIENCE)
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            return response, response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Failed(f"connection lost ({type(error).__name__})", self.opened) from None

    def close(self) -> None:
        if self.connection:
            self.connection.close()
        self.connection = None

    def question(self) -> dict[str, str]:
        """Most searches know the plate, some a part of it."""
        whole = plate(self.draw.randrange(FLEET))
        kind = self.draw.random()
        asked = whole if kind < 0.7 else f"{whole[:4]}*" if kind < 0.85 else f"*{whole[-4:]}"
        return {**self.orders["form"], "plate": asked}

    def search(self) -> dict[str, Any]:
        """One search from the form to its results: the query, the reads shown, the seconds of both steps."""
        began = time.time()
        if not self.token:
            response, page = self.ask("GET", FORM)
            found = TOKEN.search(page)
            if response.status != 200 or not found:
                raise Failed(f"the form answered {response.status}", began)
            self.token = found[1]
        posted = time.perf_counter()
        response, _ = self.ask("POST", FORM, urlencode({"csrfmiddlewaretoken": self.token, **self.question()}))
        place = urlsplit(response.getheader("Location") or "").path
        query = QUERY.match(place)
        if response.status != 302 or not query:
            self.token = ""
            raise Failed(f"the search was answered {response.status}", began)
        looked = time.perf_counter()
        response, page = self.ask("GET", place)
        done = time.perf_counter()
        if response.status != 200:
            raise Failed(f"the results were answered {response.status}", began)
        shown = sorted(set(SHOWN.findall(page)))
        return {"query": query[1], "shown": shown, "form_s": looked - posted, "page_s": done - looked}


class Shift:
    """Officers at work for the ordered seconds, one for each cookie, ``rate`` searches a second in all."""

    def __init__(self, orders: dict[str, Any]):
        self.orders = orders
        self.lock = threading.Lock()
        self.found: list[dict[str, Any]] = []
        self.failures: list[tuple[float, float, str]] = []

    def work(self, number: int) -> None:
        orders = self.orders
        officer = Officer(orders, number)
        step = len(orders["cookies"]) / orders["rate"]
        due = orders["began"] + step * number / len(orders["cookies"])
        while due < orders["began"] + orders["seconds"]:
            time.sleep(max(0.0, due - time.time()))
            due = max(due + step, time.time())
            began = time.time()
            try:
                seen = officer.search()
                with self.lock:
                    self.found.append(seen)
            except Failed as failed:
                with self.lock:
                    self.failures.append((min(failed.began, began), time.time(), f"search: {failed}"))
        officer.close()

    def run(self) -> dict[str, Any]:
        threads = [threading.Thread(target=self.work, args=(n,)) for n in range(len(self.orders["cookies"]))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"found": self.found, "failures": self.failures}


if __name__ == "__main__":
    json.dump(Shift(json.load(sys.stdin)).run(), sys.stdout)
