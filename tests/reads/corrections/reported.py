"""Builders: a read that was looked at, its report, the decision on it."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from reads.corrections import actions
from reads.corrections.looks import look_at
from reads.corrections.rules import Right
from reads.models import Access, Correction, Query, ReadReport
from reads.search import access
from tests import make
from training.models import Member


def seen(by: Member, read_id: uuid.UUID, query: Query | None = None) -> tuple[Any, Access]:
    """The read, under a recorded look by its searcher."""
    query = query or make.query(by)
    with access(by, "read", query, now=timezone.now(), read_id=read_id) as window:
        return window.read(read_id), window.record


def report(by: Member, read_id: uuid.UUID, *, kind: str = "misread", right: str = "", **values: Any) -> ReadReport:
    """A report of a read that ``by`` found with a search of its plate."""
    read, record = seen(by, read_id, values.pop("query", None))
    said = Right(right, values.pop("state", read.state)) if right else None
    return actions.report_read(read, kind=kind, right=said, access=record, by=by, now=timezone.now(), **values)


def decision(
    report: ReadReport, by: Member, *, confirmed: bool = True, right: str = "", ground: str = "picture"
) -> Correction:
    """The word of ``by`` on a report, after a look at its read."""
    with look_at(report, by, now=timezone.now()) as (window, read):
        record = window.record
        said = Right(right, read.state) if right else None
    return actions.decide_report(
        report, confirmed=confirmed, ground=ground, right=said, access=record, by=by, now=timezone.now()
    )
