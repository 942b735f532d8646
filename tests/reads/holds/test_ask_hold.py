"""G: reads are asked to be kept from a search's results, a read's page or a hit, for a case and a ground; found under a look."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from hotlists.models import Incident
from reads.holds import asking, rules
from reads.models import Access, Hold, HoldItem
from tests import make
from tests.reads.holds.typed import PDF, typed
from training import stored_files
from training.models import RefusalRecord, StoredFile

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G", "G.1", "G.2", "G.3")]


@pytest.fixture
def query(officer):
    return make.query(officer)


def page(query):
    return reverse("ask_hold", args=[query.pk])


def paper(content=PDF, name="letter.pdf"):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


class TestFromASearch:
    def test_chosen_reads_from_the_results_to_the_receipt(self, client_of, officer, query):
        one, two = make.read(), make.read()
        client = client_of(officer)
        shown = client.get(reverse("view_query", args=[query.pk])).content.decode()
        assert f'name="reads" value="{one}" form="hold-form"' in shown
        assert page(query) in shown
        begun = client.post(page(query), {"begin": "1", "reads": [str(one)]})
        assert begun.status_code == 200
        assert "1 read of query" in " ".join(begun.content.decode().split())
        assert not begun.context["form"].errors
        check = client.post(page(query), typed(reads=[str(one)]))
        assert "Check your answers" in check.content.decode()
        assert not Hold.objects.exists()
        carried = dict(check.context["typed"]) | {"reads": [value for _, value in check.context["carried"]]}
        done = client.post(page(query), carried | {"confirmed": "yes"})
        hold = Hold.objects.get()
        assert done.headers["Location"] == reverse("view_receipt", args=[hold.pk])
        assert (hold.by, hold.scope, hold.query, hold.items) == (officer, "reads", query, 1)
        assert list(hold.reads.values_list("read_id", flat=True)) == [one] != [two]
        assert hold.number in client.get(done.headers["Location"]).content.decode()

    def test_no_plate_stands_in_an_address(self, client_of, officer, query):
        read_id = make.read("ZQX7K3M")
        plate_query = make.query(officer, criteria={"plate": "ZQX7K3M"})
        done = client_of(officer).post(page(plate_query), typed(reads=[str(read_id)], confirmed="yes"))
        assert "ZQX7K3M" not in page(plate_query) + done.headers["Location"]

    def test_everything_that_a_search_of_a_plate_finds(self, client_of, officer, query):
        mine = {make.read(), make.read()}
        make.read("9ZZZ999")
        done = client_of(officer).post(page(query), typed(everything="1", confirmed="yes"))
        assert done.status_code == 302
        hold = Hold.objects.get()
        assert (hold.scope, hold.items) == ("query", 2)
        assert set(hold.reads.values_list("read_id", flat=True)) == mine

    def test_of_a_place_and_a_time_reads_are_chosen(self, client_of, officer):
        make.read()
        place = make.query(officer, plate="", criteria={"plate": ""})
        answer = client_of(officer).post(page(place), typed(everything="1", confirmed="yes"))
        assert answer.status_code == 403
        assert RefusalRecord.objects.get().code == "hold.no_plate"
        assert not Hold.objects.exists()

    def test_what_the_search_does_not_find_is_not_among_them(self, client_of, officer, query):
        found, other = make.read(), make.read("9ZZZ999")
        named = [str(found), str(other), str(uuid.uuid4()), "nonsense", ""]
        client_of(officer).post(page(query), typed(reads=named, confirmed="yes"))
        assert set(HoldItem.objects.values_list("read_id", flat=True)) == {found}

    @pytest.mark.parametrize("named", [[], ["nonsense"]])
    def test_nothing_chosen(self, client_of, officer, query, named):
        make.read()
        answer = client_of(officer).post(page(query), typed(reads=named, confirmed="yes"))
        assert answer.status_code == 403
        assert RefusalRecord.objects.get().code == "hold.nothing"

    @pytest.mark.clause("F.1")
    def test_the_reads_are_found_under_a_recorded_look(self, officer, query):
        make.read()
        asking.found_by(query, None, by=officer, now=timezone.now())
        look = Access.objects.get()
        assert (look.by, look.query, look.answer.rows) == (officer, query, 1)

    def test_from_the_page_of_a_read(self, client_of, officer, query):
        read_id = make.read()
        shown = client_of(officer).get(reverse("view_read", args=[query.pk, read_id])).content.decode()
        assert f'action="{page(query)}"' in shown

    def test_another_s_search_is_404(self, client_of, other_officer, query):
        assert client_of(other_officer).post(page(query), typed()).status_code == 404

    def test_a_search_that_never_ran_is_404(self, client_of, officer):
        waiting = make.waiting_query(officer)
        assert client_of(officer).post(page(waiting), typed()).status_code == 404

    def test_the_first_deadline_is_that_of_the_oldest_read(self, officer, query):
        uploaded = timezone.now() - timedelta(days=1)
        make.read(uploaded_at=uploaded)
        make.read()
        found = asking.found_by(query, None, by=officer, now=timezone.now())
        hold = asking.ask_hold(said(), found, by=officer, now=timezone.now())
        assert hold.expires_at == uploaded + timedelta(hours=720)


def said(**values):
    review_on = timezone.localdate() + rules.USUAL
    reason = "Armed robbery of a shop, this vehicle left the scene."
    return asking.Said(
        **{
            "ground": "active_investigation",
            "case_number": "26-012345",
            "reason": reason,
            "review_on": review_on,
            **values,
        }
    )


class TestForm:
    @pytest.mark.parametrize(
        ("values", "field", "code"),
        [
            ({"ground": ""}, "ground", "required"),
            ({"ground": "curiosity"}, "ground", "invalid_choice"),
            ({"case_number": ""}, "case_number", "case.missing"),
            ({"case_number": "26-000000"}, "case_number", "case.placeholder"),
            ({"reason": ""}, "reason", "just.blank"),
            ({"reason": "because"}, "reason", "just.too_vague"),
            ({"review_on": ""}, "review_on", "review.missing"),
            ({"review_on": "2024-01-01"}, "review_on", "review.past"),
            ({"review_on": "2099-01-01"}, "review_on", "review.too_late"),
            ({"ground": "legal_obligation"}, "obligation_of", "hold.obligation"),
            ({"ground": "legal_obligation", "obligation_of": "District Attorney"}, "file", "hold.document"),
        ],
    )
    def test_what_is_wrong_stands_at_its_field(self, client_of, officer, query, values, field, code):
        read_id = make.read()
        answer = client_of(officer).post(page(query), typed(reads=[str(read_id)], confirmed="yes", **values))
        assert answer.status_code == 422
        assert {error.code for error in answer.context["form"].errors.as_data()[field]} == {code}
        assert not Hold.objects.exists()

    def test_the_review_is_in_thirty_days_unless_said_otherwise(self, client_of, officer, query):
        read_id = make.read()
        answer = client_of(officer).post(page(query), {"begin": "1", "reads": [str(read_id)]})
        expected = (timezone.localdate() + timedelta(days=30)).isoformat()
        assert answer.context["form"]["review_on"].value() == expected

    def test_a_forbidden_reason_is_refused_and_recorded(self, client_of, officer, query):
        read_id = make.read()
        reason = "For immigration enforcement by ICE: find the driver of this vehicle for deportation."
        answer = client_of(officer).post(page(query), typed(reads=[str(read_id)], reason=reason, confirmed="yes"))
        assert answer.status_code == 403
        assert RefusalRecord.objects.get().clause == "E.3"

    def test_many_reads_are_asked_about(self, client_of, officer, query, monkeypatch):
        monkeypatch.setattr("reads.holds.rules.HOLD_ASKS", Few(1))
        monkeypatch.setattr("reads.holds.forms.HOLD_ASKS", Few(1))
        ids = [str(make.read()) for _ in range(2)]
        client = client_of(officer)
        assert "Why so many" not in client.post(page(query), {"begin": "1", "reads": ids[:1]}).content.decode()
        assert "Why so many" in client.post(page(query), {"begin": "1", "reads": ids}).content.decode()
        answer = client.post(page(query), typed(reads=ids, bulk_reason="", confirmed="yes"))
        assert {error.code for error in answer.context["form"].errors.as_data()["bulk_reason"]} == {"hold.bulk"}
        why = "Each sighting places the vehicle near one of the robberies."
        assert client.post(page(query), typed(reads=ids, bulk_reason=why, confirmed="yes")).status_code == 302
        assert Hold.objects.get().bulk_reason == why

    def test_too_many_are_refused(self, officer, query, monkeypatch):
        monkeypatch.setattr("reads.holds.rules.HOLD_CAP", Few(2))
        monkeypatch.setattr("reads.holds.asking.HOLD_CAP", Few(2))
        for _ in range(4):
            make.read()
        found = asking.found_by(query, None, by=officer, now=timezone.now())
        assert len(found.items) == 3
        with pytest.raises(Refused) as refused:
            asking.ask_hold(said(), found, by=officer, now=timezone.now())
        assert refused.value.refusal.code == "hold.cap"

    def test_whose_role_does_not_include_it(self, coordinator, officer, query):
        make.read()
        found = asking.found_by(query, None, by=officer, now=timezone.now())
        with pytest.raises(Refused) as refused:
            asking.ask_hold(said(), found, by=coordinator, now=timezone.now())
        assert refused.value.refusal.code == "hold.not_entitled"


class Few:
    """A parameter with a small number now."""

    def __init__(self, now):
        self.now = now


@pytest.mark.clause("G.3")
class TestObligation:
    def obliged(self, read_id, **values):
        return typed(
            **{"reads": [str(read_id)], "ground": "legal_obligation", "obligation_of": "District Attorney", **values}
        )

    def test_it_carries_its_document(self, client_of, officer, administrator, other_officer, query):
        read_id, client = make.read(), client_of(officer)
        check = client.post(page(query), self.obliged(read_id, file=paper()))
        assert "letter.pdf" in check.content.decode()
        carried = dict(check.context["typed"])
        client.post(page(query), carried | {"reads": [str(read_id)], "confirmed": "yes"})
        hold = Hold.objects.get()
        assert (hold.obligation_of, hold.document.name) == ("District Attorney", "letter.pdf")
        assert StoredFile.objects.count() == 1
        address = reverse("view_hold_document", args=[hold.pk])
        for member in (officer, administrator):
            assert client_of(member).get(address).content == PDF
        assert client_of(other_officer).get(address).status_code == 404

    def test_only_a_pdf(self, client_of, officer, query):
        read_id = make.read()
        answer = client_of(officer).post(page(query), self.obliged(read_id, file=paper(b"# a letter", "letter.md")))
        assert {error.code for error in answer.context["form"].errors.as_data()["file"]} == {"file.type"}
        assert not StoredFile.objects.exists()

    def test_of_somebody_else_or_another_hold_is_none(self, client_of, officer, other_officer, query):
        read_id, client = make.read(), client_of(officer)
        theirs = stored_files.store("a.pdf", PDF, by=other_officer, kinds=frozenset({stored_files.PDF}))
        answer = client.post(page(query), self.obliged(read_id, kept=str(theirs.pk), confirmed="yes"))
        assert {error.code for error in answer.context["form"].errors.as_data()["file"]} == {"hold.document"}
        client.post(page(query), self.obliged(read_id, file=paper(), confirmed="yes"))
        used = Hold.objects.get().document
        answer = client.post(page(query), self.obliged(read_id, kept=str(used.pk), confirmed="yes"))
        assert {error.code for error in answer.context["form"].errors.as_data()["file"]} == {"hold.document"}


class TestFromAHit:
    def test_what_a_hit_saw_is_kept(self, client_of, officer):
        incident, client = make.incident(), client_of(officer)
        address = reverse("ask_hold_of_hit", args=[incident.pk])
        assert address in client.get(reverse("view_incident", args=[incident.pk])).content.decode()
        assert "1 read of the sightings of hit" in " ".join(client.get(address).content.decode().split())
        done = client.post(address, typed(confirmed="yes"))
        hold = Hold.objects.get()
        assert done.headers["Location"] == reverse("view_receipt", args=[hold.pk])
        assert (hold.scope, hold.query, hold.items) == ("hit", None, 1)
        assert hold.hits == [incident.hits.get().pk]

    def test_a_hit_of_another_unit_is_404(self, client_of, officer, other_supervisor):
        """What only a unit sees exists for nobody else."""
        make.active(officer, confidentiality="unit")
        make.read()
        incident = Incident.objects.get()
        address = reverse("ask_hold_of_hit", args=[incident.pk])
        assert client_of(officer).get(address).status_code == 200
        assert client_of(other_supervisor).get(address).status_code == 404
