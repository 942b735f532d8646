"""The page of one read: its images under its own access, the way to a full one, to the sheet and to a search for more."""

from __future__ import annotations

import base64
import re

import pytest

from reads import packs
from reads.models import Access, Answer, Query
from tests import make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("F.1", "C.3.b")]
NEW = "/searches/new/"


@pytest.fixture
def page_of(client_of):
    """The text of the page of a read."""

    def get(member, query, read_id):
        answer = client_of(member).get(f"/searches/{query.pk}/reads/{read_id}/")
        assert answer.status_code == 200
        return answer.content.decode()

    return get


def hidden(page):
    """What the form for other readings sends."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


class TestImages:
    def test_thumbnails_come_with_the_page_under_its_one_access(self, officer, page_of):
        found = make.read(images=2)
        kept = make.pictures(found, make.jpeg(640, 480, "navy"), make.jpeg(320, 100, "red"))
        page = page_of(officer, make.query(officer), found)
        shown = [base64.b64decode(data) for data in re.findall(r'<img src="data:image/jpeg;base64,([^"]+)"', page)]
        assert shown == [packs.load(picture, thumbnail=True) for picture in kept]
        assert (Access.objects.get().kind, Access.objects.get().read_id) == ("read", found)
        assert Answer.objects.get().rows == 1

    def test_enlarging_one_is_a_look_of_its_own(self, officer, client_of, page_of):
        found, query = make.read(images=1), make.query(officer)
        (kept,) = make.pictures(found, make.jpeg(640, 480))
        link = re.search(r'href="([^"]+/images/0/)"', page_of(officer, query, found))
        answer = client_of(officer).get(link[1])
        assert (answer["Content-Type"], answer.content) == ("image/jpeg", packs.load(kept))
        assert list(Access.objects.order_by("at").values_list("kind", flat=True)) == ["read", "image"]

    def test_each_kind_is_named(self, officer, page_of, monkeypatch):
        found = make.read(images=3)
        cleaned, kinds = make.images.clean, iter(("plate", "vehicle", "overview"))
        monkeypatch.setattr(make.images, "clean", lambda data: cleaned(data, kind=next(kinds)))
        make.pictures(found, *[make.jpeg()] * 3)
        page = page_of(officer, make.query(officer), found)
        assert re.findall(r'figcaption class="shot-note"><span>(\w+)<', page) == ["Plate", "Vehicle", "Overview"]
        assert [alt.split(",")[0] for alt in re.findall(r'alt="([^"]+)"', page)] == ["Plate", "Vehicle", "Overview"]

    @pytest.mark.clause("G")
    def test_one_whose_key_is_gone_is_said_to_be(self, officer, client_of, page_of):
        found, query = make.read(images=1), make.query(officer)
        (kept,) = make.pictures(found, make.jpeg())
        packs.destroy_key(kept.upload_day)
        page = page_of(officer, query, found)
        assert "The portal holds this image no longer." in page
        assert "<img" not in page
        assert "/images/" not in page
        assert client_of(officer).get(f"/searches/{query.pk}/reads/{found}/images/0/").status_code == 404

    def test_one_whose_place_is_not_known_is_said_to_be_gone(self, officer, page_of):
        page = page_of(officer, make.query(officer), make.read(images=1))
        assert "The portal holds this image no longer." in page

    def test_a_read_without_any_says_so(self, officer, page_of):
        assert "The camera sent none with this read." in page_of(officer, make.query(officer), make.read())


class TestOtherReadings:
    def test_the_new_search_begins_with_what_the_read_shows(self, officer, client_of, page_of):
        found = make.read("8ABC123", make="toyota", colour="silver")
        sent = hidden(page_of(officer, make.query(officer), found))
        answer = client_of(officer).post(NEW, sent)
        assert (answer.status_code, answer.request["PATH_INFO"]) == (200, NEW)
        form = answer.context["form"]
        assert (form.is_bound, form.errors) == (False, {})
        assert {name: form[name].value() for name in ("plate", "make", "colour")} == {
            "plate": "8ABC123",
            "make": "toyota",
            "colour": "silver",
        }
        text = answer.content.decode()
        assert re.search(r'<input[^>]*name="misread"[^>]*checked', text)
        assert re.search(r'<input[^>]*name="plate"[^>]*value="8ABC123"', text)
        assert re.search(r'<option value="silver" selected>', text)
        assert Query.objects.count() == 1

    def test_it_is_not_prefilled_unless_asked_for(self, officer, client_of):
        answer = client_of(officer).post(NEW, {"plate": "8ABC123"})
        assert (answer.status_code, answer.context["form"].is_bound) == (422, True)

    def test_what_is_sent_is_shown_as_text_and_cut_short(self, officer, client_of):
        sent = {"prefill": "1", "plate": '"><script>x</script>', "make": "x" * 5000, "colour": "no such"}
        answer = client_of(officer).post(NEW, sent)
        assert answer.status_code == 200
        assert "<script>x" not in answer.content.decode()
        assert "x" * 65 not in answer.content.decode()

    def test_one_who_may_not_search_gets_no_form(self, auditor, client_of):
        assert client_of(auditor).post(NEW, {"prefill": "1", "plate": "8ABC123"}).status_code == 403

    def test_no_address_on_the_page_holds_the_plate(self, officer, page_of):
        page = page_of(officer, make.query(officer), make.read("8ABC123"))
        addresses = re.findall(r'(?:href|action|src)="([^"]*)"', page)
        assert len(addresses) > 10
        assert [address for address in addresses if "8ABC123" in address] == []


def test_the_sheet_is_asked_for_by_a_form(officer, page_of):
    found, query = make.read(), make.query(officer)
    form = re.search(r'<form method="post" action="([^"]+sheet\.pdf)"', page_of(officer, query, found))
    assert form[1] == f"/searches/{query.pk}/reads/{found}/sheet.pdf"
