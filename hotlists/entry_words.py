"""Entries in words: their facts, what a change changed, every step, and how they stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from alpr_portal.policy.parameters import URGENT_CONFIRMED
from alpr_portal.policy.vocabulary import Confidentiality, EndedBecause, Purpose, ScreenCategory, Watched
from alpr_portal.templatetags.portal import when
from reads.redaction import struck
from training.models import Member

from . import entries
from .entry_rules import Life
from .models import Entry, EntryVersion

WITHHELD = "Withheld: plates are opened only inside a drawn sample."
TONES = {Life.PENDING.value: "wait", Life.ACTIVE.value: "run", Life.DENIED.value: "refuse", Life.LAPSED.value: "refuse"}
LABELS = {
    "watched": "Looks for",
    "plate": "Plate",
    "state": "State",
    "make": "Make",
    "model": "Model",
    "colour": "Color",
    "year": "Year",
    "marks": "Other characteristics",
    "purpose": "Purpose",
    "justification": "Justification",
    "case_number": "Case number",
    "report_number": "Report number",
    "expires_at": "Ends",
    "confidentiality": "Who sees it",
    "instructions": "What to do on a hit",
    "urgent": "Urgent",
}
ANSWERED = {
    "just.clarify": "Does it have to do with what the order forbids",
    "case.pattern.case_number": "Is this the case number on the report",
    "case.pattern.report_number": "Is this the report number on the report",
}
TEXTS = ("justification", "instructions", "marks")


def badge_of(state: str) -> tuple[str, str]:
    """How an entry stands in a word: (badge kind, text)."""
    return TONES.get(state, ""), Life.says(state)


def value_of(version: EntryVersion, name: str) -> str:
    """One value as people read it."""
    value = getattr(version, name)
    if name == "expires_at":
        return when(value)
    if name == "urgent":
        return "Yes" if value else "No"
    listed: dict[str, Any] = {"watched": Watched, "purpose": Purpose, "confidentiality": Confidentiality}
    return listed[name].says(value) if name in listed else str(value)


def who(record: Any) -> str:
    """Name, badge and unit as they were, and on whose behalf."""
    badge = f" ({record.by_badge})" if record.by_badge else ""
    principal = getattr(record, "on_behalf_of_name", "")
    return f"{record.by_name}{badge}" + (f", on behalf of {principal}" if principal else "")


def facts(version: EntryVersion, *, sees_plate: bool) -> dict[str, list[dict[str, Any]]]:
    """What a version says, as rows of components/definition.html: ``{"what": …, "why": …}``."""

    def said(name: str) -> dict[str, Any]:
        text = value_of(version, name)
        hidden = name in TEXTS and not sees_plate
        return {"label": LABELS[name], "value": struck(text, version.plate) if hidden else text}

    plate: dict[str, Any] = {"label": "Plate", "value": "None: a vehicle is described"}
    if version.plate:
        plate["value"] = WITHHELD
        if sees_plate:
            plate.update(plate=version.plate, state=version.state)
    vehicle = " ".join(filter(None, (version.colour, version.year, version.make, version.model)))
    return {
        "what": [
            said("watched"),
            plate,
            {"label": "Vehicle", "value": vehicle},
            said("marks"),
            said("instructions"),
            {"label": "Ends", "at": version.expires_at},
            said("confidentiality"),
            *([said("urgent")] if version.urgent else []),
        ],
        "why": [
            {**said("purpose"), "clause": "C.2.A.1"},
            {**said("justification"), "clause": "C.2.B.2-min"},
            said("case_number"),
            {**said("report_number"), "clause": "C.2.B.2"},
            {"label": "Proposed by", "value": f"{who(version)}{', ' + version.by_unit if version.by_unit else ''}"},
            {"label": "Proposed", "at": version.at},
            *({"label": ANSWERED.get(code, "Answer"), "value": a} for code, a in version.answers.items()),
        ],
    }


def changes(before: EntryVersion | None, after: EntryVersion, *, sees_plate: bool) -> list[dict[str, str]]:
    """What differs between two versions: ``[{"label", "before", "after"}]``."""
    if before is None:
        return []
    found = []
    for name, label in LABELS.items():
        old, new = value_of(before, name), value_of(after, name)
        if old == new:
            continue
        if name == "plate" and not sees_plate:
            old = new = "withheld"
        elif name in TEXTS and not sees_plate:
            old, new = struck(old, before.plate), struck(new, after.plate)
        found.append({"label": label, "before": old, "after": new})
    return found


def screening_of(version: EntryVersion) -> dict[str, Any] | None:
    """What the screens raised, in words, for whoever decides; None where nothing fired."""
    found = version.screening.get("categories") or []
    if not found:
        return None
    return {"kinds": [ScreenCategory.says(each) for each in found], "words": version.screening.get("words", [])}


def versions_of(entry: Entry, now: datetime) -> list[EntryVersion]:
    """Every version of an entry, the oldest first, each with its decision and how it stands: one query."""
    found = entries.with_life(EntryVersion.objects.filter(entry=entry), now).order_by("number")
    return list(found.select_related("entry__hot_list", "entry__end", "decision__confirmation", "by"))


def steps(entry: Entry, versions: Iterable[EntryVersion], member: Member) -> list[dict[str, Any]]:
    """Every step of an entry for its timeline; of versions that are not the member's to see, only that they were."""
    found: list[dict[str, Any]] = []
    before: EntryVersion | None = None
    for version in versions:
        shown, plates = entries.sees(member, version), entries.sees_plate(member, version)
        both = shown and (before is None or entries.sees(member, before))
        plates_of_both = plates and (before is None or entries.sees_plate(member, before))
        text = version.change if plates else struck(version.change, version.plate)
        found.append(
            {
                "at": version.at,
                "who": who(version),
                "what": f"Change proposed, version {version.number}" if before else "Proposed",
                "detail": text if shown else "",
                "changes": changes(before, version, sees_plate=plates_of_both) if both else [],
                "clause": "C.2.B.2",
            }
        )
        found += _decided(version, shown=shown, plates=plates)
        before = version
    end = getattr(entry, "end", None)
    if end:
        plate = before.plate if before else ""
        plates = before is not None and entries.sees_plate(member, before)
        note = end.note if plates else struck(end.note, plate)
        detail = f"{EndedBecause.says(end.because)}. {note}"
        found.append({"at": end.at, "who": who(end), "what": "Ended", "detail": detail, "tone": "refuse"})
    return sorted(found, key=lambda step: step["at"])


def _decided(version: EntryVersion, *, shown: bool, plates: bool) -> list[dict[str, Any]]:
    decision = getattr(version, "decision", None)
    if decision is None:
        return []

    def reason(text: str) -> str:
        return "" if not shown else text if plates else struck(text, version.plate)

    approved = decision.approved
    found = [
        {
            "at": decision.at,
            "who": who(decision),
            "what": f"Version {version.number} {'approved' if approved else 'not approved'}",
            "tone": "run" if approved else "refuse",
            "detail": reason(decision.reason),
            "clause": "C.2.B.2",
        }
    ]
    confirmation = getattr(decision, "confirmation", None)
    if confirmation:
        found.append(
            {
                "at": confirmation.at,
                "who": who(confirmation),
                "what": "Confirmed" if confirmation.confirmed else "Not confirmed: ended",
                "tone": "run" if confirmation.confirmed else "refuse",
                "detail": reason(confirmation.reason),
            }
        )
    elif version.life == Life.LAPSED.value:  # type: ignore[attr-defined]
        due = decision.at + URGENT_CONFIRMED.now
        found.append({"at": due, "who": "the portal", "what": "Ended: nobody confirmed it", "tone": "refuse"})
    return found
