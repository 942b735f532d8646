"""C.2.B.2, C.3.b: who sees which entry, and of whom the plate is kept; filters, worklist, the way to a search."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alpr_portal import worklist
from hotlists import entries, waiting_entries
from hotlists.models import EntryVersion
from reads.models import Query
from tests import cast, make
from tests.counting import statements

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.2.B.2")]
LIST = "/hot-lists/entries/"


def rows(client, query=""):
    answer = client.get(LIST + query)
    assert answer.status_code == 200
    return {row.record.plate for row in answer.context["table"].rows}


def shown(client, entry):
    answer = client.get(reverse("view_entry", args=[entry.pk]))
    return answer.status_code, answer.content.decode()


class TestConfidential:
    """What only its unit sees does not exist for others; who oversees sees it without its plate."""

    @pytest.fixture
    def secret(self, officer):
        return make.entry(
            officer, "7SEC888", confidentiality="unit", justification="Seen as 7SEC888 at three burglaries."
        ).entry

    @pytest.mark.parametrize("name", ["officer", "other_officer", "supervisor", "administrator"])
    def test_seen_with_its_plate(self, client_of, secret, name):
        client = client_of(cast.CAST[name]())
        status, page = shown(client, secret)
        assert (status, "7SEC888" in page) == (200, True)
        assert "7SEC888" in client.get(LIST).content.decode()

    @pytest.mark.parametrize("name", ["coordinator", "auditor", "independent_auditor"])
    def test_seen_without_its_plate(self, client_of, secret, name):
        client = client_of(cast.CAST[name]())
        status, page = shown(client, secret)
        assert (status, "7SEC888" in page) == (200, False)
        assert "Withheld: plates are opened only inside a drawn sample." in page
        listed = client.get(LIST).content.decode()
        assert secret.number in listed
        assert "7SEC888" not in listed

    @pytest.mark.parametrize("name", ["other_supervisor", "designated"])
    def test_it_does_not_exist_for_other_units(self, client_of, secret, name):
        client = client_of(cast.CAST[name]())
        assert shown(client, secret)[0] == 404
        assert rows(client) == set()
        for verb in ("edit_entry", "end_entry"):
            assert client.get(reverse(verb, args=[secret.pk])).status_code == 404

    def test_nor_while_a_change_that_opens_it_waits(self, client_of, secret, officer, administrator):
        make.decided(secret.versions.get(), administrator)
        stranger = client_of(cast.CAST["other_supervisor"]())
        newer = make.version(secret, officer, confidentiality="department", plate="7SEC888")
        assert shown(stranger, secret)[0] == 404
        make.decided(newer, administrator)
        status, page = shown(stranger, secret)
        assert (status, "three burglaries in a week" in page) == (200, True)
        assert "Seen as 7SEC888 at three burglaries." not in page  # the version that was confidential stays so

    def test_a_waiting_change_that_closes_it_closes_it_at_once(self, client_of, officer, administrator):
        entry = make.active(officer, decider=administrator)
        stranger = client_of(cast.CAST["other_supervisor"]())
        assert shown(stranger, entry)[0] == 200
        make.version(entry, officer, confidentiality="unit")
        assert shown(stranger, entry)[0] == 404


@pytest.mark.parametrize("name", ["auditor", "independent_auditor"])
def test_who_audits_sees_no_plate_of_any_entry(client_of, officer, administrator, name):
    entry = make.active(officer, decider=administrator, justification="A witness gave 8ABC123 for it.")
    make.version(entry, officer, plate="9ZZZ999", change="It is 9ZZZ999, not 8ABC123")
    client = client_of(cast.CAST[name]())
    for page in (client.get(LIST).content.decode(), shown(client, entry)[1]):
        assert "8ABC123" not in page
        assert "9ZZZ999" not in page
    assert "plate withheld" in shown(client, entry)[1]


class TestFilters:
    @pytest.fixture
    def several(self, officer, other_supervisor, administrator):
        make.entry(officer, "1PEN111")
        make.active(officer, "2ACT222", decider=administrator, expires_at=timezone.now() + timedelta(days=2))
        make.active(other_supervisor, "3ACT333", decider=administrator, purpose="violent_crime")
        make.decided(make.entry(officer, "4DEN444"), administrator, approved=False)
        changed = make.active(officer, "5OLD555", decider=administrator)
        make.version(changed, officer, plate="5NEW555")

    @pytest.mark.parametrize(
        ("query", "plates"),
        [
            ("", {"1PEN111", "2ACT222", "3ACT333", "4DEN444", "5NEW555"}),
            ("?state=pending", {"1PEN111", "5NEW555"}),
            ("?state=active", {"2ACT222", "3ACT333", "5NEW555"}),
            ("?state=denied", {"4DEN444"}),
            ("?state=denied&whose=own&news=yes", {"4DEN444"}),
            ("?soon=yes&whose=own", {"2ACT222"}),
            ("?purpose=violent_crime", {"3ACT333"}),
            ("?whose=unit", {"1PEN111", "2ACT222", "4DEN444", "5NEW555"}),
            ("?state=ended", set()),
            ("?confirm=yes", set()),
        ],
    )
    def test_filter(self, client_of, officer, several, query, plates):
        assert rows(client_of(officer), query) == plates

    def test_no_plate_is_in_an_address(self, client_of, officer, several):
        page = client_of(officer).get(LIST).content.decode()
        assert "2ACT222" in page
        assert not [part for part in page.split('href="')[1:] if "2ACT222" in part.split('"')[0]]

    def test_an_unknown_sort_is_refused(self, client_of, officer):
        assert client_of(officer).get(LIST + "?sort=plate_fold").status_code == 400


def test_a_constant_number_of_queries(client_of, officer, administrator):
    client = client_of(officer)
    entry = make.active(officer, decider=administrator)
    client.get(LIST)
    few = statements(client.get, LIST)
    seen = statements(client.get, reverse("view_entry", args=[entry.pk]))
    for number in range(9):
        found = make.active(officer, f"8ABC{number}00", decider=administrator)
    for _ in range(4):
        make.decided(make.version(found, officer), administrator)
    assert statements(client.get, LIST) == few
    assert statements(client.get, reverse("view_entry", args=[found.pk])) - seen <= 0


def test_empty(client_of, officer, auditor):
    assert "Propose an entry" in client_of(officer).get(LIST).content.decode()
    assert "Nobody has proposed any" in client_of(auditor).get(LIST).content.decode()


class TestSearchPastReads:
    def test_it_opens_the_search_form_filled_in_and_runs_nothing(self, client_of, officer, administrator):
        entry = make.active(officer, decider=administrator)
        client = client_of(officer)
        assert "Search past reads" in shown(client, entry)[1]
        version = entry.versions.get()
        sent = {"prefill": "1", "plate": version.plate, "purpose": version.purpose, "case_number": version.case_number}
        answer = client.post(reverse("run_query"), sent)
        assert answer.status_code == 200
        form = answer.context["form"]
        assert {name: form[name].value() for name in sent if name != "prefill"} == {
            name: value for name, value in sent.items() if name != "prefill"
        }
        assert not form.errors
        assert not Query.objects.exists()

    def test_not_where_the_plate_is_kept(self, client_of, officer, auditor, coordinator):
        entry = make.entry(officer).entry
        for member in (auditor, coordinator):
            assert "Search past reads" not in shown(client_of(member), entry)[1]


class TestWorklist:
    def lines(self, member):
        return {item.label: item for item in worklist.worklist(member)}

    def test_what_waits_for_the_administrator(self, administrator, officer):
        make.entry(officer)
        make.entry(administrator, "9ZZZ999")
        amber = make.bolo("amber", kind="amber")
        make.entry(officer, hot_list=amber, urgent=True, purpose="missing_or_at_risk_person")
        found = self.lines(administrator)
        assert found["Entries that await your decision"].count == 1
        assert found["Urgent entries that await your decision"].count == 1
        assert "Entries that await your decision" not in self.lines(officer)

    def test_own_entries_that_end_soon_or_were_not_approved(self, officer, other_officer, administrator):
        soon = timezone.now() + timedelta(days=2)
        make.active(officer, decider=administrator, expires_at=soon)
        make.active(officer, "9ZZZ999", decider=administrator)
        make.decided(make.entry(officer), administrator, approved=False)
        found = self.lines(officer)
        assert found["Entries of yours that end within three days"].due_at == soon
        assert found["Entries of yours that were not approved"].count == 1
        assert not {label for label in self.lines(other_officer) if label.startswith("Entries of yours")}

    def test_a_renewal_that_waits_silences_it(self, officer, administrator):
        entry = make.active(officer, decider=administrator, expires_at=timezone.now() + timedelta(days=2))
        assert waiting_entries.expiring(officer)[0] == 1
        make.version(entry, officer)
        assert waiting_entries.expiring(officer)[0] == 0


def test_versions_of_others_are_told_only_as_steps(officer, administrator, other_supervisor):
    secret = make.entry(officer, confidentiality="unit")
    assert not entries.sees(other_supervisor, EntryVersion.objects.get(pk=secret.pk))
    assert entries.sees(administrator, secret)
