"""Figures of hits, stops and entries, counted from the records in one place; no plate and no name in any of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Count,
    F,
    FilteredRelation,
    FloatField,
    IntegerField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Sum,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Extract, Least, TruncWeek
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.vocabulary import Closing, Disposition, Purpose, StopOutcome
from reads.models import POLICE_AREAS

from .figure_rules import share, too_few, wilson
from .models import Entry, EntryVersion, Hit, Incident, Stop, Verification
from .stop_rules import LEVELS

WORKED_WITHIN = timedelta(hours=24)
WIDEST = 366  # days of a period
AREAS = dict(POLICE_AREAS)


@dataclass(frozen=True)
class Period:
    """Days of Oakland, both in."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.first, time()))

    @property
    def end(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.last + timedelta(days=1), time()))


class Percentile(Aggregate):
    """The value below which a share of the rows lies, in seconds."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(part)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def span(later: str, earlier: str) -> Any:
    """The seconds between two columns."""
    return Extract(F(later) - F(earlier), "epoch")


@clause("B.1", "C.2.A.1-age")
def hits(period: Period) -> dict[str, Any]:
    """Alerts and candidates by list, area and camera, and how many alerts came from a stale list; one query."""
    exact = Q(match="exact")
    counted = (
        Hit.objects.filter(day__gte=period.first, day__lte=period.last)
        .order_by()
        .values_list("hot_list__title", "area", "camera__code")
        .annotate(alerts=Count("pk", filter=exact), n=Count("pk"), stale=Count("pk", filter=exact & Q(stale=True)))
    )
    found: dict[str, Any] = {name: defaultdict(Counter) for name in ("lists", "areas", "cameras")}
    total: Counter[str] = Counter()
    for title, area, camera, alerts, n, stale in counted:
        said = {"alerts": alerts, "candidates": n - alerts, "stale": stale}
        for name, key in (("lists", title), ("areas", AREAS.get(area, area)), ("cameras", camera)):
            found[name][key].update(said)
        total.update(said)
    by = {name: [{"label": key, **most} for key, most in ranked(rows)] for name, rows in found.items()}
    return {**by, "total": {"alerts": total["alerts"], "candidates": total["candidates"], "stale": total["stale"]}}


def ranked(rows: dict[str, Counter[str]]) -> list[tuple[str, dict[str, int]]]:
    """The most alerts first."""
    order = sorted(rows.items(), key=lambda row: (-row[1]["alerts"], row[0]))
    return [(key, {name: row[name] for name in ("alerts", "candidates", "stale")}) for key, row in order]


def incidents(period: Period) -> Any:
    """The hits to be worked that were opened in the period, with the verification that closed each, if one did."""
    closing = FilteredRelation("verifications", condition=Q(verifications__outcome__gt=""))
    return Incident.objects.filter(at__gte=period.start, at__lt=period.end).annotate(closing=closing).order_by()


CLOSED = Q(closing__isnull=False) | Q(stop__isnull=False)


@clause("C.2.A")
def endings(period: Period) -> dict[str, Any]:
    """How hits ended, by outcome; what share was misread or of a wrong state: in all, by camera, by week. One query."""
    counted = (
        incidents(period)
        .values_list(TruncWeek("at"), "camera__code", "closing__outcome")
        .annotate(n=Count("pk"), closed=Count("pk", filter=CLOSED))
    )
    outcomes: Counter[str] = Counter()
    cameras: dict[str, Counter[str]] = defaultdict(Counter)
    weeks: dict[date, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    for week, camera, outcome, n, closed in counted:
        said = {"n": n, "closed": closed, **({outcome: n} if outcome else {})}
        for row in (total, cameras[camera], weeks[timezone.localdate(week)]):
            row.update(said)
        if outcome:
            outcomes[outcome] += n
        elif closed:  # stopped, without a verification that says so
            outcomes[Closing.STOP.value] += closed
    closed = total["closed"]
    return {
        "n": total["n"],
        "closed": closed,
        "open": total["n"] - closed,
        "outcomes": [(each.label, outcomes[each.value]) for each in Closing],
        "misread": share(total["misread"], closed),
        "wrong_state": share(total["wrong_state"], closed),
        "cameras": sorted(
            map(rate, cameras.items()), key=lambda row: (row["few"], -(row["percent"] or 0), row["label"])
        ),
        "weeks": [{"week": week, **shares(row)} for week, row in sorted(weeks.items())],
    }


def rate(row: tuple[str, Counter[str]]) -> dict[str, Any]:
    """A camera's misread rate with its 95 % interval; "too few" where it says nothing yet."""
    label, counted = row
    closed, misread = counted["closed"], counted["misread"]
    low, high = wilson(misread, closed) or (None, None)
    few = too_few(closed)
    return {
        **{"label": label, "closed": closed, "misread": misread, "few": few},
        **{"percent": share(misread, closed), "low": low, "high": high},
    }


def shares(row: Counter[str]) -> dict[str, Any]:
    """What share of a week's closed hits was misread, or of a wrong state."""
    closed = row["closed"]
    return {
        "closed": closed,
        "misread": share(row["misread"], closed),
        "wrong_state": share(row["wrong_state"], closed),
    }


@clause("C.2.A")
def work(period: Period, now: datetime) -> dict[str, Any]:
    """How soon hits were worked: the time to the first verification, and how many lay over 24 hours; one query."""
    first = Verification.objects.filter(incident=OuterRef("pk")).order_by("at").values("at")[:1]
    due = Q(at__lte=now - WORKED_WITHIN)
    late = Q(worked__isnull=True) | Q(worked__gt=F("at") + WORKED_WITHIN)
    found = (
        Incident.objects.filter(at__gte=period.start, at__lt=period.end)
        .annotate(first=Subquery(first))
        .annotate(worked=Least("first", "stop__at"), took=span("first", "at"))
        .order_by()
        .aggregate(
            due=Count("pk", filter=due),
            late=Count("pk", filter=due & late),
            verified=Count("first"),
            median=Percentile("took", part=0.5),
            most=Percentile("took", part=0.9),
        )
    )
    return {**found, "late_share": share(found["late"], found["due"])}


@clause("C.2.A.2")
def stops(period: Period) -> dict[str, Any]:
    """Stops by disposition and by how far they were verified, and what was counted of them; two queries."""
    made = Stop.objects.filter(responded_at__gte=period.start, responded_at__lt=period.end).order_by()
    dispositions: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    for disposition, level, n in made.values_list("disposition", "verification").annotate(n=Count("pk")):
        dispositions[disposition] += n
        levels[level] += n
    sums = {each.value: Sum(Cast(KT(f"people__{each.value}"), IntegerField())) for each in StopOutcome}
    people = made.aggregate(**sums)
    n = sum(levels.values())
    return {
        "n": n,
        "dispositions": [(each.label, dispositions[each.value]) for each in Disposition],
        "levels": [(label, levels[level]) for level, label in LEVELS.items()],
        "full_share": share(levels["full"], n),
        "people": [(each.label, people[each.value] or 0) for each in StopOutcome],
    }


@clause("C.2.B.2")
def entries(period: Period, now: datetime) -> dict[str, Any]:
    """Entries by purpose, how long they waited for a decision, and those that ended unused; three queries."""
    asked = EntryVersion.objects.filter(at__gte=period.start, at__lt=period.end).order_by()
    waits = asked.filter(decision__isnull=False).annotate(took=span("decision__at", "at"))
    counted = {
        purpose: (new, approved, refused, waiting)
        for purpose, new, approved, refused, waiting in asked.values_list("purpose").annotate(
            new=Count("pk", filter=Q(number=1)),
            approved=Count("pk", filter=Q(decision__approved=True)),
            refused=Count("pk", filter=Q(decision__approved=False)),
            waiting=Count("pk", filter=Q(decision__isnull=True)),
        )
    }
    over = min(period.end, now)
    ran = (
        Entry.objects.filter(end__isnull=True)
        .annotate(until=Max("versions__expires_at", filter=Q(versions__decision__approved=True)))
        .filter(until__gte=period.start, until__lt=over)
    )  # those that ended early, or were not confirmed, did not run out
    ran = ran.exclude(versions__decision__confirmation__confirmed=False)
    names = ("new", "approved", "refused", "waiting")
    five = [purpose for purpose in Purpose if purpose != Purpose.COURT_ORDER]
    return {
        "purposes": [
            {"label": each.label, **dict(zip(names, counted.get(each.value, (0, 0, 0, 0)), strict=True))}
            for each in five
        ],
        **waits.aggregate(median=Percentile("took", part=0.5), decided=Count("pk")),
        **{
            "expired": ran.count(),
            "unused": ran.filter(Q(use__isnull=True) | Q(use__alerts=0)).count(),
        },
    }


@clause("C.2.A", "C.2.A.2", "C.2.B.2")
def hit_figures(period: Period, *, now: datetime) -> dict[str, Any]:
    """Everything of a period, in a constant number of queries: hits, endings, work, stops, entries."""
    found = hits(period)
    return {
        "hits": found,
        "stale_share": share(found["total"]["stale"], found["total"]["alerts"]),
        "endings": endings(period),
        "work": work(period, now),
        "stops": stops(period),
        "entries": entries(period, now),
    }
