"""Numbers that the database tells a second time are the order's dated numbers."""

from __future__ import annotations

import pytest
from django.db import connection

from alpr_portal.policy.parameters import ACCESS_WINDOW, RETENTION
from alpr_portal.policy.vocabulary import TrainingTopic


def told(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


@pytest.mark.django_db
class TestTwins:
    @pytest.mark.clause("G")
    def test_the_window_hides_what_retention_says(self):
        said = told("SELECT pg_get_viewdef('reads_window'::regclass)")
        hours = int(RETENTION.now.total_seconds() // 3600)
        assert said.count(f"'{hours}:00:00'::interval") == 2

    @pytest.mark.clause("F.1")
    def test_the_gate_opens_for_as_long_as_an_access_lasts(self):
        said = told("SELECT pg_get_functiondef('reads_gate()'::regprocedure)")
        assert f"interval '{int(ACCESS_WINDOW.now.total_seconds())} seconds'" in said

    @pytest.mark.clause("C.3.a")
    def test_the_database_asks_for_every_topic_of_training(self):
        said = told("SELECT pg_get_functiondef('training_may_enter(uuid, timestamptz)'::regprocedure)")
        assert all(f"'{topic.value}'" in said for topic in TrainingTopic)
        assert f"AND {len(TrainingTopic)} = (" in said
