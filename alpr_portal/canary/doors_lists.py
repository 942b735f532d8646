"""The doors by which a plate comes in as one that is watched for, is hit, verified, stopped, and leaves again."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from functools import cache
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from alpr_portal.policy.vocabulary import Via
from hotlists import drop_folders, entry_files, importer
from hotlists.models import Entry, EntryVersion, HotList, Incident, ListTemplate, Stop, TemplateDecision
from reads.models import Camera

from . import messages
from .doors import body, confirm, deliver, door, page, post, source_of
from .marks import PLATE
from .people import browser, member

LOOKALIKE = PLATE.replace("Q", "O")
HEAD = "plate,state,list,reason,entered"
LAYOUT: dict[str, Any] = {
    "format": "delimited", "delimiter": ",", "encoding": "utf-8", "header": True,
    "columns": [
        {"name": name, "field": {"entered": "entered_on"}.get(name, name)} for name in HEAD.split(",")
    ],
}  # fmt: skip
COMPARED = dict.fromkeys(("plate", "state", "make", "model", "colour", "other"), "yes")
FILED, OTHER, HELD, MEMBERS = "canary-svs", "canary-other", "canary-held", "canary-bolo"


@cache
def hot_list(name: str) -> HotList:
    """A list that files feed, with an approved template; or the one that members feed."""
    if name == MEMBERS:
        return HotList.objects.create(name=name, title="Canary entries", kind="bolo", feed="members")
    found = HotList.objects.create(name=name, title=name.title(), kind="svs", feed="file")
    by, second = member("coordinator"), member("administrator")
    template = ListTemplate.objects.write(by=by, hot_list=found, number=1, layout=LAYOUT)
    TemplateDecision.objects.write(by=second, template=template, approved=True, reason="Right", proposed_by=by)
    return found


def list_file(*plates: str) -> bytes:
    return "\n".join([HEAD, *(f"{plate},CA,SVS,stolen,2026-01-02" for plate in plates), ""]).encode()


def others(n: int) -> list[str]:
    """Plates that nobody looks for."""
    return [f"0CAN{number:03d}" for number in range(n)]


def take(name: str, content: bytes, **values: Any) -> Any:
    """The receipt of a list's file."""
    said = {"name": f"{PLATE}.csv", "via": Via.COMMAND, "by": None, **values}
    return importer.read(importer.take(hot_list(name), [content], **said))


# --- lists ------------------------------------------------------------------------------------------------------------


@door("list file that replaces the list", leaves="hotlists_watchrow.plate")
def good_file() -> None:
    assert take(FILED, list_file(PLATE, *others(9))).outcome == "applied"


@door("list file with a look-alike", leaves="hotlists_watchrow.plate_fold")
def lookalike_file() -> None:
    assert take(OTHER, list_file(LOOKALIKE, *others(9))).outcome == "applied"


@door("list file that is held for a person", leaves="hotlists_watchrow.plate")
def held_file() -> None:
    take(HELD, list_file(*others(10)))
    assert take(HELD, list_file(PLATE, *others(13))).outcome == "held"


@door("list file that is refused")
def refused_file() -> bytes:
    content = list_file(PLATE).replace(b",2026", b",,,2026") + f"{PLATE},ZZ,{PLATE},{PLATE},{PLATE}\n".encode()
    assert take(OTHER, content).outcome == "refused"
    return content


@door("list file in the drop folder", leaves="hotlists_delivery.file_name")
def dropped_file() -> None:
    folder = drop_folders.folder_of(hot_list(FILED))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{PLATE}.csv"
    file.write_bytes(list_file(PLATE, *others(10)))
    os.utime(file, (time.time() - 60,) * 2)
    assert drop_folders.scan() == 1
    importer.read_waiting(timezone.now())


@door("list file sent in the browser, and its receipt")
def uploaded_file() -> bytes:
    content, path = list_file(PLATE, *others(11)), f"/hot-lists/{hot_list(FILED).pk}/file/"
    sent = SimpleUploadedFile(f"{PLATE}.csv", content, "text/csv")
    receipt = str(post("coordinator", path, {"file": sent})["Location"])
    importer.read_waiting(timezone.now())
    return page("coordinator", receipt)


@door("upload that fails")
def failed_upload() -> bytes:
    sent = SimpleUploadedFile(f"{PLATE}.exe", PLATE.encode() * 200_000, "application/octet-stream")
    answer = browser("officer").post("/hot-lists/entries/file/", {"file": sent})
    assert answer.status_code == 422
    return PLATE.encode() + body(answer)


# --- entries ----------------------------------------------------------------------------------------------------------


def typed(**values: Any) -> dict[str, Any]:
    """What an officer types to propose an entry."""
    year = f"{timezone.localtime():%y}"
    return {
        "hot_list": hot_list(MEMBERS).name, "watched": "plate", "plate": PLATE, "state": "CA", "make": "Toyota",
        "model": "Camry", "colour": "silver", "year": "2019", "marks": f"Says {PLATE} on the frame", "purpose": "burglary",
        "justification": f"Three burglaries this week; a witness gave {PLATE} for the car that left.",
        "case_number": f"{year}-012345", "report_number": f"{year}-012346", "expiry": "14", "confidentiality": "department",
        "instructions": f"Do not stop {PLATE}, call the burglary unit.", **values,
    }  # fmt: skip


def propose(**values: Any) -> EntryVersion:
    confirm("officer", "/hot-lists/entries/new/", typed(**values))
    return EntryVersion.objects.latest("at")


def decide(version: EntryVersion, decision: str = "approve") -> None:
    said = {"version": str(version.pk), "decision": decision, "reason": f"The report names {PLATE}"}
    post("administrator", f"/hot-lists/entries/{version.entry_id}/decide/", said)


@door("entry that is proposed", leaves="hotlists_entryversion.plate")
def proposed() -> None:
    propose()


@door("entry that is approved", leaves="hotlists_watchrow.plate")
def approved() -> None:
    decide(propose(case_number=f"{timezone.localtime():%y}-012350"))


@door("entry of a part of a plate", leaves="hotlists_entryversion.justification")
def partial() -> None:
    decide(propose(watched="partial", plate=f"{PLATE[:6]}?", state=""))


@door("entry that ends", leaves="hotlists_entryend.note")
def ended() -> None:
    version = propose(case_number=f"{timezone.localtime():%y}-012351")
    decide(version)
    said = {"because": "found", "note": f"Found {PLATE} in San Leandro."}
    post("officer", f"/hot-lists/entries/{version.entry_id}/end/", said)


@door("entries from a file", leaves="hotlists_entryversion.plate")
def loaded_entries() -> None:
    cells = {entry_files.NAMES.get(name, name): value for name, value in typed().items()}
    row = ",".join(f'"{cells.get(column, "")}"' for column in entry_files.COLUMNS)
    text = f"{','.join(entry_files.COLUMNS)}\n{row}\n"
    sent = SimpleUploadedFile("entries.csv", text.encode(), "text/csv")
    post("officer", "/hot-lists/entries/file/", {"file": sent}, 200)
    post("officer", "/hot-lists/entries/file/", {"content": text})


@door("entry whose form is not valid")
def invalid_entry() -> bytes:
    return body(post("officer", "/hot-lists/entries/new/", typed(justification="", plate=f"{PLATE}"), 422))


@door("list of entries with filters")
def entries() -> bytes:
    entry = Entry.objects.latest("at")
    return page("officer", f"/hot-lists/entries/?plate={PLATE}&q={PLATE}") + page(
        "officer", f"/hot-lists/entries/{entry.pk}/"
    )


# --- hits -------------------------------------------------------------------------------------------------------------


@door("hit: exact, look-alike and partial", leaves="hotlists_sight.plate")
def hits() -> None:
    deliver("portal")
    from hotlists.models import Hit

    found = set(Hit.objects.values_list("match", flat=True))
    assert {"exact", "lookalike", "partial"} <= found, found


@door("queue and candidates of hits")
def queue() -> bytes:
    page("officer", "/hits/candidates/")
    return page("officer", "/hits/")


@cache
def incident() -> Incident:
    return Incident.objects.filter(hot_list=hot_list(FILED)).latest("at")


@door("page of a hit, taken")
def hit_page() -> bytes:
    post("officer", f"/hits/{incident().pk}/take/", {})
    return page("officer", f"/hits/{incident().pk}/")


@door("hit that is muted", leaves="hotlists_mute.reason")
def muted() -> None:
    post("officer", f"/hits/{incident().pk}/mute/", {"reason": f"{PLATE} stands at the yard", "hours": "8"})


@door("verification", leaves="hotlists_verification.note")
def verified() -> None:
    clets = {"clets": "yes", "clets_by": member("officer").name, "clets_when": "now", "clets_result": "confirmed"}
    said = {**COMPARED, **clets, "outcome": "open", "note": f"{PLATE} seen at the light"}
    post("officer", f"/hits/{incident().pk}/verify/", said)


def told(**values: Any) -> dict[str, Any]:
    """What an officer says of a stop."""
    now = timezone.localtime()
    return {
        "justification": f"The plate {PLATE} is that of a stolen vehicle", "case_number": f"{now:%y}-012345",
        "disposition": "recovery", "responded_at": f"{now:%Y-%m-%dT%H:%M}", "next_steps": "Tow and call the owner",
        "step_1": f"Call the owner of {PLATE}", "due_1": f"{now.date() + timedelta(days=2)}", "count_stopped": "2", **values,
    }  # fmt: skip


@door("stop from a hit", leaves="hotlists_stop.plate")
def stop() -> None:
    confirm("officer", f"/hits/{incident().pk}/stop/", told())


@door("note to a stop, and its sheet", leaves="hotlists_stopnote.text")
def stop_note() -> None:
    kept = Stop.objects.latest("at")
    post("officer", f"/stops/{kept.pk}/notes/", {"note": f"{PLATE} was towed"})
    page("officer", f"/stops/{kept.pk}/")


@door("spreadsheet of stops")
def stops() -> bytes:
    today = timezone.localdate()
    path = f"/stops/export/csv/?since={today - timedelta(days=1)}&until={today}"
    return body(post("supervisor", path, {}, 200))


@door("list that leaves for a vehicle")
def pack() -> bytes:
    camera = Camera.objects.get(source=source_of("portal")[0], code=messages.CAMERA)
    lists = [str(hot_list(FILED).pk), str(hot_list(MEMBERS).pk)]
    said = {"camera": camera.pk, "shift": f"Second watch {PLATE}", "format": "csv", "lists": lists}
    return body(post("officer", "/packs/new/", said, 200))


@door("spreadsheet of figures of hits")
def figures() -> bytes:
    return PLATE.encode() + page("administrator", "/hits/figures/")


@door("list that is replaced by one without the plate")
def replaced() -> bytes:
    """What a source does a day later: the vehicle was found, and its newest file names it no more."""
    assert take(FILED, list_file(*others(11))).outcome == "applied"
    assert take(OTHER, list_file(*others(10))).outcome == "applied"
    assert take(HELD, list_file(*others(11))).outcome == "applied"
    return PLATE.encode()
