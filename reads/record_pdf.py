"""The record of one query as a PDF: what was asked, why, what became of it, every step; no read in it."""

from __future__ import annotations

import io
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import inch
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from alpr_portal.policy.clauses import clause
from alpr_portal.templatetags.portal import when
from training.models import Member

from .models import Query
from .queries import facts, steps
from .tables import state_of

LABEL = ParagraphStyle("label", fontName="Helvetica-Bold", fontSize=9, leading=12, textColor=colors.HexColor("#33424d"))
MARGIN, WIDTHS = 0.9 * inch, (1.5 * inch, 5.2 * inch)
TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9.5, leading=13)


@clause("C.2.B-log", "F.1")
def record_pdf(query: Query, *, shown_to: Member, sees_plate: bool, now: Any) -> bytes:
    """The PDF of a query's record, US letter, with who it was made for on every page."""
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=LETTER,
        leftMargin=0.9 * inch,
        rightMargin=0.9 * inch,
        topMargin=0.9 * inch,
        bottomMargin=0.9 * inch,
        title=f"Query {query.number}",
        author="Oakland Police Department, ALPR Portal",
        subject="Record of a search (DGO I-12 C.2.B)",
        lang="en-US",
    )
    sheet = getSampleStyleSheet()
    story: list[Any] = [
        Paragraph(f"Record of query {query.number}", sheet["Title"]),
        Paragraph("Kept under Departmental General Order I-12, C.2(B), and Civil Code 1798.90.52.", TEXT),
        Spacer(1, 10),
        as_table(query, sees_plate=sees_plate),
        Spacer(1, 14),
        Paragraph("Steps", sheet["Heading2"]),
    ]
    for step in steps(query, sees_plate=sees_plate):
        said = f"<b>{when(step['at'])}</b> · {escape(str(step['who']))}: {escape(str(step['what']))}"
        story.append(Paragraph(said, TEXT))
        if step.get("detail"):
            story.append(Paragraph(escape(str(step["detail"])), TEXT))
        story.append(Spacer(1, 6))

    def footer(canvas: Any, page: Any) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(colors.HexColor("#33424d"))
        canvas.drawString(MARGIN, 0.55 * inch, f"Query {query.number} · made for {shown_to} · {when(now)}")
        canvas.drawRightString(LETTER[0] - MARGIN, 0.55 * inch, f"Page {page.page}")
        canvas.restoreState()

    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def as_table(query: Query, *, sees_plate: bool) -> Table:
    """What the order has recorded of each query, as a table of two columns."""
    said = facts(query, sees_plate=sees_plate)
    rows: list[dict[str, Any]] = [
        {"label": "Date and time", "at": query.at},
        {"label": "Member", "value": f"{query.by_name} ({query.by_badge}), {query.by_unit}"},
        *said["why"],
        *said["what"],
        {"label": "Outcome", "value": state_of(query)[1]},
        {"label": "Record id", "value": query.pk},
    ]
    table = Table(
        [[Paragraph(row["label"], LABEL), Paragraph(in_words(row), TEXT)] for row in rows],
        colWidths=WIDTHS,
        splitInRow=1,
    )
    line = ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#c4ccd2"))
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), line]))
    return table


def in_words(row: dict[str, Any]) -> str:
    """One fact as text that the PDF's markup cannot misread."""
    value = when(row["at"]) if row.get("at") else row.get("plate") or row.get("value") or "not given"
    return escape(str(value)).replace("\n", "<br/>")
