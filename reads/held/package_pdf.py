"""An evidence package on paper: each held read in full with its pictures and history, and how anybody can verify it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, PageBreak, Paragraph, Spacer

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.vocabulary import HoldGround
from alpr_portal.templatetags.portal import when

from ..evidence import Shot
from ..evidence_pdf import IN_UTC, both, facts_of, head, image_of
from ..pdf import CODE, HEADING, TEXT, TITLE, WIDTH, pdf, rows_table, said
from ..queries import in_reads, who
from .custody_rules import Step
from .rules import in_words

if TYPE_CHECKING:
    from .package import One, Package

LOOSE = ParagraphStyle("loose", parent=HEADING, keepWithNext=0)  # of what is longer than a page at times
TALLEST = 3.6 * inch  # of a picture: one stands below the facts, two on a page
TIMES = 1.9 * inch  # width of the column of times
FILE = (
    "The portal keeps its SHA-256 under the access named above. Hand the file in: the department compares it with "
    "manage.py verify_file, which names the export it is, or says that it is none. It does so for the ZIP that a copy of "
    "this PDF lies in as well."
)
ZIP = (
    "MANIFEST lists the SHA-256 of each. In the unpacked folder, “sha256sum --check MANIFEST” compares them all; on "
    "Windows, “certutil -hashfile NAME SHA256” shows one to compare by eye."
)
PICTURES = (
    "Drawn anew from their pixels when they arrived, and kept so since. The SHA-256 below each is of the kept file, which "
    "lies in this PDF, and in the ZIP, byte for byte."
)
DATA = (
    "The line printed under “The data” holds all stored fields of the read as JSON: names sorted, no spaces between, ASCII, "
    "times in UTC, without a line end. Hashed with SHA-256 it gives the digest above it{beneath}. An evidence sheet made "
    "before the read was held shows the same line and digest."
)
OF_ONE = ", which stands below each page"
OF_ALL = "; the digest below each page is of all lines in their order, with one line feed between two"
HISTORY = (
    "Each step is a record that nobody can change, with its time by the clock of the database, except the capture, whose "
    "time is the camera’s."
)


@clause("G", "F.1", "D")
def package_pdf(package: Package) -> bytes:
    """The PDF of a package. Its pictures are the kept files byte for byte, so that each can be taken out and hashed again.

    Below each page stand the hold, the case, who took it and when, and the SHA-256 of the data.
    """
    hold, n = package.hold, len(package.ones)
    story: list[Flowable] = [
        Paragraph("Evidence package of one held read" if n == 1 else f"Evidence package of {n} held reads", TITLE),
        Paragraph(
            said(f"Hold {hold.number}, case {hold.case_number}. Oakland Police Department, under DGO I-12, section G."),
            TEXT,
        ),
        Spacer(1, 8),
    ]
    of_all = [sentence for sentence in package.ones[0].unknown if all(sentence in one.unknown for one in package.ones)]
    unknown = [Paragraph("What these records cannot show", HEADING), *_sentences(of_all)]
    about = [*_hold(package), *(_listed(package) if n > 1 else ()), *_verify(package)]
    if n == 1:
        story += [*_read(package.ones[0], package, of_all), CondPageBreak(inch), *unknown, *about]
    else:
        story += [*about, CondPageBreak(inch), *unknown]
        for number, one in enumerate(package.ones, start=1):
            story += [PageBreak(), Paragraph(f"Read {number} of {n}", HEADING), Spacer(1, 4)]
            story += _read(one, package, of_all)
    return pdf(
        story,
        title=f"Evidence package, hold {hold.number}",
        subject="Held plate reads with their custody (DGO I-12, section G)",
        about=f"Hold {hold.number}, case {hold.case_number}",
        made_for=package.taken_by,
        now=package.record.at,
        seal=f"Data SHA-256 {package.digest}",
    )


def _hold(package: Package) -> list[Flowable]:
    """Under which hold the reads are kept, who let them be, and who took this package."""
    hold, record = package.hold, package.record
    decision, state = hold.decision, hold.state
    rows = [
        ("Hold", f"{hold.number}, record {hold.pk}"),
        ("Case", hold.case_number),
        ("Ground", f"{HoldGround.says(hold.ground)} (G)"),
        ("Asked by", f"{who(hold)}; {both(hold.at)}"),
        ("Approved by", f"{who(decision)}; {both(decision.at)}"),
        ("Open until", f"the end of {in_words(state.keep_until)}, unless reviewed again or released before"),
        ("Taken by", f"{who(record)}; {both(record.at)}; access {record.pk}"),
    ]
    return [
        CondPageBreak(2.5 * inch),
        Paragraph("The hold", HEADING),
        rows_table(
            [
                *((label, said(value)) for label, value in rows),
                ("Holds", f"{in_reads(len(package.ones))}{_digest(package.digest)}"),
            ]
        ),
    ]


def _listed(package: Package) -> list[Flowable]:
    """Which reads are in it, with the digest of each one's data."""
    rows = [
        (f"Read {number}", f"{_named(one.read)}, captured {both(one.read.captured_at)}{_digest(one.digest)}")
        for number, one in enumerate(package.ones, start=1)
    ]
    return [Paragraph("The reads", HEADING), rows_table(rows)]


def _named(read: Any) -> str:
    """Its plate as observed, and that it was marked as wrong."""
    return said(f"{read.plate} ({read.mark.says.lower()})" if read.mark else read.plate)


def _read(one: One, package: Package, of_all: Sequence[str]) -> list[Flowable]:
    """Plate and caution, the facts, every picture across the page, the data and the history.

    ``of_all``: what no record tells of any read of the package; the rest stands with this one's history.
    """
    kept = ("Held since", f"{both(one.read.held_at)}, for case {package.hold.case_number}")
    return [
        head(one.read),
        Spacer(1, 10),
        rows_table([(label, said(value)) for label, value in facts_of(one.read, kept)]),
        *_pictures(one.shots),
        *_data(one),
        *_custody(one, [sentence for sentence in one.unknown if sentence not in of_all]),
    ]


def _pictures(shots: Sequence[Shot]) -> list[Flowable]:
    if not shots:
        return [Spacer(1, 8), Paragraph("The camera sent no picture with this read.", TEXT)]
    first, *others = (image_of(shot, WIDTH, TALLEST) for shot in shots)
    pictures: list[Flowable] = [KeepTogether([Paragraph("Pictures", LOOSE), *first])]
    for other in others:
        pictures += [Spacer(1, 10), KeepTogether(other)]
    return pictures


def _custody(one: One, unknown: Sequence[str]) -> list[Flowable]:
    """Every step since the capture, below what no record tells of this read alone."""
    rows = [(f"{when(step.at)}\n{step.at.astimezone(UTC):{IN_UTC}}", _step(step)) for step in one.steps]
    first = [Paragraph("Not on record of this read:", TEXT), *_sentences(unknown), Spacer(1, 4)] if unknown else []
    table = rows_table(rows, widths=(TIMES, WIDTH - TIMES))
    return [CondPageBreak(1.5 * inch), Paragraph("Custody", LOOSE), *first, table]


def _sentences(sentences: Iterable[str]) -> list[Flowable]:
    return [Paragraph(said(f"– {sentence}"), TEXT) for sentence in sentences]


def _step(step: Step) -> str:
    """One step: what, by whom and under what, and each of its digests on a line of its own."""
    by = ", ".join(filter(None, (step.who, f"under {step.rests_on}" if step.rests_on else "")))
    return said(f"{step.what}; {by}" if by else step.what) + "".join(map(_digest, step.digest.split()))


def _digest(digest: str) -> str:
    """A digest as a line of its own that is not broken."""
    return f'<br/><font size="7.5">SHA-256 {digest}</font>'


def _data(one: One) -> list[Flowable]:
    """All stored fields as the line that is hashed."""
    told = f"SHA-256 {one.digest}, of the line below."
    return [
        CondPageBreak(1.5 * inch),
        Paragraph("The data", HEADING),
        Paragraph(said(told), TEXT),
        Spacer(1, 4),
        Paragraph(said(one.line), CODE),
    ]


def _verify(package: Package) -> list[Flowable]:
    """How somebody who holds the package can tell that nothing in it was changed; in plain words."""
    data = DATA.format(beneath=OF_ALL if len(package.ones) > 1 else OF_ONE)
    rows = [
        ("This file", FILE),
        ("Files of the ZIP", ZIP),
        ("The pictures", PICTURES),
        ("The data", data),
        ("The history", HISTORY),
    ]
    return [
        CondPageBreak(2 * inch),
        Paragraph("How to verify it", HEADING),
        rows_table([(label, said(value)) for label, value in rows]),
    ]
