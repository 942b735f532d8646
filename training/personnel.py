"""Leavers and transfers from personnel's file: every row is judged first, then all are done at once, or none (C.3.b)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import ClosedBecause, IntakeKind

from . import account_rules, intakes, members
from .models import Intake, IntakeApplied, Member
from .personnel_rules import COLUMNS, Said, read_row

NOT_WHOLE = BadInput(
    "intake.faults", "The file has errors: nothing was done. Correct its rows and send it again.", "file"
)


@dataclass
class Row:
    """One line of the file as it would be done today: ``does`` in words, or ``faults``, each in words."""

    line: int
    said: Said | None
    member: Member | None = None
    supervisor: Member | None = None
    does: str = ""
    faults: list[str] = field(default_factory=list)


def receive(name: str, data: bytes, *, by: Member) -> Intake:
    """Keep the file as it came; nothing is done yet. Raises BadInput where it cannot be read."""
    return intakes.receive(IntakeKind.PERSONNEL, name, data, columns=COLUMNS, by=by)


@clause("C.3.b")
def judged(intake: Intake, *, by: Member, now: datetime) -> list[Row]:
    """Every row against the members as they stand now; a constant number of queries."""
    today = timezone.localdate(now)
    rows = []
    for line, values in intakes.rows(intake, COLUMNS):
        said, faults = read_row(values, today=today)
        rows.append(Row(line, said, faults=faults))
    badges = {badge for row in rows if row.said for badge in (row.said.badge, row.said.supervisor_badge) if badge}
    known: dict[str, list[Member]] = defaultdict(list)
    written = Member.objects.annotate(folded=Lower("badge")).filter(folded__in={badge.lower() for badge in badges})
    for member in written.prefetch_related("groups"):
        known[member.badge.lower()].append(member)
    times = Counter(row.said.badge.lower() for row in rows if row.said)
    leaving = {row.said.badge.lower() for row in rows if row.said and row.said.action == "leaver"}
    for row in rows:
        if row.said:
            _find(row, row.said, known, times, by)
            if row.said.action == "transfer" and row.member:
                _supervisor(row, row.said, known, leaving)
    _circles(rows)
    for row in rows:
        row.does = "" if row.faults else _words(row)
    return rows


def _find(row: Row, said: Said, known: dict[str, list[Member]], times: Counter[str], by: Member) -> None:
    found = known.get(said.badge.lower(), [])
    if times[said.badge.lower()] > 1:
        row.faults.append("Badge: it stands in several rows. Keep one of them.")
    if not found:
        row.faults.append("Badge: no member has it. Check the number.")
    elif len(found) > 1:
        row.faults.append("Badge: several members have it. Have their accounts corrected first.")
    elif found[0].pk == by.pk:
        row.faults.append("Badge: it is your own. Leave this row to another system administrator.")
    elif not found[0].is_active:
        row.faults.append("Badge: this account is closed already. Take the row out.")
    else:
        row.member = found[0]


def _supervisor(row: Row, said: Said, known: dict[str, list[Member]], leaving: set[str]) -> None:
    found = known.get(said.supervisor_badge.lower(), [])
    if len(found) != 1:
        row.faults.append("Supervisor badge: it is not one member's. Check the number.")
    elif said.supervisor_badge.lower() in leaving:
        row.faults.append("Supervisor badge: this member leaves by the same file. Name another.")
    else:
        over = found[0]
        refusal = account_rules.may_supervise(
            member=row.member.pk if row.member else None,
            supervisor=over.pk,
            is_active=over.is_active,
            roles=members.roles_of(over),
            above=(),
        )
        if refusal:
            row.faults.append(f"Supervisor badge: {refusal.sentence}")
        else:
            row.supervisor = over


def _circles(rows: list[Row]) -> None:
    """Who would stand over whom once all rows are done; a circle is a fault of each row in it."""
    over: dict[Any, Any] = dict(Member.objects.values_list("pk", "supervisor_id"))
    moved = {row.member.pk: row for row in rows if row.member and row.supervisor and not row.faults}
    over.update({pk: row.supervisor.pk for pk, row in moved.items() if row.supervisor})
    for start, row in moved.items():
        seen, at = set(), over.get(start)
        while at is not None and at not in seen and at != start:
            seen.add(at)
            at = over.get(at)
        if at == start:
            row.faults.append("Supervisor badge: nobody supervises somebody who stands over them. Name another.")


def _words(row: Row) -> str:
    """What a row will do, for the preview."""
    if row.said is None or row.member is None:
        return ""
    roles = account_rules.role_names(members.roles_of(row.member))
    if row.said.action == "leaver":
        return f"Closes the account and ends its roles ({roles})."
    moved = f"Moves to {row.said.unit}, under {row.supervisor.name if row.supervisor else 'nobody'}"
    return f"{moved}; keeps its roles ({roles})." if row.said.keeps_roles else f"{moved}; its roles end ({roles})."


@clause("C.3.b")
def apply_personnel(intake: Intake, *, by: Member, now: datetime) -> IntakeApplied:
    """Do every row, in one transaction, judged again as members stand now. Raises BadInput where one has a fault.

    Raises Refused where the file was applied before, or a row may not be done.
    """
    with transaction.atomic():
        members.hold(members.LAST_OF_A_ROLE, "supervisors")
        rows = judged(intake, by=by, now=now)
        if any(row.faults for row in rows):
            if IntakeApplied.objects.filter(intake=intake).exists():
                raise Refused(intakes.ALREADY)
            raise NOT_WHOLE
        counts: Counter[str] = Counter({"leavers": 0, "transfers": 0, "roles_ended": 0})
        for row in sorted(rows, key=lambda row: row.said is not None and row.said.action == "leaver"):
            counts.update(_done(row, by=by, now=now))
        return intakes.apply_once(intake, by=by, counts=counts)


def _done(row: Row, *, by: Member, now: datetime) -> dict[str, int]:
    """Do one row; answers what it counts for."""
    if row.said is None or row.member is None:
        return {}
    why = f"Personnel's file, in effect from {row.said.effective_on}"
    if row.said.action == "leaver":
        closed = members.close_account(row.member, because=ClosedBecause.LEFT, note=why, by=by, now=now)
        return {"leavers": 1, "roles_ended": len(closed.ended_roles)}  # type: ignore[attr-defined]
    facts: dict[str, Any] = {"unit": row.said.unit, "supervisor": row.supervisor}
    if row.said.rank:
        facts["rank"] = row.said.rank
    members.edit_member(row.member, reason=why, by=by, now=now, judged=True, **facts)
    ended = [] if row.said.keeps_roles else members.end_all_roles(row.member, reason=f"Transferred. {why}", by=by)
    return {"transfers": 1, "roles_ended": len(ended)}
