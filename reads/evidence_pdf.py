"""The evidence sheet: one read on paper with its images, the search that found it, its custody and what proves it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.lib.utils import ImageReader
from reportlab.platypus import CondPageBreak, Flowable, Image, Paragraph, Spacer, Table

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import RETENTION
from alpr_portal.policy.vocabulary import Purpose
from alpr_portal.templatetags.portal import when
from training.models import Member

from .evidence import CAUTION, Evidence, Shot
from .models import Query
from .pdf import ALL, BOLD, CODE, HEADING, INK, SMALL, TEXT, TITLE, WIDTH, pdf, rows_table, said, styled
from .queries import who
from .sightings import heading

PLATE = ParagraphStyle("plate", fontName=BOLD, fontSize=26, leading=32, textColor=INK, alignment=TA_CENTER)
STATE = ParagraphStyle("state", parent=SMALL, alignment=TA_CENTER)
CENTRED = ParagraphStyle("centred", parent=TEXT, alignment=TA_CENTER)
WARM, SUNK = colors.HexColor("#fff4d6"), colors.HexColor("#eef1f3")
GAP = 0.2 * inch
HEIGHTS = (3.4 * inch, 2.3 * inch, 1.75 * inch)  # of one image, of two, of more
UPSCALE = 1.5  # points a pixel: a small picture is not blown up further
IN_UTC = "%Y-%m-%d %H:%M:%S UTC"


@clause("D", "F.1", "G")
def evidence_pdf(evidence: Evidence, *, made_for: Member, now: datetime) -> bytes:
    """The sheet as PDF. Its images are the kept files byte for byte, so that each can be taken out and hashed again."""
    query, read = evidence.query, evidence.read
    story: list[Flowable] = [
        Paragraph("Evidence sheet of one plate read", TITLE),
        Paragraph(
            f"Query {query.number}, read {read.id}. Oakland Police Department, under Departmental General Order I-12.",
            TEXT,
        ),
        Spacer(1, 8),
        head(read),
        Spacer(1, 10),
        *_images(evidence.shots),
        Spacer(1, 6),
        rows_table([(label, said(value)) for label, value in facts_of(read, ("Held until", until(read)))]),
        CondPageBreak(3 * inch),
        Paragraph("The search that found it", HEADING),
        rows_table([(label, said(value)) for label, value in _search(query, read) if value]),
        Paragraph("Custody", HEADING),
        rows_table(
            [(f"{when(step.at)}\n{step.at.astimezone(UTC):{IN_UTC}}", said(step.what)) for step in evidence.steps],
            widths=(1.9 * inch, WIDTH - 1.9 * inch),
        ),
        *_proof(evidence),
    ]
    return pdf(
        story,
        title=f"Evidence sheet, query {query.number}",
        subject="One plate read with its custody (DGO I-12)",
        about=f"Query {query.number}",
        made_for=made_for,
        now=now,
    )


def head(read: Any) -> Table:
    """The plate as it is matched, beside the caution."""
    plate = [Paragraph(said(read.plate), PLATE), Paragraph(said(read.state or "state not read"), STATE)]
    caution = [Paragraph("<b>A lead, not a proof</b>", TEXT), Paragraph(said(f"{CAUTION} (C.2(A)(1))"), TEXT)]
    table = Table([[plate, "", caution]], colWidths=(2.4 * inch, GAP, WIDTH - 2.4 * inch - GAP))
    room = [(f"{side}PADDING", *ALL, 6) for side in ("TOP", "BOTTOM")]
    box, ground = ("BOX", (0, 0), (0, 0), 1.5, INK), ("BACKGROUND", (2, 0), (2, 0), WARM)
    table.setStyle(styled(box, ground, ("VALIGN", *ALL, "MIDDLE"), *room))
    return table


def _images(shots: list[Shot]) -> list[Flowable]:
    """One image across the page, or several by twos; each with its kind and SHA-256."""
    if not shots:
        return [Paragraph("The camera sent no image with this read.", TEXT)]
    columns = min(2, len(shots))
    width = (WIDTH - GAP * (columns - 1)) / columns
    height = HEIGHTS[min(len(shots), len(HEIGHTS)) - 1]
    cells: list[Any] = [image_of(shot, width, height) for shot in shots]
    cells += [""] * (len(cells) % columns)
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    grid = Table(rows, colWidths=[width + GAP] * (columns - 1) + [width])
    flush = [(f"{side}PADDING", *ALL, 0) for side in ("LEFT", "TOP", "RIGHT")]
    grid.setStyle(styled(("VALIGN", *ALL, "TOP"), *flush))
    return [grid]


def image_of(shot: Shot, width: float, height: float) -> list[Flowable]:
    """One picture with what it is; in place of one that is gone, that it is."""
    name = f"Image {shot.number + 1}, {shot.kind.lower()}" if shot.digest else f"Image {shot.number + 1}"
    proof = f". SHA-256 {shot.digest}" if shot.digest else ""
    if shot.jpeg is None:
        gone = Table(
            [[Paragraph("The portal holds this image no longer.", CENTRED)]], colWidths=[width], rowHeights=[60]
        )
        gone.setStyle(styled(("BACKGROUND", *ALL, SUNK), ("VALIGN", *ALL, "MIDDLE")))
        return [gone, Paragraph(said(f"{name}{proof}"), SMALL)]
    across, down = ImageReader(io.BytesIO(shot.jpeg)).getSize()
    scale = min(width / across, height / down, UPSCALE)
    picture = Image(io.BytesIO(shot.jpeg), across * scale, down * scale, hAlign="LEFT")
    return [picture, Spacer(1, 3), Paragraph(said(f"{name}, {across} × {down} pixels{proof}"), SMALL)]


def until(read: Any) -> str:
    """When the portal parts with a read that nobody holds."""
    return f"{both(read.uploaded_at + RETENTION.now)}; after that the portal holds it no longer"


def facts_of(read: Any, kept: tuple[str, str]) -> list[tuple[str, str]]:
    """The read in words. ``kept``: the row that says until when, or since when."""
    place = f"Police {read.camera.get_area_display().lower()}"
    if read.lat is not None:
        place += f"; {read.lat:.5f}, {read.lon:.5f} (latitude, longitude)"
    vehicle = " ".join(filter(None, (read.colour, read.make, read.model, read.body)))
    hours = f"{RETENTION.now.total_seconds() / 3600:.0f}"
    return [
        *_wrong(read),
        ("As the camera sent it", read.plate_seen),
        ("State", read.state or "Not read"),
        ("Confidence", "Not given" if read.confidence is None else f"{read.confidence:.0%}, the camera’s own estimate"),
        ("Captured", f"{both(read.captured_at)}; source’s clock: {offset(read)}"),
        ("Received", f"{both(read.uploaded_at)}, from when the {hours} hours of section G run"),
        kept,
        ("Camera", f"{read.camera}, {read.camera.get_mount_display().lower()}"),
        ("Place", place),
        ("Direction", heading(read.direction).capitalize() or "Not given"),
        ("Vehicle", vehicle or "Not seen"),
    ]


@clause("C.2.A.1-age", "G")
def _wrong(read: Any) -> list[tuple[str, str]]:
    """That a read was reported wrong, what it reads right, and of a held read who said so; nothing where it was not."""
    mark = getattr(read, "mark", None)
    rows = [("Marked as wrong", f"{mark.says}. The read is kept as observed.")] if mark else []
    if mark and mark.right:
        rows.append(("Reads right", mark.reads_right))
    return rows + [("Said of it", f"{step.what}; {both(step.at)}") for step in getattr(read, "said", ())]


def both(at: datetime) -> str:
    """A time in Oakland's clock and in UTC."""
    return f"{when(at)} ({at.astimezone(UTC):{IN_UTC}})"


def offset(read: Any) -> str:
    """The source's own clock at the capture, as far as it told."""
    if read.offset_minutes is None:
        return "offset not given"
    local = read.captured_at.astimezone(timezone(timedelta(minutes=read.offset_minutes)))
    return f"{local:%H:%M:%S} {local.tzname()}"


def _search(query: Query, read: Any) -> list[tuple[str, str]]:
    """The query under which the read was found; empty values are left out."""
    given, decision = getattr(query, "supplied", None), getattr(query, "decision", None)
    number = query.case_number or (given.case_number if given else "")
    unit = f", {query.by_unit}" if query.by_unit else ""
    match = f"approximate ({read.differs})" if read.approximate else "exact"
    match = "of the plate it was corrected to" if read.approximate and read.corrected else match
    return [
        ("Query", f"{query.number}, record {query.pk}"),
        ("Asked by", f"{who(query)}{unit}; {both(query.at)}"),
        ("For whom", f"{query.for_whom_name}, {query.organization}"),
        ("Purpose", f"{Purpose.says(query.purpose)} (C.2(B))"),
        ("Offence", query.offence),
        ("Case number", number or ("" if query.court_document else "Not given yet")),
        ("Court document", query.court_document),
        ("Approved by", f"{who(decision)}; {both(decision.at)}" if decision else ""),
        ("Searched for", f"Plate {query.plate}; this match is {match}" if query.plate else "Vehicle, place and time"),
    ]


def _proof(evidence: Evidence) -> list[Flowable]:
    """How somebody who holds the sheet can tell that nothing in it was changed."""
    file = (
        f"Its SHA-256 is kept in query {evidence.query.number} under access {evidence.record.pk}. The portal compares it: "
        "manage.py verify_file."
    )
    images = (
        "Drawn anew from their pixels when they arrived, and kept so since. The digest below each is of the kept file, "
        "which lies in this PDF byte for byte."
    )
    data = (
        f"SHA-256 {evidence.digest}, of the line below: all stored fields of the read as JSON, names sorted, no spaces "
        "between, ASCII, times in UTC, without a line end."
    )
    rows = [("This file", file), *([("The images", images)] if evidence.shots else []), ("The data", data)]
    return [
        Paragraph("What proves it", HEADING),
        rows_table([(label, said(value)) for label, value in rows]),
        Spacer(1, 4),
        Paragraph(said(evidence.line), CODE),
    ]
