"""The frame of every PDF: US letter, a font that knows people's names, whom it was made for and page n of m on each page."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

import alpr_portal
from alpr_portal.templatetags.portal import when
from training.models import Member

FONT, BOLD = "Portal", "Portal-Bold"
FONTS = Path(alpr_portal.__file__).parent / "static" / "vendor" / "dejavu"
INK, MUTED, LINE = colors.HexColor("#1b262e"), colors.HexColor("#4a5963"), colors.HexColor("#c4ccd2")
MARGIN = 0.85 * inch
WIDTH = LETTER[0] - 2 * MARGIN
PADDING = 6  # points, of the library's frame
ALL = ((0, 0), (-1, -1))  # cells of a table, from and to

TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=18, leading=23, textColor=INK)
HEADING = ParagraphStyle(
    "heading", fontName=BOLD, fontSize=12, leading=15, textColor=INK, spaceBefore=12, spaceAfter=4, keepWithNext=1
)
TEXT = ParagraphStyle("text", fontName=FONT, fontSize=9, leading=12.5, textColor=INK)
LABEL = ParagraphStyle("label", parent=TEXT, fontName=BOLD, fontSize=8.5, textColor=MUTED)
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=7.5, leading=10, textColor=MUTED)
CODE = ParagraphStyle("code", parent=TEXT, fontSize=7.5, leading=10, wordWrap="CJK")  # breaks anywhere, not at spaces


for _name, _file in ((FONT, "DejaVuSansCondensed.ttf"), (BOLD, "DejaVuSansCondensed-Bold.ttf")):
    pdfmetrics.registerFont(TTFont(_name, FONTS / _file))
pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)


def plain(text: object) -> str:
    """A text as the font can show it: what it has no sign for is named by its number, never left out."""
    known = pdfmetrics.getFont(FONT).face.charToGlyph
    composed = unicodedata.normalize("NFC", str(text))
    return "".join(char if ord(char) in known or char == "\n" else f"[U+{ord(char):04X}]" for char in composed)


def said(text: object) -> str:
    """A text that the PDF's markup cannot misread."""
    return escape(plain(text)).replace("\n", "<br/>")


def pdf(
    story: list[Flowable], *, title: str, subject: str, about: str, made_for: Member, now: datetime, seal: str = ""
) -> bytes:
    """The PDF of ``story``; below each page stand ``about``, whom it was made for and when, page n of m, and ``seal``."""
    out = io.BytesIO()
    sides = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN - PADDING)
    document = SimpleDocTemplate(
        out,
        pagesize=LETTER,
        title=title,
        author="Oakland Police Department, ALPR Portal",
        subject=subject,
        creator="ALPR Portal",
        lang="en-US",
        displayDocTitle=True,
        initialFontName=FONT,
        **sides,
    )
    footer = plain(f"{about} · made for {made_for} · {when(now)}")
    document.build(story, canvasmaker=partial(_Numbered, footer=footer, seal=plain(seal)))
    return out.getvalue()


class _Numbered(Canvas):
    """Holds its pages back until it knows how many there are, then writes the footer below each."""

    def __init__(self, *args: Any, footer: str, seal: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.footer, self.seal = footer, seal
        self.held: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - the library's name
        self.held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self.held, start=1):
            self.__dict__.update(page)
            self._footer(f"page {number} of {len(self.held)}")
            super().showPage()
        super().save()

    def _footer(self, page: str) -> None:
        room = WIDTH - pdfmetrics.stringWidth(page, FONT, 8) - 12
        size = min(8, 8 * room / pdfmetrics.stringWidth(self.footer, FONT, 8))
        self.saveState()
        self.setStrokeColor(LINE)
        self.line(MARGIN, 0.68 * inch, LETTER[0] - MARGIN, 0.68 * inch)
        self.setFillColor(MUTED)
        self.setFont(FONT, size)
        self.drawString(MARGIN, 0.5 * inch, self.footer)
        self.setFont(FONT, 8)
        self.drawRightString(LETTER[0] - MARGIN, 0.5 * inch, page)
        self.drawString(MARGIN, 0.34 * inch, self.seal)
        self.restoreState()


def rows_table(
    rows: Sequence[tuple[str, str]], *, widths: tuple[float, float] = (1.5 * inch, WIDTH - 1.5 * inch)
) -> Table:
    """Two columns: labels in plain words, and what ``said`` made of each value. A row may be longer than a page."""
    cells = [[Paragraph(said(label), LABEL), Paragraph(value, TEXT)] for label, value in rows]
    table = Table(cells, colWidths=widths, splitInRow=1, hAlign="LEFT")
    table.setStyle(
        styled(
            ("VALIGN", *ALL, "TOP"),
            ("LINEBELOW", *ALL, 0.4, LINE),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", *ALL, 2.5),
            ("BOTTOMPADDING", *ALL, 2.5),
        )
    )
    return table


def styled(*commands: tuple[Any, ...]) -> TableStyle:
    """A style of tables whose every cell names our font: the library's own would be asked for and not be in the file."""
    return TableStyle([("FONTNAME", *ALL, FONT), *commands])
