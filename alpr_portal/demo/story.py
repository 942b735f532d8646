"""Thirty days of searches: what was asked, what the rules said, who decided, what was looked at.

Screen, offence table and rules are the portal's own, so every search here became what the portal would make of it. A
search is drawn from its day; what would have happened after ``now`` has not happened and waits for the demo's users.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Model

from alpr_portal.policy.offences import map_offence
from alpr_portal.policy.parameters import CASE_NUMBER_DUE, RESULT_CAP, SEARCH_WINDOW
from alpr_portal.policy.screening import TERMS_VERSION, screen_fields
from alpr_portal.policy.vocabulary import Outcome
from reads import rules
from reads.ages import ages_at
from reads.forms import RIGHT_TO_KNOW
from reads.models import (
    Access,
    Answer,
    CaseNumberSupplied,
    Query,
    QueryDecision,
    QueryRun,
    QueryUserObjectPermission,
)
from reads.plates import Pattern, fold, read_pattern
from reads.search import PAGE
from training.models import Member

from .cameras import STREETS, ordinal
from .cases import APPROVALS, CASES, DENIALS, DOUBTFUL, Case
from .cast import DECIDERS, SEARCHERS, People
from .reads import OAKLAND, Sight, World
from .vehicles import FEATURED, Vehicle
from .write import dated, id_of

A_DAY = 14  # searches
IN_PROGRESS, COLLEAGUE, EXPORTED = 0.09, 0.04, 0.12


class Story:
    """The searches of some days; ``rows`` by model, in the order in which they can be written. ``known``: told before."""

    def __init__(self, people: People, world: World, known: Collection[Any] = ()) -> None:
        self.people, self.world, self.now, self.known = people, world, world.now, known
        self.rows: dict[type[Model], list[Model]] = {
            model: []
            for model in (Query, QueryUserObjectPermission, QueryDecision, QueryRun, CaseNumberSupplied, Access, Answer)
        }
        self.permission = Permission.objects.using("owner").get(
            codename="view_query", content_type__app_label="reads", content_type__model="query"
        )

    def tell(self, since: datetime) -> None:
        """All searches asked after ``since`` and up to now."""
        day = since.astimezone(OAKLAND).date()
        while day <= self.now.astimezone(OAKLAND).date():
            for number, at in enumerate(self._times(day)):
                id_ = id_of("query", day, number)
                if since < at <= self.now and id_ not in self.known:
                    draw = random.Random(f"search {day} {number}")  # noqa: S311 - the demo is the same each time
                    self.ask(draw.choices(CASES, [case.often for case in CASES])[0], at, draw, id_)
            day += timedelta(days=1)

    def freshen(self, waiting: int) -> None:
        """Searches of the last hours that wait for somebody, so that every worklist has something on it."""
        if waiting > 1:
            return
        draw = random.Random(f"fresh {self.now}")  # noqa: S311 - the demo is the same each time
        for minutes, case, by in zip((12, 47, 130), DOUBTFUL, ("officer2", "officer5", "officer"), strict=True):
            at = self.now - timedelta(minutes=minutes)
            self.ask(case, at, draw, id_of("fresh", at), by=by, decided=None)
        for minutes, case, by in ((190, DOUBTFUL[0], "officer"), (240, DOUBTFUL[1], "officer6")):
            at = self.now - timedelta(minutes=minutes)
            self.ask(case, at, draw, id_of("fresh", at), by=by, decided=True, runs=False)
        for minutes, by in ((75, "officer"), (95, "officer3")):
            at = self.now - timedelta(minutes=minutes)
            self.ask(CASES[0], at, draw, id_of("fresh", at), by=by, owes=True)

    def _times(self, day: date) -> list[datetime]:
        draw = random.Random(f"searches {day}")  # noqa: S311 - the demo is the same each time
        midnight = datetime(day.year, day.month, day.day, tzinfo=OAKLAND).astimezone(UTC)
        return sorted(
            midnight + timedelta(seconds=draw.triangular(0, 86_399, 50_000))
            for _ in range(A_DAY + draw.randint(-3, 3) - 3 * (day.weekday() > 4))
        )

    def ask(
        self, case: Case, at: datetime, draw: random.Random, id_: Any, *, by: str = "", decided: bool | None = True,
        runs: bool = True, owes: bool = False,
    ) -> None:  # fmt: skip
        """One search with everything that came of it. ``decided``: None leaves it waiting; ``owes``: its case number."""
        asker = self.people[by or draw.choices(SEARCHERS, (9, 7, 6, 4, 8, 8, 7, 3))[0]]
        colleague = self.people[draw.choice([name for name in SEARCHERS if name != asker.username])]
        for_whom = colleague if not by and draw.random() < COLLEAGUE else asker
        query = self._query(case, at, asker, for_whom, draw, id_)
        if owes or (not query.court_document and not by and draw.random() < IN_PROGRESS):
            self._promise(query, owes, draw)
        self._add(query)
        if for_whom != asker:
            grant = QueryUserObjectPermission(user=for_whom, permission=self.permission, content_object=query)
            self.rows[QueryUserObjectPermission].append(grant)
        ran_at: datetime | None = at if query.outcome == Outcome.RUN else None
        if query.outcome == Outcome.WAIT and decided is not None:
            ran_at = self._decide(query, draw, sure=bool(by))
        if ran_at and runs and self._add(dated(QueryRun, ran_at, asker, id=id_of("run", query.pk), query=query)):
            self._look(query, ran_at, draw)

    def _query(self, case: Case, at: datetime, asker: Member, for_whom: Member, draw: random.Random, id_: Any) -> Query:
        vehicle = draw.choice(FEATURED) if draw.random() < 0.3 else draw.choice(self.world.vehicles[:3000])
        place = {
            "street": f"{draw.choice(STREETS)} and {ordinal(draw.randint(2, 98))}", "colour": vehicle.colour or "dark",
            "make": vehicle.make or "sedan", "serial": f"{draw.randint(1000, 9999)}",
        }  # fmt: skip
        facts, document = case.facts.format(**place), case.document.format(**place)
        screening = screen_fields(facts, case.need, document, case.offence)
        mapping = map_offence(case.offence, on=at.date()) if case.offence else None
        verdict = rules.judge_query(
            purpose=case.purpose, mapped=mapping.purpose if mapping else "", outside=case.outside, attested=True,
            screen_outcome=screening.outcome, categories=screening.categories,
        )  # fmt: skip
        criteria = self._criteria(case, vehicle, at, draw)
        refusal = verdict.refusal
        serial = at.timetuple().tm_yday * 130 + draw.randint(0, 129)
        return dated(
            Query, at, asker, id=id_, purpose=case.purpose, offence=case.offence,
            offence_mapping=asdict(mapping) if mapping else {}, facts=facts, court_document=document, need_to_know=case.need,
            case_number="" if document else f"{at.astimezone(OAKLAND):%y}-{serial:06}",
            right_to_know=RIGHT_TO_KNOW[3 if document else 0][1], for_whom=for_whom, for_whom_name=for_whom.name,
            outside=case.outside, attested=True, plate=criteria["plate"], criteria=criteria,
            screening={"categories": list(screening.categories), "words": list(screening.words), "terms": TERMS_VERSION},
            outcome=str(verdict.outcome), clause=refusal.clause if refusal else "",
            sentence=f"{refusal.sentence} {refusal.remedy}" if refusal else "", training=self.people.papers(asker.username, at),
        )  # fmt: skip

    def _criteria(self, case: Case, vehicle: Vehicle, at: datetime, draw: random.Random) -> dict[str, Any]:
        """What was looked for, in the words of the form."""
        hours = {
            "plate": draw.choice((24, 72, 168, 720)),
            "part": draw.choice((48, 168)),
            "place": draw.choice((3, 8, 24)),
        }
        cut = draw.randint(2, 3)
        plate = {
            "plate": vehicle.plate,
            "part": draw.choice((vehicle.plate[:4] + "*", f"{vehicle.plate[:cut]}?{vehicle.plate[cut + 1 :]}")),
        }
        start = max(at - timedelta(hours=hours[case.asks]), at - SEARCH_WINDOW.now)
        by_place = case.asks == "place"
        return {
            "plate": plate.get(case.asks, ""), "approximate": case.asks == "plate" and draw.random() < 0.2, "state": "",
            "make": vehicle.make if by_place else "", "model": "", "colour": vehicle.colour if by_place else "",
            "areas": [vehicle.area] if by_place else [], "cameras": [], "from": start.isoformat(), "to": at.isoformat(),
            "moved": False,
        }  # fmt: skip

    def _promise(self, query: Query, owes: bool, draw: random.Random) -> None:
        """A search in progress: its case number is due within a day, and mostly comes."""
        number, query.case_number = query.case_number, ""
        asked: datetime = query.at  # type: ignore[assignment]
        query.case_number_due_at = asked + CASE_NUMBER_DUE.now
        late = draw.random()
        if owes or query.outcome == Outcome.REFUSE or late > 0.96:
            return
        hours = draw.uniform(0.5, 19) if late < 0.88 else draw.uniform(25, 40)
        supplied = dated(
            CaseNumberSupplied, asked + timedelta(hours=hours), query.by, id=id_of("supplied", query.pk), query=query,
            case_number=number,
        )  # fmt: skip
        self._add(supplied)

    def _decide(self, query: Query, draw: random.Random, *, sure: bool) -> datetime | None:
        """A supervisor's decision, some time later; answers when the search ran then, if it did."""
        asked: datetime = query.at  # type: ignore[assignment]
        barred = {query.by_id, query.for_whom_id}
        decider = draw.choice([self.people[name] for name in DECIDERS if self.people[name].pk not in barred])
        minutes = draw.uniform(4, 25) if sure or draw.random() < 0.7 else draw.uniform(30, 400)
        approved = sure or draw.random() < 0.72
        decision = dated(
            QueryDecision, asked + timedelta(minutes=minutes), decider, id=id_of("decision", query.pk), query=query,
            approved=approved, reason=draw.choice(APPROVALS if approved else DENIALS), asked_by_id=query.by_id,
            asked_for_id=query.for_whom_id,
        )  # fmt: skip
        if not self._add(decision) or not approved or draw.random() < 0.06:
            return None
        return asked + timedelta(minutes=minutes + draw.uniform(2, 90))

    def _look(self, query: Query, ran_at: datetime, draw: random.Random) -> None:
        """The pages, reads, images and exports that were opened, each with what it gave."""
        found = self.found(query)
        count, cap = min(len(found), RESULT_CAP.now), RESULT_CAP.now
        moment = ran_at + timedelta(seconds=draw.uniform(0.3, 1.2))
        pages = max(1, -(-count // PAGE))
        for page in range(1, min(pages, draw.choice((1, 1, 2, 3))) + 1):
            rows = max(0, min(PAGE, count - (page - 1) * PAGE))
            ages = ages_at((sight.captured_at for sight in found[:cap]), moment) if page == 1 else {}
            self._access(query, "results", moment, rows, page=min(page, 2), truncated=len(found) > cap, ages=ages)
            moment += timedelta(seconds=draw.uniform(6, 40))
        for sight in draw.sample(found[:PAGE], k=min(draw.randint(0, 3), len(found[:PAGE]))):
            self._access(query, "read", moment, 1, read_id=sight.id)
            if draw.random() < 0.6:
                self._access(query, "image", moment + timedelta(seconds=1), 1, read_id=sight.id)
            moment += timedelta(seconds=draw.uniform(10, 90))
        if found and draw.random() < EXPORTED:
            self._access(query, "export", moment, count, truncated=len(found) > cap)

    def _access(
        self,
        query: Query,
        kind: str,
        at: datetime,
        rows: int,
        *,
        truncated: bool = False,
        ages: dict[str, int] | None = None,
        **values: Any,
    ) -> None:
        gave = {"rows": rows, "truncated": truncated, "ages": ages or {}}
        id_ = id_of("access", query.pk, kind, at)
        if self._add(dated(Access, at, query.by, id=id_, kind=kind, query=query, **values)):
            self._add(dated(Answer, at, query.by, id=id_of("answer", id_), access_id=id_, **gave))

    def _add(self, record: Any) -> bool:
        """Keep what has happened by now; answers whether it has."""
        happened: bool = record.at <= self.now
        if happened:
            self.rows[type(record)].append(record)
        return happened

    def found(self, query: Query) -> Sequence[Sight]:
        """The reads that the search would have shown then, newest first, as ``reads.search`` finds them."""
        asked = query.criteria
        start, end = datetime.fromisoformat(asked["from"]), datetime.fromisoformat(asked["to"])
        sights: list[Sight] = []
        if asked["plate"]:
            pattern = read_pattern(asked["plate"])
            for plate in self._plates(pattern, approximate=asked["approximate"]):
                sights += self.world.by_plate.get(plate, ())
        else:
            sights = self.world.sights
        return sorted(
            (
                s for s in sights
                if start <= s.captured_at <= end and s.uploaded_at <= end
                and (not asked["areas"] or s.camera.area in asked["areas"])
                and (not asked["make"] or s.vehicle.make == asked["make"])
                and (not asked["colour"] or s.vehicle.colour == asked["colour"])
            ),
            key=lambda s: s.captured_at, reverse=True,
        )  # fmt: skip

    def _plates(self, pattern: Pattern, *, approximate: bool) -> list[str]:
        """The plates that a pattern means; where look-alikes are wanted, those too."""
        if pattern.is_exact:
            return self.world.alike[fold(pattern.text)] if approximate else [pattern.text]
        return list(filter(pattern.regex.fullmatch, self.world.by_plate))

    def askers(self) -> dict[tuple[date, str], list[datetime]]:
        """When each member was busy, by day and user name: from here come the sign-ins."""
        busy: dict[tuple[date, str], list[datetime]] = defaultdict(list)
        for record in (*self.rows[Query], *self.rows[QueryDecision], *self.rows[Access]):
            at: datetime = record.at  # type: ignore[attr-defined]
            busy[at.astimezone(OAKLAND).date(), record.by.username].append(at)  # type: ignore[attr-defined]
        return busy
