"""Records are written once: PostgreSQL refuses every change, whoever asks, and the clock is the database's."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone

from alpr_portal.records import Record
from reads.models import Access, Query, QueryDecision
from tests import database, make
from training.models import Completion, Member, SignIn

RECORDS = [m for m in apps.get_models() if issubclass(m, Record)]


def run(alias: str, statement: str) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.clause("F.1")
@pytest.mark.parametrize("model", RECORDS, ids=lambda m: m._meta.label)
class TestWrittenOnce:
    def test_both_triggers_stand_and_fire_always(self, model):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal ORDER BY 1",
                [model._meta.db_table],
            )
            found = dict(cursor.fetchall())
            assert {"never_emptied", "written_once"} <= set(found)
            assert set(found.values()) == {"A"}

    def test_the_application_may_insert_and_read_and_nothing_else(self, model):
        with connection.cursor() as cursor:
            held = []
            for privilege in ("SELECT", "UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege('alpr_app', %s, %s)", [model._meta.db_table, privilege])
                held.append(cursor.fetchone()[0])
            cursor.execute("SELECT has_any_column_privilege('alpr_app', %s, 'UPDATE')", [model._meta.db_table])
            assert (held, cursor.fetchone()[0]) == ([True, False, False, False], False)

    def test_the_clock_cannot_be_inserted(self, model):
        with connection.cursor() as cursor:
            cursor.execute("SELECT has_column_privilege('alpr_app', %s, 'at', 'INSERT')", [model._meta.db_table])
            assert cursor.fetchone() == (False,)


@pytest.mark.usefixtures("committed")
@pytest.mark.clause("F.1")
class TestDenyTrigger:
    @pytest.mark.parametrize(
        "statement", ["UPDATE reads_query SET facts = 'x'", "DELETE FROM reads_query", "TRUNCATE reads_query CASCADE"]
    )
    def test_even_the_owner_is_refused(self, officer, statement):
        make.query(officer)
        with pytest.raises(DatabaseError, match="written once"):
            run("owner", statement)

    def test_replica_mode_does_not_open_it(self, officer, django_db_setup):
        import psycopg

        make.query(officer)
        with database.connect(django_db_setup) as admin:
            admin.execute("SET session_replication_role = replica")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="written once"):
                admin.execute("UPDATE reads_query SET facts = 'x'")

    def test_the_application_is_refused_before_the_trigger(self, officer):
        make.query(officer)
        with pytest.raises(DatabaseError, match="permission denied"):
            run("default", "UPDATE reads_query SET facts = 'x'")

    def test_a_record_cannot_be_backdated_by_the_application(self, officer):
        with pytest.raises(DatabaseError, match="permission denied"):
            run(
                "default",
                "INSERT INTO training_signin (id, at, by_name, by_badge, by_unit, kind) "
                "VALUES (gen_random_uuid(), now() - interval '1 day', 'x', '', '', 'in')",
            )


@pytest.mark.django_db
class TestRecord:
    def test_it_writes_the_names_down_as_they_were(self, officer):
        record = SignIn.objects.write(by=officer, kind="in")
        officer.name, officer.unit = "Ola Married", "Traffic"
        officer.save()
        record.refresh_from_db()
        assert (record.by_name, record.by_unit, record.by.name) == ("Ola Okoro", "Patrol 3", "Ola Married")

    def test_its_time_is_the_databases(self, officer):
        record = SignIn.objects.write(by=officer, kind="in")
        assert abs(record.at - timezone.now()) < timedelta(minutes=5)

    def test_its_canonical_line_is_the_same_when_read_back(self, officer):
        record = make.query(officer)
        line = record.canonical()
        assert line == Query.objects.get(pk=record.pk).canonical()
        assert line.isascii()
        assert json.loads(line)["record"] == "reads.Query"

    def test_who_acted_cannot_be_deleted(self, officer):
        SignIn.objects.write(by=officer, kind="in")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM training_member WHERE id = %s", [officer.pk])

    def test_the_database_knows_no_superuser(self):
        with pytest.raises(IntegrityError, match="member_is_never_superuser"):
            Member.objects.create(username="root", name="Root", is_superuser=True)


@pytest.mark.django_db
@pytest.mark.clause("C.2.B")
class TestTwoPersons:
    def test_no_statement_lets_a_member_decide_their_own_search(self, officer):
        query = make.waiting_query(officer)
        with pytest.raises(IntegrityError, match="query_decided_by_someone_else"):
            QueryDecision.objects.write(
                by=officer, query=query, approved=True, reason="Fine", asked_by=officer, asked_for=officer
            )

    def test_a_decision_needs_a_reason(self, officer, supervisor):
        query = make.waiting_query(officer)
        with pytest.raises(IntegrityError, match="query_decision_has_reason"):
            QueryDecision.objects.write(
                by=supervisor, query=query, approved=True, reason="", asked_by=officer, asked_for=officer
            )

    def test_a_search_that_runs_was_attested(self, officer):
        with pytest.raises(IntegrityError, match="query_runs_attested"):
            make.query(officer, attested=False)

    def test_an_access_rests_on_a_query(self, officer):
        with pytest.raises(IntegrityError, match="access_rests_on_something"):
            Access.objects.write(by=officer, kind="results", query=None)

    def test_a_purpose_outside_the_list_does_not_exist(self, officer):
        with pytest.raises(IntegrityError, match="query_purpose_listed"):
            make.query(officer, purpose="traffic")


def test_every_record_has_a_table_of_its_own():
    assert len({m._meta.db_table for m in RECORDS}) == len(RECORDS) >= 15
    assert Completion in RECORDS
