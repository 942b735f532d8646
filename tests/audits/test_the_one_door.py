"""K.report, F.1 in the database: nothing of a record goes but through the door, and the door asks everything itself."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from alpr_portal.records import Record, broken_constraint
from audits.models import (
    DisposalDecision,
    DisposalProposed,
    RecordsHold,
    RecordsHoldEndAsked,
    RecordsHoldEndDecision,
    ReportIssued,
)
from reads.models import Query
from tests import make

from . import old

pytestmark = [pytest.mark.django_db, pytest.mark.clause("F.1")]
RECORDS = sorted(m._meta.db_table for m in apps.get_models() if issubclass(m, Record))


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0] if cursor.description else None


def refused(act, *args, **values):
    """The constraint or guard that refuses an act; "" for a privilege that is not held."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        act(*args, **values)
    return broken_constraint(error.value)


def without(trigger, table, act, *args, **values):
    """The same act with a guard dropped, in a transaction that is rolled back."""
    with transaction.atomic():
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        act(*args, **values)
        transaction.set_rollback(True)


@pytest.fixture
def proposal(officer):
    old.issued()
    old.search(officer)
    return old.proposed()


@pytest.mark.parametrize("table", RECORDS)
def test_no_role_deletes_directly(table):
    for forged in ("alpr.access", "alpr.dispose", "audits.batch"):
        run("SELECT set_config(%s, 'yes', true)", forged)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        run(f"DELETE FROM {table}")


@pytest.mark.parametrize("when", ["proposed", "approved", "done"])
def test_not_even_the_owner_deletes_beside_the_door(proposal, officer, when):
    other = old.search(officer)
    if when != "proposed":
        old.approved(proposal)
    if when == "done":
        run("SELECT audits_dispose(%s, 500)", proposal.pk)
    with make.as_owner():
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for forged in ("alpr.access", "alpr.dispose", "audits.batch", "audits.going"):
            run("SELECT set_config(%s, 'yes', true)", forged)
        for table in ("reads_answer", "reads_access", "reads_queryrun", "reads_query"):
            with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
                run(f"DELETE FROM {table}")
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
            run("TRUNCATE reads_query CASCADE")
    assert Query.objects.filter(pk=other.pk).exists()


class TestTheDoor:
    def test_it_opens_for_an_approved_batch_only(self, proposal, officer):
        assert refused(run, "SELECT audits_dispose(%s, 500)", proposal.pk) == "disposal_approved"
        assert refused(run, "SELECT audits_dispose(%s, 500)", officer.pk) == "disposal_approved"
        old.approved(proposal)
        assert run("SELECT audits_dispose(%s, 500)", proposal.pk) == 0
        assert refused(run, "SELECT audits_dispose(%s, 500)", proposal.pk) == "disposal_approved"

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO audits_work (tab, key, story, going) VALUES ('reads_query', 'x', 'x', true)",
            "UPDATE audits_work SET going = true",
            "INSERT INTO audits_disposalrow VALUES (gen_random_uuid(), 'reads_query', 'x', 'reads_query', 'x', 1, '')",
            "UPDATE audits_disposalrow SET state = ''",
            "DELETE FROM audits_disposalrow",
            "SELECT audits_gather('reads_query', ARRAY[]::text[])",
            "SELECT audits_judge('query', current_date, NULL)",
            "SELECT audits_finish(gen_random_uuid())",
            "CREATE OR REPLACE FUNCTION audits_years() RETURNS integer LANGUAGE sql AS $$ SELECT 0 $$",
            "INSERT INTO audits_disposalfinished DEFAULT VALUES",
        ],
    )
    def test_nothing_around_it_is_the_applications(self, proposal, statement):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
            run(statement)

    def test_what_is_proposed_the_database_finds(self, coordinator, officer):
        old.issued()
        old.search(officer)
        made = DisposalProposed.objects.write(
            by=coordinator,
            kind="query",
            up_to=old.UP_TO,
            reason="So",
            rows=9,
            counts={"x": 9},
            digest="0" * 64,
            stories=7,
        )
        made.refresh_from_db()
        assert (made.rows, made.stories, len(made.counts)) == (6, 1, 4)
        assert made.digest != "0" * 64

    @pytest.mark.parametrize("up_to", ["2030-01-01", "2999-12-31"])
    def test_a_day_within_the_term_gives_nothing_young(self, coordinator, officer, up_to):
        old.issued(*range(2018, 2026))
        old.search(officer)
        young = old.search(officer, old.LONG_AGO.replace(year=2023))
        made = DisposalProposed.objects.write(by=coordinator, kind="query", up_to=up_to, reason="So")
        made.refresh_from_db()
        assert made.stories == 1
        old.approved(made)
        assert run("SELECT audits_dispose(%s, 500)", made.pk) == 0
        assert list(Query.objects.all()) == [young]


def decision(proposal, by, **values):
    said = {"approved": True, "reason": "So", "asked_by": proposal.by, "digest": proposal.digest, **values}
    return DisposalDecision.objects.write(by=by, proposal=proposal, **said)


def end(asked, by, **values):
    said = {"approved": True, "reason": "So", "asked_by": asked.by, "hold": asked.hold, **values}
    return RecordsHoldEndDecision.objects.write(by=by, asked=asked, **said)


class TestTwoPersons:
    GUARD = ("audits_guard_decision", "audits_disposaldecision")

    def test_an_entitled_second_member_does(self, proposal, administrator):
        assert decision(proposal, administrator).approved

    def test_own_proposal(self, proposal, coordinator, administrator):
        make.role(coordinator, "administrator")
        assert refused(decision, proposal, coordinator) == "disposal_decided_by_someone_else"
        said = {"asked_by": administrator}
        assert refused(decision, proposal, coordinator, **said) == "disposal_decision_names_asker"
        without(*self.GUARD, decision, proposal, coordinator, **said)

    def test_without_the_verb(self, proposal, coordinator, officer, chief, auditor):
        for member in (officer, chief, auditor):
            assert refused(decision, proposal, member) == "disposal_decided_by_entitled"
        without(*self.GUARD, decision, proposal, officer)

    def test_other_records_than_were_seen(self, proposal, administrator):
        assert refused(decision, proposal, administrator, digest="0" * 64) == "disposal_decided_as_seen"
        without(*self.GUARD, decision, proposal, administrator, digest="0" * 64)

    def test_twice(self, proposal, administrator):
        decision(proposal, administrator, approved=False)
        assert refused(decision, proposal, administrator) == "audits_disposaldecision_proposal_id_key"

    def test_proposed_without_the_verb(self, officer, administrator):
        old.issued()
        old.search(officer)
        act, said = DisposalProposed.objects.write, {"kind": "query", "up_to": old.UP_TO, "reason": "So"}
        for member in (officer, administrator):
            assert refused(act, by=member, **said) == "disposal_proposed_by_entitled"
        without("audits_guard_proposal", "audits_disposalproposed", act, by=officer, **said)

    def test_a_hold_without_the_verb(self, officer, auditor):
        said = {"classes": ["query"], "matter": "Doe", "reason": "So"}
        for member in (officer, auditor):
            assert refused(RecordsHold.objects.write, by=member, **said) == "records_hold_by_entitled"
        without("audits_guard_hold", "audits_recordshold", RecordsHold.objects.write, by=officer, **said)

    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"classes": []}, "records_hold_classes_listed"),
            ({"classes": ["query", "gossip"]}, "records_hold_classes_listed"),
            ({"from_on": "2020-01-02", "to_on": "2020-01-01"}, "records_hold_days_in_order"),
            ({"from_on": "2020-01-02"}, "records_hold_days_in_order"),
            ({"reason": ""}, "records_hold_says_why"),
            ({"matter": ""}, "records_hold_says_why"),
        ],
    )
    def test_a_hold_says_what_and_why(self, coordinator, values, constraint):
        assert refused(old.held, coordinator, **values) == constraint

    def test_the_end_of_a_hold(self, coordinator, administrator, officer):
        guard = ("audits_guard_end_decision", "audits_recordsholdenddecision")
        hold = old.held(coordinator)
        asked = RecordsHoldEndAsked.objects.write(by=coordinator, hold=hold, reason="Settled")
        assert refused(end, asked, coordinator) == "records_hold_ended_by_someone_else"
        assert refused(end, asked, coordinator, asked_by=administrator) == "records_hold_end_names_asker"
        without(*guard, end, asked, coordinator, asked_by=administrator)
        assert refused(end, asked, officer) == "records_hold_by_entitled"
        without(*guard, end, asked, officer)
        other = old.held(administrator)
        assert refused(end, asked, administrator, hold=other) == "records_hold_end_names_asker"
        again = RecordsHoldEndAsked.objects.write
        assert refused(again, by=coordinator, hold=hold, reason="Again") == "records_hold_end_asked_once"
        without(
            "audits_guard_end_asked", "audits_recordsholdendasked", again, by=coordinator, hold=hold, reason="Again"
        )
        end(asked, administrator)
        assert refused(again, by=coordinator, hold=hold, reason="Again") == "records_hold_end_asked_once"


class TestReports:
    GUARD = ("audits_guard_report", "audits_reportissued")

    @pytest.mark.parametrize(
        ("who", "year", "kind", "constraint"),
        [
            ("administrator", 2020, "annual_report", ""),
            ("administrator", 2999, "annual_report", "report_of_a_year_that_is_over"),
            ("administrator", 2020, "guidelines", "report_is_published"),
            ("coordinator", 2020, "annual_report", "report_issued_by_entitled"),
        ],
    )
    def test_who_issues_what(self, request, administrator, who, year, kind, constraint):
        by = request.getfixturevalue(who)
        paper = make.document(administrator, kind=kind, title="Report", version="1")
        act, said = ReportIssued.objects.write, {"by": by, "year": year, "publication": paper}
        if not constraint:
            assert act(**said).year == year
            return
        assert refused(act, **said) == constraint
        without(*self.GUARD, act, **said)

    def test_nobody_acts_on_behalf_who_need_not(self, administrator, chief):
        paper = make.document(administrator, kind="annual_report", title="Report", version="1")
        said = {"by": administrator, "year": 2020, "publication": paper, "on_behalf_of": chief}
        assert refused(ReportIssued.objects.write, **said) == "report_issued_on_behalf"


class TestWhatTheDoorGuards:
    """Each question of the door is taken away, and what it kept would go: the tests above would be red without it."""

    @pytest.mark.parametrize(
        ("question", "kept"),
        [
            ("audits_last_day", "young"),
            ("audits_reportissued i", "unreported"),
            ("audits_recordshold h", "held"),
        ],
    )
    def test_without_the_question(self, officer, question, kept):
        old.issued(*(year for year in range(2018, 2026) if kept != "unreported" or year != 2019))
        at = old.LONG_AGO.replace(year=2024) if kept == "young" else old.LONG_AGO
        old.search(officer, at)
        if kept == "held":
            old.held()
        act, said = DisposalProposed.objects.write, {"kind": "query", "up_to": "2030-01-01", "reason": "So"}
        by = make.cast_of("coordinator")
        assert refused(act, by=by, **said) == "disposal_of_something"
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_functiondef('audits_verdict'::regproc)")
            body = cursor.fetchone()[0]
            assert question in body
            weak = {
                "young": body.replace("THEN 'young'", "AND false THEN 'young'").replace(
                    "WHEN today <=", "WHEN false AND today <="
                ),
                "unreported": body.replace("THEN 'unreported'", "AND false THEN 'unreported'"),
                "held": body.replace("THEN 'held'", "AND false THEN 'held'"),
            }[kept]
            cursor.execute(weak)
        assert act(by=by, **said).pk


def test_members_go_never(officer):
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        run("DELETE FROM training_member WHERE id = %s", officer.pk)
