"""What the page of a search shows: timeline, thumbnails, the age of the reads, and that every filter is applied."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from alpr_portal.policy.inputs.times import OAKLAND
from reads import packs
from reads.models import Access, Answer, Query
from reads.queries import ages_of
from tests import make

pytestmark = pytest.mark.usefixtures("committed")
NEW = "/searches/new/"
THUMB = r'<img class="thumb" src="data:image/jpeg;base64,[^"]+" width="96" height="72" alt="([^"]+)">'


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


class TestTimeline:
    def test_sightings_stand_under_their_day_with_the_time_since_the_one_before(self, officer, client_of):
        noon = datetime.now(OAKLAND).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
        noon = noon.astimezone(UTC)
        make.read("8ABC123", captured_at=noon, direction="NW", uploaded_at=noon)
        make.read("8ABC123", captured_at=noon - timedelta(minutes=12), uploaded_at=noon)
        make.read("8ABC123", captured_at=noon - timedelta(hours=26), uploaded_at=noon)
        criteria = {"from": (noon - timedelta(days=3)).isoformat()}
        page = client_of(officer).get(f"/searches/{make.query(officer, criteria=criteria).pk}/?view=timeline")
        days = [(day, [read.gap for read in reads]) for day, reads in page.context["days"]]
        assert days == [
            (noon.date(), ["12 minutes", "1 day 1 hour"]),
            (noon.date() - timedelta(days=1), [""]),
        ], "noon has the same date in Oakland and in UTC"
        said = text_of(page)
        assert f"{noon:%A, %B} {noon.day}, {noon.year}" in said
        assert "cam-1 Foothill and 35th , heading northwest" in said
        assert "12 minutes after the sighting before" in said
        assert "First sighting found" in said

    def test_the_day_is_that_of_oakland(self, officer, client_of):
        late = datetime.now(OAKLAND).replace(hour=23, minute=30, second=0, microsecond=0) - timedelta(days=1)
        make.read("8ABC123", captured_at=late, uploaded_at=late)
        page = client_of(officer).get(f"/searches/{make.query(officer).pk}/?view=timeline")
        assert [day for day, _ in page.context["days"]] == [late.date()]
        assert late.astimezone(UTC).date() != late.date()

    def test_the_gap_reaches_over_the_end_of_a_page(self, officer, client_of):
        now = timezone.now()
        for number in range(30):
            make.read("8ABC123", captured_at=now - timedelta(minutes=7 * number))
        page = client_of(officer).get(f"/searches/{make.query(officer).pk}/?view=timeline")
        assert [read.gap for read in page.context["page"].reads] == ["7 minutes"] * 25

    def test_for_several_vehicles_it_is_the_gap_of_each(self, officer, client_of):
        now = timezone.now()
        for number, plate in enumerate(["8ABC123", "8ABD555", "8ABC123"]):
            make.read(plate, captured_at=now - timedelta(hours=number))
        query = make.query(officer, criteria={"plate": "8AB*"})
        page = client_of(officer).get(f"/searches/{query.pk}/?view=timeline")
        assert [read.gap for read in page.context["page"].reads] == ["2 hours", "", ""]

    def test_the_other_view_keeps_the_place(self, officer, client_of):
        now = timezone.now()
        for number in range(30):
            make.read("8ABC123", captured_at=now - timedelta(minutes=number))
        client, url = client_of(officer), f"/searches/{make.query(officer).pk}/"
        second = client.get(url + client.get(url).context["older_url"])
        line = client.get(url + second.context["timeline_url"])
        assert [r.id for r in line.context["page"].reads] == [r.id for r in second.context["page"].reads]
        assert len(line.context["page"].reads) == 5
        assert client.get(url + line.context["newer_url"]).context["view"] == "timeline"

    @pytest.mark.clause("F.1")
    def test_it_is_a_look_like_any_other(self, officer, client_of):
        make.read("8ABC123")
        client_of(officer).get(f"/searches/{make.query(officer).pk}/?view=timeline")
        assert list(Access.objects.values_list("kind", "answer__rows")) == [("results", 1)]


@pytest.mark.clause("D", "F.1")
class TestThumbnails:
    @pytest.mark.parametrize("view", ["table", "timeline"])
    def test_they_stand_in_the_page_under_its_one_access(self, officer, client_of, view):
        pictured = make.read("8ABC123", images=2)
        make.pictures(pictured, make.jpeg(640, 480), make.jpeg(64, 32))
        make.read("8ABC123")
        page = client_of(officer).get(f"/searches/{make.query(officer).pk}/?view={view}")
        shown = re.findall(THUMB, page.content.decode())
        assert len(shown) == 1
        assert re.match(r"Overview picture, camera cam-1, \w", shown[0])
        assert Access.objects.count() == 1

    def test_the_thumbnail_is_the_small_one_of_the_first_picture(self, officer, client_of):
        pictured = make.read("8ABC123", images=1)
        (kept,) = make.pictures(pictured, make.jpeg(640, 480))
        page = client_of(officer).get(f"/searches/{make.query(officer).pk}/")
        (read,) = page.context["page"].reads
        assert read.thumbnail.jpeg == packs.load(kept, thumbnail=True)
        assert len(read.thumbnail.jpeg) < kept.size

    def test_without_any_the_table_has_no_place_for_them(self, officer, client_of):
        make.read("8ABC123")
        body = client_of(officer).get(f"/searches/{make.query(officer).pk}/").content.decode()
        assert "cell-thumb" not in body

    def test_one_whose_key_is_gone_is_left_out(self, officer, client_of):
        pictured = make.read("8ABC123", images=1)
        make.pictures(pictured, make.jpeg())
        packs.destroy_key(datetime.now(UTC).date())
        page = client_of(officer).get(f"/searches/{make.query(officer).pk}/")
        assert page.status_code == 200
        assert "<img" not in page.content.decode()


@pytest.mark.clause("C.2.B-log")
class TestAges:
    def read_of(self, days, number=1):
        at = timezone.now() - timedelta(days=days, hours=1)
        for _ in range(number):
            make.read("8ABC123", captured_at=at, uploaded_at=at)

    def whole(self, officer, **values):
        start = (timezone.now() - timedelta(days=25)).isoformat()
        return make.query(officer, criteria={"from": start}, **values)

    def test_they_are_kept_with_the_answer_of_the_first_page_and_hold_every_read(self, officer, client_of):
        self.read_of(0, 20)
        self.read_of(3, 10)
        self.read_of(12)
        client, url = client_of(officer), f"/searches/{self.whole(officer).pk}/"
        page = client.get(url)
        client.get(url + page.context["older_url"])
        first, second = Answer.objects.order_by("at")
        assert (first.ages, second.ages) == ({"0": 20, "3": 10, "12": 1}, {})
        assert sum(first.ages.values()) == page.context["page"].count

    def test_they_are_of_what_may_be_shown(self, officer, client_of, monkeypatch):
        from reads import search

        monkeypatch.setattr(search.RESULT_CAP, "values", {next(iter(search.RESULT_CAP.values)): 4})
        self.read_of(0, 3)
        self.read_of(3, 3)
        client_of(officer).get(f"/searches/{self.whole(officer).pk}/")
        assert Answer.objects.get().ages == {"0": 3, "3": 1}

    def test_the_page_says_them_to_those_too_who_see_no_read(self, officer, auditor, client_of):
        self.read_of(0, 2)
        self.read_of(12)
        url = f"/searches/{self.whole(officer).pk}/"
        assert "Age of the reads" not in client_of(auditor).get(url).content.decode()
        said = "Most of the 3 reads found were under a day old; the oldest was 12 days."
        assert said in client_of(officer).get(url).content.decode()
        seen = client_of(auditor).get(url)
        assert said in seen.content.decode()
        assert "8ABC123" not in seen.content.decode()
        assert seen.context["ages"] == [("Under a day", 2), ("1 to 2 days", 0), ("3 to 6 days", 0), ("7 to 13 days", 1)]

    def test_the_sum_over_queries_counts_each_once_however_often_it_was_opened(self, officer, other_officer, client_of):
        self.read_of(0, 2)
        one, two, third = self.whole(officer), self.whole(other_officer), self.whole(officer)
        client_of(officer).get(f"/searches/{one.pk}/")
        self.read_of(3)
        client_of(officer).get(f"/searches/{one.pk}/")
        client_of(other_officer).get(f"/searches/{two.pk}/")
        assert ages_of(Query.objects.all()) == {0: 4, 3: 1}
        assert ages_of([two]) == {0: 2, 3: 1}
        assert ages_of([third]) == {}

    def test_a_first_look_that_found_nothing_does_not_stand_for_the_search(self, officer, client_of):
        query = self.whole(officer)
        client_of(officer).get(f"/searches/{query.pk}/")
        self.read_of(0)
        client_of(officer).get(f"/searches/{query.pk}/")
        assert ages_of([query]) == {0: 1}


@pytest.mark.clause("B.2")
class TestFilters:
    FILTERS = [
        ({"make": "Ford"}, {"make": "ford"}),
        ({"model": "F-150"}, {"model": "f-150"}),
        ({"colour": "black"}, {"colour": "Black"}),
        ({"body": "Pickup"}, {"body": "pickup"}),
        ({"state": "Nevada"}, {"state": "NV"}),
    ]

    @pytest.mark.parametrize(("typed", "stored"), FILTERS, ids=lambda one: next(iter(one)))
    @pytest.mark.parametrize("plate", ["8ABC123", "8AB*"])
    def test_the_form_offers_it_and_it_is_applied_beside_the_plate(self, officer, client_of, typed, stored, plate):
        wanted = make.read("8ABC123", **stored)
        make.read("8ABC123", make="toyota", model="camry", colour="silver", body="sedan", state="CA")
        make.read("9ZZZ999", **stored)
        client = client_of(officer)
        name = next(iter(typed))
        assert f'name="{name}"' in client.get(NEW).content.decode()
        page = client.get(client.post(NEW, make.form(plate=plate, **typed))["Location"])
        assert [read.id for read in page.context["page"].reads] == [wanted]
        assert next(iter(stored.values())).lower() in str(page.context["facts"]["what"]).lower()

    def test_a_police_area(self, officer, client_of):
        here, there = make.camera("cam-1", area="4"), make.camera("cam-2", area="5")
        wanted = make.read("8ABC123", camera=here)
        make.read("8ABC123", camera=there)
        client = client_of(officer)
        page = client.get(client.post(NEW, make.form(areas=["4"]))["Location"])
        assert [read.id for read in page.context["page"].reads] == [wanted]
        both = client.get(client.post(NEW, make.form(areas=["4", "5"]))["Location"])
        assert both.context["page"].count == 2

    def test_an_area_and_cameras_narrow_each_other(self, officer, client_of):
        here, there = make.camera("cam-1", area="4"), make.camera("cam-2", area="5")
        for cam in (here, there):
            make.read("8ABC123", camera=cam)
        client = client_of(officer)
        page = client.get(client.post(NEW, make.form(areas=["4"], cameras=[str(there.pk)]))["Location"])
        assert page.context["page"].count == 0

    def test_all_of_them_at_once_without_a_plate(self, officer, client_of):
        values = {"make": "ford", "model": "f-150", "colour": "black", "body": "pickup", "state": "NV"}
        wanted = make.read("8ABC123", **values)
        for name in values:
            make.read("9ZZZ999", **{**values, name: "CA" if name == "state" else "other"})
        start = f"{timezone.localtime() - timedelta(hours=2):%Y-%m-%d %H:%M}"
        client = client_of(officer)
        page = client.get(client.post(NEW, make.form(plate="", areas=["4"], start=start, **values))["Location"])
        assert [read.id for read in page.context["page"].reads] == [wanted]
