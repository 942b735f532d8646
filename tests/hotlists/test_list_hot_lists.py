"""C.2.A.1, C.2.B.1: the hot lists with their age, what waits, and what came in for each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alpr_portal.health import lists_renewed
from alpr_portal.policy.vocabulary import Via
from alpr_portal.worklist import worklist
from hotlists import importer
from hotlists.models import DeliveryProgress
from tests import make
from tests.counting import statements

from .files import hot_file, load, plates, ready

pytestmark = [pytest.mark.clause("C.2.B.1"), pytest.mark.django_db]
NOW = timezone.now


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def page(client, name, *args, query=""):
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def aged(name, **age):
    make.refresh(make.hot_list(name), "8ABC123", at=NOW() - timedelta(**age))
    return make.hot_list(name)


@pytest.mark.clause("C.2.A.1-age")
@pytest.mark.parametrize(
    ("hours", "words"), [(1, "Fresh"), (25, "Stale"), (73, "Silent: raises no hits"), (None, "Never loaded")]
)
def test_a_list_says_how_old_it_is(client_of, officer, hours, words):
    svs = make.hot_list("svs") if hours is None else aged("svs", hours=hours)
    client = client_of(officer)
    assert words in page(client, "list_hot_lists")
    assert words in page(client, "view_hot_list", svs.pk)


def test_filters_find_what_waits(client_of, coordinator):
    client = client_of(coordinator)
    aged("old", hours=30)
    aged("new", hours=1)
    make.template(make.hot_list("open"), approved=False)
    held = make.hot_list("held")
    make.refresh(held, "8ABC123")
    make.refresh(held, "8ABC123", outcome="held", code="hotlist.changed")
    for state, name in (("stale", "OLD"), ("template", "OPEN"), ("held", "HELD"), ("never", "OPEN")):
        shown = page(client, "list_hot_lists", query=f"?state={state}")
        assert [each for each in ("OLD", "NEW", "OPEN", "HELD") if f">{each}<" in shown] == [name], state


def test_it_costs_the_same_for_one_list_and_for_many(client_of, coordinator):
    client = client_of(coordinator)
    aged("l0", hours=1)
    client.get(reverse("list_hot_lists"))
    one = statements(client.get, reverse("list_hot_lists"))
    for number in range(1, 8):
        aged(f"l{number}", hours=number)
    assert statements(client.get, reverse("list_hot_lists")) == one


def test_so_does_a_list_with_many_files(client_of, coordinator):
    svs, client = ready(), client_of(coordinator)
    load(svs, hot_file(*plates(2)))
    client.get(reverse("view_hot_list", args=[svs.pk]))
    one = statements(client.get, reverse("view_hot_list", args=[svs.pk]))
    for _ in range(6):
        load(svs, hot_file(*plates(2)))
        make.template(svs)
    assert statements(client.get, reverse("view_hot_list", args=[svs.pk])) == one


def test_there_are_words_for_no_list(client_of, coordinator, officer):
    assert "Add the first one" in page(client_of(coordinator), "list_hot_lists")
    assert "The ALPR Coordinator adds them" in page(client_of(officer), "list_hot_lists")


class TestTheReceipt:
    def test_tells_what_the_file_held_and_no_plate(self, client_of, officer):
        svs = ready()
        receipt = load(svs, hot_file("8ABC123,CA,SVS,stolen,", "1BAD%11,CA,SVS,stolen,"), name="../x/today.csv")
        shown = page(client_of(officer), "view_list_file", receipt.delivery_id)
        for said in ("hotlist.bad_rows", "plate.bad_char", "Line 3:", receipt.delivery.digest, "today.csv"):
            assert said in shown
        assert "8ABC123" not in shown
        assert "1BAD" not in shown

    def test_says_where_the_content_never_changed(self, client_of, officer):
        svs = ready()
        first = load(svs, hot_file(*plates(5)))
        second = load(svs, hot_file(*plates(5)))
        client = client_of(officer)
        assert "byte for byte, as that of version 1" in page(client, "view_list_file", second.delivery_id)
        assert "byte for byte" not in page(client, "view_list_file", first.delivery_id)

    def test_before_it_is_read_the_page_says_how_far_it_is(self, client_of, officer):
        delivery = importer.take(ready(), [hot_file(*plates(100))], name="a.csv", via=Via.FOLDER, by=None)
        client = client_of(officer)
        assert "It waits to be read" in page(client, "view_list_file", delivery.pk)
        DeliveryProgress.objects.create(delivery=delivery, rows=1000, bytes=delivery.size // 2, tries=1, beat_at=NOW())
        shown = page(client, "view_list_file", delivery.pk)
        assert "It is being read" in shown
        assert "49 % read, 1,000 rows" in shown or "50 % read, 1,000 rows" in shown
        assert "look=2" in shown


class TestUpload:
    def post(self, client, svs, body, name="today.csv"):
        from django.core.files.uploadedfile import SimpleUploadedFile

        return client.post(reverse("deliver_list_file", args=[svs.pk]), {"file": SimpleUploadedFile(name, body)})

    def test_a_file_is_kept_and_read_apart(self, client_of, coordinator):
        svs, client = ready(), client_of(coordinator)
        answer = self.post(client, svs, hot_file(*plates(5)))
        delivery = svs.deliveries.get()
        assert answer.headers["Location"] == reverse("view_list_file", args=[delivery.pk])
        assert (delivery.by, delivery.via, delivery.size) == (coordinator, "upload", len(hot_file(*plates(5))))
        assert importer.read_waiting(NOW()) == 1
        assert "Replaced the list" in page(client, "view_list_file", delivery.pk)
        assert list(importer.spool().iterdir()) == []

    def test_one_that_is_too_large_is_not(self, client_of, coordinator, monkeypatch):
        monkeypatch.setattr("hotlists.views.list_files.UPLOAD_LIMIT", 1000)
        monkeypatch.setattr("hotlists.list_forms.UPLOAD_LIMIT", 1000)
        svs = ready()
        for body in (b"x" * 2000, b"x" * 100_000):
            assert self.post(client_of(coordinator), svs, body).status_code == 422
        assert not svs.deliveries.exists()
        assert list(importer.spool().iterdir()) == []

    def test_none_is_a_fault_of_the_form(self, client_of, coordinator):
        answer = client_of(coordinator).post(reverse("deliver_list_file", args=[ready().pk]), {})
        assert answer.status_code == 422
        assert "choose one" in answer.content.decode()

    def test_a_list_of_members_takes_none(self, client_of, coordinator):
        assert self.post(client_of(coordinator), make.bolo(), b"x").status_code == 403

    def test_the_token_is_asked_for(self, client_of, coordinator):
        client = client_of(coordinator, enforce_csrf_checks=True)
        assert self.post(client, ready(), hot_file(*plates(5))).status_code == 403


@pytest.mark.clause("L.4")
class TestWhoIsTold:
    def labels(self, member):
        return {item.label: item.count for item in worklist(member)}

    def test_the_coordinator_of_stale_lists_and_held_files(self, coordinator):
        aged("svs", hours=25)
        make.hot_list("ncic", kind="ncic")
        make.refresh(make.hot_list("ca"), "8ABC123", outcome="held", code="hotlist.changed")
        told = self.labels(coordinator)
        assert told["Hot lists over 24 hours old"] == 1
        assert told["Hot lists that were never loaded"] == 2
        assert told["Files of hot lists that are held for a person"] == 1

    def test_the_administrator_of_templates(self, administrator, coordinator):
        make.template(make.hot_list(), approved=False)
        assert self.labels(administrator)["Templates of hot lists that await your decision"] == 1

    def test_the_health_page(self):
        assert lists_renewed().says == "no list is fed by files"
        aged("svs", hours=1)
        assert (lists_renewed().ok, lists_renewed().says) == (True, "1 fresh")
        aged("ca-doj", hours=25)
        aged("ncic", hours=80)
        make.hot_list("amber", kind="amber")
        assert not lists_renewed().ok
        said = "1 fresh, 1 stale, 1 silent for over 72 hours, 1 never loaded: ca-doj, ncic, amber"
        assert lists_renewed().says == said
