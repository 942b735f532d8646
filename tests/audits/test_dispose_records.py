"""K.report: a batch takes exactly what two persons let go, and what speaks against it by then wins."""

from __future__ import annotations

import pytest
from django.db import connection, connections

from alpr_portal.policy.refusal import BadInput, Refused
from audits import disposal, holds
from audits.models import DisposalFinished, DisposalRow, DisposedRecords, RecordsHoldEndAsked
from reads import erasures
from reads.models import Access, Hold, HoldDecision, HoldItem, Query
from tests import cast, make
from tests.commands.run import run
from tests.counting import statements
from training.models import AccountProposal, Completion, Designation, Gap, SignIn

from . import old

pytestmark = pytest.mark.clause("F.1")


@pytest.fixture
def searches(db, officer):
    old.issued()
    return [old.search(officer) for _ in range(3)]


def left_by(batch):
    """What is left of the searches once the batch is carried out, and why rows were kept."""
    old.approved(batch)
    done = disposal.dispose(batch)
    return Query.objects.count(), done.kept


class TestBatch:
    def test_exactly_the_proposed_rows_go(self, searches, officer):
        young = old.search(officer, old.LONG_AGO.replace(year=2025))
        before = old.rows(*old.QUERY_TABLES)
        proposal = old.proposed()
        assert proposal.counts == {"reads_query": 3, "reads_queryrun": 3, "reads_access": 6, "reads_answer": 6}
        assert (proposal.stories, proposal.rows, proposal.oldest_at) == (3, 18, old.LONG_AGO)
        old.approved(proposal)
        finished = disposal.dispose(proposal)
        after = old.rows(*old.QUERY_TABLES)
        assert {t: before[t] - after[t] for t in before} == proposal.counts
        assert (finished.rows, finished.kept, finished.digest) == (18, {}, proposal.digest)
        assert {r.table: r.rows for r in DisposedRecords.objects.all()} == proposal.counts
        assert young.accesses.count() == 2
        assert not DisposalRow.objects.exists()
        assert erasures.read()[-1].what == str(proposal.pk)

    def test_denied_it_takes_nothing(self, searches):
        proposal = old.proposed()
        said = {"approved": False, "reason": "Not yet", "digest": proposal.digest}
        disposal.decide(proposal, **said, by=cast.CAST["administrator"](), now=None)
        assert disposal.stands(proposal) == "denied"
        assert not DisposalRow.objects.exists()
        assert disposal.dispose_all() == []
        assert Query.objects.count() == 3
        assert old.proposed().rows == 18  # and may be proposed anew

    def test_one_batch_of_a_class_at_a_time(self, searches):
        old.proposed()
        with pytest.raises(Refused) as refused:
            old.proposed()
        assert refused.value.refusal.code == "disposal.one_at_a_time"

    def test_nothing_without_its_report(self, db, officer):
        old.search(officer)
        with pytest.raises(Refused) as refused:
            old.proposed()
        assert refused.value.refusal.code == "disposal.nothing"

    def test_no_day_within_the_term(self, searches):
        with pytest.raises(BadInput) as error:
            old.proposed(up_to=disposal.timezone.localdate())
        assert error.value.code == "disposal.young"

    def test_the_cap_leaves_the_rest_for_the_next_batch(self, searches, monkeypatch):
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute("CREATE OR REPLACE FUNCTION audits_cap() RETURNS integer LANGUAGE sql AS $$ SELECT 2 $$")
        assert old.proposed().stories == 2

    def test_what_is_held_does_not_fill_the_batch(self, searches, officer):
        old.search(officer, old.LONG_AGO.replace(year=2018), case_number="18-000001")
        old.held(case_number="18-000001")
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute("CREATE OR REPLACE FUNCTION audits_cap() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$")
        assert old.proposed().oldest_at == old.LONG_AGO


class TestWhatSpeaksAgainstIt:
    """Between the decision and the act: each story is judged again by the door itself."""

    def test_a_hold_placed_after_approval_wins(self, searches):
        proposal = old.proposed()
        old.approved(proposal)
        old.held(classes=["query", "audit"])
        done = disposal.dispose(proposal)
        assert (Query.objects.count(), done.rows, done.kept) == (3, 0, {"held": 18})
        assert disposal.stands(disposal.with_state(type(proposal).objects).get()) == "done"

    def test_a_hold_of_one_case_keeps_that_case(self, searches, officer):
        old.search(officer, case_number="19-000777")
        proposal = old.proposed()
        old.held(case_number="19-000777")
        assert left_by(proposal) == (1, {"held": 6})

    def test_a_hold_of_other_days_keeps_nothing(self, searches):
        proposal = old.proposed()
        old.held(from_on="2018-01-01", to_on="2018-12-31")
        assert left_by(proposal) == (0, {})

    def test_an_ended_hold_keeps_nothing(self, searches, administrator, coordinator):
        hold = old.held(coordinator)
        asked = holds.ask_end(hold, reason="Settled", by=coordinator, now=None)
        with pytest.raises(Refused):
            old.proposed()
        holds.decide_end(asked, approved=True, reason="Settled", by=administrator, now=None)
        assert left_by(old.proposed()) == (0, {})

    def test_a_story_that_grew_is_not_what_was_approved(self, searches, officer):
        proposal = old.proposed()
        Access.objects.write(by=officer, kind="results", query=searches[0])
        assert left_by(proposal) == (1, {"changed": 6})

    def test_a_report_taken_back_by_nobody_yet_a_year_never_reported_stays(self, searches, officer):
        query = old.search(officer, old.LONG_AGO.replace(year=2017))
        assert old.proposed().stories == 3
        assert Query.objects.filter(pk=query.pk).exists()

    def test_a_reference_from_a_record_that_stays(self, searches, officer, coordinator):
        proposal = old.proposed()
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute("CREATE TABLE audits_tried (query_id uuid REFERENCES reads_query (id))")
            cursor.execute("INSERT INTO audits_tried VALUES (%s)", [searches[1].pk])
        assert left_by(proposal) == (1, {"needed": 6})


class TestStories:
    """A term counts from the end of a story, and what runs does not go."""

    def test_a_search_whose_hold_runs(self, searches, officer, administrator):
        held = make.backdated(
            Hold,
            at=old.LONG_AGO,
            by=officer,
            **{"ground": "active_investigation", "case_number": "19-012345", "reason": "Trial", "scope": "query"},
            **{"query": searches[0], "items": 1, "review_on": "2019-06-01", "expires_at": old.LONG_AGO},
        )
        HoldItem.objects.create(hold=held, read_id=held.pk, upload_day="2019-05-03")
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE reads_holddecision DISABLE TRIGGER USER")
            cursor.execute(
                "INSERT INTO reads_holddecision (id, at, by_name, by_badge, by_unit, on_behalf_of_name, approved, reason, "
                "reads, pictures, gone, hold_id, asked_by_id, by_id) VALUES (gen_random_uuid(), %s, '', '', '', '', true, "
                "'So', 1, 0, 0, %s, %s, %s)",
                [old.LONG_AGO, held.pk, officer.pk, administrator.pk],
            )
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE reads_holddecision ENABLE TRIGGER USER")
        assert HoldDecision.objects.count() == 1
        assert left_by(old.proposed()) == (1, {})

    def test_current_training_and_running_papers_stay(self, db, officer, chief, coordinator):
        """Training that held until three years ago, a designation and a gap that still stand; a sign-in is over."""
        old.issued()
        at = old.LONG_AGO
        done = make.completion(officer).expires_at
        course = make.course(title="Long", valid_days=1826)
        values = {"member": officer, "course": course, "completed_on": "2019-05-03", "topics": make.TOPICS}
        current = make.backdated(Completion, at=at, expires_at=at.replace(year=2023), **values)
        run_out = make.backdated(Completion, at=at, expires_at=at.replace(year=2020), **values)
        make.backdated(Designation, at=at, by=chief, member=officer, scope="All", starts_at=at, ends_at=done)
        make.backdated(Gap, at=at, by=coordinator, clause="F.1", title="Open", gap="Open")
        make.backdated(SignIn, at=at, by=officer, kind="in")
        assert old.proposed("training").counts == {"training_completion": 1}
        proposal = old.proposed("audit")
        assert proposal.counts == {"training_signin": 1}
        old.approved(proposal)
        disposal.dispose(proposal)
        assert Completion.objects.filter(pk=current.pk).exists()
        assert Completion.objects.filter(pk=run_out.pk).exists()  # proposed, not approved
        assert Designation.objects.count() == Gap.objects.count() == 1

    def test_what_corrects_goes_with_what_it_corrects(self, db, officer):
        old.issued()
        at = old.LONG_AGO
        course = make.course(title="Long", valid_days=1826)
        values = {"member": officer, "course": course, "completed_on": "2018-05-03", "topics": make.TOPICS}
        wrong = make.backdated(Completion, at=at.replace(year=2018), expires_at=at.replace(year=2019), **values)
        make.backdated(Completion, at=at, expires_at=at.replace(year=2020), corrects=wrong, **values)
        proposal = old.proposed("training")
        assert proposal.counts == {"training_completion": 2}
        old.approved(proposal)
        assert disposal.dispose(proposal).kept == {}

    def test_proposals_of_long_ago(self, db, officer, supervisor):
        old.issued()
        make.backdated(AccountProposal, at=old.LONG_AGO, by=supervisor, member=officer, step="role", reason="Tried")
        assert old.proposed("audit").counts == {"training_accountproposal": 1}


class TestSlices:
    def test_killed_between_slices_it_goes_on(self, searches, monkeypatch):
        """The worker dies after its first slice; the next run takes the rest, and the receipts are of all."""
        monkeypatch.setattr(disposal, "SLICE", 1)
        proposal = old.proposed()
        old.approved(proposal)
        seen = []

        def killed(left):
            seen.append(left)
            raise SystemExit(137)

        with pytest.raises(SystemExit):
            disposal.dispose(proposal, tell=killed)
        assert (seen, Query.objects.count()) == ([12], 2)
        assert disposal.progress(proposal) == {"rows": 18, "done": 6, "share": 33}
        done = disposal.dispose(proposal)
        assert (Query.objects.count(), done.rows, done.digest) == (0, 18, proposal.digest)

    def test_killed_within_a_slice_nothing_of_it_went(self, searches, monkeypatch):
        proposal = old.proposed()
        old.approved(proposal)

        def broken(*words):
            raise OSError("no space")

        monkeypatch.setattr(erasures, "note", broken)
        with pytest.raises(OSError, match="no space"):
            disposal.dispose(proposal)
        assert (Query.objects.count(), DisposalFinished.objects.count()) == (3, 0)

    def test_the_command_carries_out_what_is_approved(self, searches):
        old.approved(old.proposed())
        said = run("dispose_records")
        assert "18 records are gone, 0 were kept" in said
        assert run("dispose_records") == ""

    def test_a_replay_after_a_restore(self, searches):
        proposal = old.proposed()
        line = erasures.Erasure(old.LONG_AGO, "records", str(proposal.pk))
        assert "propose the disposal of records anew" in disposal.replay(line)
        old.approved(proposal)
        assert disposal.replay(line) == ""
        assert Query.objects.count() == 0
        assert disposal.replay(line) == ""
        assert "anew" in disposal.replay(erasures.Erasure(old.LONG_AGO, "records", str(searches[0].pk)))

    def test_a_slice_costs_the_same_whatever_it_holds(self, searches, officer):
        proposal = old.proposed()
        old.approved(proposal)
        few = statements(disposal.dispose, proposal)
        for _ in range(20):
            old.search(officer)
        more = old.proposed()
        old.approved(more)
        assert statements(disposal.dispose, more) == few


@pytest.mark.usefixtures("committed")
def test_after_a_rewrite_nothing_of_it_lies_in_the_tables_files(officer, django_db_setup):
    old.issued()
    old.search(officer, plate="ZQX7K3M")
    proposal = old.proposed()
    old.approved(proposal)
    assert b"ZQX7K3M" in heap("reads_query")
    run("dispose_records")
    assert b"ZQX7K3M" in heap("reads_query")  # marked as gone, not overwritten: so the command can rewrite
    run("dispose_records", rewrite=True)
    assert b"ZQX7K3M" not in heap("reads_query")


def heap(table):
    """The bytes of a table's file."""
    from tests import database

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = cursor.fetchone()[0]
    with database.connect(name) as admin:
        admin.execute("CHECKPOINT")
        return admin.execute("SELECT pg_read_binary_file(pg_relation_filepath(%s))", [table]).fetchone()[0]


def test_ends_are_asked_for_once(db, coordinator):
    hold = old.held(coordinator)
    holds.ask_end(hold, reason="Settled", by=coordinator, now=None)
    with pytest.raises(Refused) as refused:
        holds.ask_end(hold, reason="Settled", by=coordinator, now=None)
    assert refused.value.refusal.code == "records_hold.end_asked"
    assert RecordsHoldEndAsked.objects.count() == 1


@pytest.mark.usefixtures("committed")
def test_a_rewrite_waits_for_older_transactions(officer, django_db_setup):
    """What another transaction may still see would be written anew: the command says so and can be run again."""
    from tests import database

    old.issued()
    old.search(officer)
    proposal = old.proposed()
    old.approved(proposal)
    with database.connect(django_db_setup) as admin:
        admin.execute("BEGIN")
        admin.execute("SELECT pg_current_xact_id()")
        done = disposal.dispose(proposal)
        with pytest.raises(disposal.StillSeen):
            disposal.rewrite(done, patience=0)
        admin.execute("ROLLBACK")
    assert "reads_query" in disposal.rewrite(done)
