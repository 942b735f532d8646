"""Who came in, who went, and who was turned away at the door, day by day."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from training.models import RefusalRecord, SignIn
from training.rules import TOPICS, may_enter

from .cast import OTHER, People
from .reads import OAKLAND
from .write import dated, id_of

OFFICE = (
    *("coordinator", "auditor", "administrator", "sysadmin", "trainer", "clerk", "chief", "extractor", "affairs"),
    *("cityauditor", "commissioner", "lieutenant", "supervisor2"),
)
BEFORE = timedelta(minutes=3)  # signed in this long before the first search of the day
IDLE = timedelta(minutes=15)


def sign_ins(
    people: People, busy: dict[tuple[date, str], list[datetime]], since: datetime, now: datetime
) -> list[SignIn]:
    """In, out, locked when idle, and now and then a wrong password; up to ``now``."""
    found = []
    for (day, username), times in sorted({**_office(since, now), **busy}.items()):
        draw = random.Random(f"door {day} {username}")  # noqa: S311 - the demo is the same each time
        address = f"10.20.{sum(map(ord, username)) % 30}.{draw.randint(10, 240)}"
        first, last = min(times) - BEFORE, max(times)
        steps = [(first, SignIn.Kind.IN)]
        if draw.random() < 0.12:
            steps.append((first - timedelta(seconds=20), SignIn.Kind.FAILED))
        if draw.random() < 0.35:
            steps.append((last + IDLE, SignIn.Kind.IDLE))
        else:
            steps.append((last + timedelta(minutes=draw.randint(2, 12)), SignIn.Kind.OUT))
        found += [
            dated(SignIn, at, people[username], id=id_of("door", day, username, kind), kind=kind.value, address=address)
            for at, kind in steps if since < at <= now
        ]  # fmt: skip
    return found


def _office(since: datetime, now: datetime) -> dict[tuple[date, str], list[datetime]]:
    """When those came who do not search: some weekdays, for an hour or two."""
    found = {}
    day = since.astimezone(OAKLAND).date()
    while day <= now.astimezone(OAKLAND).date():
        for username in OFFICE:
            draw = random.Random(f"office {day} {username}")  # noqa: S311 - the demo is the same each time
            if day.weekday() < 5 and draw.random() < 0.5:
                begun = datetime(day.year, day.month, day.day, 9, tzinfo=OAKLAND).astimezone(UTC)
                begun += timedelta(minutes=draw.randint(0, 300))
                found[day, username] = [begun, begun + timedelta(minutes=draw.randint(20, 140))]
        day += timedelta(days=1)
    return found


def refusals(people: People, since: datetime, now: datetime) -> list[RefusalRecord]:
    """The rookie and the analyst whose designation ended try the search page now and then, and are told why not."""
    untrained = may_enter(is_active=True, category="sworn", designated=False, topics=())
    ended = may_enter(is_active=True, category=OTHER, designated=False, topics=TOPICS)
    found = []
    for n in range((now.date() - since.date()).days + 1):
        day = since.date() + timedelta(days=n)
        at = datetime(day.year, day.month, day.day, 18, 14, 9, tzinfo=UTC)
        username, refusal = (("rookie", untrained), ("formeranalyst", ended))[day.toordinal() % 2]
        if day.toordinal() % 5 == 0 and since < at <= now and refusal is not None:
            found.append(
                dated(
                    RefusalRecord, at, people[username], id=id_of("refusal", day), act="reads.run_query",
                    clause=refusal.clause, sentence=refusal.sentence, code=refusal.code,
                )
            )  # fmt: skip
    return found
