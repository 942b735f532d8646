"""Records of long ago, written as the owner, and reports that are issued: what tests of their disposal stand on."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from audits import disposal
from audits.models import DisposalDecision, DisposalProposed, RecordsHold, ReportIssued
from reads.models import Access, Answer, Query, QueryRun
from tests import cast, make
from training.models import Member

OAKLAND = ZoneInfo("America/Los_Angeles")
LONG_AGO = datetime(2019, 5, 3, 10, 0, tzinfo=OAKLAND)  # within a year whose report is issued here
UP_TO = date(2020, 12, 31)


def issued(*years: int) -> None:
    """The annual reports of these years, published and issued by the Administrator."""
    by = cast.CAST["administrator"]()
    for year in years or (2018, 2019, 2020):
        paper = make.document(by, kind="annual_report", title=f"Annual report {year}", version=str(year))
        ReportIssued.objects.write(by=by, year=year, publication=paper)


def search(by: Member, at: datetime = LONG_AGO, *, looks: int = 2, **values: Any) -> Query:
    """A search of long ago: asked, run, looked at so many times."""
    said = {
        "purpose": "violent_crime",
        "case_number": "19-012345",
        "facts": "Robbery at a shop, plate seen.",
        "right_to_know": "Sworn officer",
        "need_to_know": "Assigned investigator",
        "for_whom": by,
        "for_whom_name": by.name,
        "outside": False,
        "attested": True,
        "plate": "8ABC123",
        "outcome": "run",
        **values,
    }
    query = make.backdated(Query, at=at, by=by, **said)
    make.backdated(QueryRun, at=at + timedelta(minutes=1), by=by, query=query)
    for number in range(looks):
        look = make.backdated(Access, at=at + timedelta(minutes=2 + number), by=by, kind="results", query=query)
        make.backdated(Answer, at=at + timedelta(minutes=2 + number), by=by, access=look, rows=1)
    return query


def proposed(kind: str = "query", up_to: date = UP_TO, *, by: Member | None = None) -> DisposalProposed:
    by = by or cast.CAST["coordinator"]()
    return disposal.propose(kind=kind, up_to=up_to, reason="Over their term", by=by, now=timezone.now())


def approved(proposal: DisposalProposed, *, by: Member | None = None) -> DisposalDecision:
    by = by or cast.CAST["administrator"]()
    said = {"approved": True, "reason": "Checked", "digest": proposal.digest}
    return disposal.decide(proposal, **said, by=by, now=timezone.now())


def held(by: Member | None = None, **values: Any) -> RecordsHold:
    """A legal hold over query records."""
    said = {"classes": ["query"], "matter": "Doe v. City", "reason": "Litigation", **values}
    return RecordsHold.objects.write(by=by or cast.CAST["coordinator"](), **said)


def rows(*tables: str) -> dict[str, int]:
    """How many rows each table has."""
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found


QUERY_TABLES = ("reads_query", "reads_queryrun", "reads_access", "reads_answer")
