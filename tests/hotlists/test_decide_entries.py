"""C.2.B.2: several entries are decided on one page, each by itself, and what became of each is said honestly."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hotlists.models import EntryDecision, WatchRow
from tests import make
from tests.counting import statements
from training.models import RefusalRecord

pytestmark = [pytest.mark.django_db, pytest.mark.clause("C.2.B.2")]
PAGE = "/hot-lists/entries/waiting/"
SAYS = "The report supports it, checked."


def said(*choices, **values):
    """(version, choice, reason) as a browser sends them."""
    sent = {}
    for version, choice, reason in choices:
        sent |= {f"choice_{version.pk}": choice, f"reason_{version.pk}": reason}
    return {**sent, **values}


@pytest.fixture
def three(officer):
    return [
        make.entry(officer, plate, justification=f"Reason of {plate}") for plate in ("1AAA111", "2BBB222", "3CCC333")
    ]


@pytest.fixture
def client(client_of, administrator):
    return client_of(administrator)


def test_each_stands_with_its_full_justification_the_urgent_first(client, three, officer, administrator):
    amber = make.bolo("amber", kind="amber")
    make.entry(officer, "4DDD444", hot_list=amber, urgent=True, purpose="missing_or_at_risk_person")
    make.entry(administrator, "5EEE555")
    page = client.get(PAGE).content.decode()
    assert [plate for plate in ("1AAA111", "2BBB222", "3CCC333", "4DDD444") if plate not in page] == []
    assert page.index("4DDD444") < page.index("1AAA111") < page.index("2BBB222")
    assert all(version.justification in page for version in three)
    assert "5EEE555" not in page


def test_checked_then_recorded_each_by_itself(client, three):
    one, two, left = three
    sent = said((one, "approve", SAYS), (two, "deny", "The case is closed already."), (left, "leave", ""))
    checked = client.post(PAGE, sent)
    assert checked.status_code == 200
    assert "Nothing is recorded yet. 1 left to wait." in " ".join(checked.content.decode().split())
    assert not EntryDecision.objects.exists()
    done = client.post(PAGE, {**sent, "confirmed": "yes"})
    assert "2 of 2 decisions recorded" in done.content.decode()
    assert set(EntryDecision.objects.values_list("version", "approved")) == {(one.pk, True), (two.pk, False)}
    assert WatchRow.objects.get().plate == "1AAA111"
    page = client.get(PAGE).content.decode()
    assert "3CCC333" in page
    assert "1AAA111" not in page


def test_what_others_did_meanwhile_is_said_and_the_rest_is_done(client, three, officer, chief):
    one, two, three_ = three
    sent = said(*[(version, "approve", SAYS) for version in three])
    make.role(chief, "administrator")
    make.decided(one, chief, approved=False)
    make.version(two.entry, officer, plate="2BBB999")
    answer = client.post(PAGE, {**sent, "confirmed": "yes"})
    page = answer.content.decode()
    assert "1 of 3 decisions recorded" in page
    assert "Another member decided it before you" in page
    assert "changed meanwhile" in page
    assert WatchRow.objects.get().plate == "3CCC333"
    assert set(RefusalRecord.objects.values_list("code", flat=True)) == {"entry.decided", "entry.changed"}


def test_ones_own_is_not_slipped_in(client, administrator, three):
    own = make.entry(administrator, "5EEE555")
    answer = client.post(PAGE, said((own, "approve", SAYS), (three[0], "approve", SAYS), confirmed="yes"))
    assert "Nobody decides on their own entry" in answer.content.decode()
    assert WatchRow.objects.get().plate == "1AAA111"


@pytest.mark.parametrize("choice", ["approve", "deny"])
def test_each_says_why(client, three, choice):
    answer = client.post(PAGE, said((three[0], choice, ""), (three[1], choice, SAYS)))
    assert answer.status_code == 422
    assert SAYS in answer.content.decode()
    assert f'value="{choice}"' in answer.content.decode()
    assert not EntryDecision.objects.exists()


@pytest.mark.parametrize(
    "sent", [{}, {"choice_x": "approve"}, {"choice_00000000-0000-4000-8000-000000000001": "approve"}]
)
def test_nothing_chosen(client, three, sent):
    assert client.post(PAGE, sent).status_code == 422


def test_they_can_be_changed_before_they_are_recorded(client, three):
    answer = client.post(PAGE, said((three[0], "approve", SAYS), change_answers="yes"))
    assert answer.status_code == 200
    assert SAYS in answer.content.decode()
    assert not EntryDecision.objects.exists()


def test_a_constant_number_of_queries(client, three, officer):
    client.get(PAGE)
    few = statements(client.get, PAGE)
    for number in range(9):
        make.entry(officer, f"8ABC{number}00")
    assert statements(client.get, PAGE) == few


def test_nothing_waits(client):
    assert "Nothing waits for you" in client.get(PAGE).content.decode()


def test_officers_do_not(client_of, officer, three):
    assert client_of(officer).post(PAGE, said((three[0], "approve", SAYS), confirmed="yes")).status_code == 403
    assert reverse("decide_entries") == PAGE
