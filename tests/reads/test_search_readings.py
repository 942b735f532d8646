"""The same vehicle under another plate: what a camera may have misread is found, marked, and set beside the exact reads."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from reads.models import Query
from tests import make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("B.2")]
NEW = "/searches/new/"


@pytest.fixture
def search(officer, client_of):
    """Ask by the form; answers the page of results, or the form again where it was refused."""

    def ask(**values):
        client = client_of(officer)
        answer = client.post(NEW, make.form(**values))
        return client.get(answer["Location"]) if answer.status_code == 302 else answer

    return ask


def found(page):
    return {(read.plate, read.approximate, read.differs) for read in page.context["page"].reads}


def codes(answer, field):
    assert answer.status_code == 422
    assert not Query.objects.exists()
    return {error.code for error in answer.context["form"].errors.as_data()[field]}


class TestMisread:
    def test_plates_that_are_one_character_off_are_found_and_marked(self, search):
        for plate in ("8ABC123", "8XBC123", "8ABC12", "8ABC1234", "8XBC124", "9ZZZ999"):
            make.read(plate)
        page = search(misread="on")
        assert found(page) == {
            ("8ABC123", False, ""),
            ("8XBC123", True, "X in place of A"),
            ("8ABC12", True, "without the 3"),
            ("8ABC1234", True, "an extra 4"),
        }
        assert Query.objects.get().criteria["misread"] is True

    def test_without_the_choice_they_are_not(self, search):
        for plate in ("8ABC123", "8XBC123"):
            make.read(plate)
        assert found(search()) == {("8ABC123", False, "")}

    def test_a_look_alike_is_one_character_too(self, search):
        for plate in ("BABC123", "BA8C123"):
            make.read(plate)
        assert found(search(misread="on")) == {("BABC123", True, "B in place of 8")}

    def test_with_look_alikes_as_well_a_plate_may_differ_by_both(self, search):
        for plate in ("BA8C123", "BA8C1Z4", "BXYC123"):
            make.read(plate)
        page = search(misread="on", approximate="on")
        assert {plate for plate, *_ in found(page)} == {"BA8C123", "BA8C1Z4"}

    @pytest.mark.parametrize(
        ("plate", "code"), [("8AB?123", "misread.part"), ("ABC", "misread.too_short"), ("", "misread.too_short")]
    )
    def test_it_wants_a_whole_plate(self, search, plate, code):
        cam = make.camera()
        start = f"{timezone.localtime() - timedelta(hours=2):%Y-%m-%d %H:%M}"
        answer = search(plate=plate, misread="on", cameras=[str(cam.pk)], start=start)
        assert codes(answer, "misread") == {code}

    def test_of_a_plate_that_cannot_be_read_only_the_plate_is_said(self, search):
        answer = search(plate="8ABC%", misread="on")
        assert codes(answer, "plate") == {"pattern.bad_char"}
        assert "misread" not in answer.context["form"].errors

    def test_the_page_marks_what_differs_by_more_than_a_color(self, search):
        make.read("8XBC123")
        body = search(misread="on").content.decode()
        assert '<mark class="differs">X</mark>' in body
        assert "X in place of A" in body
        assert "Approximate" in body

    def test_the_record_says_that_it_was_asked_for(self, officer, client_of, auditor):
        query = make.query(officer, criteria={"misread": True})
        body = client_of(auditor).get(f"/searches/{query.pk}/").content.decode()
        assert re.search(r"One character misread.*?Shown too, marked approximate", body, re.DOTALL)


class TestOtherReadings:
    def test_they_are_grouped_beside_the_vehicle_of_the_exact_reads(self, search):
        for _ in range(3):
            make.read("8ABC123")
        make.read("8ABC123", make="", colour="")
        for _ in range(2):
            make.read("8XBC123", make="Toyota")
        make.read("8ABC12", make="ford", colour="black")
        make.read("8ABC1234", make="", colour="")
        page = search(misread="on")
        said = [(other.plate, other.number, other.verdict, other.is_alike) for other in page.context["others"]]
        assert said == [
            ("8XBC123", 2, "Same make and color", True),
            ("8ABC12", 1, "Other make and color", False),
            ("8ABC1234", 1, "Make and color not known", False),
        ]
        body = page.content.decode()
        assert "Other readings" in body
        assert "Same make and color" in body

    def test_without_an_exact_read_the_vehicle_asked_for_is_the_measure(self, search):
        make.read("8XBC123")
        page = search(misread="on", make="Toyota")
        assert [other.verdict for other in page.context["others"]] == ["Same make"]

    def test_they_are_of_all_that_was_found_and_not_of_one_page(self, search, officer, client_of):
        now = timezone.now()
        for number in range(26):
            make.read("8ABC123", captured_at=now - timedelta(minutes=number))
        make.read("8XBC123", captured_at=now - timedelta(hours=2))
        page = search(misread="on")
        assert all(read.plate == "8ABC123" for read in page.context["page"].reads)
        assert [other.plate for other in page.context["others"]] == ["8XBC123"]

    def test_many_are_cut_and_the_rest_counted(self, search):
        for letter in "ABCDEFGHIJKLMN":
            make.read(f"8{letter}BC123")
        page = search(misread="on")
        assert len(page.context["others"]) == 12
        assert page.context["more_others"] == 1
        assert "1 other plate" in page.content.decode()

    def test_a_part_of_a_plate_means_several_cars_and_has_none(self, search):
        make.read("BABC123")
        page = search(plate="8ABC*", approximate="on")
        assert (page.context["others"], page.context["page"].count) == ([], 1)


class TestAdvice:
    def test_where_nothing_was_read_exactly_it_says_what_to_try(self, search):
        page = search()
        assert page.context["page"].count == 0
        assert "One character may be misread" in page.content.decode()

    def test_where_that_was_tried_it_speaks_of_patterns(self, search):
        make.read("8XBC123")
        page = search(misread="on")
        assert page.context["advise"]
        assert "is allowed already" in page.content.decode()

    @pytest.mark.parametrize("values", [{}, {"plate": "8ABC*"}])
    def test_where_there_is_an_exact_read_or_only_a_part_was_asked_it_is_silent(self, search, values):
        if not values:
            make.read("8ABC123")
        assert not search(**values).context["advise"]


class TestTooSlow:
    def days(self, number):
        """A window a little shorter than so many days."""
        start = timezone.localtime(timezone.now() - timedelta(days=number, hours=-1))
        return {"start": f"{start:%Y-%m-%d %H:%M}"}

    def test_scattered_characters_over_a_month_say_what_to_add(self, search):
        answer = search(plate="8??C1??", **self.days(29))
        assert codes(answer, "plate") == {"search.too_slow"}
        said = str(answer.context["form"].errors["plate"])
        assert "Add one more character next to another, or choose up to 10 cameras" in said

    @pytest.mark.parametrize(
        ("plate", "days", "cameras"), [("8??C1??", 1, 0), ("8??C1??", 7, 2), ("8?BC1??", 29, 0), ("8ABC123", 29, 0)]
    )
    def test_what_an_index_answers_or_is_short_runs(self, search, plate, days, cameras):
        make.read("8ABC123")
        chosen = [str(make.camera(f"cam-{n}").pk) for n in range(1, cameras + 1)]
        assert found(search(plate=plate, cameras=chosen, **self.days(days))) == {("8ABC123", False, "")}
