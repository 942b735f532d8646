"""The pages of held reads: who reaches them, what they show, what they leave on record, and no plate in any address."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from alpr_portal.templatetags.portal import when
from reads import packs
from reads.models import Access, Answer, Batch, HoldMember
from tests import cast, holding, make
from tests.counting import statements
from tests.logs import listening

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G", "F.1")]
PLATE = "4QIX907"


def address(hold, read_id=None, number=None):
    """Of the page of a hold, of one of its reads, or of a picture."""
    one = "" if read_id is None else f"reads/{read_id}/"
    return f"/held/{hold.pk}/{one}" + ("" if number is None else f"images/{number}/")


def page_of(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status
    return answer.content.decode()


def looks():
    """Every recorded look, oldest first: kind, read, page, rows given."""
    found = Access.objects.select_related("answer").order_by("at")
    return [
        (look.kind, look.read_id, look.page, getattr(getattr(look, "answer", None), "rows", None)) for look in found
    ]


class TestWhoGetsIn:
    def urls(self, hold, read_id):
        return [address(hold), address(hold, read_id), address(hold, read_id, 0)]

    @pytest.fixture
    def kept(self, officer, administrator):
        found = make.read(images=1)
        make.pictures(found, make.jpeg())
        return holding.held(officer, administrator, found), found

    def test_the_asker_and_a_named_colleague(self, officer, other_officer, client_of, kept):
        hold, found = kept
        holding.named(hold, other_officer)
        for member in (officer, other_officer):
            assert [client_of(member).get(url).status_code for url in self.urls(hold, found)] == [200, 200, 200]

    @pytest.mark.clause("C.3.b")
    def test_for_anybody_else_there_is_nothing(self, other_officer, supervisor, client_of, kept):
        for member in (other_officer, supervisor):
            assert [client_of(member).get(url).status_code for url in self.urls(*kept)] == [404, 404, 404]
        assert looks() == []

    @pytest.mark.clause("C.3.b")
    def test_who_approved_it_does_not_see_the_data(self, administrator, auditor, client_of, kept):
        for member in (administrator, auditor):
            assert [client_of(member).get(url).status_code for url in self.urls(*kept)] == [403, 403, 403]
        assert looks() == []

    @pytest.mark.clause("C.3.a")
    def test_the_untrained_are_refused_though_it_is_their_case(self, untrained_officer, administrator, client_of):
        found = make.read()
        hold = holding.held(untrained_officer, administrator, found)
        for url in self.urls(hold, found):
            assert "C.3.a" in page_of(client_of(untrained_officer), url, 403)
        assert looks() == []

    def test_a_read_of_another_case_or_none_is_not_there_and_the_try_is_on_record(
        self, officer, other_officer, administrator, client_of, kept
    ):
        theirs = make.read(PLATE, images=1)
        holding.held(other_officer, administrator, theirs, case_number="26-054321")
        for url in (address(kept[0], theirs), address(kept[0], theirs, 0)):
            assert PLATE not in page_of(client_of(officer), url, 404)
        assert looks() == [("read", theirs, 1, 0), ("image", theirs, 1, 0)]


class TestWhenItEnds:
    @pytest.mark.parametrize(
        ("end", "says", "helps"),
        [
            (
                lambda hold, by: holding.lapsed(hold),
                "was to be reviewed by",
                "ask the ALPR Administrator or designee for one",
            ),
            (lambda hold, by: holding.released(hold, by), "was released on", "ask for a hold"),
        ],
    )
    def test_the_page_says_so_and_what_helps_and_shows_no_data(
        self, officer, administrator, client_of, end, says, helps
    ):
        found = make.read(PLATE, images=1)
        make.pictures(found, make.jpeg())
        hold = holding.held(officer, administrator, found)
        client, urls = client_of(officer), [address(hold), address(hold, found), address(hold, found, 0)]
        assert PLATE in page_of(client, urls[0])
        end(hold, administrator)
        before = len(looks())
        for url in urls:
            page = page_of(client, url, 403)
            assert says in page
            assert helps in page
            assert PLATE not in page
            assert "base64" not in page
        assert (
            client.post(f"{address(hold)}package/", {"reads": found, "outside": "no", "format": "pdf"}).status_code
            == 403
        )
        assert len(looks()) == before


class TestThePageOfACase:
    def test_it_shows_each_read_with_its_thumbnail_under_one_look(self, officer, administrator, client_of):
        found = make.read(images=2)
        kept = make.pictures(found, make.jpeg(640, 480, "navy"), make.jpeg(320, 100, "red"))
        hold = holding.held(officer, administrator, found, make.read(PLATE))
        page = page_of(client_of(officer), address(hold))
        shown = [base64.b64decode(data) for data in re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)]
        assert shown == [packs.load(kept[0], thumbnail=True)]
        assert page.count("8ABC123") == page.count(PLATE) == 1
        assert looks() == [("held", None, 1, 2)]
        record = Access.objects.get()
        assert (record.by, record.hold, record.query, record.hits) == (officer, hold, None, [])

    def test_newest_first_and_by_pages(self, officer, administrator, client_of):
        now = timezone.now()
        reads = [make.read(f"1AAA{n:03}", captured_at=now - timedelta(minutes=n)) for n in range(30)]
        hold = holding.held(officer, administrator, *reads)
        client = client_of(officer)
        plates = re.findall(r"<span>(1AAA\d{3})</span>", page_of(client, address(hold)))
        assert plates == [f"1AAA{n:03}" for n in range(25)]
        second = client.post(address(hold), {"page": "2", "plate": "1AAA*"})
        assert re.findall(r"<span>(1AAA\d{3})</span>", second.content.decode()) == [
            f"1AAA{n:03}" for n in range(25, 30)
        ]
        assert re.search(r'<input type="hidden" name="plate" value="1AAA\*">', second.content.decode())
        assert [look[2:] for look in looks()] == [(1, 25), (2, 5)]

    def test_a_page_costs_the_same_whatever_is_on_it(self, officer, administrator, client_of):
        def hold(case, count):
            reads = [make.read(f"2BBB{n:03}", images=1, camera=make.camera(f"{case}-{n}")) for n in range(count)]
            for read_id in reads:
                make.pictures(read_id, make.jpeg())
            return holding.held(officer, administrator, *reads, case_number=case)

        few, many = hold("26-000001", 2), hold("26-000002", 12)
        client = client_of(officer)
        client.get(address(few))
        assert statements(client.get, address(few)) == statements(client.get, address(many))


class TestSearch:
    @pytest.fixture
    def three(self, officer, administrator, client_of):
        """Three held reads by two cameras and on two days, one that is not held; and how to search."""
        at = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
        other = make.camera("cam-2", name="High and 14th")
        values = [
            ("8ABC123", {"captured_at": at}),
            ("8ABC128", {"captured_at": at + timedelta(days=1)}),
            (PLATE, {"captured_at": at, "camera": other}),
        ]
        hold = holding.held(officer, administrator, *(make.read(plate, **said) for plate, said in values))
        make.read("8ABC199", captured_at=at)

        def find(**asked):
            answer = client_of(officer).post(address(hold), asked)
            return answer, set(re.findall(r"<span>([0-9A-Z]{7})</span>", answer.content.decode()))

        return find, at, other

    def test_by_plate_or_part(self, three):
        find, *_ = three
        assert find(plate="8abc-123")[1] == {"8ABC123"}
        assert find(plate="8ABC*")[1] == {"8ABC123", "8ABC128"}
        assert find(plate="8ABC12?")[1] == {"8ABC123", "8ABC128"}
        assert find(plate="9ZZZ999")[1] == set()

    def test_by_camera(self, three):
        find, _, other = three
        assert find(camera=str(other.pk))[1] == {PLATE}
        assert find(camera=str(other.pk), plate="8ABC*")[1] == set()

    def test_by_time(self, three):
        find, at, _ = three
        day = f"{at:%Y-%m-%d}"
        assert find(start=day, end=day)[1] == {"8ABC123", PLATE}
        assert find(start=f"{day} 12:01")[1] == {"8ABC128"}
        assert find(end=f"{day} 12:00")[1] == {"8ABC123", PLATE}

    @pytest.mark.parametrize(
        ("asked", "says"),
        [
            ({"plate": "8A*"}, "give at least 3 known characters"),
            ({"plate": "<b>"}, "use letters, digits"),
            ({"start": "yesterday"}, "2026-06-15"),
            ({"start": "2026-06-15", "end": "2026-06-14"}, "it lies before the start"),
            ({"camera": "8ABC123"}, "Choose one of the list."),
        ],
    )
    def test_what_cannot_be_read_is_said_and_nothing_is_opened(self, three, asked, says):
        answer, found = three[0](**asked)
        assert (answer.status_code, found) == (422, set())
        assert says in answer.content.decode()
        assert "8ABC123" not in answer.content.decode()
        assert looks() == []

    def test_it_leaves_the_look_and_its_answer_and_no_plate_anywhere(self, three):
        with listening() as log:
            answer, found = three[0](plate=PLATE)
        assert found == {PLATE}
        assert looks() == [("held", None, 1, 1)]
        assert '"route": "search_held"' in log()
        assert PLATE not in log() + Access.objects.get().canonical() + Answer.objects.get().canonical()
        page = answer.content.decode()
        addresses = re.findall(r'(?:href|action|src)="([^"]*)"', page)
        assert len(addresses) > 10
        assert [one for one in addresses if PLATE in one] == []
        assert PLATE not in "\n".join(f"{name}: {value}" for name, value in answer.items())


class TestOneRead:
    def test_it_shows_the_read_its_digest_and_its_pictures(self, officer, administrator, client_of):
        found = make.read(images=1)
        (kept,) = make.pictures(found, make.jpeg(640, 480))
        hold = holding.held(officer, administrator, found)
        client = client_of(officer)
        page = page_of(client, address(hold, found))
        assert re.search(r"SHA-256 of the data</dt><dd[^>]*><code>[0-9a-f]{64}<", page)
        assert base64.b64encode(packs.load(kept, thumbnail=True)).decode() in page
        answer = client.get(re.search(r'href="([^"]+/images/0/)"', page)[1])
        assert (answer["Content-Type"], answer.content) == ("image/jpeg", packs.load(kept))
        assert looks() == [("read", found, 1, 1), ("image", found, 1, 1)]

    def test_its_history_is_whole_and_in_order(self, officer, other_officer, administrator, client_of):
        camera = make.camera()
        batch = Batch.objects.using("ingest").create(
            by_name="source street", source=camera.source, key="k-1", digest="c0ffee" * 10 + "beef", received=2, stored=2,
            duplicates=0,
        )  # fmt: skip
        found = make.read(camera=camera, batch_id=batch.pk, images=1)
        (kept,) = make.pictures(found, make.jpeg())
        query, client = make.query(officer), client_of(officer)
        client.get(f"/searches/{query.pk}/")
        client.get(f"/searches/{query.pk}/reads/{found}/")
        hold = holding.asked(officer, found, query=query)
        holding.decided(hold, administrator)
        holding.named(hold, other_officer)
        client_of(other_officer).get(address(hold, found, 0))
        body = client.post(f"{address(hold)}package/", {"reads": found, "outside": "no", "format": "pdf"})
        assert body.status_code == 200
        holding.reviewed(hold, administrator)
        client.get(address(hold))
        page = " ".join(re.sub(r"<[^>]+>", " ", page_of(client, address(hold, found))).split())
        history = page[page.index("Custody ") :]
        steps = [
            "Captured by camera cam-1 Foothill and 35th, by the camera’s own clock source street",
            "Delivered in a message of 2 reads, which the source numbered k-1 source street",
            f"SHA-256 {batch.digest}",
            "Stored, by the clock of the database",
            f"Read looked at {officer}, under query {query.number}",
            f"(Active criminal investigation): 1 read, found with query {query.number} {officer}, under hold {hold.number}",
            f"Approved {administrator}, under hold {hold.number}",
            "Copied into held storage by the approval, with 1 picture the portal",
            f"SHA-256 {kept.digest}",
            f"Opened to a colleague on the case: {other_officer} {officer}",
            f"Picture looked at {other_officer}, under hold {hold.number}",
            f"Evidence package taken out {officer}, under hold {hold.number}",
            f"SHA-256 {Answer.objects.get(digest__gt='').digest}",
            "Reviewed: still needed, open until",
            f"This look {officer}, under hold {hold.number}",
            "What these records cannot show",
        ]
        places = [history.index(step) for step in steps]
        assert places == sorted(places)
        assert history.count("looked at ") == 2
        assert "Pages of held reads of this case opened so far: 1;" in history
        assert "pages of results of the search it was held from: 1." in history
        assert when(HoldMember.objects.get().at).split(",")[0] in history

    def test_looks_at_it_within_another_case_are_not_told(self, officer, other_officer, administrator, client_of):
        found = make.read()
        hold = holding.held(officer, administrator, found)
        other = holding.held(other_officer, administrator, found, case_number="26-054321")
        page_of(client_of(other_officer), address(other, found))
        page = page_of(client_of(officer), address(hold, found))
        assert other_officer.name not in page
        assert other.number not in page

    def test_its_history_costs_the_same_however_long(self, officer, administrator, client_of):
        few, many = make.read(), make.read()
        hold = holding.held(officer, administrator, few, many)
        for kind in ("read", "image", "export") * 10:
            Access.objects.write(by=officer, kind=kind, hold=hold, read_id=many)
        client = client_of(officer)
        assert page_of(client, address(hold, many)).count("broken off before") == 30
        assert statements(client.get, address(hold, few)) == statements(client.get, address(hold, many))

    def test_a_picture_that_is_not_held_is_said_to_be_missing(self, officer, administrator, client_of):
        found = make.read(images=2)
        hold = holding.held(officer, administrator, found)
        client = client_of(officer)
        page = page_of(client, address(hold, found))
        assert page.count("The portal does not hold this picture.") == 2
        assert "What 2 pictures showed" in page
        assert client.get(address(hold, found, 0)).status_code == 404

    def test_who_may_not_export_gets_no_form(self, administrator, client_of):
        from django.contrib.auth.models import Permission

        looker = cast.member("looker", "Lin Looker")
        with make.as_owner():
            looker.user_permissions.add(Permission.objects.get(codename="open_held"))
        found = make.read()
        hold = holding.held(looker, administrator, found)
        client = client_of(looker)
        for url in (address(hold), address(hold, found)):
            assert "/package/" not in page_of(client, url)
        assert (
            client.post(f"{address(hold)}package/", {"reads": found, "outside": "no", "format": "pdf"}).status_code
            == 403
        )
