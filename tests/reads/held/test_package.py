"""The evidence package: what is in it, what proves it, who gets it, and that it is on record before it leaves."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
import zipfile

import pytest
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from reads import packs
from reads.held import package as packages
from reads.held import package_zip, views
from reads.held.window import access_to_hold, holds_of
from reads.models import Access, Answer
from tests import holding, make
from tests.commands.run import run
from tests.logs import listening
from tests.reads.files import digests_of_images, metadata_of, pages_of, text_of

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G", "F.1")]
PLATE = "4QIX907"


@pytest.fixture
def kept(officer, administrator):
    """A hold of three reads: of two pictures, of none and of one."""
    reads = [make.read("8ABC123", images=2), make.read(PLATE), make.read("7XYZ999", images=1)]
    make.pictures(reads[0], make.jpeg(640, 480), make.jpeg(200, 80, "red"))
    make.pictures(reads[2], make.jpeg(100, 400, "green"))
    return holding.held(officer, administrator, *reads), reads


@pytest.fixture
def take(client_of):
    """Post the form of a package; AssertionError for another status."""

    def post(member, hold, *reads, status=200, format="pdf", outside="no"):
        said = {"reads": [str(one) for one in reads], "outside": outside, "format": format}
        answer = client_of(member).post(f"/held/{hold.pk}/package/", said)
        assert answer.status_code == status
        return answer

    return post


def files_of(body):
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def sha(body):
    return hashlib.sha256(body).hexdigest()


class TestPdf:
    @pytest.mark.clause("D")
    def test_every_page_says_of_which_hold_and_case_it_is_who_took_it_and_the_digest(self, officer, take, kept):
        hold, reads = kept
        body = take(officer, hold, *reads).content
        data = json.loads(files_of(take(officer, hold, *reads, format="zip").content)["data.json"])
        pages = pages_of(body)
        assert len(pages) > 3
        for number, page in enumerate(pages, start=1):
            assert f"Hold {hold.number}, case 26-012345 · made for {officer} · " in page
            assert f"page {number} of {len(pages)}" in page
            assert f"Data SHA-256 {data['sha256']}" in page

    def test_the_pictures_lie_in_it_byte_for_byte_with_their_digests(self, officer, take, kept):
        hold, reads = kept
        body = take(officer, hold, *reads).content
        with access_to_hold(officer, holds_of(officer).get(), now=timezone.now()) as window:
            digests = [shot.digest for shots in window.shots(window.chosen(reads)).values() for shot in shots]
        assert len(digests) == 3
        assert sorted(digests_of_images(body)) == sorted(digests)
        assert all(digest in text_of(body) for digest in digests)

    def test_the_data_can_be_hashed_again_and_is_that_of_the_evidence_sheet(self, officer, client_of, take, kept):
        hold, reads = kept
        sheet = client_of(officer).post(f"/searches/{make.query(officer).pk}/reads/{reads[0]}/sheet.pdf").content
        found = []
        for body in (sheet, take(officer, hold, reads[0]).content):
            text = text_of(body).replace(" ", "")
            line = text[text.index('{"batch_id"') : text.index('"}', text.index('"uploaded_at"')) + 2]
            assert f"SHA-256{sha(line.encode())},of" in text
            found.append(line)
        assert found[0] == found[1]

    def test_it_tells_the_hold_the_history_what_is_not_known_and_how_to_verify(
        self, officer, administrator, take, kept
    ):
        hold, reads = kept
        text = text_of(take(officer, hold, reads[0]).content)
        for said in (
            f"{hold.number}, record {hold.pk}",
            "Active criminal investigation",
            f"Asked by {officer}; ",
            f"Approved by {administrator}; ",
            "Copied into held storage by the approval, with 2 pictures",
            f"This package made; {officer}, under hold {hold.number}",
            "What these records cannot show",
            "How to verify it",
            "sha256sum --check MANIFEST",
            "manage.py verify_file",
            str(Access.objects.get().pk),
        ):
            assert said in text

    def test_the_document_names_no_plate_about_itself(self, officer, take, kept):
        answer = take(officer, kept[0], kept[1][1])
        about = metadata_of(answer.content)
        assert about["Title"] == f"Evidence package, hold {kept[0].number}"
        assert PLATE not in "".join(about.values()) + answer["Content-Disposition"]
        assert b"/BaseFont /Helvetica" not in answer.content


class TestZip:
    def test_it_holds_the_pdf_the_pictures_the_data_the_history_and_a_true_manifest(self, officer, take, kept):
        hold, reads = kept
        files = files_of(take(officer, hold, *reads, format="zip").content)
        pictures = [f"pictures/{reads[0]}-1.jpg", f"pictures/{reads[0]}-2.jpg", f"pictures/{reads[2]}-1.jpg"]
        assert sorted(files) == sorted(["MANIFEST", "custody.csv", "data.json", "package.pdf", *pictures])
        told = dict(reversed(line.split("  ")) for line in files.pop("MANIFEST").decode().splitlines())
        assert told == {name: sha(body) for name, body in files.items()}
        data = json.loads(files["data.json"])
        assert (data["hold"]["number"], data["hold"]["case_number"]) == (hold.number, "26-012345")
        assert data["sha256"] == sha("\n".join(one["line"] for one in data["reads"]).encode())
        assert [sha(one["line"].encode()) for one in data["reads"]] == [one["sha256"] for one in data["reads"]]
        listed = {one["file"]: one["sha256"] for read in data["reads"] for one in read["pictures"]}
        assert listed == {name: sha(files[name]) for name in pictures}
        assert digests_of_images(files["package.pdf"])

    def test_the_manifest_notices_a_changed_byte(self, officer, take, kept):
        files = files_of(take(officer, kept[0], kept[1][0], format="zip").content)
        manifest = files.pop("MANIFEST")
        assert package_zip.manifest_of(files) == manifest
        for name in files:
            body = bytearray(files[name])
            body[len(body) // 2] ^= 1
            assert package_zip.manifest_of({**files, name: bytes(body)}) != manifest

    def test_the_history_is_that_of_the_page_a_row_a_step(self, officer, take, kept):
        files = files_of(take(officer, kept[0], kept[1][0], format="zip").content)
        rows = list(csv.DictReader(io.StringIO(files["custody.csv"].decode("utf-8-sig"))))
        starts = ["Captured", "Stored", "Asked", "Approved", "Copied", "This package made"]
        assert [row["what"].startswith(start) for row, start in zip(rows, starts, strict=True)] == [True] * 6
        assert {row["read"] for row in rows} == {str(kept[1][0])}
        assert rows[-1]["record"] == str(Access.objects.get(read_id__isnull=False).pk)
        assert len(rows[4]["sha256"].split()) == 2

    def test_of_the_same_package_it_is_the_same_file(self, officer, kept, monkeypatch):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        hold, reads = holds_of(officer).get(), kept[1]
        with access_to_hold(
            officer, hold, now=timezone.now(), kind="export", read_id=reads[0], further=reads[1:]
        ) as window:
            package = packages.gather(window, window.chosen(reads), taken_by=officer)
        made = {package_zip.package_zip(package, packages.package_pdf.package_pdf(package)) for _ in range(2)}
        assert len(made) == 1

    def test_no_name_in_it_holds_a_plate(self, officer, take, kept):
        answer = take(officer, kept[0], *kept[1], format="zip")
        names = [*files_of(answer.content), answer["Content-Disposition"]]
        assert [name for name in names for plate in ("8ABC123", PLATE, "7XYZ999") if plate in name] == []


class TestOnRecord:
    def test_each_read_has_an_export_with_the_files_digest_before_its_first_byte_leaves(
        self, officer, take, kept, monkeypatch
    ):
        seen, download = [], views.download

        def leaving(body, *args):
            seen.append(sorted(Answer.objects.values_list("access__read_id", "rows", "digest", "access__kind")))
            return download(body, *args)

        monkeypatch.setattr(views, "download", leaving)
        hold, reads = kept
        body = take(officer, hold, *reads).content
        assert seen == [sorted((one, 1, sha(body), "export") for one in reads)]
        assert {access.hold for access in Access.objects.all()} == {hold}

    def test_the_pdf_inside_a_zip_has_one_too(self, officer, take, kept):
        hold, reads = kept
        body = take(officer, hold, *reads, format="zip").content
        inside = Answer.objects.get(access__read_id__isnull=True)
        assert (inside.rows, inside.digest) == (3, sha(files_of(body)["package.pdf"]))
        assert Answer.objects.filter(digest=sha(body)).count() == 3

    def test_one_that_cannot_be_drawn_is_on_record_without_an_answer(self, officer, client_of, kept, monkeypatch):
        monkeypatch.setattr(packages.package_pdf, "package_pdf", lambda package: 1 / 0)
        hold, reads = kept
        client = client_of(officer, raise_request_exception=False)
        sent = {"reads": [str(reads[0])], "outside": "no", "format": "pdf"}
        assert client.post(f"/held/{hold.pk}/package/", sent).status_code == 500
        assert Access.objects.get().kind == "export"
        assert not Answer.objects.exists()
        page = client.get(f"/held/{hold.pk}/reads/{reads[0]}/").content.decode()
        assert "Evidence package asked for, and broken off before it left" in page

    def test_the_file_is_named_by_verify_file_and_a_changed_one_is_not(self, officer, take, kept, tmp_path):
        hold, reads = kept
        body = take(officer, hold, *reads[:2], format="zip").content
        path = tmp_path / "package"
        for whole in (body, files_of(body)["package.pdf"]):
            path.write_bytes(whole)
            said = run("verify_file", str(path))
            assert said.count("\n") == 1
            assert f"Evidence package of 2 reads under hold {hold.number}, taken by {officer} at " in said
            changed = bytearray(whole)
            changed[len(changed) // 2] ^= 1
            path.write_bytes(changed)
            with pytest.raises(CommandError, match="No export on record has SHA-256"):
                run("verify_file", str(path))

    def test_no_plate_is_in_the_log(self, officer, take, kept):
        with listening() as log:
            take(officer, kept[0], *kept[1], format="zip")
        assert '"route": "export_held"' in log()
        assert [plate for plate in ("8ABC123", PLATE, "7XYZ999") if plate in log()] == []


class TestWhoGetsIt:
    def test_not_on_the_case_there_is_none(self, other_officer, supervisor, take, kept):
        for member in (other_officer, supervisor):
            take(member, kept[0], kept[1][0], status=404)
        assert not Access.objects.exists()

    @pytest.mark.clause("C.3.b")
    def test_without_the_verb_or_training_it_is_refused(self, administrator, auditor, untrained_officer, take, kept):
        for member in (administrator, auditor, untrained_officer):
            take(member, kept[0], kept[1][0], status=403)
        assert not Access.objects.exists()

    def test_without_a_fresh_second_factor_it_is_asked_for_first(self, officer, kept):
        client = Client()
        client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
        answer = client.post(f"/held/{kept[0].pk}/package/", {"reads": kept[1][0], "outside": "no", "format": "pdf"})
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
        assert not Access.objects.exists()

    @pytest.mark.clause("I.secure", "E.2")
    def test_for_anyone_outside_it_is_refused_with_the_duty(self, officer, take, kept):
        page = take(officer, kept[0], kept[1][0], outside="yes", status=403).content.decode()
        assert "only by a written request" in page
        assert "I.secure" in page
        assert not Access.objects.exists()

    def test_the_question_must_be_answered_and_reads_chosen(self, officer, take, kept):
        hold, reads = kept
        assert "Choose one." in take(officer, hold, reads[0], outside="", status=422).content.decode()
        assert "choose at least one" in take(officer, hold, status=422).content.decode()
        assert (
            "choose 50 at most" in take(officer, hold, *(uuid.uuid4() for _ in range(51)), status=422).content.decode()
        )
        assert "choose them anew" in take(officer, hold, reads[0], PLATE, status=422).content.decode()
        assert not Access.objects.exists()

    def test_what_was_chosen_stays_chosen_while_the_question_is_asked(self, officer, take, kept):
        hold, reads = kept
        page = take(officer, hold, *reads[:2], outside="", status=422).content.decode()
        assert [f'name="reads" value="{one}"' in page for one in reads] == [True, True, False]

    def test_a_read_of_another_case_is_not_given_and_the_try_is_on_record(
        self, officer, other_officer, administrator, take, kept
    ):
        hold, reads = kept
        theirs = make.read("9ZZZ999")
        holding.held(other_officer, administrator, theirs, case_number="26-054321")
        page = take(officer, hold, reads[0], theirs, status=403).content.decode()
        assert "9ZZZ999" not in page
        assert set(Answer.objects.values_list("rows", "digest")) == {(0, "")}

    def test_the_same_read_chosen_twice_leaves_once(self, officer, take, kept):
        take(officer, kept[0], kept[1][0], kept[1][0])
        assert Access.objects.count() == 1


def test_a_picture_that_is_gone_is_said_to_be(officer, administrator, take):
    found = make.read(images=1)
    (picture,) = make.pictures(found, make.jpeg())
    packs.destroy_key(picture.upload_day)
    hold = holding.held(officer, administrator, found)
    files = files_of(take(officer, hold, found, format="zip").content)
    assert [name for name in files if name.endswith(".jpg")] == []
    assert json.loads(files["data.json"])["reads"][0]["pictures"][0]["file"] is None
    assert "The portal holds this image no longer." in text_of(files["package.pdf"])
