"""What the page of one incident shows: the newest sight beside its list, the sightings, and every step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max, Min, QuerySet

from alpr_portal.policy.vocabulary import CletsResult, Closing, Seen
from reads.search import answered
from reads.sightings import heading as direction
from training.models import Member

from . import incidents, sights
from . import verification_rules as rules
from .hit_tables import age_of, words
from .models import EntryVersion, Hit, Incident
from .packs import carried

COMPARED = [("State", "state"), ("Make", "make"), ("Model", "model"), ("Color", "colour")]


def hits_of(member: Member, incident: Incident) -> QuerySet[Hit]:
    """The hits of an incident, newest first."""
    found = sights.hits_of(member).filter(incident=incident).order_by("-at", "pk")
    return found.select_related("hot_list", "camera", "refresh__delivery", "pack")


def opened(member: Member, newest: Hit | None, hits: list[Hit], *, now: datetime, page: int) -> dict[str, Any]:
    """What these hits saw, the newest one in full, under one access. Raises Refused."""
    if newest is None:
        return {"look": None, "sightings": []}
    wanted = hits if newest in hits else [newest, *hits]
    with sights.opened(member, wanted, now=now, page=page) as found:
        look = found.looks[newest.pk]
        shown = {
            "look": look,
            "newest": newest,
            "shot": sights.plate_shot(look),
            "thumbnails": sights.shots_of(look),
            "sightings": [_sighting(found.looks[hit.pk]) for hit in hits],
            "record": found.window.record,
            "all_wrong": sights.rests_on_wrong_reads(newest),
        }
    answered(found.window.record, rows=sum(one.sight is not None for one in found.looks.values()))
    return shown | listed(look)


def _sighting(look: sights.Look) -> dict[str, Any]:
    """One sighting of the incident, and which version of the list a patrol car carried."""
    return {
        "hit": look.hit,
        "look": look,
        "thumbnail": sights.thumbnail_of(look),
        "direction": direction(look.read.direction) if look.read else "",
        "carried": carried(look.hit),
        "age": age_of(look.hit),
    }


def listed(look: sights.Look) -> dict[str, Any]:
    """What the list says of the vehicle beside what the camera saw, and which list says it."""
    sight, read, hit = look.sight, look.read, look.hit
    if sight is None:
        return {"rows": [], "version": None, "list_age": age_of(hit)}
    said = {**sight.detail, "state": sight.listed_state}
    rows = [
        {"label": label, "listed": said.get(name) or "", "saw": (getattr(read, name) if read else "") or ""}
        for label, name in COMPARED
    ]
    for row in rows:
        both = row["listed"] and row["saw"]
        row["verdict"] = "" if not both else "same" if row["listed"].lower() == row["saw"].lower() else "differs"
    version = None
    if sight.version_id:
        version = EntryVersion.objects.filter(pk=sight.version_id).select_related("decision", "entry").first()
    return {
        "rows": rows,
        "reason": words(sight.detail, "reason"),
        "marks": words(sight.detail, "year", "marks"),
        "case_number": words(sight.detail, "case_number"),
        "source_list": words(sight.detail, "list", "source"),
        "version": version,
        "list_age": age_of(hit),
    }


def verified(incident: Incident) -> dict[str, Any]:
    """Every verification with how far it went and what speaks against it, and the fullest one's level."""
    done: list[dict[str, Any]] = [
        {
            "record": record,
            "found": incidents.completeness_of(record),
            "missing": rules.in_words(incidents.completeness_of(record).missing),
            "against": incidents.contradictions_of(record),
        }
        for record in incident.verifications.all()
    ]
    levels = {one["found"].level for one in done}
    best = next((level for level in (rules.FULL, rules.PARTIAL) if level in levels), rules.NONE)
    return {"verifications": done, "level": best}


def steps(incident: Incident, hits: QuerySet[Hit]) -> list[dict[str, Any]]:
    """What happened, oldest first; the hits are one step, however many there are."""
    first = hits.order_by().aggregate(first=Min("at"), last=Max("at"))
    n = hits.count()
    found: list[dict[str, Any]] = [
        {"at": first["first"] or incident.at, "who": "the portal", "what": "First hit", "clause": "B.1"}
    ]
    if n > 1:
        found.append({"at": first["last"], "who": "the portal", "what": f"{n - 1} more since, the newest here"})
    for given in incident.assignments.all():
        what = f"Given to {given.member_name}" if given.member_name else "Given back to everybody"
        what = "Taken" if given.member_id and given.member_id == given.by_id else what
        found.append({"at": given.at, "who": given.by_name, "what": what})
    for quiet in incident.mutes.all():
        found.append(
            {"at": quiet.at, "who": quiet.by_name, "what": "Muted", "detail": quiet.reason, "until": quiet.ends_at}
        )
    found += [_verification(record) for record in incident.verifications.all()]
    stop = getattr(incident, "stop", None)
    if stop:
        found.append({"at": stop.at, "who": stop.by_name, "what": f"Stop {stop.number} recorded", "clause": "C.2.A.2"})
    return sorted(found, key=lambda step: step["at"])


def _verification(record: Any) -> dict[str, Any]:
    """One verification as a step: what was compared, CLETS, the outcome."""
    level = incidents.completeness_of(record).level
    seen = ", ".join(f"{rules.NAMES[name]}: {Seen.says(getattr(record, name)).lower()}" for name in incidents.FIELDS)
    clets = {"yes": "done", "no": "not done", "not_possible": "not possible"}[record.clets]
    if record.clets_result:
        clets += f" by {record.clets_by}: {CletsResult.says(record.clets_result).lower()}"
    outcome = f"Closed: {Closing.says(record.outcome).lower()}" if record.outcome else "Verified, kept open"
    said = f"{seen}. CLETS {clets}.{' ' + record.note if record.note else ''}"
    tone = "run" if level == rules.FULL else "wait"
    return {"at": record.at, "who": record.by_name, "what": outcome, "detail": said, "tone": tone, "clause": "C.2.A"}
