"""News of the queue for open pages: one listener in the process, ids only, each page told of what it may see (B.1)."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, connections
from django.http import HttpRequest
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from training.second_factor import has_second_factor
from training.sessions import why_over
from training.standing import standing

from .incidents import WORK

log = structlog.get_logger()
CHANNEL = "hotlists_hits"
LOOK_BACK = 200  # numbers are given before a transaction commits: a lower one may come later
JUST_NOW = 60  # seconds that such a transaction lasts at most
MOST_KEPT = 100  # news that a slow page may leave lying; then its line is cut, and it asks again
MOST_OPEN = 6  # lines of one session; the oldest is cut
BEAT, RECHECK, LASTS = 15.0, 30.0, 300.0  # seconds
SLOWEST = 30.0  # seconds between two tries to reach PostgreSQL
RETRY = 2000  # milliseconds after which a browser connects again

NEW = """
SELECT e.id, e.incident_id, i.unit FROM hotlists_hitevent e JOIN hotlists_incident i ON i.id = e.incident_id
WHERE e.id > %s ORDER BY e.id
"""
# What a page missed: what is newer than the last it heard of, and what was committed late.
MISSED = """
SELECT e.id, e.incident_id, i.unit FROM hotlists_hitevent e JOIN hotlists_incident i ON i.id = e.incident_id
WHERE e.id > %(last)s OR (%(again)s AND e.id > %(last)s - %(back)s
  AND e.at > statement_timestamp() - make_interval(secs => %(just)s))
ORDER BY e.id LIMIT 1000
"""


class News(NamedTuple):
    """Something about an incident is new; ``unit``: who may hear of it, "" for everybody who works hits."""

    number: int
    incident: uuid.UUID
    unit: str

    @property
    def sent(self) -> bytes:
        """As it goes over the line: its number and the incident, nothing else."""
        return f"id: {self.number}\ndata: {json.dumps({'incident': str(self.incident)})}\n\n".encode()


@dataclass(eq=False)
class Line:
    """One open page: what it has not been sent yet, and whether it was cut."""

    session: str
    waiting: asyncio.Queue[News] = field(default_factory=lambda: asyncio.Queue(MOST_KEPT))
    cut: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, news: News) -> None:
        """Never waits: a page that does not keep up is cut, and asks for what it missed when it comes back."""
        try:
            self.waiting.put_nowait(news)
        except asyncio.QueueFull:
            self.cut.set()


class Newsroom:
    """Listens to PostgreSQL once for all open pages of this process, while there are any."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.listening: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()
        self.last: int | None = None
        self.told: set[int] = set()

    @contextlib.asynccontextmanager
    async def line(self, session: str) -> AsyncIterator[Line]:
        """A line for one page, from now on."""
        own = [line for line in self.lines if line.session == session]
        for line in own[: max(0, len(own) - MOST_OPEN + 1)]:
            line.cut.set()
        opened = Line(session)
        self.lines.append(opened)
        if self.listening is None or self.listening.done():
            self.ready.clear()
            # not in the context of this request, whose thread ends with it
            self.listening = asyncio.create_task(self.listen(), context=contextvars.Context())
        try:
            yield opened
        finally:
            self.lines.remove(opened)
            if not self.lines and self.listening:
                self.listening.cancel()
                self.listening = self.last = None

    async def listen(self) -> None:
        """Hear of news for as long as somebody is there; when PostgreSQL is away, try again, ever more slowly."""
        pause = 0.5
        while True:
            try:
                given = await sync_to_async(parameters, thread_sensitive=False)()
                async with await psycopg.AsyncConnection.connect(**given, autocommit=True) as heard:
                    await heard.execute(f"LISTEN {CHANNEL}")
                    await self.fetch(heard)
                    self.ready.set()
                    pause = 0.5
                    while True:
                        async for _ in heard.notifies(timeout=BEAT, stop_after=1):
                            pass
                        await self.fetch(heard)
            except (psycopg.Error, OSError) as error:
                log.warning("events: PostgreSQL is away", error=type(error).__name__, pause=pause)
                await asyncio.sleep(pause)
                pause = min(SLOWEST, pause * 2)

    async def fetch(self, heard: psycopg.AsyncConnection[Any]) -> None:
        """Tell every line what it was not told yet; the first time, only remember what there is."""
        first = self.last is None
        if self.last is None:
            found = await (await heard.execute("SELECT coalesce(max(id), 0) FROM hotlists_hitevent")).fetchone()
            self.last = found[0] if found else 0
        rows = await (await heard.execute(NEW, [self.last - LOOK_BACK])).fetchall()
        fresh = [News(*row) for row in rows if row[0] not in self.told]
        if rows:
            self.last = max(self.last, rows[-1][0])
        self.told = {row[0] for row in rows if row[0] > self.last - LOOK_BACK}
        for news in () if first else fresh:
            for line in self.lines:
                line.put(news)


newsroom: dict[asyncio.AbstractEventLoop, Newsroom] = {}  # one in a process, which runs one loop


def room() -> Newsroom:
    """The newsroom of this process."""
    return newsroom.setdefault(asyncio.get_running_loop(), Newsroom())


def parameters() -> dict[str, Any]:
    """How to reach PostgreSQL as the application; the embedded server is started where no address is set."""
    given = connection.get_connection_params()
    return {
        name: value for name, value in given.items() if name not in {"cursor_factory", "context", "prepare_threshold"}
    }


def missed(last: int, *, again: bool) -> list[News]:
    """What is newer than the last number that a page knows. ``again``: it was connected before, so late ones count too."""
    with connection.cursor() as cursor:
        cursor.execute(MISSED, {"last": last, "again": again, "back": LOOK_BACK, "just": JUST_NOW})
        return [News(*row) for row in cursor.fetchall()]


@clause("C.3.a", "C.3.b", "F.1")
def still_hears(key: str) -> str | None:
    """The unit of the member whose session this is, while it goes on and they may work hits today; else None.

    Asked anew each time, of the session and the member as they stand in the database.
    """
    request = HttpRequest()
    request.session = SessionStore(session_key=key)  # type: ignore[assignment]
    member: Any = auth.get_user(request)
    request.user = member
    if not member.is_authenticated or not member.is_active or why_over(request) is not None:
        return None
    now = timezone.now()
    if not has_second_factor(member) or not standing(member, now).may_enter or not member.has_perm(WORK):
        return None
    return str(member.unit)


def _asked(call: Any, *args: Any, **values: Any) -> Any:
    """Ask the database, and hold no connection to it afterwards: a line stays open for minutes."""
    try:
        return call(*args, **values)
    finally:
        connections.close_all()


async def stream(key: str, unit: str, last: int | None, *, again: bool) -> AsyncIterator[bytes]:
    """The news that one page is sent, until it was sent for five minutes, or its session or its right ended."""
    ask = sync_to_async(_asked)
    clock = asyncio.get_running_loop().time
    ends, recheck = clock() + LASTS, clock() + RECHECK
    sent: set[int] = set()
    await ask(bool)  # the view's own connection
    async with room().line(key) as line:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(room().ready.wait(), BEAT)
        yield f"retry: {RETRY}\n\n".encode()
        for news in await ask(missed, last, again=again) if last is not None else ():
            sent.add(news.number)
            if news.unit in {"", unit}:
                yield news.sent
        while clock() < ends and not line.cut.is_set():
            if clock() >= recheck:
                found = await ask(still_hears, key)
                if found is None:
                    return
                unit, recheck = found, clock() + RECHECK
            try:
                news = await asyncio.wait_for(line.waiting.get(), min(BEAT, max(0.01, recheck - clock())))
            except TimeoutError:
                yield b": here\n\n"
                continue
            if news.number not in sent and news.unit in {"", unit}:
                yield news.sent
