"""The record of one query as a PDF: what was asked, why, what became of it, every step; no read in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reportlab.platypus import Flowable, Paragraph, Spacer

from alpr_portal.policy.clauses import clause
from alpr_portal.templatetags.portal import when
from training.models import Member

from .models import Query
from .pdf import HEADING, TEXT, TITLE, pdf, rows_table, said
from .queries import facts, steps
from .tables import state_of


@clause("C.2.B-log", "F.1")
def record_pdf(query: Query, *, shown_to: Member, sees_plate: bool, now: datetime) -> bytes:
    """The PDF of a query's record, with who it was made for on every page."""
    story: list[Flowable] = [
        Paragraph(f"Record of query {query.number}", TITLE),
        Paragraph("Kept under Departmental General Order I-12, C.2(B), and Civil Code 1798.90.52.", TEXT),
        Spacer(1, 10),
        rows_table([(row["label"], in_words(row)) for row in asked(query, sees_plate=sees_plate)]),
        Paragraph("Steps", HEADING),
    ]
    for step in steps(query, sees_plate=sees_plate):
        story.append(Paragraph(f"<b>{when(step['at'])}</b> · {said(step['who'])}: {said(step['what'])}", TEXT))
        if step.get("detail"):
            story.append(Paragraph(said(step["detail"]), TEXT))
        story.append(Spacer(1, 6))
    return pdf(
        story,
        title=f"Query {query.number}",
        subject="Record of a search (DGO I-12 C.2.B)",
        about=f"Query {query.number}",
        made_for=shown_to,
        now=now,
    )


def asked(query: Query, *, sees_plate: bool) -> list[dict[str, Any]]:
    """What the order has recorded of each query, as rows of components/definition.html."""
    told = facts(query, sees_plate=sees_plate)
    return [
        {"label": "Date and time", "at": query.at},
        {"label": "Member", "value": f"{query.by_name} ({query.by_badge}), {query.by_unit}"},
        *told["why"],
        *told["what"],
        {"label": "Outcome", "value": state_of(query)[1]},
        {"label": "Record id", "value": query.pk},
    ]


def in_words(row: dict[str, Any]) -> str:
    """The value of one such row."""
    return said(when(row["at"]) if row.get("at") else row.get("plate") or row.get("value") or "not given")
