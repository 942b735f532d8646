"""C.2.A.2: a stop is written once; what is learned later is added to it."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from hotlists.models import Stop, StopNote

from .stopped import keep

pytestmark = [pytest.mark.clause("C.2.A.2", "F.1"), pytest.mark.django_db]


@pytest.fixture
def stop(officer):
    return keep(officer)


def test_it_stands_beside_what_was_recorded(client_of, officer, stop):
    client = client_of(officer)
    assert client.post(f"/stops/{stop.pk}/notes/", {"note": "The case number was 26-012346."}).status_code == 302
    note = StopNote.objects.get()
    assert (note.by, note.stop) == (officer, stop)
    page = client.get(f"/stops/{stop.pk}/").content.decode()
    assert "The case number was 26-012346." in page
    assert "26-012345" in page


def test_the_stop_itself_never_changes(stop):
    with pytest.raises(ProgrammingError), transaction.atomic():
        Stop.objects.filter(pk=stop.pk).update(verification="full")


@pytest.mark.parametrize("text", ["", "  ", "x" * 2001, "a\x00b"])
def test_what_says_nothing_is_asked_again(client_of, officer, stop, text):
    answer = client_of(officer).post(f"/stops/{stop.pk}/notes/", {"note": text})
    assert answer.status_code == 422
    assert not StopNote.objects.exists()


def test_to_a_stop_that_one_sees(client_of, other_officer, supervisor, auditor, stop):
    url, said = f"/stops/{stop.pk}/notes/", {"note": "Owner found"}
    assert [client_of(who).post(url, said).status_code for who in (other_officer, supervisor, auditor)] == [
        404,
        302,
        403,
    ]
