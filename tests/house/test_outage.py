"""While the database does not answer, pages say 503 and the door for reads asks to send again."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from alpr_portal import views
from reads import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(monkeypatch):
    def lost(*args, **kwargs):
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(views, "figures", lost)
    monkeypatch.setattr(api, "source_of", lost)
    return Client(raise_request_exception=False)


def test_a_page_says_503(away):
    answer = away.get("/public/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "lost" not in answer.content.decode()


def test_the_door_for_reads_says_so_in_its_own_words(away):
    answer = away.post("/api/v1/reads", b"[]", content_type="application/json")
    assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (
        503,
        "30",
        "application/problem+json",
    )
    assert answer.json()["code"] == "unavailable"


def test_a_fault_of_ours_is_500(away, monkeypatch):
    monkeypatch.setattr(views, "figures", lambda: 1 / 0)
    assert away.get("/public/").status_code == 500
