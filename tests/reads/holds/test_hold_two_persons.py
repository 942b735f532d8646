"""G in the database: by SQL as the application, nothing is kept, reviewed, released or opened past its guards."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone

from alpr_portal.records import broken_constraint
from reads.holds import disposal
from reads.models import (
    Access,
    HeldRead,
    Hold,
    HoldDecision,
    HoldItem,
    HoldMember,
    HoldReview,
    ReleaseAsked,
    ReleaseDecision,
)
from tests import holding, make
from tests.hotlists.propose import lent

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.clause("G", "G.1", "G.2", "G.3")]


def refused(act, *args, **values):
    """The constraint that refuses an act."""
    with pytest.raises(IntegrityError) as found, transaction.atomic():
        act(*args, **values)  # what is checked at the end raises at the commit
    return broken_constraint(found.value)


def without(trigger, table, act, *args, **values):
    """The same act with a guard dropped, in a transaction that is rolled back: it goes through."""
    with transaction.atomic():
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER {trigger} ON reads_{table}")
        done = act(*args, **values)
        transaction.set_rollback(True)
    return done


def word(hold, by, **values):
    said = {"hold": hold, "approved": True, "reason": "So", "asked_by": hold.by, **values}
    return HoldDecision.objects.write(by=by, **said)


def review(hold, by, *, days=30, **values):
    said = {"keep_until": timezone.localdate() + timedelta(days=days), "reason": "So", "asked_by": hold.by, **values}
    return HoldReview.objects.write(by=by, hold=hold, **said)


def let_go(release, by, **values):
    said = {"approved": True, "reason": "So", "asked_by": release.by, **values}
    return ReleaseDecision.objects.write(by=by, release=release, **said)


def opened(member, hold):
    """The held reads that an access of this member, resting on this hold, opens."""
    access = Access.objects.write(by=member, kind=Access.Kind.HELD, hold=hold)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(access.pk)])
        return {read.id for read in HeldRead.objects.all()}


def copies():
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reads_heldread")
        return cursor.fetchone()[0]


@pytest.fixture
def read_id():
    return make.read()


@pytest.fixture
def waiting(officer, read_id):
    return holding.asked(officer, read_id)


@pytest.fixture
def running(officer, administrator, read_id):
    return holding.held(officer, administrator, read_id)


DECISION = ("reads_guard_hold_decision", "holddecision")
REVIEW = ("reads_guard_hold_review", "holdreview")
RELEASE = ("reads_guard_release", "releaseasked")
LET_GO = ("reads_guard_release_decision", "releasedecision")
ACCESS = ("reads_guard_access", "access")
HOLD = ("reads_guard_hold", "hold")


def test_the_application_is_who_asks(waiting):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("alpr_app",)


class TestAsked:
    def write(self, by, **values):
        said = {
            "ground": "active_investigation",
            "case_number": "26-012345",
            "reason": "So",
            "scope": "reads",
            "query": make.query(by) if by else None,
            "items": 1,
            "review_on": timezone.localdate() + timedelta(days=30),
            "expires_at": timezone.now(),
            **values,
        }
        hold = Hold.objects.write(by=by, **said)
        HoldItem.objects.create(hold=hold, read_id=uuid.uuid4(), upload_day=timezone.localdate())
        return hold

    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"ground": "curiosity"}, "hold_ground_listed"),
            ({"case_number": ""}, "hold_has_reason_and_case"),
            ({"reason": ""}, "hold_has_reason_and_case"),
            ({"items": 1001}, "hold_of_many_says_why"),
            ({"ground": "legal_obligation"}, "hold_for_others_has_document"),
            ({"query": None}, "hold_rests_on_query_or_hit"),
            ({"items": 2}, "hold_counts_its_reads"),
        ],
    )
    def test_what_it_says(self, officer, values, constraint):
        assert refused(self.write, officer, **values) == constraint

    @pytest.mark.parametrize("days", [0, -1, 91])
    def test_reviewed_within_ninety_days(self, officer, days):
        review_on = timezone.localdate() + timedelta(days=days)
        assert refused(self.write, officer, review_on=review_on) == "hold_reviewed_within_90_days"
        assert without(*HOLD, self.write, officer, review_on=review_on)

    def test_from_a_search_of_one_s_own_that_ran(self, officer, other_officer):
        for query in (make.query(other_officer), make.waiting_query(officer)):
            assert refused(self.write, officer, query=query) == "hold_of_ones_own_search"
            assert without(*HOLD, self.write, officer, query=query)

    def test_it_does_not_grow(self, waiting):
        more = {"hold": waiting, "read_id": uuid.uuid4(), "upload_day": timezone.localdate()}
        assert refused(HoldItem.objects.create, **more) == "hold_counts_its_reads"
        assert without("reads_guard_hold_item", "holditem", HoldItem.objects.create, **more)

    @pytest.mark.parametrize("table", ["hold", "holditem", "holddecision", "holdmember", "releaseasked", "holdstate"])
    def test_nothing_of_it_is_changed_or_taken_away(self, running, officer, table):
        holding.named(running, officer)
        holding.release_asked(running)
        for statement in (f"DELETE FROM reads_{table}", f"TRUNCATE reads_{table} CASCADE"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(statement)


class TestDecided:
    def test_an_entitled_second_member_does(self, waiting, administrator):
        word(waiting, administrator)
        assert copies() == 1

    def test_own_decision(self, waiting, officer, administrator):
        make.role(officer, "administrator")
        assert refused(word, waiting, officer) == "hold_decided_by_someone_else"
        assert refused(word, waiting, officer, asked_by=administrator) == "hold_decision_names_asker"
        assert without(*DECISION, word, waiting, officer, asked_by=administrator)
        assert copies() == 0

    def test_without_the_verb(self, waiting, other_officer, supervisor, coordinator, chief, auditor):
        for member in (other_officer, supervisor, coordinator, chief, auditor):
            assert refused(word, waiting, member) == "hold_decided_by_entitled"
        assert without(*DECISION, word, waiting, other_officer)
        assert copies() == 0

    def test_a_designee_names_whom_they_decide_for(self, waiting, supervisor, administrator):
        lent(administrator, supervisor, verb="reads.decide_hold")
        assert refused(word, waiting, supervisor) == "hold_decided_on_behalf"
        assert without(*DECISION, word, waiting, supervisor)
        word(waiting, supervisor, on_behalf_of=administrator)
        assert copies() == 1

    def test_twice(self, waiting, administrator):
        word(waiting, administrator, approved=False)
        assert refused(word, waiting, administrator) == "hold_decided_once"
        assert without_unique(waiting, administrator) == "reads_holddecision_hold_id_key"

    def test_after_its_review_day(self, officer, administrator, read_id):
        at, review_on = timezone.now() - timedelta(days=3), timezone.localdate() - timedelta(days=1)
        hold = holding.asked(officer, read_id, at=at, review_on=review_on)
        assert refused(word, hold, administrator) == "hold_reviewed_within_90_days"
        assert without(*DECISION, word, hold, administrator)

    def test_when_every_read_is_gone(self, officer, administrator):
        hold = holding.asked(officer, uuid.uuid4())
        assert refused(word, hold, administrator) == "hold_came_too_late"
        assert word(hold, administrator, approved=False)

    def test_a_read_that_was_over_before_it_was_asked_for_is_not_kept(self, officer, administrator):
        old = make.read(uploaded_at=timezone.now() - timedelta(hours=720, minutes=1))
        young = make.read("8ABC124", uploaded_at=timezone.now() - timedelta(hours=719, minutes=59))
        hold = holding.held(officer, administrator, old, young)
        assert (hold.decision.reads, hold.decision.gone) == (1, 1)
        assert opened(officer, hold) == {young}

    def test_what_was_asked_in_time_is_kept_after_its_720_hours(self, officer, administrator):
        read_id = make.read(uploaded_at=timezone.now() - timedelta(hours=725))
        hold = holding.asked(officer, read_id, at=timezone.now() - timedelta(hours=6))
        holding.decided(hold, administrator)
        assert opened(officer, hold) == {read_id}

    @pytest.mark.parametrize("counts", [{"reads": 99}, {"gone": 99}, {"pictures": 99}])
    def test_the_database_counts(self, waiting, administrator, counts):
        record = word(waiting, administrator, **counts)
        record.refresh_from_db()
        assert (record.reads, record.pictures, record.gone) == (1, 0, 0)


def without_unique(hold, by):
    """With the guard dropped, the table's own constraint still refuses a second decision."""
    with pytest.raises(IntegrityError) as found:
        without(*DECISION, word, hold, by, approved=False)
    return broken_constraint(found.value)


class TestReviewed:
    def test_by_another_who_is_entitled(self, running, officer, other_officer, administrator):
        assert refused(review, running, other_officer) == "hold_decided_by_entitled"
        assert without(*REVIEW, review, running, other_officer)
        make.role(officer, "administrator")
        assert refused(review, running, officer) == "hold_reviewed_by_someone_else"
        review(running, administrator, days=90)
        running.state.refresh_from_db()
        assert running.state.keep_until == timezone.localdate() + timedelta(days=90)

    @pytest.mark.parametrize("days", [0, 91])
    def test_within_ninety_days(self, running, administrator, days):
        assert refused(review, running, administrator, days=days) == "hold_reviewed_within_90_days"
        assert without(*REVIEW, review, running, administrator, days=days)

    def test_not_what_waits_or_was_released(self, officer, administrator, read_id, running):
        for hold in (holding.asked(officer, read_id), running):
            if hold == running:
                holding.released(hold, administrator)
            assert refused(review, hold, administrator) == "hold_runs"

    def test_nor_after_the_guard_where_it_is_gone(self, running, administrator):
        """The disposal may come between the guard and the effect: the effect looks again."""
        holding.released(running, administrator)
        with pytest.raises(IntegrityError) as found:
            without(*REVIEW, review, running, administrator)
        assert broken_constraint(found.value) == "hold_runs"


class TestReleased:
    def test_closed_at_once_and_gone_with_the_next_run(self, running, officer, administrator, read_id):
        assert opened(officer, running) == {read_id}
        release = holding.release_asked(running)
        assert opened(officer, running) == {read_id}
        let_go(release, administrator)
        assert opened(officer, running) == set()
        assert copies() == 1
        disposal.dispose_due(uuid.uuid4())
        assert copies() == 0

    def test_two_persons(self, running, officer, other_officer, administrator):
        release = holding.release_asked(running)
        assert refused(let_go, release, other_officer) == "hold_decided_by_entitled"
        assert without(*LET_GO, let_go, release, other_officer)
        make.role(officer, "administrator")
        assert refused(let_go, release, officer) == "release_decided_by_someone_else"
        assert refused(let_go, release, officer, asked_by=administrator) == "release_decision_names_asker"
        assert without(*LET_GO, let_go, release, officer, asked_by=administrator)

    def test_asked_by_those_who_work_on_the_case(self, running, other_officer, administrator):
        ask = ReleaseAsked.objects.write
        assert refused(ask, by=other_officer, hold=running, reason="So") == "release_asked_by_its_people"
        assert without(*RELEASE, ask, by=other_officer, hold=running, reason="So")
        holding.named(running, other_officer)
        ask(by=other_officer, hold=running, reason="So")
        assert refused(ask, by=administrator, hold=running, reason="So") == "release_asked_once"
        assert without(*RELEASE, ask, by=administrator, hold=running, reason="So")

    def test_asked_again_after_a_no(self, running, administrator):
        let_go(holding.release_asked(running), administrator, approved=False)
        let_go(holding.release_asked(running), administrator)
        assert refused(ReleaseAsked.objects.write, by=running.by, hold=running, reason="So") == "hold_runs"


class TestOpened:
    @pytest.mark.clause("C.3.c")
    def test_to_those_who_work_on_the_case_only(self, running, officer, other_officer, administrator, read_id):
        for member in (other_officer, administrator):
            assert refused(opened, member, running) == "held_data_within_its_case"
        assert without(*ACCESS, Access.objects.write, by=other_officer, kind="held", hold=running)
        holding.named(running, other_officer)
        assert opened(officer, running) == opened(other_officer, running) == {read_id}

    def test_colleagues_are_named_by_those_who_may(self, running, officer, other_officer, supervisor):
        name = HoldMember.objects.write
        said = {"hold": running, "member": other_officer, "reason": "Mine"}
        for by in (other_officer, supervisor):
            assert refused(name, by=by, **said) == "hold_member_named_by_asker"
        assert without("reads_guard_hold_member", "holdmember", name, by=other_officer, **said)
        name(by=officer, **said)

    def test_everything_of_the_case_and_nothing_of_another(self, running, officer, administrator, read_id):
        same, other = make.read("8ABC124"), make.read("8ABC125")
        holding.held(officer, administrator, same)
        elsewhere = holding.held(officer, administrator, other, case_number="26-099999")
        assert opened(officer, running) == {read_id, same}
        assert opened(officer, elsewhere) == {other}

    def test_a_hold_that_is_only_asked_for_opens_nothing_of_its_case(self, running, other_officer, administrator):
        """Whoever writes a colleague's case number into a request is not in that case before a second person says so."""
        theirs = holding.asked(other_officer, make.read("8ABC124"))
        assert opened(other_officer, theirs) == set()
        holding.decided(theirs, administrator)
        assert len(opened(other_officer, theirs)) == 2

    def test_hidden_from_the_day_after_its_review_was_missed(self, running, officer, administrator, read_id):
        holding.lapsed(running, days=0)
        assert opened(officer, running) == {read_id}
        holding.lapsed(running, days=1)
        assert opened(officer, running) == set()
        assert disposal.dispose_due(uuid.uuid4()) == []
        holding.reviewed(running, administrator)
        assert opened(officer, running) == {read_id}
        holding.lapsed(running, days=8)
        (gone,) = disposal.dispose_due(uuid.uuid4())
        assert (gone.because, copies()) == ("lapsed", 0)

    def test_not_past_the_window(self, running, officer):
        for table in ("reads_heldread", "reads_heldpicture"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(f"SELECT * FROM {table}")
        with pytest.raises(DatabaseError, match="no recorded access"), transaction.atomic():
            list(HeldRead.objects.all())

    def test_nor_by_an_access_of_a_search(self, running, officer):
        access = Access.objects.write(by=officer, kind=Access.Kind.RESULTS, query=make.query(officer))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(access.pk)])
            assert list(HeldRead.objects.all()) == []

    def test_disposal_is_no_act_of_the_application(self, running):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute("SELECT * FROM reads_dispose_held()")
