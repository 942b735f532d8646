"""Documents of the Department: in versions, with a day and a name, and the one in force on every page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import PublicationKind
from tests import make
from tests.counting import statements
from training import documents
from training.models import Loan, Publication, StoredFile

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def day(number):
    return TODAY() + timedelta(days=number)


def answers(**values):
    said = {
        "kind": "order",
        "title": "DGO I-12",
        "version": "2026-1",
        "in_force_on": day(-1).isoformat(),
        "note": "First text",
        "file": SimpleUploadedFile("order.md", b"# The order\n"),
    }
    return {**said, **values}


@pytest.fixture
def page(administrator, client_of):
    return client_of(administrator)


@pytest.mark.clause("L.1", "L.2")
class TestPublish:
    URL = "/documents/publish/"

    def test_checked_published_and_receipted(self, page, administrator):
        check = page.post(self.URL, answers())
        assert "Check the document" in check.content.decode()
        assert not Publication.objects.exists()
        stored = StoredFile.objects.get()
        done = page.post(self.URL, answers(file="", stored=stored.pk, step="publish"))
        document = Publication.objects.get()
        receipt = page.get(done["Location"]).content.decode()
        assert f"PUB-{str(document.pk)[:8].upper()}" in receipt
        assert (document.by, document.file, document.on_behalf_of) == (administrator, stored, None)

    def test_answers_may_be_changed(self, page):
        page.post(self.URL, answers())
        stored = StoredFile.objects.get()
        form = page.post(self.URL, answers(file="", stored=stored.pk, step="change")).content.decode()
        assert "order.md is kept" in form
        assert 'value="2026-1"' in form

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"file": ""}, "Choose the file"),
            ({"file": SimpleUploadedFile("order.md", b"")}, "empty"),
            ({"file": SimpleUploadedFile("order.exe", b"MZ\x00")}, "kind that is not taken"),
            ({"title": ""}, "Title: fill it in"),
            ({"version": "a\nb"}, "control character"),
            ({"in_force_on": "1066-10-14"}, "between 2000 and 2100"),
            ({"in_force_on": "soon"}, "valid date"),
            ({"kind": "novel"}, "valid choice"),
        ],
    )
    def test_what_cannot_be_read_is_said_and_nothing_is_kept(self, page, wrong, says):
        answer = page.post(self.URL, answers(**wrong))
        assert answer.status_code == 422
        assert says in answer.content.decode()
        assert not StoredFile.objects.exists()

    def test_the_kept_file_of_somebody_else_is_none(self, page, chief):
        foreign = make.stored_file(chief)
        answer = page.post(self.URL, answers(file="", stored=foreign.pk, step="publish"))
        assert answer.status_code == 422
        assert not Publication.objects.exists()

    def test_a_version_is_published_once(self, page, administrator):
        make.document(administrator, version="2026-1")
        page.post(self.URL, answers())
        stored = StoredFile.objects.latest("at")
        answer = page.post(self.URL, answers(file="", stored=stored.pk, step="publish"))
        assert answer.status_code == 403
        assert "stays as it was" in answer.content.decode()

    @pytest.mark.clause("L.1", "L.2")
    def test_a_designee_publishes_on_behalf_of_the_administrator(self, coordinator, administrator, client_of):
        now = timezone.now()
        Loan.objects.write(
            by=administrator,
            designee=coordinator,
            verb=documents.PUBLISH,
            starts_at=now - timedelta(hours=1),
            ends_at=now + timedelta(hours=1),
            reason="Leave",
        )
        client = client_of(coordinator)
        assert "You publish on behalf of Ada Abara" in client.post(self.URL, answers()).content.decode()
        client.post(self.URL, answers(file="", stored=StoredFile.objects.get().pk, step="publish"))
        document = Publication.objects.get()
        assert (document.by, document.on_behalf_of_name) == (coordinator, "Ada Abara")
        shown = client.get(reverse("view_document", args=[document.pk])).content.decode()
        assert "on behalf of Ada Abara" in shown
        ended = documents.end(document, reason="Replaced", by=coordinator)
        assert (ended.reason, ended.on_behalf_of_name) == ("Replaced", "Ada Abara")


class TestInForce:
    def test_the_newest_that_has_begun(self, administrator):
        old = make.document(administrator, in_force_on=day(-400))
        new = make.document(administrator, version="2", in_force_on=day(-10))
        make.document(administrator, version="3", in_force_on=day(10))
        assert documents.in_force("order", TODAY()) == new
        assert documents.in_force("order", day(-11)) == old
        assert documents.in_force("order", day(-500)) is None

    def test_an_ended_one_gives_way_to_the_one_before(self, administrator):
        old, new = make.document(administrator, in_force_on=day(-400)), make.document(administrator, version="2")
        documents.end(new, reason="Withdrawn by the court", by=administrator)
        assert documents.in_force("order", TODAY()) == old
        with pytest.raises(Refused):
            documents.end(new, reason="Again", by=administrator)

    def test_each_title_has_its_own_version_in_force(self, administrator):
        for title in ("Guidelines on searches", "Guidelines on pictures"):
            make.document(administrator, kind="guidelines", title=title)
        assert documents.in_force_on(TODAY()).count() == 2
        assert documents.missing_kinds(TODAY()) == ["order", "transfer_protocol", "training_material"]


@pytest.mark.clause("L.1", "L.2")
class TestFooter:
    def footer(self, client):
        return client.get(reverse("list_documents")).content.decode().split("<footer")[1]

    def test_the_order_in_force_is_named_with_a_link(self, client, administrator):
        document = make.document(administrator, version="October 18, 2022")
        shown = self.footer(client)
        assert "DGO I-12, October 18, 2022" in shown
        assert reverse("view_document", args=[document.pk]) in shown

    def test_where_none_is_published_it_says_so(self, client):
        assert "DGO I-12, 18 October 2022 (text not yet published here)" in self.footer(client)

    def test_it_is_asked_once_a_minute_and_anew_after_publishing(
        self, administrator, django_assert_num_queries, django_capture_on_commit_callbacks
    ):
        documents.policy_version()
        with django_assert_num_queries(0):
            documents.policy_version()
        with django_capture_on_commit_callbacks(execute=True):
            documents.publish(
                kind="order",
                title="DGO I-12",
                version="7",
                in_force_on=TODAY(),
                file=make.stored_file(administrator),
                note="",
                by=administrator,
            )
        assert "DGO I-12, 7" in documents.policy_version()["text"]

    def test_the_cache_away_the_database_answers(self, administrator, monkeypatch):
        make.document(administrator)
        monkeypatch.setattr(cache, "get", lambda *args: None)
        monkeypatch.setattr(cache, "set", lambda *args: None)
        assert "DGO I-12, 1" in documents.policy_version()["text"]

    def test_the_database_away_a_page_of_error_still_has_its_footer(self, monkeypatch):
        def away(*args):
            raise DatabaseError

        monkeypatch.setattr(documents, "in_force", away)
        assert documents.policy_version() == {"text": documents.UNPUBLISHED, "url": ""}


class TestReading:
    def test_everybody_reads_the_order_and_its_file(self, client, administrator):
        document = make.document(administrator)
        shown = client.get(reverse("view_document", args=[document.pk])).content.decode()
        assert "In force" in shown
        assert document.file.sha256 in shown
        answer = client.get(reverse("download_document", args=[document.pk]))
        assert answer.content == b"# The order\n"
        assert answer["Content-Disposition"].startswith("attachment")

    def test_training_material_is_for_members_also_untrained_ones(
        self, client, client_of, administrator, untrained_officer
    ):
        material = make.document(administrator, kind=PublicationKind.TRAINING_MATERIAL.value, title="Slides")
        pages = [reverse(name, args=[material.pk]) for name in ("view_document", "download_document")]
        assert [client.get(url).status_code for url in pages] == [404, 404]
        assert "Slides" not in client.get(reverse("list_documents")).content.decode()
        assert [client_of(untrained_officer).get(url).status_code for url in pages] == [200, 200]

    def test_the_list_costs_as_many_queries_for_many_as_for_one(self, page, administrator):
        url = reverse("list_documents")
        make.document(administrator)
        page.get(url)
        few = statements(page.get, url)
        for number in range(5):
            make.document(administrator, version=f"x{number}")
        assert statements(page.get, url) == few

    def test_ending_needs_a_reason_and_is_told(self, page, administrator):
        document = make.document(administrator)
        url = reverse("end_document", args=[document.pk])
        assert page.post(url, {"reason": ""}).status_code == 422
        page.post(url, {"reason": "Replaced by the City"})
        shown = page.get(reverse("view_document", args=[document.pk])).content.decode()
        assert "Replaced by the City" in shown
        assert "Ended" in shown
