"""Health of who may come in: training is the key, accounts are answered for, letters leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from alpr_portal import health
from alpr_portal.policy.vocabulary import Category
from tests import cast, make
from training.models import CompletionWithdrawn, Letter, Member

pytestmark = pytest.mark.django_db


@pytest.mark.clause("C.3.a", "L.4")
class TestTrainingIsTheKey:
    def test_nobody_is_let_in_without_training_and_it_says_how_many_are_shut_out(self, officer, untrained_officer):
        found = health.trained()
        assert found.ok
        assert found.says.startswith("0 members with access and without current training")
        assert "2 have a role that opens data, 1 of them are shut out" in found.says

    @pytest.mark.parametrize("wrong", ["untrained", "withdrawn", "lapsed", "undesignated"])
    def test_a_database_that_lets_in_who_should_not_be_is_red(self, wrong, officer, chief):
        """The database's own function is replaced by one that lets everybody in: the plain query still tells."""
        people = {
            "untrained": lambda: cast.CAST["untrained_officer"](),
            "withdrawn": lambda: CompletionWithdrawn.objects.write(
                by=chief, completion=officer.completions.get(), entered_by=None, reason="Wrong"
            ),
            "lapsed": lambda: make.completion(
                cast.member("late", "Lou Late", "officer", trained=False),
                days=-1,
                completed_on=timezone.localdate() - timedelta(days=9),
            ),
            "undesignated": lambda: cast.member("x", "Xi X", "officer", category=Category.OTHER.value),
        }
        people[wrong]()
        assert health.trained().ok
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION training_may_enter(who uuid, moment timestamptz) RETURNS boolean"
                " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS 'SELECT true'"
            )
        found = health.trained()
        assert not found.ok
        assert found.says.startswith("1 members with access and without")


@pytest.mark.clause("L.4")
class TestAccounts:
    def test_an_unused_account_that_is_still_open_is_red(self, officer):
        assert health.accounts().ok
        Member.objects.filter(pk=officer.pk).update(joined_at=timezone.now() - timedelta(days=92))
        found = health.accounts()
        assert not found.ok
        assert found.says.startswith("1 unused for over 90 days")

    def test_the_night_between_is_no_fault(self, officer):
        Member.objects.filter(pk=officer.pk).update(joined_at=timezone.now() - timedelta(days=90, hours=3))
        assert health.accounts().ok

    def test_it_counts_those_nobody_answers_for(self, officer):
        assert "1 active without a supervisor" in health.accounts().says


@pytest.mark.clause("L.4")
class TestLetters:
    def test_a_letter_that_waits_for_a_day_is_red(self):
        member = cast.member("reach", "Rea Reach", "officer", email="reach@opd.example")
        assert health.letters_sent().ok
        at = timezone.now() - timedelta(days=2)
        make.backdated(Letter, at=at, member=member, kind="lapse_7", about_on=at.date())
        assert not health.letters_sent().ok

    def test_members_whom_no_letter_reaches_are_counted(self, officer):
        assert "1 members with access have no e-mail address" in health.letters_sent().says
