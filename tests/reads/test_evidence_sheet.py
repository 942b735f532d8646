"""The evidence sheet: what it shows, what proves it, who gets it, and that it is on record before it leaves."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from reads import evidence_pdf, packs
from reads.models import Access, Answer, Batch, CaseNumberSupplied, Query, QueryDecision, QueryRun
from reads.views import read as views
from tests import cast, make
from tests.reads.files import digests_of_images, metadata_of, pages_of, text_of

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("F.1")]
DIGEST = "c0ffee" * 10 + "beef"


def address(query, read_id):
    return f"/searches/{query.pk}/reads/{read_id}/"


@pytest.fixture
def sheet(client_of):
    """The sheet of a read as bytes; AssertionError where there is none."""

    def get(member, query, read_id):
        answer = client_of(member).post(f"{address(query, read_id)}sheet.pdf")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        return answer.content

    return get


class TestWhatItShows:
    @pytest.mark.clause("D", "G")
    def test_the_read_in_full(self, officer, sheet):
        uploaded = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        found = make.read(
            "8ABC123", plate_seen="8abc-123", uploaded_at=uploaded, captured_at=uploaded - timedelta(seconds=40),
            offset_minutes=-480, direction="NE", model="camry", body="sedan",
        )  # fmt: skip
        text = text_of(sheet(officer, make.query(officer), found))
        for said in (
            "8ABC123",
            "8abc-123",
            "94%",
            f"{uploaded - timedelta(seconds=40):%Y-%m-%d %H:%M:%S} UTC",
            f"{uploaded - timedelta(seconds=40, hours=8):%H:%M:%S} UTC-08:00",
            f"{uploaded:%Y-%m-%d %H:%M:%S} UTC",
            f"{uploaded + timedelta(hours=720):%Y-%m-%d %H:%M:%S} UTC",
            "after that the portal holds it no longer",
            "cam-1 Foothill and 35th",
            "Police area 4; 37.79000, -122.21000",
            "Heading northeast",
            "silver toyota camry sedan",
            "A read is a lead",
            "by eye",
        ):
            assert said in text

    def test_what_the_camera_did_not_say_is_said_to_be_missing(self, officer, sheet):
        empty = {"state": "", "confidence": None, "lat": None, "lon": None, "make": "", "colour": ""}
        text = text_of(sheet(officer, make.query(officer), make.read(**empty)))
        for said in ("state not read", "Confidence Not given", "offset not given", "Not seen", "no image"):
            assert said in text
        assert "latitude" not in text

    @pytest.mark.clause("C.2.B-log")
    def test_the_search_that_found_it(self, officer, other_officer, supervisor, sheet):
        query = make.waiting_query(officer, for_whom=other_officer, for_whom_name=other_officer.name)
        QueryDecision.objects.write(
            by=supervisor, query=query, approved=True, reason="It may", asked_by=officer, asked_for=other_officer
        )
        QueryRun.objects.write(by=officer, query=query)
        text = text_of(sheet(officer, query, make.read()))
        for said in (query.number, str(query.pk), "Violent crime", "211 PC", "26-012345", "this match is exact"):
            assert said in text
        for member in (officer, supervisor):
            assert f"{member.name} ({member.badge})" in text
        assert f"{other_officer.name}, Oakland Police Department" in text

    def test_a_read_that_only_looks_like_the_plate_is_called_approximate(self, officer, sheet):
        query = make.query(officer, criteria={"approximate": True})
        assert "this match is approximate" in text_of(sheet(officer, query, make.read("BABC123")))

    def test_a_case_number_that_came_later_stands_on_it(self, officer, sheet):
        query = make.query(officer, case_number="", case_number_due_at=timezone.now())
        found = make.read()
        assert "Not given yet" in text_of(sheet(officer, query, found))
        CaseNumberSupplied.objects.write(by=officer, query=query, case_number="26-004711")
        assert "Case number 26-004711" in text_of(sheet(officer, query, found))

    def test_names_are_spelt_as_people_spell_them(self, sheet):
        zoe = cast.member("nunez", "Zoë Núñez-Żółkiewska Nguyễn Thị Đào", "officer", badge="4711")
        long = "International Boulevard and 35th Avenue, northbound, on the south-east signal mast " + "arm " * 20
        found = make.read(camera=make.camera("opd-0231-" + "x" * 51, name=long.strip()))
        pages = pages_of(sheet(zoe, make.query(zoe), found))
        assert all("made for Zoë Núñez-Żółkiewska Nguyễn Thị Đào (4711)" in page for page in pages)
        assert long.strip() in pages[0]

    def test_a_character_no_font_has_is_named_and_markup_is_text(self, sheet):
        member = cast.member("wang", "王 <b>Ann</b> & Co", "officer")
        text = text_of(sheet(member, make.query(member), make.read()))
        assert "by [U+738B] <b>Ann</b> & Co (WANG)" in text
        assert "made for [U+738B] <b>Ann</b> & Co (WANG)" in text

    def test_every_page_says_whom_it_was_made_for_and_which_it_is(self, officer, sheet):
        pages = pages_of(sheet(officer, make.query(officer), make.read()))
        assert len(pages) == 2
        for number, page in enumerate(pages, start=1):
            assert f"made for {officer} · " in page
            assert f"page {number} of 2" in page

    def test_the_document_says_what_it_is_and_no_plate(self, officer, sheet):
        query = make.query(officer)
        body = sheet(officer, query, make.read())
        about = metadata_of(body)
        assert about["Title"] == f"Evidence sheet, query {query.number}"
        assert about["Author"] == "Oakland Police Department, ALPR Portal"
        assert "8ABC123" not in "".join(about.values())
        assert b"/Lang (en-US)" in body
        assert b"/BaseFont /Helvetica" not in body


class TestImages:
    def test_each_lies_in_it_byte_for_byte_with_its_kind_and_digest(self, officer, sheet):
        found = make.read(images=3)
        kept = make.pictures(found, make.jpeg(640, 480, "navy"), make.jpeg(60, 20, "red"), make.jpeg(300, 900, "green"))
        body = sheet(officer, make.query(officer), found)
        digests = [picture.digest for picture in kept]
        assert sorted(digests_of_images(body)) == sorted(digests)
        text = text_of(body).replace(" ", "")
        for number, picture in enumerate(kept, start=1):
            assert f"Image{number},overview," in text
            assert picture.digest in text
        assert len(pages_of(body)) == 2

    @pytest.mark.clause("G")
    def test_one_that_is_gone_is_said_to_be(self, officer, sheet):
        found = make.read(images=1)
        (kept,) = make.pictures(found, make.jpeg())
        packs.destroy_key(kept.upload_day)
        body = sheet(officer, make.query(officer), found)
        assert "The portal holds this image no longer." in text_of(body)
        assert digests_of_images(body) == []
        assert kept.digest in text_of(body)


class TestCustody:
    def test_from_the_camera_to_this_sheet(self, officer, client_of, sheet):
        camera = make.camera()
        batch = Batch.objects.using("ingest").create(
            by_name="source street", source=camera.source, key="k", digest=DIGEST, received=2, stored=2, duplicates=0
        )
        found, query = make.read(camera=camera, batch_id=batch.pk, images=1), make.query(officer)
        make.pictures(found, make.jpeg())
        client = client_of(officer)
        client.get(address(query, found))
        client.get(f"{address(query, found)}images/0/")
        first = sheet(officer, query, found)
        text = text_of(sheet(officer, query, found))
        steps = [
            "Captured by camera cam-1 Foothill and 35th of source street",
            f"Delivered by source street in batch {batch.pk} of 2 reads; SHA-256 of the message as it came {DIGEST}",
            "Stored by the portal",
            f"Read looked at by {officer}",
            f"Image looked at by {officer}",
            f"Evidence sheet, SHA-256 {hashlib.sha256(first).hexdigest()}, made by {officer}",
            f"This sheet made, access {Access.objects.latest('at').pk}, by {officer}",
        ]
        places = [text.index(step) for step in steps]
        assert places == sorted(places)

    def test_looks_under_another_search_and_at_other_reads_are_not_in_it(
        self, officer, other_officer, client_of, sheet
    ):
        found, other = make.read(), make.read()
        query = make.query(officer)
        client_of(officer).get(address(query, other))
        client_of(other_officer).get(address(make.query(other_officer), found))
        text = text_of(sheet(officer, query, found))
        assert "looked at" not in text
        assert other_officer.name not in text

    def test_a_look_that_broke_off_is_in_it_too(self, officer, client_of, sheet):
        found, query = make.read(), make.query(officer)
        client_of(officer).get(f"{address(query, found)}images/5/")
        assert f"Look that was given nothing, by {officer}" in text_of(sheet(officer, query, found))


class TestProof:
    def test_the_data_can_be_hashed_again_from_the_sheet(self, officer, sheet):
        found = make.read(plate_seen="8abc-123", body="suv")
        text = text_of(sheet(officer, make.query(officer), found)).replace(" ", "")
        line = text[text.index('{"batch_id"') : text.index('"}', text.index('"uploaded_at"')) + 2]
        data = json.loads(line)
        assert (data["plate"], data["plate_seen"], data["id"]) == ("8ABC123", "8abc-123", str(found))
        assert list(data) == sorted(data)
        assert data["uploaded_at"].endswith("+00:00")
        assert f"SHA-256{hashlib.sha256(line.encode()).hexdigest()},of" in text

    def test_its_own_digest_is_on_record_before_the_first_byte_leaves(self, officer, sheet, monkeypatch):
        found, query, seen, download = make.read(), make.query(officer), [], views.download

        def leaving(body, *args):
            seen.append((Access.objects.get(), Answer.objects.get(), body))
            return download(body, *args)

        monkeypatch.setattr(views, "download", leaving)
        body = sheet(officer, query, found)
        ((record, answer, left),) = seen
        assert left == body
        assert (record.kind, record.read_id, record.query, record.by) == ("export", found, query, officer)
        assert (answer.access, answer.rows, answer.digest) == (record, 1, hashlib.sha256(body).hexdigest())

    def test_the_access_is_on_record_before_it_is_drawn_and_one_that_breaks_has_no_answer(
        self, officer, client_of, monkeypatch
    ):
        query, found = make.query(officer), make.read()
        monkeypatch.setattr(views, "evidence_pdf", lambda *args, **values: 1 / 0)
        client = client_of(officer, raise_request_exception=False)
        assert client.post(f"{address(query, found)}sheet.pdf").status_code == 500
        assert Access.objects.get().kind == "export"
        assert not Answer.objects.exists()
        assert "Export: 1 recorded, broken off" in client.get(f"/searches/{query.pk}/").content.decode()

    def test_the_querys_timeline_shows_its_digest(self, officer, supervisor, client_of, sheet):
        query = make.query(officer)
        body = sheet(officer, query, make.read())
        for member in (officer, supervisor):
            page = client_of(member).get(f"/searches/{query.pk}/").content.decode()
            assert page.count("Evidence sheet of one read") == 1
            assert "Export:" not in page
            assert f"SHA-256 {hashlib.sha256(body).hexdigest()}" in page


@pytest.mark.clause("C.3.b")
class TestWhoGetsIt:
    def refused(self, client, query, read_id, status):
        answer = client.post(f"{address(query, read_id)}sheet.pdf")
        assert answer.status_code == status
        assert b"%PDF" not in answer.content
        assert "8ABC123" not in answer.content.decode()
        return answer

    def test_another_member_finds_nothing(self, officer, other_officer, supervisor, client_of):
        query, found = make.query(officer), make.read()
        for member in (other_officer, supervisor):
            self.refused(client_of(member), query, found, 404)
        assert not Access.objects.exists()

    def test_without_the_verb_it_is_refused(self, officer, auditor, client_of):
        self.refused(client_of(auditor), make.query(officer), make.read(), 403)
        assert not Access.objects.exists()

    def test_to_look_is_not_to_take_along(self, client_of):
        looker = cast.member("looker", "Lin Looker")
        with make.as_owner():
            looker.user_permissions.add(Permission.objects.get(codename="view_reads"))
        query, found, client = make.query(looker), make.read(), client_of(looker)
        self.refused(client, query, found, 403)
        assert client.post(f"/searches/{query.pk}/export/csv/").status_code == 403
        page = client.get(address(query, found))
        assert page.status_code == 200
        assert "sheet.pdf" not in page.content.decode()
        assert "prefill" not in page.content.decode()

    @pytest.mark.clause("C.3.a")
    def test_without_training_it_is_refused(self, untrained_officer, client_of):
        answer = self.refused(client_of(untrained_officer), make.query(untrained_officer), make.read(), 403)
        assert "C.3.a" in answer.content.decode()
        assert not Access.objects.exists()

    def test_after_the_results_closed_it_is_refused(self, officer, client_of):
        query = make.query(officer, run=False)
        QueryRun.backdated(by=officer, by_name=officer.name, query=query, at=timezone.now() - timedelta(hours=9))
        self.refused(client_of(officer), query, make.read(), 403)
        assert not Access.objects.exists()

    def test_of_a_search_that_never_ran_there_is_none(self, officer, client_of):
        self.refused(client_of(officer), make.waiting_query(officer), make.read(), 404)

    def test_a_read_that_this_search_did_not_find_is_not_there_and_the_try_is_on_record(self, officer, client_of):
        self.refused(client_of(officer), make.query(officer), make.read("9ZZZ999"), 404)
        assert (Access.objects.get().kind, Answer.objects.get().rows, Answer.objects.get().digest) == ("export", 0, "")

    @pytest.mark.clause("G")
    @pytest.mark.parametrize(("hours", "status"), [(719, 200), (721, 404)])
    def test_a_read_of_an_expired_day_is_not_there(self, officer, client_of, hours, status):
        criteria = {"from": (timezone.now() - timedelta(days=35)).isoformat()}
        found = make.read(uploaded_at=datetime.now(UTC) - timedelta(hours=hours))
        query = make.query(officer, criteria=criteria)
        assert client_of(officer).post(f"{address(query, found)}sheet.pdf").status_code == status

    def test_it_is_asked_for_by_post(self, officer, client_of):
        query, found = make.query(officer), make.read()
        assert client_of(officer).get(f"{address(query, found)}sheet.pdf").status_code == 405

    def test_its_name_holds_the_query_and_no_plate(self, officer, client_of):
        query, found = make.query(officer), make.read()
        answer = client_of(officer).post(f"{address(query, found)}sheet.pdf")
        name = f"evidence-{query.number}-{str(found)[:8]}.pdf"
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert Query.objects.get().plate not in "".join(answer.headers.values())


def test_a_small_picture_is_not_blown_up(officer):
    shot = evidence_pdf.Shot(0, "Plate", make.jpeg(60, 20), DIGEST)
    picture = evidence_pdf.image_of(shot, 500, 500)[0]
    assert (picture.drawWidth, picture.drawHeight) == (90, 30)
