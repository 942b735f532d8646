"""Load on a web server from a process of its own: `python -m bench.load < orders.json`, what it saw as JSON on stdout.

Several connections, each kept open; standard library only. ``@@`` in a body becomes a number of its own, so that no two
posts are the same. A post answered 503 is sent again after its Retry-After, as a sender in the field does it, unless
the load comes by the clock (``rate``): then it is counted, and the next one goes out at its own time.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from typing import Any


class Line:
    """One connection to the server, opened anew where the server closed it."""

    def __init__(self, host: str, port: int):
        self.address = (host, port)
        self.socket: socket.socket | None = None
        self.rest = b""

    def ask(self, message: bytes) -> tuple[int, dict[bytes, bytes]]:
        """Send one request and read its answer to the end; answers status and headers."""
        for attempt in range(3):
            try:
                if self.socket is None:
                    self.socket = socket.create_connection(self.address, timeout=30)
                    self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.rest = b""
                self.socket.sendall(message)
                return self._answer()
            except ConnectionError:
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError

    def _answer(self) -> tuple[int, dict[bytes, bytes]]:
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        length = int(headers.get(b"content-length", b"0"))
        while len(self.rest) < length:
            self._more()
        self.rest = self.rest[length:]
        if headers.get(b"connection", b"").lower() == b"close":
            self.close()
        return int(first.split()[1]), headers

    def _more(self) -> None:
        assert self.socket is not None
        got = self.socket.recv(65_536)
        if not got:
            raise ConnectionResetError("the server closed the connection")
        self.rest += got

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class Load:
    """What is to be sent, and what came back; one thread a connection."""

    def __init__(self, orders: dict[str, Any]):
        self.orders = orders
        self.bodies = [body.encode() for body in orders.get("bodies", [])]
        self.lock = threading.Lock()
        self.sent = 0
        self.seen: list[tuple[int, float]] = []  # status, seconds
        self.deferred = self.without_retry = self.broken = 0
        self.until = 0.0

    def message(self, number: int) -> bytes:
        paths = self.orders["paths"]
        method, path = self.orders["method"], paths[number % len(paths)]
        body = b""
        if self.bodies:
            mark = f"{self.orders['label']}-{number}".encode()
            body = self.bodies[number % len(self.bodies)].replace(b"@@", mark)
        headers = {**self.orders["headers"], "Host": "localhost", "Content-Length": str(len(body))}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def next(self) -> int:
        with self.lock:
            self.sent += 1
            return self.sent

    def work(self, place: int) -> None:
        line = Line(self.orders["host"], self.orders["port"])
        rate, connections = self.orders.get("rate"), self.orders["connections"]
        began, turn = time.monotonic(), place
        try:
            while True:  # once at the least, however late the thread began
                if rate:
                    time.sleep(max(0.0, began + turn / rate - time.monotonic()))
                    turn += connections
                self.once(line, again=not rate)
                if time.monotonic() >= self.until:
                    break
                time.sleep(self.orders.get("pause", 0))
        except OSError:
            with self.lock:
                self.broken += 1
        finally:
            line.close()

    def once(self, line: Line, *, again: bool) -> None:
        message = self.message(self.next())
        while True:
            began = time.perf_counter()
            status, headers = line.ask(message)
            took = time.perf_counter() - began
            with self.lock:
                self.seen.append((status, took))
                self.without_retry += status == 503 and b"retry-after" not in headers
            if status != 503 or not again:
                return
            wait = float(headers.get(b"retry-after", b"1"))
            with self.lock:
                self.deferred += 1
            if time.monotonic() + wait >= self.until:
                time.sleep(max(0.0, self.until - time.monotonic()))
                return
            time.sleep(wait)

    def run(self) -> dict[str, Any]:
        """Send for the ordered seconds; answers how many of each status, the waits of those that were taken, and more."""
        threads = [threading.Thread(target=self.work, args=(n,)) for n in range(self.orders["connections"])]
        began = time.monotonic()
        self.until = began + self.orders["seconds"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses: dict[str, int] = {}
        for status, _ in self.seen:
            statuses[str(status)] = statuses.get(str(status), 0) + 1
        return {
            "seconds": time.monotonic() - began,
            "statuses": statuses,
            "waits": [took for status, took in self.seen if status < 400],
            "waits_503": [took for status, took in self.seen if status == 503],
            "deferred": self.deferred,
            "without_retry_after": self.without_retry,
            "broken": self.broken,
        }


if __name__ == "__main__":
    json.dump(Load(json.load(sys.stdin)).run(), sys.stdout)
