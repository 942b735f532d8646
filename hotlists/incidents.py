"""Incidents: what stands where, and what members do with them: take, assign, mute, verify, close (C.2.A)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Prefetch, QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import MUTE_LASTS
from alpr_portal.policy.refusal import Refusal, Refused, require
from alpr_portal.policy.vocabulary import Seen
from alpr_portal.records import broken_constraint
from training.models import Member
from training.standing import standing

from . import sights
from . import verification_rules as rules
from .models import Hit, Incident, IncidentAssigned, Mute, QueueItem, Stop, Verification

WORK, ASSIGN = "hotlists.work_hits", "hotlists.assign_incident"
FIELDS = (*rules.SEEN, rules.OTHER)

# --- what stands where ----------------------------------------------------------------------------------------------


def queue_of(member: Member) -> QuerySet[QueueItem]:
    """What waits to be worked and this member may see."""
    return QueueItem.objects.filter(unit__in={"", member.unit}).select_related("hot_list", "camera", "assigned_to")


def visible_to(member: Member) -> QuerySet[Incident]:
    """The incidents this member may see, each with what was done about it; what is not among them is 404."""
    done: list[Any] = [
        Prefetch("assignments", IncidentAssigned.objects.order_by("at")),
        Prefetch("mutes", Mute.objects.order_by("at")),
        Prefetch("verifications", Verification.objects.order_by("at")),
    ]
    found = sights.incidents_of(member).select_related("hot_list", "camera", "queued__assigned_to", "stop")
    return found.prefetch_related(*done)


def newest_hits(member: Member, incidents: Iterable[uuid.UUID]) -> dict[uuid.UUID, Hit]:
    """The newest hit of each incident, by its id; one query."""
    found = sights.hits_of(member).filter(incident__in=list(incidents)).select_related("hot_list", "refresh", "camera")
    return {hit.incident_id: hit for hit in found.order_by("incident", "-at").distinct("incident") if hit.incident_id}


def closing_of(incident: Incident) -> Verification | None:
    """The verification that closed an incident."""
    return next((one for one in incident.verifications.all() if one.outcome), None)


def is_closed(incident: Incident) -> bool:
    """Whether an incident was closed, or its stop recorded."""
    closed = Verification.objects.filter(incident=incident).exclude(outcome="").exists()
    return closed or Stop.objects.filter(incident=incident).exists()


def completeness_of(record: Verification) -> rules.Completeness:
    """How far a recorded verification went."""
    seen = {name: getattr(record, name) for name in FIELDS}
    return rules.completeness(seen, clets=record.clets, clets_result=record.clets_result)


def contradictions_of(record: Verification) -> list[str]:
    """What in a recorded verification does not fit its outcome."""
    seen = {name: getattr(record, name) for name in FIELDS}
    return rules.contradictions(seen, clets=record.clets, clets_result=record.clets_result, outcome=record.outcome)


# --- what is done -----------------------------------------------------------------------------------------------------


def _hold(incident: Incident) -> None:
    """Those who take or give the same incident do so one after the other, to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [str(incident.pk)])


@clause("C.2.A")
def take(incident: Incident, *, by: Member) -> IncidentAssigned:
    """Work an incident oneself. Raises Refused where it is closed, or somebody else has it."""
    with transaction.atomic():
        _hold(incident)
        require(rules.may_work(closed=is_closed(incident)))
        held = QueueItem.objects.filter(incident=incident).select_related("assigned_to").first()
        if held and held.assigned_to and held.assigned_to != by:
            raise Refused(_taken(held.assigned_to.name))
        return IncidentAssigned.objects.write(by=by, incident=incident, member=by, member_name=by.name)


def _taken(name: str) -> Refusal:
    return Refusal(
        "C.2.A",
        "One member works a hit at a time.",
        f"{name} took it before you. Ask them, or have a supervisor assign it.",
        code="incident.taken",
    )


@clause("C.2.A")
def give_back(incident: Incident, *, by: Member) -> IncidentAssigned:
    """An incident that is one's own goes back to everybody. Raises Refused where it is closed or another's."""
    with transaction.atomic():
        _hold(incident)
        require(rules.may_work(closed=is_closed(incident)))
        held = QueueItem.objects.filter(incident=incident).select_related("assigned_to").first()
        if held and held.assigned_to and held.assigned_to != by:
            raise Refused(_taken(held.assigned_to.name))
        return IncidentAssigned.objects.write(by=by, incident=incident, member=None, member_name="")


@clause("C.2.A")
def assign(incident: Incident, *, to: Member | None, by: Member, now: datetime) -> IncidentAssigned:
    """Give an incident to a member, or back to everybody. Raises Refused."""
    if to is not None:
        may = {"works_hits": to.has_perm(WORK), "sees_it": incident.unit in {"", to.unit}}
        require(rules.may_assign(**may, may_enter=standing(to, now).may_enter))
    with transaction.atomic():
        _hold(incident)
        require(rules.may_work(closed=is_closed(incident)))
        name = to.name if to else ""
        return IncidentAssigned.objects.write(by=by, incident=incident, member=to, member_name=name)


@clause("C.2.A")
def mute(incident: Incident, *, reason: str, ends_at: datetime, by: Member, now: datetime) -> Mute:
    """Further hits of an incident's plate and list stay quiet for a while. Raises Refused, and BadInput mute.*."""
    rules.check_mute(ends_at, now=now, lasts=MUTE_LASTS.now)
    with transaction.atomic():
        _hold(incident)
        require(rules.may_work(closed=is_closed(incident)))
        return Mute.objects.write(by=by, incident=incident, reason=reason, ends_at=ends_at)


@clause("C.2.A")
def verify(incident: Incident, *, by: Member, now: datetime, **said: Any) -> Verification:
    """Keep what a member compared, whatever it was; with an outcome it closes the incident, once.

    ``said``: the fields of ``Verification``. Raises Refused where it is closed already and an outcome is given, and
    BadInput clets.* where what is said of the inquiry does not hold together.
    """
    inquiry = {"clets": said["clets"], "by": said["clets_by"], "at": said["clets_at"], "result": said["clets_result"]}
    rules.check_inquiry(**inquiry, now=now)
    closed = Verification.objects.filter(incident=incident).exclude(outcome="").exists()
    require(rules.may_close(outcome=said["outcome"], closed=closed))
    try:
        with transaction.atomic():
            _hold(incident)
            return Verification.objects.write(by=by, incident=incident, **said)
    except IntegrityError as error:
        if broken_constraint(error) == "incident_closed_once":
            require(rules.may_close(outcome=said["outcome"], closed=True))
        raise


@clause("C.2.A")
def close_at_a_glance(incident: Incident, *, outcome: str, by: Member, now: datetime) -> Verification:
    """Close what the picture alone decides, with one tap: the rest was not possible, and CLETS was not asked.

    KeyError for another outcome. Raises Refused where it is closed already.
    """
    seen = {**dict.fromkeys(FIELDS, Seen.NOT_POSSIBLE.value), **rules.AT_A_GLANCE[outcome]}
    inquiry: dict[str, Any] = {"clets": "no", "clets_by": "", "clets_at": None, "clets_result": ""}
    return verify(incident, by=by, now=now, outcome=outcome, note="", **inquiry, **seen)
