"""The clause page tells how many records keep each duty, and every clause a model names exists."""

from __future__ import annotations

import pytest

from alpr_portal import receipts
from alpr_portal.policy.clauses import duties
from tests import make


def test_models_name_clauses_of_the_register():
    named = receipts.kept_by()
    assert set(named) <= set(duties())
    assert {"C.2.B", "C.2.B-log", "F.1", "F.2", "A.1", "J", "K.login"} <= set(named)


@pytest.mark.django_db(databases="__all__")
def test_the_clause_page_shows_the_live_count(officer, client):
    make.query(officer)
    assert ("query", 1) in receipts.counts()["C.2.B-log"]
    assert "query 1" in client.get("/order/").content.decode()
