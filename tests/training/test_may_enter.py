"""C.1, C.3.a: who may enter, as a table; the rule and the database's own function must say the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests import cast, make
from tests.corpus import table
from training.models import CompletionWithdrawn, Designation, DesignationEnd
from training.standing import standing

ALL = make.TOPICS
pytestmark = pytest.mark.django_db


def twin(member, moment):
    with connection.cursor() as cursor:
        cursor.execute("SELECT training_may_enter(%s, %s)", [member.pk, moment])
        return cursor.fetchone()[0]


def person(category, active, designation, training):
    """One row's member, in records."""
    now = timezone.now()
    member = cast.member("row", "Rowan Row", "officer", category=category, is_active=active == "active", trained=False)
    span = {"current": (-1, 30), "ended": (-1, 30), "over": (-30, -1), "not yet": (1, 30)}.get(designation)
    if span:
        record = Designation.objects.write(
            by=cast.CAST["chief"](),
            member=member,
            scope="Analysis",
            starts_at=now + timedelta(days=span[0]),
            ends_at=now + timedelta(days=span[1]),
        )
        if designation == "ended":
            DesignationEnd.objects.write(by=cast.CAST["chief"](), designation=record, reason="Left the unit")
    if training in {"all", "withdrawn"}:
        done = make.completion(member)
        if training == "withdrawn":
            CompletionWithdrawn.objects.write(by=cast.CAST["chief"](), completion=done, reason="Not attended")
    elif training == "seven topics":
        make.completion(member, topics=ALL[:7])
    elif training == "two courses":
        make.completion(member, topics=ALL[:5])
        make.completion(member, topics=ALL[4:])
    elif training == "lapsed":
        make.completion(member, days=-0.001)
    elif training == "unknown topic":
        make.completion(member, topics=[*ALL[:7], "parking"])
    return member


@pytest.mark.clause("C.1", "C.3.a", "E.1")
@pytest.mark.parametrize(("category", "account", "designation", "training", "clause"), table("who_may_enter.csv"))
def test_the_rule_and_its_twin_in_the_database(category, account, designation, training, clause):
    member = person(category, account, designation, training)
    now = timezone.now()
    said = standing(member, now)
    assert (said.refusal.clause if said.refusal else "enters") == clause
    assert twin(member, now) is (clause == "enters")


@pytest.mark.clause("C.3.a")
class TestLapse:
    def test_training_lapses_at_its_very_moment(self, officer):
        moment = officer.completions.get().expires_at
        before, at = moment - timedelta(microseconds=1), moment
        assert (standing(officer, before).may_enter, standing(officer, at).may_enter) == (True, False)
        assert (twin(officer, before), twin(officer, at)) == (True, False)

    def test_the_standing_names_the_completions_that_cover_it(self, officer):
        said = standing(officer, timezone.now())
        assert said.completions == [officer.completions.get().pk]
        assert said.lapses_at == officer.completions.get().expires_at

    def test_the_refusal_says_which_topic_is_missing(self, untrained_officer):
        make.completion(untrained_officer, topics=ALL[1:])
        assert "applicable federal and state law" in standing(untrained_officer, timezone.now()).refusal.remedy
