"""Papers are looked at before they are kept: what they are, never what their name says, and nothing that acts."""

from __future__ import annotations

import io
import zlib

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from reportlab.pdfgen import canvas

from alpr_portal.policy.refusal import BadInput
from tests import make
from tests.corpus import bad_inputs, outcome
from training import stored_files as files
from training.models import StoredFile

# The corpus wants a virus scanner and larger files: this portal has no scanner and takes no more than 5 MB, so what it
# cannot show to be harmless is refused as no PDF; and a picture that is none is refused like any other paper.
OURS = {
    "file.infected": "pdf.not_pdf",
    "image.type": "file.type",
    "image.empty": "file.empty",
    "image.too_large": "file.too_large",
}


def pdf(pages: int = 1) -> bytes:
    """A PDF as an office writes it: text, a link, an outline."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out)
    for number in range(pages):
        sheet.drawString(50, 700, f"Page {number}")
        sheet.linkURL("https://example.org/", (50, 690, 150, 710))
        sheet.bookmarkPage(f"p{number}")
        sheet.addOutlineEntry(f"Page {number}", f"p{number}")
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def rewritten(change) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf()))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def hidden(inside: bytes) -> bytes:
    """A PDF whose objects all stand in a compressed stream, where no scan of its bytes finds them."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        inside,
    ]
    heads, body = [], b""
    for number, one in enumerate(objects, 1):
        heads.append(b"%d %d" % (number, len(body)))
        body += one + b" "
    index = b" ".join(heads) + b" "
    packed, n = zlib.compress(index + body), len(objects)
    out = b"%PDF-1.7\n"
    stream_at = len(out)
    said = (n + 1, n, len(index), len(packed))
    out += b"%d 0 obj<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>stream\n" % said + packed
    out += b"\nendstream\nendobj\n"
    table_at = len(out)
    rows = b"\0" * 6 + b"".join(b"\2" + (n + 1).to_bytes(3, "big") + k.to_bytes(2, "big") for k in range(n))
    rows += b"".join(b"\1" + at.to_bytes(3, "big") + b"\0\0" for at in (stream_at, table_at))
    table = zlib.compress(rows)
    said = (n + 2, n + 3, len(table))
    out += b"%d 0 obj<</Type/XRef/Root 1 0 R/Size %d/W[1 3 2]/Filter/FlateDecode/Length %d>>stream\n" % said + table
    return out + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table_at


def looked_at(name: str, data: bytes, kinds=files.EVIDENCE):
    return outcome(lambda content: files.look_at(name, content, kinds=kinds)[0], data)


@pytest.mark.parametrize("case", [*bad_inputs("document"), *bad_inputs("image")])
def test_corpus(case):
    data = case.value if isinstance(case.value, bytes) else case.value.encode("latin-1")
    kind, found = looked_at(getattr(case, "filename", "picture.png"), data)
    if case.expect == "accept":
        assert kind == "take", found
    else:
        assert (kind, found) == (case.expect, OURS.get(case.code, case.code)), case.note


class TestPdf:
    def test_what_an_office_writes_is_taken(self):
        assert looked_at("scan.pdf", pdf(5)) == ("take", files.PDF)
        assert looked_at("no name at all", hidden(b"<</A 1>>")) == ("take", files.PDF)

    def test_a_script_is_not(self):
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
        )
        with_script = rewritten(lambda writer: writer.root_object.update({NameObject("/OpenAction"): action}))
        assert looked_at("a.pdf", with_script) == ("reject", "pdf.active")

    def test_a_script_in_a_compressed_stream_is_found(self):
        assert looked_at("a.pdf", hidden(b"<</S/JavaScript/JS(x)>>")) == ("reject", "pdf.active")
        assert looked_at("a.pdf", hidden(b"[[<</K<</S/Launch/F(cmd.exe)>>>>]]")) == ("reject", "pdf.active")

    @pytest.mark.parametrize(
        "parts",
        [
            b"<</S/URI/URI(javascript:alert\\(1\\))>>",
            b"<</S/URI/URI(file:///c:/a.exe)>>",
            b"<</Type/Annot/Subtype/RichMedia>>",
            b"<</S/Thread/F(x.pdf)/D 0>>",
        ],
    )
    def test_a_link_that_runs_something_and_what_plays_are_found(self, parts):
        assert looked_at("a.pdf", hidden(parts)) == ("reject", "pdf.active")

    def test_a_link_to_a_page_of_the_web_is_taken(self):
        assert looked_at("a.pdf", hidden(b"<</S/URI/URI(https://example.org/)>>"))[0] == "take"

    def test_an_action_whose_kind_is_only_pointed_at_is_found(self):
        def launches(writer):
            kind = writer._add_object(NameObject("/Launch"))
            action = writer._add_object(DictionaryObject({NameObject("/S"): kind}))
            writer.root_object[NameObject("/Extra")] = action

        assert looked_at("a.pdf", rewritten(launches)) == ("reject", "pdf.active")

    def test_a_name_written_in_numbers_is_found(self):
        assert looked_at("a.pdf", pdf().replace(b"/Type /Catalog", b"/Type /Catalog /#4aS (x)")) == (
            "reject",
            "pdf.active",
        )

    def test_a_file_inside_is_not_taken(self):
        assert looked_at("a.pdf", rewritten(lambda w: w.add_attachment("a.txt", b"x"))) == ("reject", "pdf.active")

    def test_a_locked_one_is_not(self):
        assert looked_at("a.pdf", rewritten(lambda w: w.encrypt("secret"))) == ("reject", "pdf.encrypted")

    def test_one_that_opens_at_a_page_is(self):
        opened = rewritten(lambda writer: setattr(writer, "open_destination", writer.pages[0]))
        assert looked_at("a.pdf", opened) == ("take", files.PDF)

    def test_a_cut_one_is_not(self):
        assert looked_at("a.pdf", pdf()[:-200]) == ("reject", "pdf.damaged")

    def test_a_bomb_is_not_unpacked(self):
        assert looked_at("a.pdf", hidden(b"(" + b"a" * 90_000_000 + b")")) == ("reject", "pdf.damaged")


@pytest.mark.usefixtures("db")
class TestStore:
    def test_a_picture_is_drawn_anew(self, training_officer):
        out, exif = io.BytesIO(), Image.Exif()
        exif[0x010E], exif[0x0112] = "taken at home", 6  # what it shows, and that it lies on its side
        Image.new("RGB", (40, 20)).save(out, "JPEG", exif=exif)
        kept = files.store("IMG 1.JPEG", out.getvalue(), by=training_officer, kinds=files.EVIDENCE)
        with Image.open(io.BytesIO(bytes(kept.content))) as image:
            assert (dict(image.getexif()), image.size) == ({}, (20, 40))
        assert (kept.name, kept.media_type, kept.size) == ("IMG 1.jpg", files.JPEG, len(kept.content))

    def test_content_decides_and_the_name_is_cleaned(self, training_officer):
        kept = files.store("..\\..\\con\u202efdp.exe", make.jpeg(), by=training_officer, kinds=files.EVIDENCE)
        assert (kept.name, kept.media_type) == ("conexe.pdf.jpg", files.JPEG)

    def test_text_is_taken_where_it_is_asked_for(self, training_officer):
        kept = files.store("Order.MD", b"\xef\xbb\xbf# Order\n", by=training_officer, kinds=files.DOCUMENT)
        assert (kept.name, kept.media_type, bytes(kept.content)) == ("Order.md", files.MARKDOWN, b"# Order\n")
        for name, data, code in (
            ("order.md", b"\0", "file.not_text"),
            ("order.txt", b"\xff\xfe", "file.not_text"),
            ("order.html", b"hello", "file.type"),
            ("order.md", b"<script>", "file.type"),
        ):
            assert looked_at(name, data, files.DOCUMENT) == ("reject", code)
        assert looked_at("order.md", b"# Order", files.EVIDENCE) == ("reject", "file.type")

    def test_what_is_refused_is_not_kept(self, training_officer):
        with pytest.raises(BadInput):
            files.store("a.pdf", b"%PDF-1.7\n", by=training_officer, kinds=files.EVIDENCE)
        assert not StoredFile.objects.exists()

    def test_it_is_handed_out_to_be_kept(self, training_officer):
        paper = pdf()
        kept = files.store("Nachweis é.pdf", paper, by=training_officer, kinds=files.EVIDENCE)
        answer = files.response(StoredFile.objects.get(pk=kept.pk))
        assert answer.content == paper
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]

    def test_only_a_pdf_is_ever_shown(self, training_officer):
        papers = [
            files.store("a.pdf", pdf(), by=training_officer, kinds=files.DOCUMENT),
            files.store("a.txt", b"hello", by=training_officer, kinds=files.DOCUMENT),
        ]
        shown = [files.response(paper, inline=True) for paper in papers]
        assert [answer["Content-Disposition"].split(";")[0] for answer in shown] == ["inline", "attachment"]
        assert all("sandbox" in answer["Content-Security-Policy"] for answer in shown)
