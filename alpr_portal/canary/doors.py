"""The doors by which a plate of a read comes in, and by which it is asked for: one function each, by its name."""

from __future__ import annotations

import io
import itertools
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.core.management import call_command
from django.core.signals import got_request_exception
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from reads import actions, inventory
from reads.adapters import ADAPTERS
from reads.models import Query, Source

from . import messages
from .marks import PLATE
from .people import browser, member


@dataclass(frozen=True)
class Door:
    """A way in. ``leaves``: table and column that hold the plate more often once it went through; "" where what the door
    answers must hold it."""

    name: str
    enter: Callable[[], Any]
    leaves: str = ""


DOORS: list[Door] = []
SECONDS = itertools.count(1)


def door(name: str, leaves: str = "") -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """The function is a door."""

    def mark(function: Callable[[], Any]) -> Callable[[], Any]:
        DOORS.append(Door(name, function, leaves))
        return function

    return mark


def body(answer: Any) -> bytes:
    """Everything an answer holds, its head too."""
    parts = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return "\n".join(f"{name}: {value}" for name, value in answer.items()).encode() + b"\n" + parts


def post(who: str, path: str, said: dict[str, Any], status: int = 302) -> HttpResponse:
    """A form sent by a member. AssertionError where the answer is another than expected."""
    answer: Any = browser(who).post(path, said)
    assert answer.status_code == status, f"{path}: {answer.status_code}"
    return answer  # type: ignore[no-any-return]


def confirm(who: str, path: str, said: dict[str, Any]) -> HttpResponse:
    """A form, its check, and then its record."""
    post(who, path, said, 200)
    return post(who, path, {**said, "confirmed": "yes"})


def page(who: str, path: str) -> bytes:
    answer = browser(who).get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return body(answer)


# --- deliveries -------------------------------------------------------------------------------------------------------


@cache
def source_of(kind: str) -> tuple[Source, str]:
    """A source of this format with its camera, and its key."""
    by, columns = member("coordinator"), messages.COLUMNS if kind == "generic_csv" else {}
    source = inventory.save_source(None, by=by, name=f"canary-{kind.replace('_', '-')}", format=kind, columns=columns)
    camera = inventory.save_camera(
        None, by=by, source=source, code=messages.CAMERA, name="Canary", area="4", lat=37.79, lon=-122.21,
        mount="vehicle" if kind == "portal" else "fixed", in_service_from=timezone.localdate() - timedelta(days=400),
    )  # fmt: skip
    inventory.attest_siting(camera, by=by, siting="right_of_way", court_order="", note="")
    return source, inventory.issue_key(source, by=by, now=timezone.now())


def deliver(kind: str) -> None:
    """One message of a format through the door for reads; each of another moment, some minutes ago."""
    content, media_type = messages.message(kind, timezone.now() - timedelta(minutes=3, seconds=next(SECONDS)))
    caller = Client(headers={"Authorization": f"Bearer {source_of(kind)[1]}"}, HTTP_HOST="localhost")
    answer = caller.post("/api/v1/reads", content, content_type=media_type)
    assert (answer.status_code, answer.json().get("stored")) == (200, 1), answer.content.decode()


for _kind in ADAPTERS:
    door(f"delivery as {_kind}", leaves="reads_read.plate")(partial(deliver, _kind))


@door("picture with the plate in its EXIF", leaves="reads_picture.digest")
def picture() -> bytes:
    before = messages.picture()
    deliver("portal")
    return before


@door("file by import_reads", leaves="reads_read.plate_seen")
def imported() -> None:
    source, _ = source_of("generic_csv")
    content, _ = messages.message("generic_csv", timezone.now() - timedelta(minutes=7))
    file = Path(settings.DATA_DIR).parent / f"{PLATE}.csv"
    file.write_bytes(content)
    call_command("import_reads", str(file), source=source.name, stdout=io.StringIO(), stderr=io.StringIO())
    file.unlink()  # whoever sent it takes it away: it is no file of the portal


@door("delivery that is refused")
def refused_delivery() -> bytes:
    content, media_type = messages.message("portal", timezone.now() - timedelta(days=9))
    caller = Client(headers={"Authorization": f"Bearer {source_of('portal')[1]}"}, HTTP_HOST="localhost")
    for said in (content, content[:-3], f"{PLATE}{content.decode()}".encode()):
        assert caller.post("/api/v1/reads", said, content_type=media_type).json().get("stored", 0) == 0
    return content


# --- searches ---------------------------------------------------------------------------------------------------------


def asked(**values: Any) -> dict[str, Any]:
    """What an officer types into the guided search."""
    now = timezone.localtime()
    return {
        "purpose": "violent_crime", "offence": "211 PC", "basis": "case_number", "case_number": f"{now:%y}-012345",
        "facts": f"Armed robbery of a shop, the clerk wrote down {PLATE}", "right_to_know": "sworn",
        "need_to_know": "I am assigned to this robbery and look for the vehicle", "for_whom": "self", "outside": "no",
        "plate": PLATE, "start": f"{now - timedelta(days=2):%Y-%m-%d %H:%M}", "end": f"{now:%Y-%m-%d %H:%M}",
        "attested": "on", **values,
    }  # fmt: skip


def search(**values: Any) -> str:
    """Where the results of a search stand."""
    return str(post("officer", "/searches/new/", asked(**values))["Location"])


@cache
def results() -> str:
    return search()


@door("search by plate", leaves="reads_query.plate")
def by_plate() -> None:
    results()


@door("words of a search", leaves="reads_query.facts")
def words() -> None:
    search(case_number=f"{timezone.localtime():%y}-012346")


@door("search by pattern, and its results")
def by_pattern() -> bytes:
    return page("officer", search(plate=f"{PLATE[:5]}*"))


@door("search by misread, and its results")
def by_misread() -> bytes:
    return page("officer", search(plate=PLATE.replace("X", "K"), misread="on"))


@door("search that is refused", leaves="reads_query.plate")
def refused_search() -> None:
    post("officer", "/searches/new/", asked(facts=f"{PLATE} for immigration enforcement, deport the driver"))


@door("search that waits, approved and run", leaves="reads_query.plate")
def waiting_search() -> None:
    url = search(offence="something unclear")
    found = Query.objects.filter(outcome="wait").latest("at")
    post("supervisor", f"/searches/{found.pk}/decide/", {"decision": "approve", "reason": f"{PLATE} is in the report"})
    post("officer", f"{url}run/", {})


@door("search whose form is not valid")
def invalid_search() -> bytes:
    return body(post("officer", "/searches/new/", asked(facts="", plate=PLATE), 422))


@door("results")
def shown() -> bytes:
    return page("officer", results())


@door("results in a spreadsheet (CSV)")
def as_csv() -> bytes:
    return body(post("officer", f"{results()}export/csv/", {}, 200))


@door("results in a spreadsheet (XLSX)")
def as_xlsx() -> bytes:
    return post("officer", f"{results()}export/xlsx/", {}, 200).content


@door("page of a read")
def read_page() -> bytes:
    return page("officer", a_read())


@door("evidence sheet of a read (PDF)")
def sheet() -> bytes:
    return post("officer", f"{a_read()}sheet.pdf", {}, 200).content


@door("picture in full size")
def full_picture() -> bytes:
    link = re.search(rb'href="([^"]+/images/0/)"', page("officer", a_read("images/0/")))
    assert link, "no read with a picture was found"
    return PLATE.encode() + body(browser("officer").get(link[1].decode()))


def a_read(holding: str = "") -> str:
    """The address of a read of the results; ``holding``: one whose page names this."""
    found = dict.fromkeys(re.findall(rf"{re.escape(results())}reads/[0-9a-f-]+/", page("officer", results()).decode()))
    return next(one for one in found if holding in page("officer", one).decode())


@door("record of a search (PDF)")
def record() -> bytes:
    return page("officer", f"{results()}record.pdf")


@door("query log with filters, and its spreadsheet")
def query_log() -> bytes:
    page("auditor", f"/searches/?purpose=violent_crime&plate={PLATE}&case_number={PLATE}")
    return PLATE.encode() + body(post("auditor", "/searches/export/csv/?purpose=violent_crime", {}, 200))


@door("worklist of who decides")
def worklist() -> bytes:
    search(offence="another unclear one")
    page("supervisor", "/home/")
    return page("supervisor", f"/searches/{Query.objects.filter(outcome='wait').latest('at').pk}/")


# --- where it should not go -------------------------------------------------------------------------------------------


@door("address that somebody mistyped")
def addresses() -> bytes:
    client, said = browser("officer"), {"referer": f"http://localhost/?plate={PLATE}", "user-agent": PLATE}
    for path in (f"/searches/{PLATE}/", f"/{PLATE}", f"/searches/?sort={PLATE}", f"/searches/new/?plate={PLATE}"):
        assert client.get(path, headers=said).status_code in {200, 400, 403, 404}, path
    Client(HTTP_HOST="localhost").get(f"/searches/?plate={PLATE}")
    return PLATE.encode()


@door("sign-in under the plate as a name")
def sign_in() -> bytes:
    return body(Client(HTTP_HOST="localhost").post("/accounts/login/", {"login": PLATE, "password": PLATE}))


@door("page that breaks (500)")
def broken() -> str:
    """A fault whose own words hold the plate, raised in the midst of a search."""
    heard: list[str] = []

    def hear(sender: Any, **said: Any) -> None:
        heard.append(repr(sys.exc_info()[1]))

    got_request_exception.connect(hear)
    try:
        with patch.object(actions, "run_query", side_effect=RuntimeError(f"cannot search for {PLATE}")):
            post("officer", "/searches/new/", asked(), 500)
    finally:
        got_request_exception.disconnect(hear)
    return "".join(heard)


@door("statement that fails in the database")
def failing_statement() -> str:
    """A statement with the plate in it and in its error's detail, as the application itself."""
    from django.db import DatabaseError, connection

    heard = ""
    with connection.cursor() as cursor:
        for statement in ("SELECT %s::integer", "INSERT INTO training_course (title) VALUES (%s)"):
            try:
                cursor.execute(statement, [PLATE])
            except DatabaseError as error:
                heard += str(error)
    return heard
