"""The demo has holds of each kind to try: one waits, one runs, one ends soon, one was released; told once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from alpr_portal.demo import holds, load
from reads.holds import queries
from reads.models import Hold

from .test_load import days_again, quiet  # noqa: F401 - a fixture


@pytest.mark.usefixtures("days_again")
def test_one_of_each():
    load.bring_up_to_now(quiet, days=3)
    now = timezone.now()
    found = queries.with_life(Hold.objects.all(), now).order_by("at")
    assert [hold.life for hold in found] == ["waiting", "running", "running", "released"]
    assert queries.review_due(Hold.objects.all(), now).count() == 1
    holds.tell(now)
    assert Hold.objects.count() == 4
