"""What the entrances share: a form, a door with a key and cameras, and a clock that stands."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from reads import inventory
from tests import cast, database, make

from .messages import URL


@pytest.fixture
def search(officer, client_of):
    """Post the guided search with some of its answers changed."""
    client = client_of(officer)

    def post(**values):
        return client.post("/searches/new/", make.form(**values))

    return post


@pytest.fixture
def clock_at(monkeypatch):
    """The portal's clock at a chosen moment (the database's goes on)."""

    def set_to(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_to


@pytest.fixture(scope="class")
def committed_class(django_db_setup, django_db_blocker):
    """Real transactions for a whole class, whose tests give each read an id of its own; swept afterwards."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            database.sweep(django_db_setup)


def open_door():
    """Two sources with a camera each; answers what posts a body with the first one's key."""
    make.camera("cam-1", in_service_from=date(2026, 1, 1))
    make.camera("cam-9", source=make.source("other"))
    key = inventory.issue_key(make.source(), by=cast.CAST["coordinator"](), now=timezone.now())

    def post(body, content_type="application/json", **headers):
        said = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return Client(headers={"Authorization": f"Bearer {key}"}).post(URL, said, content_type=content_type, **headers)

    return post


@pytest.fixture
def deliver(committed):
    return open_door()


@pytest.fixture(scope="class")
def deliver_often(committed_class):
    """The door for a class: its cameras and its key are made once."""
    return open_door()
