"""Who may reach what: one table of address × method × person, each cell a request, compared with the URLconf both ways."""

from __future__ import annotations

import csv
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.urls.converters import IntConverter

from tests import cast, database
from tests.conftest import confirmed
from tests.test_house import patterns
from training.access import demands

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TABLE = Path(__file__).parent / "tables" / "access.csv"
ARGUMENTS = {
    "pk": uuid.UUID(int=7),
    "read_id": uuid.UUID(int=8),
    "number": 0,
    "token": "no-such-token",
    "format": "csv",
}


def rows():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def address(name):
    pattern = next(p for p in patterns() if p.name == name)
    numbered = isinstance(pattern.pattern.converters.get("pk"), IntConverter)  # allauth counts its factors
    given = {**ARGUMENTS, "pk": 7} if numbered else ARGUMENTS
    return reverse(name, kwargs={k: given[k] for k in pattern.pattern.converters})


PEOPLE = [name for name in rows()[0] if name not in {"url_name", "method"}]


@contextmanager
def undone():
    """Whatever happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def callers(django_db_setup, django_db_blocker):
    """Everybody of the table, signed in once for all rows."""
    with django_db_blocker.unblock(), undone():
        found = {"anonymous": Client()}
        for person in PEOPLE[1:]:
            found[person] = Client()
            found[person].force_login(cast.CAST[person](), backend=BACKEND)
            confirmed(found[person])
        yield found
    with django_db_blocker.unblock():
        database.sweep(django_db_setup)  # the door for reads counts what it refuses, on ingest's own connection


@pytest.mark.clause("C.3.b", "E.1")
@pytest.mark.parametrize("row", rows(), ids=lambda r: f"{r['method']} {r['url_name']}")
def test_every_cell_answers_exactly(row, callers):
    answers = {}
    for person, caller in callers.items():
        with undone():
            cookies = caller.cookies.copy()
            answers[person] = str(caller.generic(row["method"], address(row["url_name"])).status_code)
            caller.cookies = cookies
    assert answers == {person: row[person] for person in PEOPLE}


def test_the_table_and_the_urlconf_name_the_same_addresses():
    opened = {p.name for p in patterns() if any(demands(p.callback, p.name))}
    assert {row["url_name"] for row in rows()} == opened


def test_every_address_is_asked_with_get_and_post():
    asked = {(row["url_name"], row["method"]) for row in rows()}
    assert asked == {(name, method) for name, _ in asked for method in ("GET", "POST")}


def test_the_table_has_a_column_for_every_role():
    from alpr_portal.roles import ROLES

    assert set(ROLES) <= set(PEOPLE)
