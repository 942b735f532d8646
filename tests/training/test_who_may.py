"""C.1, C.3.a, K.login: who may enter today, as one table of every case; the rules and the database say the same."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby, product

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from reads.models import Query
from tests import cast, make
from tests.corpus import table
from training import members
from training.lock_rules import may_sign_in
from training.models import AccountLock, CompletionWithdrawn, Designation, DesignationEnd, Member
from training.standing import standing

ALL = make.TOPICS
CATEGORIES = ("sworn", "pst", "other")
DESIGNATIONS = {"none": None, "not yet": (1, 30), "current": (-1, 30), "ended": (-1, 30), "over": (-30, -1)}
TRAININGS = ("all", "two courses", "seven topics", "unknown topic", "lapsed", "withdrawn", "none")
ACCOUNTS = ("active", "locked", "closed")
ROWS = [row.values for row in table("who_may.csv")]
pytestmark = pytest.mark.django_db


def twin(member, moment):
    with connection.cursor() as cursor:
        cursor.execute("SELECT training_may_enter(%s, %s)", [member.pk, moment])
        return cursor.fetchone()[0]


def trained(member, training):
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
        topics = [*ALL[:7], "parking"]
        make.completion(member, topics=topics, course=make.course(title="Parking", topics=topics))


def designated(member, designation):
    if DESIGNATIONS[designation]:
        now, chief = timezone.now(), cast.CAST["chief"]()
        first, last = (now + timedelta(days=days) for days in DESIGNATIONS[designation])
        record = Designation.objects.write(by=chief, member=member, scope="Analysis", starts_at=first, ends_at=last)
        if designation == "ended":
            DesignationEnd.objects.write(by=chief, designation=record, reason="Left the unit")


def person(category, designation, training, account):
    """One row's member, in records."""
    name = f"{category}-{designation}-{training}-{account}".replace(" ", "-")
    member = Member.objects.create_user(name, None, name="Rowan Row", category=category)
    designated(member, designation)
    trained(member, training)
    if account == "locked":
        AccountLock.objects.write(by=None, member=member, failures=5)
    if account == "closed":
        make.closed(member)
    return member


def test_the_table_is_the_whole_product():
    cases = [tuple(row[:4]) for row in ROWS]
    assert len(cases) == len(set(cases))
    assert set(cases) == set(product(CATEGORIES, DESIGNATIONS, TRAININGS, ACCOUNTS))
    assert {(allowed, bool(clause)) for *_, allowed, clause in ROWS} == {("yes", False), ("no", True)}


@pytest.mark.clause("C.1", "C.3.a", "E.1", "K.login")
@pytest.mark.parametrize(
    ("case", "rows"),
    [pytest.param(case, list(rows), id="-".join(case)) for case, rows in groupby(ROWS, lambda r: tuple(r[:2]))],
)
def test_the_rules_and_their_twin_in_the_database(case, rows):
    found = {}
    for *said, _, _ in rows:
        member = person(*said)
        now, locked = timezone.now(), said[3] == "locked"
        papers = standing(member, now).refusal
        refusal = may_sign_in(is_active=member.is_active, locked=locked) or papers
        found[tuple(said)] = ("no", refusal.clause) if refusal else ("yes", "")
        # who is locked cannot sign in; of the papers, and of a closed account, the database knows
        assert twin(member, now) is (papers is None), said
        assert Member.objects.filter(members.may_enter_at(now), pk=member.pk).exists() is (papers is None), said
        assert Member.objects.filter(members.locked(), pk=member.pk).exists() is locked, said
    assert found == {tuple(said): (allowed, clause) for *said, allowed, clause in rows}


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


def lapses(member):
    done = member.completions.get()
    CompletionWithdrawn.objects.write(
        by=cast.CAST["chief"](), completion=done, entered_by=done.by, reason="Not attended"
    )


def designation_ends(member):
    record = Designation.objects.get(member=member)
    DesignationEnd.objects.write(by=cast.CAST["chief"](), designation=record, reason="Left the unit")


@pytest.mark.clause("C.1", "C.3.a", "C.3.b")
@pytest.mark.parametrize(
    ("end", "status", "words"),
    [
        (lapses, 403, "department-approved training"),
        (designation_ends, 403, "need a designation"),
        (make.no_role, 403, "Your role does not include"),
        (make.closed, 302, ""),
    ],
)
def test_what_ends_between_the_form_and_its_sending_stops_it(end, status, words, designated, client_of):
    client = client_of(designated)
    assert client.get(reverse("run_query")).status_code == 200
    end(designated)
    answer = client.post(reverse("run_query"), make.form())
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert not Query.objects.exists()
