"""One builder per record: what a test needs, with everything else filled in."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, connections, transaction
from django.utils import timezone
from PIL import Image

from alpr_portal.policy.vocabulary import TrainingTopic
from hotlists.models import (
    Delivery,
    Entry,
    EntryDecision,
    EntryVersion,
    HotList,
    Incident,
    ListTemplate,
    Refresh,
    TemplateDecision,
    Verification,
)
from reads import images, packs, staging
from reads.models import Camera, Query, QueryRun, SitingAttestation, Source
from reads.plates import fold
from training import stored_files
from training.models import (
    AccountClosed,
    Completion,
    CompletionWithdrawn,
    Course,
    CourseApproval,
    Gap,
    Member,
    Publication,
    Question,
    RoleEnd,
    RoleGrant,
    StoredFile,
)

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # everybody's code app, in tests
TOPICS = [topic.value for topic in TrainingTopic]


@contextmanager
def as_owner() -> Iterator[None]:
    """The default connection acts as the owner of the database: for what only the portal's own records may do."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE alpr_owner")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SET ROLE alpr_app")


def course(*, approved: bool = True, **values: Any) -> Course:
    """A course of all topics, approved unless said otherwise."""
    title, version = values.pop("title", "ALPR operator"), values.pop("version", "1")
    found, made = Course.objects.get_or_create(title=title, version=version, defaults={"topics": TOPICS, **values})
    if made and approved:
        with as_owner():
            CourseApproval.objects.write(by=None, course=found, made_by=found.made_by)
    return found


def role(member: Member, *names: str) -> None:
    """Roles, as the records of the portal itself; two people's decision is tried in tests/training."""
    with as_owner():
        for name in names:
            RoleGrant.objects.write(by=None, member=member, role=name)


def no_role(member: Member) -> None:
    """Every role taken away."""
    for grant in RoleGrant.objects.filter(member=member, end__isnull=True):
        RoleEnd.objects.write(by=None, grant=grant, reason="Tried")


def closed(member: Member, because: str = "left") -> None:
    """The account closed."""
    AccountClosed.objects.write(by=None, member=member, because=because)
    member.refresh_from_db()


def completion(member: Member, *, topics: list[str] | None = None, days: float = 300, **values: Any) -> Completion:
    """A completion that counts for ``days`` more days."""
    said = {
        "by": None,
        "course": None,
        "completed_on": timezone.localdate(),
        "topics": topics or TOPICS,
        "expires_at": timezone.now() + timedelta(days=days),
        **values,
    }
    said["course"] = said["course"] or course()
    with as_owner():
        return Completion.objects.write(member=member, **said)


def source(name: str = "street", *, format: str = "portal", **values: Any) -> Source:
    found, _ = Source.objects.get_or_create(name=name, defaults={"format": format, **values})
    return found


def camera(code: str = "cam-1", *, by: Member | None = None, attested: bool = True, **values: Any) -> Camera:
    """A camera in service; attested unless said otherwise."""
    if "source" not in values:
        values["source"] = source()
    defaults = {
        "name": "Foothill and 35th",
        "area": "4",
        "lat": 37.79,
        "lon": -122.21,
        "in_service_from": timezone.localdate() - timedelta(days=400),
    }
    found, made = Camera.objects.get_or_create(source=values.pop("source"), code=code, defaults={**defaults, **values})
    if made and attested:
        SitingAttestation.objects.write(by=by, camera=found, place_id=found.place_id, siting="right_of_way")
    return found


def read(plate: str = "8ABC123", **values: Any) -> uuid.UUID:
    """A stored read, written as the owner so that its upload may lie in the past. Needs ``committed``."""
    cam = values.pop("camera", None) or camera()
    uploaded = values.pop("uploaded_at", None) or datetime.now(UTC)
    row = {
        "id": uuid.uuid4(),
        "upload_day": uploaded.astimezone(UTC).date(),
        "uploaded_at": uploaded,
        "captured_at": uploaded - timedelta(minutes=1),
        "camera_id": cam.pk,
        "source_id": cam.source_id,
        "batch_id": uuid.uuid4(),
        "plate_seen": plate,
        "plate": plate,
        "plate_fold": fold(plate),
        "state": "CA",
        "lat": cam.lat,
        "lon": cam.lon,
        "confidence": 0.94,
        "make": "toyota",
        "colour": "silver",
        **values,
    }
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"INSERT INTO reads_read ({names}) VALUES ({places})", list(row.values()))
    return row["id"]


def pictures(read_id: uuid.UUID, *several: bytes, day: date | None = None) -> list[packs.Kept]:
    """Kept pictures of a stored read that was uploaded on ``day`` (default: today), told as the owner."""
    kept = packs.keep(day or datetime.now(UTC).date(), [(read_id, [images.clean(data) for data in several])])
    places = ", ".join(["%s"] * len(staging.PICTURE))
    with connections["owner"].cursor() as cursor:
        for one in kept:
            values = [getattr(one, name) for name in staging.PICTURE]
            cursor.execute(f"INSERT INTO reads_picture ({', '.join(staging.PICTURE)}) VALUES ({places})", values)
    return kept


def jpeg(width: int = 64, height: int = 32, colour: str = "navy") -> bytes:
    """A picture as a camera might send it."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


def criteria(**values: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "plate": "8ABC123",
        "approximate": False,
        "state": "",
        "make": "",
        "model": "",
        "colour": "",
        "areas": [],
        "cameras": [],
        "from": (now - timedelta(days=2)).isoformat(),
        "to": (now + timedelta(minutes=1)).isoformat(),
        **values,
    }


def query(by: Member, *, run: bool = True, **values: Any) -> Query:
    """A recorded query that ran, unless said otherwise."""
    asked = criteria(**values.pop("criteria", {}))
    found: Query = Query.objects.write(
        by=by,
        **{
            "purpose": "violent_crime",
            "offence": "211 PC",
            "case_number": "26-012345",
            "facts": "Robbery at a shop, plate seen.",
            "right_to_know": "Sworn officer",
            "need_to_know": "Assigned investigator",
            "for_whom": by,
            "for_whom_name": by.name,
            "outside": False,
            "attested": True,
            "plate": asked["plate"],
            "criteria": asked,
            "outcome": "run",
            **values,
        },
    )
    if run and found.outcome == "run":
        QueryRun.objects.write(by=by, query=found)
    return found


def waiting_query(by: Member, **values: Any) -> Query:
    """A query that waits for a supervisor."""
    said = {"outcome": "wait", "clause": "C.2.B", "sentence": "The offence is not settled."}
    return query(by, run=False, **{**said, **values})


def form(**values: Any) -> dict[str, Any]:
    """What an officer types into the guided search."""
    local = timezone.localtime()
    return {
        "purpose": "violent_crime",
        "offence": "211 PC",
        "basis": "case_number",
        "case_number": f"{local:%y}-012345",
        "facts": "Armed robbery of a shop, the clerk gave this plate",
        "right_to_know": "sworn",
        "need_to_know": "I am assigned to this robbery and look for the vehicle",
        "for_whom": "self",
        "outside": "no",
        "plate": "8ABC123",
        "start": f"{local - timedelta(days=2):%Y-%m-%d %H:%M}",
        "end": f"{local:%Y-%m-%d %H:%M}",
        "attested": "on",
        **values,
    }


def stored_file(by: Member, *, content: bytes = b"# The order\n", name: str = "order.md") -> StoredFile:
    """A stored text."""
    return stored_files.store(name, content, by=by, kinds=stored_files.DOCUMENT)


def document(by: Member, **values: Any) -> Publication:
    """A published document, in force since yesterday unless said otherwise."""
    said = {
        "kind": "order",
        "title": "DGO I-12",
        "version": "1",
        "in_force_on": timezone.localdate() - timedelta(days=1),
        "file": values.pop("file", None) or stored_file(by),
        **values,
    }
    return Publication.objects.write(by=by, **said)


def gap(by: Member, **values: Any) -> Gap:
    """A known gap."""
    said = {"clause": "F.1", "title": "No alarm", "gap": "Nothing rings.", "plan": "A bell.", **values}
    return Gap.objects.write(by=by, **said)


def under(member: Member, supervisor: Member | None) -> Member:
    """The member with this supervisor, as it was always so."""
    Member.objects.filter(pk=member.pk).update(supervisor=supervisor)
    member.refresh_from_db()
    return member


def backdated(model: Any, *, at: datetime, by: Member | None = None, **values: Any) -> Any:
    """A record with a chosen time, on the test's own connection, as the owner."""
    one = model(by=by, by_name=by.name if by else "the portal", **values)
    one.at = at
    row = [
        field.get_db_prep_save(getattr(one, field.attname), connection) for field in model._meta.local_concrete_fields
    ]
    names = ", ".join(f'"{field.column}"' for field in model._meta.local_concrete_fields)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({', '.join(['%s'] * len(row))})", row)
    return model._base_manager.get(pk=one.pk)


def questions(per_topic: int = 3, *, topics: list[str] | None = None) -> list[Question]:
    """A question bank: in use, four choices each, the second one right."""
    return [
        Question.objects.create(
            topic=topic, text=f"{topic} {number}?", choices=["no", "yes", "perhaps", "never"], right=1
        )
        for topic in topics or TOPICS
        for number in range(per_topic)
    ]


def exam_course(**values: Any) -> Course:
    """An approved course with an exam of one question on each topic, and a bank that suffices."""
    topics = values.get("topics", TOPICS)
    questions(topics=topics)
    return course(**{"title": "ALPR online", "questions_per_topic": 1, **values})


def roster(*rows: str, head: str = "badge,course,version,completed_on,instructor,score") -> bytes:
    """A roster file."""
    return "\n".join([head, *rows, ""]).encode()


def withdrawn(completion: Completion) -> CompletionWithdrawn:
    """The completion withdrawn by the portal itself; a second person's correction is tried in tests/training."""
    with as_owner():
        return CompletionWithdrawn.objects.write(
            by=None, completion=completion, entered_by=completion.by, reason="Wrong"
        )


def hot_list(name: str = "svs", **values: Any) -> HotList:
    """A hot list: the Department's file of stolen vehicles unless said otherwise."""
    said = {"title": name.upper(), "kind": "svs", "feed": "file", **values}
    found, _ = HotList.objects.get_or_create(name=name, defaults=said)
    return found


def bolo(name: str = "bolo", **values: Any) -> HotList:
    """A list that members propose entries for."""
    return hot_list(name, **{"kind": "bolo", "feed": "members", **values})


LAYOUT: dict[str, Any] = {
    "format": "delimited",
    "delimiter": ",",
    "encoding": "utf-8",
    "header": True,
    "columns": [
        {"name": "plate", "field": "plate"},
        {"name": "state", "field": "state"},
        {"name": "list", "field": "list"},
        {"name": "reason", "field": "reason"},
        {"name": "entered", "field": "entered_on"},
    ],
}


def template(hot_list: HotList, *, approved: bool = True, layout: dict[str, Any] | None = None) -> ListTemplate:
    """An approved template of a list's files."""
    chau, castel = cast_of("chief"), cast_of("coordinator")
    number = hot_list.templates.count() + 1
    found: ListTemplate = ListTemplate.objects.write(
        by=castel, hot_list=hot_list, number=number, layout=layout or LAYOUT
    )
    if approved:
        with as_owner():
            TemplateDecision.objects.write(by=chau, template=found, approved=True, reason="Right", proposed_by=castel)
    return found


def cast_of(name: str) -> Member:
    from . import cast

    return cast.CAST[name]()


def refresh(hot_list: HotList, *plates: str, at: datetime | None = None, state: str = "CA", **values: Any) -> Refresh:
    """A file that replaced the list; ``at``: so long ago. Written as the owner on the test's connection."""
    number = hot_list.refreshes.count() + 1
    approved = hot_list.templates.filter(decision__approved=True).first() or template(hot_list)
    delivery = Delivery.objects.write(
        by=None, hot_list=hot_list, via="command", file_name="list.csv", size=10, digest=f"{number:064}", spool=""
    )
    said = {
        "hot_list": hot_list,
        "delivery": delivery,
        "template": approved,
        "number": number,
        "started_at": at or timezone.now(),
        "rows": len(plates),
        "kept": len(plates),
        "outcome": "applied",
        **values,
    }
    found = Refresh(by=None, by_name="the portal", **said)
    with as_owner(), connection.cursor() as cursor:
        fields = [f for f in Refresh._meta.local_concrete_fields if f.attname != "at"]
        row = [f.get_db_prep_save(getattr(found, f.attname), connection) for f in fields]
        names, places = [f'"{f.column}"' for f in fields], ["%s"] * len(fields)
        if at:
            names, places, row = [*names, '"at"'], [*places, "%s"], [*row, at]
        # one statement at a time: the receipt is checked against its rows at the end of the transaction
        with transaction.atomic():
            cursor.execute(f"INSERT INTO hotlists_refresh ({', '.join(names)}) VALUES ({', '.join(places)})", row)
            for plate in plates if said["outcome"] != "refused" else ():
                cursor.execute(
                    "INSERT INTO hotlists_watchrow (hot_list_id, refresh_id, plate, plate_fold, state, detail) "
                    "VALUES (%s, %s, %s, %s, %s, %s)",
                    [hot_list.pk, found.pk, plate, fold(plate), state, '{"reason": "stolen"}'],
                )
    return Refresh.objects.get(pk=found.pk)


def listed(*plates: str, name: str = "svs", **values: Any) -> Refresh:
    """A list of stolen vehicles with these plates, in force."""
    return refresh(hot_list(name), *plates, **values)


def entry(by: Member, plate: str = "8ABC123", *, hot_list: HotList | None = None, **values: Any) -> EntryVersion:
    """A proposed entry, its first version, waiting."""
    found = Entry.objects.write(by=by, hot_list=hot_list or bolo())
    return version(found, by, plate=plate, **values)


def version(entry: Entry, by: Member, **values: Any) -> EntryVersion:
    """A version of an entry, waiting."""
    number = entry.versions.count() + 1
    said = {
        "watched": "plate",
        "plate": "8ABC123",
        "state": "CA",
        "purpose": "burglary",
        "justification": "Seen leaving three burglaries in a week.",
        "case_number": "26-012345",
        "report_number": "26-012345",
        "expires_at": timezone.now() + timedelta(days=20),
        "confidentiality": "department",
        "instructions": "Keep your distance and call the burglary unit.",
        "change": "" if number == 1 else "Renewed",
        **values,
    }
    found: EntryVersion = EntryVersion.objects.write(by=by, entry=entry, number=number, **said)
    return found


def decided(version: EntryVersion, by: Member, *, approved: bool = True, **values: Any) -> EntryDecision:
    """The word of ``by``, who must be entitled: the database asks."""
    said = {"reason": "As the order wants it", "proposed_by": version.by, **values}
    found: EntryDecision = EntryDecision.objects.write(by=by, version=version, approved=approved, **said)
    return found


def active(by: Member, plate: str = "8ABC123", *, decider: Member | None = None, **values: Any) -> Entry:
    """An approved entry, in force."""
    proposed = entry(by, plate, **values)
    decided(proposed, decider or cast_of("administrator"))
    return proposed.entry


def incident(plate: str = "8ABC123", **values: Any) -> Incident:
    """A hit on the screen: a listed plate was read. Needs ``committed``."""
    listed(plate)
    read(plate, **values)
    return Incident.objects.latest("at")


def verification(incident: Incident, by: Member, **values: Any) -> Verification:
    """A full comparison, CLETS included, that keeps the incident open."""
    said = {
        **dict.fromkeys(("plate", "state", "make", "model", "colour", "other"), "yes"),
        "clets": "yes",
        "clets_by": by.name,
        "clets_at": timezone.now(),
        "clets_result": "confirmed",
        **values,
    }
    found: Verification = Verification.objects.write(by=by, incident=incident, **said)
    return found
