"""C.2.A.2: who sees which stops, found by filters; those without full verification stand out at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hotlists import stops, waiting_stops
from hotlists.models import Stop
from tests import cast, make
from tests.counting import statements

from .stopped import PLATE, keep, late

pytestmark = pytest.mark.clause("C.2.A.2")
URL = "/stops/"


def shown(client, query=""):
    answer = client.get(URL + query)
    assert answer.status_code == 200
    return {row.record.pk for row in answer.context["table"].rows}


@pytest.fixture
def of_officer(officer):
    return keep(officer, seen=PLATE)


@pytest.fixture
def of_other(other_officer):
    return keep(other_officer)


@pytest.fixture
def of_robbery():
    return keep(cast.member("quist", "Quinn Quist", "officer", unit="Robbery"))


class TestWhoSees:
    def test_officers_their_own(self, client_of, officer, of_officer, of_other, of_robbery):
        assert shown(client_of(officer)) == {of_officer.pk}

    def test_supervisors_their_unit(self, client_of, supervisor, of_officer, of_other, of_robbery):
        assert shown(client_of(supervisor)) == {of_officer.pk, of_other.pk}

    def test_a_supervisor_without_a_unit_no_unit(self, client_of, of_officer):
        nowhere = cast.member("nunez", "Nora Nunez", "supervisor")
        no_unit = keep(cast.member("quist", "Quinn Quist", "officer"))
        assert shown(client_of(nowhere)) == set()
        assert client_of(nowhere).get(f"{URL}{no_unit.pk}/").status_code == 404

    @pytest.mark.parametrize("role", ["administrator", "coordinator", "auditor", "independent_auditor"])
    def test_who_administers_and_audits_all(self, role, client_of, of_officer, of_other, of_robbery):
        assert shown(client_of(cast.CAST[role]())) == {of_officer.pk, of_other.pk, of_robbery.pk}

    def test_another_one_is_not_there(self, client_of, officer, supervisor, of_other, of_robbery):
        assert client_of(officer).get(f"{URL}{of_other.pk}/").status_code == 404
        assert client_of(supervisor).get(f"{URL}{of_robbery.pk}/").status_code == 404
        assert client_of(supervisor).get(f"{URL}{of_other.pk}/").status_code == 200

    def test_nobody_without_business(self, client_of, chief):
        assert client_of(chief).get(URL).status_code == 403

    @pytest.mark.parametrize(
        ("role", "sees"), [("officer", True), ("supervisor", True), ("coordinator", True), ("auditor", False)]
    )
    def test_plates_only_for_those_who_may(self, role, sees, client_of, of_officer):
        client = client_of(cast.CAST[role]())
        for url in (URL, f"{URL}{of_officer.pk}/"):
            page = client.get(url).content.decode()
            assert ("8ABC123" in page) is sees
            assert ("ithheld" in page) is not sees


class TestFilters:
    def test_each(self, client_of, auditor, officer, of_officer, of_robbery):
        other = keep(
            officer,
            hot_list=make.hot_list("amber", kind="amber", feed="members"),
            disposition="arrest",
            responded_at=timezone.now() - timedelta(days=3),
        )
        step = late(of_robbery, officer)
        client = client_of(auditor)
        day = timezone.localdate() - timedelta(days=1)
        assert shown(client, "?unit=Robbery") == {of_robbery.pk}
        assert shown(client, f"?hot_list={other.hot_list_id}") == {other.pk}
        assert shown(client, "?disposition=arrest") == {other.pk}
        assert shown(client, f"?until={day}") == {other.pk}
        assert shown(client, f"?since={day}") == {of_officer.pk, of_robbery.pk}
        assert shown(client, "?steps=overdue") == {of_robbery.pk} == shown(client, "?steps=open")
        assert shown(client, "?steps=mine") == set()
        assert shown(client, "?verification=none") == {other.pk, of_officer.pk, of_robbery.pk}
        assert shown(client, "?verification=full") == set()
        assert step.stop == of_robbery

    def test_a_chip_for_each(self, client_of, auditor, of_officer):
        page = client_of(auditor).get(f"{URL}?disposition=recovery").content.decode()
        assert "Remove filter" in page

    def test_three_kinds_of_nothing(self, client_of, officer):
        client = client_of(officer)
        assert "No stops yet" in client.get(URL).content.decode()
        assert "none fits these filters" in client.get(f"{URL}?disposition=arrest").content.decode()
        assert "A filter cannot be read" in client.get(f"{URL}?since=soon").content.decode()


class TestWithoutFullVerification:
    def test_at_once_in_the_worklist(self, supervisor, other_supervisor, auditor, client_of, of_officer):
        assert waiting_stops.unverified(supervisor)[0] == 1 == waiting_stops.unverified(auditor)[0]
        assert waiting_stops.unverified(other_supervisor)[0] == 0
        assert shown(client_of(auditor), "?verification=lately") == {of_officer.pk}
        assert "Made without full verification" in client_of(auditor).get(f"{URL}{of_officer.pk}/").content.decode()

    def test_for_thirty_days(self, auditor, officer):
        made = keep(officer)
        values = {f.attname: getattr(made, f.attname) for f in Stop._meta.concrete_fields}
        left_out = {"id", "at", "by_id", "by_name"}
        old = {name: value for name, value in values.items() if name not in left_out}
        make.backdated(Stop, at=timezone.now() - timedelta(days=31), by=officer, **old)
        assert waiting_stops.unverified(auditor)[0] == 1

    @pytest.mark.usefixtures("committed")
    def test_a_verified_one_is_not_among_them(self, officer):
        incident = make.incident()
        make.verification(incident, officer, clets_at=timezone.now() - timedelta(minutes=5))
        keep(officer, incident=incident)
        assert Stop.objects.get().verification == "full"
        assert waiting_stops.unverified(cast.CAST["auditor"]())[0] == 0


@pytest.mark.usefixtures("committed")
class TestClosedAsAStop:
    def test_until_it_is_on_record(self, officer, other_officer, supervisor, auditor, client_of):
        incident = make.incident()
        make.verification(incident, officer, outcome="stop")
        assert [stops.unrecorded(who).count() for who in (officer, other_officer, supervisor, auditor)] == [1, 0, 1, 1]
        assert [waiting_stops.unrecorded(who)[0] for who in (officer, auditor)] == [1, 1]
        assert f"/hits/{incident.pk}/stop/" in client_of(officer).get(URL).content.decode()
        seen = client_of(auditor).get(URL).content.decode()
        assert incident.number in seen
        assert f"/hits/{incident.pk}/stop/" not in seen
        keep(officer, incident=incident)
        assert waiting_stops.unrecorded(auditor) == (0, None)
        assert "Closed as a stop" not in client_of(officer).get(URL).content.decode()

    def test_another_end_owes_nothing(self, officer):
        make.verification(make.incident(), officer, outcome="misread")
        assert not stops.unrecorded(officer)
        assert not stops.unrecorded(cast.CAST["auditor"]())


def test_the_same_number_of_queries_for_many(client_of, auditor, officer):
    client = client_of(auditor)
    stop = keep(officer)
    client.get(URL)
    few = statements(client.get, URL)
    for _ in range(6):
        late(keep(officer), officer)
    assert statements(client.get, URL) == few
    page = f"{URL}{stop.pk}/"
    few = statements(client.get, page)
    [late(stop, officer) for _ in range(5)]
    assert statements(client.get, page) == few
