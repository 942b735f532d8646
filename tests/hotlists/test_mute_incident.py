"""C.2.A: further hits of a plate and list stay quiet for a while, for a reason; they are kept all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.parameters import MUTE_LASTS
from alpr_portal.policy.refusal import BadInput
from hotlists import incidents
from hotlists import verification_rules as rules
from hotlists.models import Hit, HitEvent, Incident, Mute, QueueItem
from tests import make

pytestmark = [pytest.mark.clause("C.2.A"), pytest.mark.usefixtures("committed")]


@pytest.fixture
def incident(committed):
    return make.incident("8ABC123")


@pytest.fixture
def mute(client_of, officer, incident):
    client = client_of(officer)
    return lambda **values: client.post(
        reverse("mute_incident", args=[incident.pk]), {"reason": "Parked at the yard", "hours": "8", **values}
    )


def test_it_is_muted_and_its_hits_are_kept_quietly(mute, officer):
    assert mute().status_code == 302
    record = Mute.objects.get()
    assert (record.by, record.reason) == (officer, "Parked at the yard")
    assert timedelta(hours=7, minutes=59) < record.ends_at - record.at < timedelta(hours=8, minutes=1)
    told = HitEvent.objects.count()
    make.read("8ABC123")
    assert (Incident.objects.count(), Hit.objects.count(), QueueItem.objects.get().hits) == (1, 2, 2)
    assert HitEvent.objects.count() == told


@pytest.mark.parametrize(
    "values", [{"reason": " "}, {"hours": "25"}, {"hours": ""}, {"hours": "-1"}, {"reason": "x\x00"}]
)
def test_without_a_reason_or_for_too_long_it_is_asked_again(mute, values):
    assert mute(**values).status_code == 422
    assert not Mute.objects.exists()


def test_how_long_at_most():
    now, most = timezone.now(), MUTE_LASTS.now
    rules.check_mute(now + most, now=now, lasts=most)
    for lasts, code in ((timedelta(0), "mute.past"), (most * 1.01, "mute.too_long")):
        with pytest.raises(BadInput) as error:
            rules.check_mute(now + lasts, now=now, lasts=most)
        assert error.value.code == code


def test_the_action_itself_refuses_a_longer_one(incident, officer):
    now = timezone.now()
    with pytest.raises(BadInput):
        incidents.mute(incident, reason="Long", ends_at=now + timedelta(hours=25), by=officer, now=now)
    assert not Mute.objects.exists()


def test_a_closed_one_is_not_muted(mute, officer, incident):
    make.verification(incident, officer, outcome="misread")
    assert mute().status_code == 403
    assert not Mute.objects.exists()
