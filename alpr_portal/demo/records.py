"""Records of the demo that are years old: searches over their term, a report that was issued, a hold, and a batch that waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from alpr_portal.policy.vocabulary import Outcome, PublicationKind, Purpose, RecordClass
from audits import disposal
from audits.models import RecordsHold, ReportIssued
from audits.retention_rules import latest_end
from reads.models import Query, QueryRun

from .cast import People
from .papers import document
from .write import dated, id_of, put

SEARCHES = 24
CASE = "19-004417"  # of a claim against the City, fictional
REPORT = """# Annual report on the use of automated licence plate readers

Demonstration data, all fictional. The report of {year}: searches by purpose, how old the reads were that were seen,
hot lists, training, and what left the disk.
"""


def searches(people: People, year: int) -> tuple[list[Query], list[QueryRun]]:
    """Searches of a year that is long over, all run, one of them for the case that a hold keeps."""
    asked, ran = [], []
    for number in range(SEARCHES):
        at = timezone.make_aware(datetime(year, 2, 4, 9, 30)) + timedelta(days=11 * number, minutes=17 * number)
        member = people[f"officer{2 + number % 3}"]
        query = dated(
            Query, at, member, id=id_of("old search", year, number), purpose=Purpose.BURGLARY.value, outside=False,
            offence="459 PC", case_number=CASE if number == 5 else f"{year % 100:02d}-{30_000 + 173 * number:06d}",
            facts="Burglary of a garage, a neighbour wrote the plate down.", right_to_know="Sworn officer",
            need_to_know="Assigned investigator", for_whom=member, for_whom_name=member.name, attested=True,
            plate=f"7DEM{100 + number}", outcome=Outcome.RUN.value,
        )  # fmt: skip
        asked.append(query)
        ran.append(dated(QueryRun, at, member, id=id_of("old run", year, number), query=query))
    return asked, ran


def rows(people: People, year: int) -> Iterator[list[Model]]:
    """What is years old, a model at a time."""
    asked, ran = searches(people, year)
    yield list(asked)
    yield list(ran)
    file, published = document(
        people, PublicationKind.ANNUAL_REPORT, f"Annual report {year}", "final", REPORT.format(year=year), 300
    )
    yield [file]
    yield [published]
    at, administrator = people.now - timedelta(days=299), people["administrator"]
    yield [dated(ReportIssued, at, administrator, id=id_of("report", year), year=year, publication=published)]
    yield [
        dated(
            RecordsHold, people.now - timedelta(days=40), people["coordinator"], id=id_of("records hold"),
            classes=[RecordClass.QUERY.value], case_number=CASE, matter="Claim against the City, Superior Court",
            court_document="Litigation hold letter of the City Attorney", reason="The City Attorney asks that nothing goes.",
        )
    ]  # fmt: skip


def tell(people: People) -> int:
    """Write once what is years old, and propose that it goes: the Administrator finds it on the worklist. How many searches."""
    if RecordsHold.objects.filter(pk=id_of("records hold")).exists():
        return 0
    up_to = latest_end(timezone.localdate(people.now), disposal.years_kept())
    with transaction.atomic(using="owner"):
        for several in rows(people, up_to.year - 1):
            put(several)
    said = {"kind": RecordClass.QUERY.value, "reason": "Over their term; the report of their year is issued."}
    disposal.propose(**said, up_to=up_to, by=people["coordinator"], now=people.now)
    return SEARCHES
