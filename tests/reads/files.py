"""Open the files that leave the portal, as whoever gets them would: PDFs as text and images, workbooks as rows."""

from __future__ import annotations

import hashlib
import io
import zipfile
from xml.etree import ElementTree

import pypdfium2
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def pages_of(body: bytes) -> list[str]:
    """The text of each page, its lines joined by spaces."""
    pdf = pypdfium2.PdfDocument(body)
    try:
        # pdfium tells a hyphen at the end of a line as the character 2
        return [" ".join(page.get_textpage().get_text_bounded().replace("\x02", "-").split()) for page in pdf]
    finally:
        pdf.close()


def text_of(body: bytes) -> str:
    return " ".join(pages_of(body))


def digests_of_images(body: bytes) -> list[str]:
    """SHA-256 of each image of a PDF, as it can be taken out of it."""
    pdf = pypdfium2.PdfDocument(body)
    try:
        images = [image for page in pdf for image in page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE])]
        return [hashlib.sha256(image.get_data(decode_simple=True)).hexdigest() for image in images]
    finally:
        pdf.close()


def metadata_of(body: bytes) -> dict[str, str]:
    pdf = pypdfium2.PdfDocument(body)
    try:
        return pdf.get_metadata_dict()
    finally:
        pdf.close()


def sheets_of(body: bytes) -> list[list[list[str]]]:
    """The cells of each sheet of a workbook, row by row; AssertionError for a formula or a link."""
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        shared = [
            "".join(part.text or "" for part in item.iter(f"{SPREADSHEET}t"))
            for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        names = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
        return [_rows(ElementTree.fromstring(book.read(name)), shared) for name in names]


def _rows(sheet: ElementTree.Element, shared: list[str]) -> list[list[str]]:
    assert not list(sheet.iter(f"{SPREADSHEET}f"))
    assert not list(sheet.iter(f"{SPREADSHEET}hyperlink"))
    return [[_cell(cell, shared) for cell in row] for row in sheet.iter(f"{SPREADSHEET}row")]


def _cell(cell: ElementTree.Element, shared: list[str]) -> str:
    value = cell.findtext(f"{SPREADSHEET}v") or ""
    return shared[int(value)] if cell.get("t") == "s" else value
