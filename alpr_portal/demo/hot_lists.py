"""The demo's hot lists: files that came each day, entries that members proposed, and what came of the hits.

Every plate is the demo's own. The lists stand before the reads of a day are stored, so that the database raises the hits
as it would have; members' work on them is told afterwards.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import Model

from alpr_portal.policy.vocabulary import Closing, Confidentiality, Disposition, Feed, ListKind, Purpose, Via, Watched
from hotlists import layouts
from hotlists.models import (
    Delivery,
    Entry,
    EntryDecision,
    EntryEnd,
    EntryVersion,
    HotList,
    ListTemplate,
    NextStep,
    QueueItem,
    Refresh,
    Stop,
    TemplateDecision,
    Verification,
)
from hotlists.verification_rules import AT_A_GLANCE, OTHER, SEEN, completeness
from reads.plates import fold

from .cast import People
from .vehicles import FEATURED, Vehicle, new_plate
from .write import dated, history, id_of, put

STOLEN, WANTED, STRANGERS = 110, 30, 260  # vehicles of the demo on a day's file, and plates that nobody drives here
FILES = (
    ("svs", "Stolen Vehicle System", ListKind.SVS, 2, "stolen vehicle"),
    ("ncic", "NCIC vehicles and plates", ListKind.NCIC, 2, "felony vehicle"),
)
OF_MEMBERS = (
    ("bolo", "BOLO of the Department", ListKind.BOLO, 2),
    ("amber", "Amber alerts", ListKind.AMBER, 1),
    ("silver", "Silver alerts", ListKind.SILVER, 1),
)
LAYOUT = {
    "format": "delimited",
    "delimiter": ",",
    "encoding": "utf-8",
    "header": True,
    "columns": [
        {"field": field, "name": name}
        for field, name in (
            ("plate", "LIC"),
            ("state", "LIS"),
            ("list", "MKE"),
            ("reason", "REASON"),
            ("entered_on", "DOT"),
        )
    ],
}
# plate's place among the featured vehicles, who proposes, days ago, days it lasts, purpose, why, what to do, decided
ENTRIES: tuple[tuple[int, str, float, int, Purpose, str, str, bool | None], ...] = (
    (0, "officer5", 9, 28, Purpose.VIOLENT_CRIME, "Seen on video leaving two armed robberies of shops in one week.",
     "Keep your distance, call Robbery, do not stop alone.", True),
    (1, "officer", 6, 20, Purpose.BURGLARY, "The van stood before three warehouses in the nights they were broken into.",
     "Note where it parks and tell the burglary detail.", True),
    (3, "officer2", 12, 14, Purpose.VIOLENT_CRIME, "Driver shot at another car; a witness read the plate.",
     "Felony stop with a second unit, after CLETS.", True),
    (4, "officer6", 3, 25, Purpose.GRAND_THEFT, "Used to carry away catalytic converters at four scenes.",
     "Follow, and tell the theft detail where it goes.", False),
    (5, "officer2", 0.08, 21, Purpose.WITNESS_LOCATE, "Belongs to the only witness of a stabbing, who moved away.",
     "Ask for a call back. The driver is a witness, not a suspect.", None),
    (2, "officer3", 0.2, 10, Purpose.MISSING_OR_AT_RISK_PERSON, "A man of 81 with dementia left home in this car at noon.",
     "Stay with the car and call the family unit.", None),
)  # fmt: skip
WORKED_AFTER, FRESH = timedelta(hours=5), 18  # what is younger, and the newest of all, waits for the demo's users


def ground(people: People) -> Iterator[list[Model]]:
    """The lists, how their files are read, and the entries with the decisions on them; before the reads."""
    begun, coordinator, administrator = people.begun, people["coordinator"], people["administrator"]
    lists = [
        *(_list(name, title, kind, Feed.FILE, priority) for name, title, kind, priority, _ in FILES),
        *(_list(name, title, kind, Feed.MEMBERS, priority) for name, title, kind, priority in OF_MEMBERS),
    ]
    yield list(lists)
    yield [history(one, begun, coordinator) for one in lists]
    templates = [
        dated(
            ListTemplate, begun, coordinator, id=id_of("template", one.name), hot_list=one, number=1,
            layout=layouts.read_layout(LAYOUT).as_json(), note="As the clearinghouse sends it.",
        )
        for one in lists if one.feed == Feed.FILE
    ]  # fmt: skip
    yield list(templates)
    yield [
        dated(
            TemplateDecision, begun + timedelta(days=1), administrator, id=id_of("template decided", one.pk), template=one,
            approved=True, reason="Tried on a file of the source: every column is what it says.", proposed_by=coordinator,
        )
        for one in templates
    ]  # fmt: skip
    yield from _entries(people)


def _list(name: str, title: str, kind: ListKind, feed: Feed, priority: int) -> HotList:
    return HotList(id=id_of("list", name), name=name, title=title, kind=kind.value, feed=feed.value, priority=priority)


def _entries(people: People) -> Iterator[list[Model]]:
    entries, versions, decisions = [], [], []
    for place, who, ago, lasts, purpose, why, act, approved in ENTRIES:
        car, by, at = FEATURED[place], people[who], people.now - timedelta(days=ago)
        name = "silver" if purpose == Purpose.MISSING_OR_AT_RISK_PERSON else "bolo"
        entry = dated(Entry, at, by, id=id_of("entry", car.plate, at.date()), hot_list_id=id_of("list", name))
        version = dated(
            EntryVersion, at, by, id=id_of("version", entry.pk), entry=entry, number=1, watched=Watched.PLATE.value,
            plate=car.plate, state=car.state, make=car.make, model=car.model, colour=car.colour, purpose=purpose.value,
            justification=why, case_number=_case(at, place), report_number=_case(at, place), instructions=act,
            expires_at=at + timedelta(days=lasts), urgent=name == "silver",
            confidentiality=(Confidentiality.UNIT if place == 0 else Confidentiality.DEPARTMENT).value,
        )  # fmt: skip
        entries.append(entry)
        versions.append(version)
        if approved is not None:
            said = (
                "Read the report; the plate and the facts are in it." if approved else "The report names another plate."
            )
            decisions.append(
                dated(
                    EntryDecision, at + timedelta(hours=1.5), people["administrator"], id=id_of("decided", entry.pk),
                    version=version, approved=approved, reason=said, proposed_by=by,
                )
            )  # fmt: skip
    yield list(entries)
    yield list(versions)
    yield list(decisions)
    ended = [entry for entry, row in zip(entries, ENTRIES, strict=True) if row[0] == 3]
    yield [
        dated(
            EntryEnd, people.now - timedelta(days=2), people["officer2"], id=id_of("ended", entry.pk), entry=entry,
            because="found", note="Found parked on the day before; the driver was arrested at home.",
        )
        for entry in ended
    ]  # fmt: skip


def _case(at: datetime, place: int) -> str:
    return f"{at:%y}-{at.timetuple().tm_yday * 130 + place:06}"


def files_of(day: date, vehicles: Sequence[Vehicle], *, at: datetime) -> None:
    """The files of one day replace their lists, as the owner; inside its transaction. A day that was told stays as it is."""
    for name, _, kind, _, reason in FILES:
        id_ = id_of("refresh", name, day)
        if Refresh.objects.using("owner").filter(pk=id_).exists():
            continue
        draw = random.Random(f"{name} {day.isocalendar().week}")  # noqa: S311 - the demo is the same each time
        n = STOLEN if kind == ListKind.SVS else WANTED
        rows = {car.plate: car.state for car in draw.sample(vehicles[len(FEATURED) : 6000], n)}
        rows |= {new_plate(draw): "CA" for _ in range(STRANGERS)}
        _replace(name, day, at, id_, rows, {"reason": reason, "list": kind.value})


def _replace(name: str, day: date, at: datetime, id_: Any, rows: dict[str, str], detail: dict[str, str]) -> None:
    hot_list = id_of("list", name)
    number = 1 + Refresh.objects.using("owner").filter(hot_list_id=hot_list).count()
    delivery = dated(
        Delivery, at, id=id_of("delivery", name, day), hot_list_id=hot_list, via=Via.FOLDER.value,
        file_name=f"{name}_{day:%Y%m%d}.csv", size=40 * len(rows), digest=id_of(name, day).hex * 2, spool="",
    )  # fmt: skip
    put([delivery])
    foreign = 3 if name == "ncic" else 0
    put([
        dated(
            Refresh, at, id=id_, hot_list_id=hot_list, delivery=delivery, template_id=id_of("template", name),
            number=number, started_at=at - timedelta(seconds=2), rows=len(rows) + foreign, kept=len(rows),
            refused={"hotlist.immigration": foreign} if foreign else {}, immigration=foreign,
            previous_rows=len(rows) if number > 1 else None, outcome="applied",
        )
    ])  # fmt: skip
    statement = "COPY hotlists_watchrow (hot_list_id, refresh_id, plate, plate_fold, state, detail) FROM STDIN"
    with connections["owner"].cursor() as cursor, cursor.copy(statement) as copy:
        said = json.dumps(detail)
        for plate, state in rows.items():
            copy.write_row([hot_list, id_, plate, fold(plate), state, said])


SAID = {  # how incidents end, how often, and what was compared
    Closing.NOT_LOCATED: 34,
    Closing.FOLLOW_ONLY: 10,
    Closing.MISREAD: 12,
    Closing.WRONG_STATE: 5,
    Closing.CLEARED: 12,
    Closing.DUPLICATE: 7,
    Closing.STOP: 20,
}


def worked(people: People, now: datetime) -> None:
    """What members made of incidents, but for the newest ones: verified, closed, stopped. As the owner."""
    items = QueueItem.objects.using("owner").order_by("-first_at")
    newest = list(items.filter(first_at__gt=now - timedelta(days=1)).values_list("pk", flat=True)[:FRESH])
    old = items.filter(first_at__lt=now - WORKED_AFTER).exclude(pk__in=newest)
    verifications, stops, steps = [], [], []
    officers = [people[name] for name in ("officer", "officer2", "officer3", "officer5", "officer6", "supervisor")]
    for item in old.order_by("first_at"):
        draw = random.Random(f"worked {item.incident_id}")  # noqa: S311 - any outcome will do
        by = draw.choice([one for one in officers if item.unit in {"", one.unit}])
        at = item.first_at + timedelta(minutes=draw.triangular(2, 240, 9))
        verification = _verification(item, by, at, draw)
        verifications.append(verification)
        if verification.outcome == Closing.STOP and draw.random() < 0.9:
            stop = _stop(item, verification, at + timedelta(minutes=6), draw)
            due = (at + timedelta(days=7)).date()
            stops.append(stop)
            steps.append(dated(NextStep, stop.at, by, id=id_of("step", stop.pk), stop=stop, what=NEXT[0], due_on=due))
    for rows in (verifications, stops, steps):
        put(rows)


NEXT = ("Forward the case to the District Attorney.", "Tell the owner that the vehicle was recovered.")


def _verification(item: QueueItem, by: Any, at: datetime, draw: random.Random) -> Verification:
    outcome = draw.choices(list(SAID), list(SAID.values()))[0]
    asked = outcome in {Closing.STOP, Closing.CLEARED, Closing.FOLLOW_ONLY}
    if outcome == Closing.STOP and draw.random() < 0.15:  # it happens, and it is recorded
        asked = False
    seen = {**dict.fromkeys((*SEEN, OTHER), "yes"), **AT_A_GLANCE.get(outcome, {})}
    if outcome == Closing.NOT_LOCATED:
        seen = dict.fromkeys(seen, "not_possible")
    clets = {"clets": "yes", "clets_by": by.name, "clets_at": at - timedelta(minutes=1)} if asked else {"clets": "no"}
    result = {"clets_result": "no_record" if outcome == Closing.CLEARED else "confirmed"} if asked else {}
    return dated(
        Verification, at, by, id=id_of("verified", item.incident_id), incident_id=item.incident_id, outcome=outcome.value,
        **seen, **clets, **result,
    )  # fmt: skip


SEEN_AS = """
SELECT r.plate, r.state, concat_ws(' ', r.colour, r.make, r.model), h.list_age, f.number
FROM hotlists_sight s JOIN hotlists_hit h ON h.id = s.hit_id
JOIN reads_read r ON r.id = s.read_id AND r.upload_day = s.upload_day
LEFT JOIN hotlists_refresh f ON f.id = h.refresh_id
WHERE s.incident_id = %s ORDER BY h.at LIMIT 1
"""


def _stop(item: QueueItem, verification: Verification, at: datetime, draw: random.Random) -> Stop:
    by: Any = verification.by
    disposition = draw.choice([Disposition.ARREST, Disposition.RECOVERY, Disposition.RELEASED, Disposition.CITATION])
    people = {"stopped": draw.randint(1, 3)}
    people |= {"arrested": 1} if disposition == Disposition.ARREST else {}
    people |= {"vehicles": 1} if disposition == Disposition.RECOVERY else {}
    with connections["owner"].cursor() as cursor:
        cursor.execute(SEEN_AS, [item.incident_id])
        plate, state, vehicle, age, version = cursor.fetchone()
    said = {name: getattr(verification, name) for name in (*SEEN, OTHER)}
    found = completeness(said, clets=verification.clets, clets_result=verification.clets_result)
    return dated(
        Stop, at, by, id=id_of("stop", item.incident_id), incident_id=item.incident_id, hot_list_id=item.hot_list_id,
        member=by, member_name=by.name, member_badge=by.badge, member_unit=by.unit, area=item.area,
        justification="Plate and vehicle matched the listing.", case_number=_case(at, draw.randint(0, 99)),
        disposition=disposition.value, responded_at=at, next_steps=draw.choice(NEXT), people=people, plate=plate,
        state=state, vehicle=vehicle, list_version=version, list_age=age, verification=found.level,
        missing=list(found.missing),
    )  # fmt: skip
