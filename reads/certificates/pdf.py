"""A month's certificates on paper: every upload day that went, every run that something is to be said of, and the proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, Paragraph, Spacer, Table

from alpr_portal.policy.clauses import clause
from alpr_portal.templatetags.portal import seconds, when
from training.models import Member

from ..models import PurgeRun
from ..pdf import ALL, BOLD, CODE, HEADING, LINE, MUTED, SMALL, TEXT, TITLE, WIDTH, pdf, rows_table, said, styled
from .pages import Row, Summary, holds_of
from .rules import in_bytes

CELL = ParagraphStyle("cell", parent=TEXT, fontSize=8, leading=10.5)
NUMBER = ParagraphStyle("number", parent=CELL, alignment=TA_RIGHT)
HEAD = ParagraphStyle("head", parent=CELL, fontName=BOLD, fontSize=7.5, leading=9.5, textColor=MUTED)
OPENING = ParagraphStyle("opening", parent=HEADING, keepWithNext=0)  # kept with a long table, both would leave the page
HEAD_NUMBER = ParagraphStyle("head_number", parent=HEAD, alignment=TA_RIGHT)
DAYS = (
    ("Upload day (UTC)", 0.14),
    ("Delivered", 0.11),
    ("Purged", 0.11),
    ("Of them held", 0.08),
    ("Pictures", 0.11),
    ("Tables", 0.11),
    ("Pack files", 0.11),
    ("Key destroyed (UTC)", 0.16),
    ("No.", 0.07),
)
TEXTS = {0, 7}  # columns that are not numbers


@clause("G")
def month_pdf(summary: Summary, *, made_for: Member, now: datetime) -> bytes:
    """The PDF of a month's certificates. No plate, no name of a member's case, no camera is in it."""
    title = f"Certificates of disposal, {summary.month.title}"
    story: list[Flowable] = [
        Paragraph(said(title), TITLE),
        Paragraph(
            "What left the disk of the ALPR Portal, by Departmental General Order I-12, section G: reads are purged 30 days "
            "after their upload unless a hold keeps them. Oakland Police Department.",
            TEXT,
        ),
        Spacer(1, 10),
        rows_table([(label, said(value)) for label, value in facts(summary)]),
        Paragraph("Upload days that went", OPENING),
        *_days(summary.rows),
        *_told(summary),
        *_proof(summary),
    ]
    return pdf(
        story,
        title=title,
        subject="What the disposal of expired reads took (DGO I-12, G)",
        about=f"Certificates of {summary.month.title}",
        made_for=made_for,
        now=now,
    )


def facts(summary: Summary) -> list[tuple[str, str]]:
    """The month in numbers."""
    runs, days = summary.runs, len({row.day.day for row in summary.rows})
    numbers = f", certificates {runs[0].number} to {runs[-1].number}" if runs else ""
    gap = f"; the longest time between two was {seconds(summary.gap.total_seconds())}" if summary.gap else ""
    oldest = runs[-1].oldest_at if runs else None
    return [
        ("Runs", f"{len(runs):,}{numbers}{gap}"),
        ("Purged", f"{summary.reads:,} reads and {summary.pictures:,} pictures of {days} upload days"),
        (
            "Holds that ended",
            f"{len(summary.holds)}, with {sum(hold['reads'] for hold in summary.holds):,} copied reads",
        ),
        ("Oldest read left", f"{when(oldest)}, at the last run of the month" if oldest else "None"),
        ("Days in breach", f"{summary.breaches}: days on which something was kept for longer than the order allows"),
    ]


def _days(rows: Sequence[Row]) -> list[Flowable]:
    """A row for each upload day; a difference between what came and what went stands below its row."""
    if not rows:
        return [Paragraph("No upload day went in this month.", TEXT)]
    cells: list[list[Any]] = [
        [Paragraph(name, HEAD if n in TEXTS else HEAD_NUMBER) for n, (name, _) in enumerate(DAYS)]
    ]
    for row in rows:
        day = row.day
        apart = f"<br/><b>{said(row.apart_says)}</b>" if row.apart else ""
        values = (
            f"{day.day:%b} {day.day.day}, {day.day.year}{apart}",
            *(f"{number or 0:,}" for number in (day.stored, day.reads, day.held, day.pictures)),
            in_bytes(day.bytes),
            in_bytes(day.packs_bytes),
            key_words(row),
            str(row.run.number),
        )
        cells.append([Paragraph(value, CELL if n in TEXTS else NUMBER) for n, value in enumerate(values)])
    table = Table(cells, colWidths=[WIDTH * share for _, share in DAYS], repeatRows=1, hAlign="LEFT")
    table.setStyle(
        styled(
            ("VALIGN", *ALL, "TOP"),
            ("LINEBELOW", *ALL, 0.4, LINE),
            ("LEFTPADDING", *ALL, 3),
            ("RIGHTPADDING", *ALL, 3),
            ("TOPPADDING", *ALL, 2.5),
            ("BOTTOMPADDING", *ALL, 2.5),
        )
    )
    note = (
        "Delivered: reads that deliveries brought on the day, by their receipts; a delivery over midnight counts where it "
        "began. Purged: reads that left. Of them held: how many had been copied to held storage for a case before, where "
        "they stay until their hold ends. The key of a day’s pictures is destroyed with it."
    )
    return [table, Spacer(1, 4), Paragraph(note, SMALL)]


def key_words(row: Row) -> str:
    """When the day's key was destroyed."""
    if not row.day.has_key:
        return "there was none"
    at = row.one.key_gone_at
    return f"{at:%b} {at.day}, {at:%H:%M}" if at else "by the run before"


def _told(summary: Summary) -> list[Flowable]:
    """Runs that were stopped, left something, or ended holds."""
    if not summary.told:
        return [
            Paragraph("Runs of note", HEADING),
            Paragraph("None was stopped, none left anything behind, no hold ended.", TEXT),
        ]
    rows = [(f"Certificate {run.number}\n{when(run.ended_at)}", said(of_note(run))) for run in summary.told]
    return [Paragraph("Runs of note", HEADING), rows_table(rows, widths=(1.9 * 72, WIDTH - 1.9 * 72))]


def of_note(run: PurgeRun) -> str:
    """What is to be said of a run, a line for each thing."""
    lines = [f"Still on the disk after it: {one['day']}: {one['reason']}" for one in run.failed]
    if run.left:
        lines.append(f"{run.left} expired days were left for the next run: a run takes two at most")
    lines += [f"Hold {one.number} ended, {one.because}: {one.reads:,} copied reads went" for one in holds_of(run)]
    brake = run.brake
    if brake:
        lines.append(f"Stopped: {brake.get_why_display()}; nothing went")
        let_go = getattr(brake, "released", None)
        if let_go:
            lines.append(f"Released {when(let_go.at)} by {let_go.operator}: {let_go.reason}")
    return "\n".join(lines)


def _proof(summary: Summary) -> list[Flowable]:
    """How somebody who holds the paper can tell that nothing was changed."""
    if not summary.runs:
        return []
    checked = (
        "Each certificate of the month was computed anew from the records for this paper, and says what was certified."
        if not summary.wrong
        else f"NOT AS ISSUED: certificates {', '.join(map(str, summary.wrong))}. Ask the ALPR Coordinator."
    )
    last = summary.runs[-1]
    how = (
        "A certificate is one line of JSON: names sorted, no spaces between, ASCII, times in UTC. Its SHA-256 covers the "
        "digest of the certificate before, so none can be changed or taken out without breaking all that follow. The portal "
        f"checks them: manage.py purge --verify. The last of this month is number {last.number}:"
    )
    return [
        Paragraph("What proves it", HEADING),
        Paragraph(said(checked), TEXT),
        Paragraph(said(how), TEXT),
        Spacer(1, 3),
        Paragraph(said(last.digest), CODE),
    ]
