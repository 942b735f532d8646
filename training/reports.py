"""Who is current, lapsing, lapsed or never trained, and how that went over the year: counted from the records (J)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.roles import ROLES, data_roles

from . import lapses
from .jobs import File, job
from .lapses import SOON, STATES
from .models import Member
from .rules import TOPICS
from .sheets import TYPES, as_csv, as_xlsx

NO_UNIT = "No unit"
MONTHS = 12
# Who had access on a day, and who of them was trained: each member once for each of the moments.
COMPLIANCE = """
WITH moments AS (SELECT moment FROM unnest(%(moments)s::timestamptz[]) AS moment),
had AS (
  SELECT DISTINCT k.moment, m.id, m.unit
  FROM moments k
  JOIN training_rolegrant g ON g.at <= k.moment AND g.role = ANY(%(roles)s)
  JOIN training_member m ON m.id = g.member_id
  LEFT JOIN training_roleend e ON e.grant_id = g.id
  WHERE (e.at IS NULL OR e.at > k.moment) AND m.id = ANY(%(members)s)
    AND (m.is_active OR EXISTS (SELECT 1 FROM training_accountclosed c WHERE c.member_id = m.id))
    AND NOT EXISTS (
      SELECT 1 FROM training_accountclosed c WHERE c.member_id = m.id AND c.at <= k.moment AND NOT EXISTS (
        SELECT 1 FROM training_accountreopened r WHERE r.member_id = m.id AND r.at > c.at AND r.at <= k.moment))
),
trained AS (
  SELECT k.moment, c.member_id
  FROM moments k
  JOIN training_completion c
    ON c.completed_on::timestamp AT TIME ZONE 'America/Los_Angeles' < k.moment AND c.expires_at > k.moment
    AND c.member_id = ANY(%(members)s)
  CROSS JOIN unnest(c.topics) AS topic
  WHERE topic = ANY(%(topics)s)
    AND NOT EXISTS (SELECT 1 FROM training_completionwithdrawn w WHERE w.completion_id = c.id)
  GROUP BY k.moment, c.member_id HAVING count(DISTINCT topic) = %(n)s
)
SELECT had.moment, had.unit, count(*), count(trained.member_id)
FROM had LEFT JOIN trained ON trained.moment = had.moment AND trained.member_id = had.id
GROUP BY had.moment, had.unit
"""


@dataclass(frozen=True)
class Share:
    """How many had access at a moment, and how many of them were trained."""

    members: int = 0
    trained: int = 0

    @property
    def percent(self) -> float | None:
        """0 to 100, rounded down so that only all is 100; None where nobody had access."""
        return 100 * self.trained // self.members if self.members else None

    def __add__(self, other: Share) -> Share:
        return Share(self.members + other.members, self.trained + other.trained)


@dataclass(frozen=True)
class Compliance:
    """Shares by unit at each of ``days``; ``whole`` is all units together."""

    days: list[date]
    units: dict[str, list[Share]]
    whole: list[Share]


@clause("J", "C.3.a", "L.4")
def figures(by: Member, now: datetime) -> dict[str, int]:
    """How many members with access are in each state, and how many lack a designation; one query."""
    counted = dict.fromkeys(("all", *STATES, "undesignated"), 0)
    for lapses_at, designated in lapses.seen_by(by, lapses.with_access(now)).values_list("lapses_at", "designated"):
        counted["all"] += 1
        counted[lapses.state_of(lapses_at, now)] += 1
        counted["undesignated"] += not designated
    return counted


@clause("J")
def by_unit(by: Member, now: datetime) -> list[dict[str, Any]]:
    """Each unit with how many of its members with access are in each state; one query."""
    found: dict[str, dict[str, Any]] = {}
    for unit, lapses_at in lapses.seen_by(by, lapses.with_access(now)).values_list("unit", "lapses_at"):
        row = found.setdefault(unit, {"unit": unit, "label": unit or NO_UNIT, "all": 0, **dict.fromkeys(STATES, 0)})
        row[lapses.state_of(lapses_at, now)] += 1
        row["all"] += 1
    return sorted(found.values(), key=lambda row: str(row["label"]))


def firsts(now: datetime) -> list[date]:
    """The firsts of the last twelve months and today, oldest first; today only once where it is a first."""
    today = timezone.localdate(now)
    days, first = [], today.replace(day=1)
    for _ in range(MONTHS):
        days.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return sorted({*days, today})


@clause("J")
def compliance(by: Member, now: datetime) -> Compliance:
    """The share of members with access who were trained at the start of each month's first day, and
    now, by their present unit.

    A completion counts from its own day, also where it was entered later; one that was withdrawn counts on no day.
    Roles and accounts count as their records say. Two queries.
    """
    days = firsts(now)
    zone = timezone.get_default_timezone()
    moments = [*(datetime.combine(day, time(), zone) for day in days[:-1]), now]
    members = list(lapses.seen_by(by, Member.objects.all()).values_list("pk", flat=True))
    units: dict[str, list[Share]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            COMPLIANCE,
            {
                "moments": moments,
                "roles": sorted(data_roles(ROLES)),
                "members": members,
                "topics": sorted(TOPICS),
                "n": len(TOPICS),
            },
        )
        for moment, unit, n, trained in cursor.fetchall():
            units.setdefault(unit or NO_UNIT, [Share()] * len(days))[moments.index(moment)] = Share(n, trained)
    whole = [sum((shares[number] for shares in units.values()), Share()) for number in range(len(days))]
    return Compliance(days, dict(sorted(units.items())), whole)


HEAD = ("name", "badge", "unit", "category", "supervisor", "training", "lapses", "designation")


def member_rows(by: Member, now: datetime, *, state: str = "", unit: str = "") -> list[tuple[object, ...]]:
    """The head and a row for each member with access that ``by`` may see; one query."""
    members = lapses.seen_by(by, lapses.with_access(now)).select_related("supervisor").order_by("unit", "name")
    if state in STATES:
        members = lapses.in_state(members, state, now)
    if unit:
        members = members.filter(unit=unit)
    return [HEAD, *(_row(member, now) for member in members)]


def _row(member: Any, now: datetime) -> tuple[object, ...]:
    lapse = timezone.localtime(member.lapses_at).isoformat(timespec="minutes") if member.lapses_at else ""
    return (
        member.name,
        member.badge,
        member.unit,
        member.get_category_display(),
        member.supervisor.name if member.supervisor else "",
        STATES[lapses.state_of(member.lapses_at, now)],
        lapse,
        "in order" if member.designated else "missing",
    )


def compliance_rows(found: Compliance) -> list[tuple[object, ...]]:
    """A row for each unit and day: members with access, trained, percent."""
    rows: list[tuple[object, ...]] = [("unit", "day", "members with access", "trained", "percent")]
    for unit, shares in [*found.units.items(), ("All units", found.whole)]:
        rows += [
            (unit, day.isoformat(), share.members, share.trained, share.percent)
            for day, share in zip(found.days, shares, strict=True)
        ]
    return rows


@job("training_report", "Training report")
def training_report(arguments: dict[str, Any], by: Member, now: datetime) -> File:
    """The report as a file: ``format`` csv (the members) or xlsx (the members, and compliance over the year)."""
    format, state, unit = arguments["format"], arguments.get("state", ""), arguments.get("unit", "")
    members = member_rows(by, now, state=state, unit=unit)
    if format == "csv":
        body = as_csv(members)
    else:
        body = as_xlsx(
            ("Members with access", members),
            ("Compliance by unit", compliance_rows(compliance(by, now))),
            ("About", about(by, now, state=state, unit=unit)),
            title="Training report",
        )
    name = f"training-{timezone.localdate(now).isoformat()}.{format}"
    return File(name, TYPES[format], body, len(members) - 1)


def about(by: Member, now: datetime, *, state: str, unit: str) -> list[tuple[object, ...]]:
    """What the last sheet says: for whom, when, what was chosen, and how it was counted."""
    return [
        ("What", "Value"),
        ("Made for", f"{by.name} ({by.badge})" if by.badge else by.name),
        ("Made at", timezone.localtime(now).isoformat(timespec="seconds")),
        ("Training", STATES.get(state, "All")),
        ("Unit", unit or "All"),
        ("Members", "Active members whose role opens ALPR data"),
        ("Lapsing", f"Within {SOON.days} days"),
        ("Compliance", "By the unit a member has today; a withdrawn completion counts on no day"),
    ]
