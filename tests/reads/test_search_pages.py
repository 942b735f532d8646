"""Results page by page: by key, under the cap, each page an access of its own, nothing twice and nothing left out."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.refusal import BadInput
from reads import search
from reads.models import Access, Answer
from reads.paging import Place, cut, read_place, written
from tests import make

PLATE = "8ABC123"
MOMENT = datetime(2026, 6, 15, 12, tzinfo=UTC)
KEYS = st.lists(
    st.tuples(
        st.integers(0, 5).map(lambda n: MOMENT + timedelta(seconds=n)),
        st.integers(1, 40).map(lambda n: uuid.UUID(int=n)),
    ),
    unique=True,
    max_size=30,
).map(lambda keys: sorted(keys, reverse=True))


@pytest.fixture
def capped(monkeypatch):
    """A search shows sixty reads at most."""
    monkeypatch.setattr(search.RESULT_CAP, "values", {next(iter(search.RESULT_CAP.values)): 60})


def reads(number, *, begin=timedelta(), **values):
    """Reads a minute apart from an hour ago backwards, every third at the same moment as the one before it."""
    newest = timezone.now() - timedelta(hours=1) - begin
    places = [n - (n % 3 == 2) for n in range(number)]
    return [make.read(PLATE, captured_at=newest - timedelta(minutes=place), **values) for place in places]


def shown(page):
    return [read.id for read in page.context["page"].reads]


def through(client, url, link):
    """Every page from ``url`` on by its link older_url or newer_url."""
    page = client.get(url)
    pages = [page]
    while page.context[link]:
        page = client.get(f"/searches/{page.context['query'].pk}/{page.context[link]}")
        pages.append(page)
        assert len(pages) < 10
    return pages


class TestCut:
    @given(KEYS, st.integers(1, 7))
    def test_page_after_page_shows_every_read_once_and_back_again(self, keys, size):
        place, found = Place(), []
        start = end = 0
        for _ in range(0, max(len(keys), 1), size):
            start, end = cut(keys, place, size)
            found += keys[start:end]
            place = Place(after=keys[end - 1]) if end else place
        assert found == keys
        for _ in range(0, start, size):
            end = start
            start, last = cut(keys, Place(before=keys[start]), size)
            assert last == end
            assert 0 < last - start <= size
        assert start == 0

    @given(KEYS, st.tuples(st.just(MOMENT), st.integers(1, 40).map(lambda n: uuid.UUID(int=n))))
    def test_a_key_that_is_not_among_them_divides_them_all_the_same(self, keys, key):
        start, _ = cut(keys, Place(after=key), 50)
        assert keys[start:] == [k for k in keys if k < key]
        start, end = cut(keys, Place(before=key), 50)
        assert keys[start:end] == [k for k in keys if k > key]


class TestPlace:
    @given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.uuids())
    def test_an_address_brings_the_place_back(self, at, read_id):
        for place in (Place(after=(at, read_id)), Place(before=(at, read_id)), Place()):
            given = place.as_query
            assert read_place(given.get("after"), given.get("before")) == place

    @pytest.mark.parametrize(
        ("after", "before"),
        [
            ("1", None),
            ("8ABC123", None),
            (None, "-1-" + "0" * 32),
            (f"17500000000000000-{'0' * 32}", None),
            (f"1750000000000000-{'0' * 31}", None),
            (f"1750000000000000-{'0' * 33}", None),
            (f"1750000000000000-{'G' * 32}", None),
            (f" 1750000000000000-{'0' * 32}", None),
            (f"1750000000000000-{'0' * 32}\n", None),
            (f"\u0661750000000000000-{'0' * 32}", None),
            (f"1750000000000000-{'0' * 32}", f"1750000000000000-{'0' * 32}"),
            (b"1750000000000000-" + b"0" * 32, None),
        ],
    )
    def test_anything_else_is_no_place(self, after, before):
        with pytest.raises(BadInput, match="Go back to the query") as caught:
            read_place(after, before)
        assert caught.value.code == "cursor.broken"


@pytest.mark.usefixtures("committed")
class TestPages:
    def test_newest_first_and_every_read_once(self, officer, client_of):
        made = reads(60)
        pages = through(client_of(officer), f"/searches/{make.query(officer).pk}/", "older_url")
        found = [read_id for page in pages for read_id in shown(page)]
        assert sorted(found) == sorted(made)
        keys = [(read.captured_at, read.id) for page in pages for read in page.context["page"].reads]
        assert keys == sorted(keys, reverse=True)
        said = [(p.context["page"].first, p.context["page"].end, p.context["page"].count) for p in pages]
        assert said == [(1, 25, 60), (26, 50, 60), (51, 60, 60)]
        assert "26–50 of 60" in pages[1].content.decode()

    def test_and_back_again(self, officer, client_of):
        reads(60)
        client = client_of(officer)
        down = through(client, f"/searches/{make.query(officer).pk}/", "older_url")
        last = f"/searches/{down[0].context['query'].pk}/{down[1].context['older_url']}"
        up = through(client, last, "newer_url")
        assert [shown(page) for page in up] == [shown(page) for page in reversed(down)]

    def test_reads_that_arrive_between_two_pages_repeat_and_skip_nothing(self, officer, client_of):
        made = reads(60)
        client = client_of(officer)
        url = f"/searches/{make.query(officer).pk}/"
        first = client.get(url)
        newer = [make.read(PLATE, captured_at=timezone.now() - timedelta(minutes=n)) for n in range(3)]
        second = client.get(f"{url}{first.context['older_url']}")
        newer.append(make.read(PLATE, captured_at=timezone.now() - timedelta(seconds=30)))
        third = client.get(f"{url}{second.context['older_url']}")
        assert sorted([*shown(first), *shown(second), *shown(third)]) == sorted(made)
        assert (second.context["page"].first, second.context["page"].count) == (29, 63)
        back = client.get(f"{url}{second.context['newer_url']}")
        assert shown(back) == shown(first)
        assert set(shown(client.get(f"{url}{back.context['newer_url']}"))) == set(newer)

    def test_every_page_is_an_access_of_its_own(self, officer, client_of):
        reads(60)
        through(client_of(officer), f"/searches/{make.query(officer).pk}/", "older_url")
        looks = Access.objects.order_by("at").values_list("kind", "page", "answer__rows")
        assert list(looks) == [("results", 1, 25), ("results", 2, 25), ("results", 2, 10)]

    @pytest.mark.clause("C.3.c")
    def test_no_page_reaches_past_the_cap(self, officer, client_of, capped):
        made = reads(70)
        client = client_of(officer)
        url = f"/searches/{make.query(officer).pk}/"
        pages = through(client, url, "older_url")
        assert {read_id for page in pages for read_id in shown(page)} == set(made[:60])
        assert [page.context["page"].truncated for page in pages] == [True] * 3
        assert "of more than 60" in pages[0].content.decode()
        last = pages[-1].context["page"].reads[-1]
        crafted = [
            {"after": written((last.captured_at, last.id))},
            {"after": written((last.captured_at - timedelta(minutes=5), uuid.UUID(int=0)))},
            {"before": written((last.captured_at - timedelta(minutes=5), uuid.UUID(int=0)))},
            {"before": written((MOMENT - timedelta(days=9000), uuid.UUID(int=0)))},
        ]
        for place in crafted:
            page = client.get(url, place)
            assert page.status_code == 200
            assert not set(made[60:]) & set(shown(page)), place
        assert len(shown(page)) == 25, "before the beginning of time lies the last page"

    def test_past_the_last_read_the_page_says_so_and_leads_back(self, officer, client_of):
        reads(3)
        page = client_of(officer).get(f"/searches/{make.query(officer).pk}/?after=0-{'0' * 32}")
        assert (page.status_code, shown(page)) == (200, [])
        assert "Go to the newest reads" in page.content.decode()
        assert Answer.objects.get().rows == 0

    @pytest.mark.parametrize(
        "asked", ["after=7", "after=8ABC123", "before=%00", f"after=1-{'0' * 32}&before=1-{'0' * 32}", "view=mosaic"]
    )
    def test_an_address_that_is_not_whole_is_refused_and_opens_nothing(self, officer, client_of, asked):
        reads(1)
        page = client_of(officer).get(f"/searches/{make.query(officer).pk}/?{asked}")
        assert page.status_code == 400
        assert "8ABC123" not in page.content.decode()
        assert not Access.objects.exists()

    @pytest.mark.parametrize("asked", ["", "?view=timeline", f"?after=1-{'0' * 32}", "?after=7"])
    def test_for_anybody_else_there_is_nothing_here(self, officer, other_officer, client_of, asked):
        reads(1)
        assert client_of(other_officer).get(f"/searches/{make.query(officer).pk}/{asked}").status_code == 404
        assert not Access.objects.exists()

    @pytest.mark.clause("F.1")
    def test_no_address_on_any_page_names_a_plate(self, officer, client_of):
        reads(30)
        make.read("BABC123")
        client = client_of(officer)
        query = make.query(officer, criteria={"approximate": True})
        for page in through(client, f"/searches/{query.pk}/?view=timeline", "older_url"):
            body = page.content.decode()
            assert "ABC123" in body
            assert not [
                part
                for part in body.split('="')[1:]
                if part.startswith(("/", "?", "#")) and "ABC123" in part.split('"')[0]
            ]

    @pytest.mark.parametrize("view", ["table", "timeline"])
    def test_the_page_costs_the_same_number_of_queries_for_two_reads_and_for_fifty(self, officer, client_of, view):
        client = client_of(officer)
        query = make.query(officer, criteria={"approximate": True})

        def cost(number):
            for read_id in reads(number, images=1):
                make.pictures(read_id, make.jpeg())
            make.read("BABC123")
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/searches/{query.pk}/?view={view}").status_code == 200
            return len(captured)

        cost(1)  # what is cached once per process is not the page's cost
        assert cost(1) == cost(48)

    def test_what_is_counted_is_one_query_over_the_cap_and_the_page_another(self, officer, client_of):
        reads(60)
        client, url = client_of(officer), f"/searches/{make.query(officer).pk}/"
        older = client.get(url).context["older_url"]
        with CaptureQueriesContext(connection) as captured:
            client.get(url + older)
        looked = [one["sql"] for one in captured if 'FROM "reads_window"' in one["sql"]]
        assert len(looked) == 2
        assert looked[0].endswith("LIMIT 501")
        assert looked[1].count("::uuid") == 25
        assert not any("OFFSET" in sql for sql in looked)
