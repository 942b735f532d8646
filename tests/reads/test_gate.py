"""No recorded access, no rows: PostgreSQL itself refuses, whatever the application does."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, connections, transaction
from django.utils import timezone

from reads import search
from reads.models import Access, Picture, Read
from tests import make
from training.models import CompletionWithdrawn

pytestmark = pytest.mark.usefixtures("committed")


def look(named: object, alias: str = "default") -> list[tuple]:
    """Read the window under a named access, as the web's own role."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT set_config('alpr.access', %s, true)", [str(named)])
        cursor.execute("SELECT plate FROM reads_window")
        return cursor.fetchall()


def record(query, **values):
    return Access.objects.write(by=query.by, kind="results", query=query, **values)


@pytest.mark.clause("F.1", "C.3.b")
class TestGate:
    def test_a_committed_access_opens_the_reads(self, officer):
        make.read("8ABC123")
        assert look(record(make.query(officer)).pk) == [("8ABC123",)]

    def test_without_an_access_the_database_raises(self, officer):
        make.read()
        with pytest.raises(ProgrammingError, match="no recorded access"):
            list(Read.objects.all())

    def test_an_invented_access_is_refused(self, officer):
        make.read()
        with pytest.raises(ProgrammingError, match="not recorded"):
            look(uuid.uuid4())

    def test_an_access_of_the_same_transaction_is_refused(self, officer):
        make.read()
        query = make.query(officer)
        with pytest.raises(ProgrammingError, match="not committed"), transaction.atomic():
            look(record(query).pk)

    def test_an_access_of_a_savepoint_is_refused(self, officer):
        make.read()
        query = make.query(officer)
        with transaction.atomic():
            with transaction.atomic():
                access = record(query)
            with pytest.raises(ProgrammingError, match="not committed"):
                look(access.pk)
            transaction.set_rollback(True)

    def test_an_access_older_than_a_minute_is_refused(self, officer):
        make.read()
        query = make.query(officer)
        old = Access.backdated(
            by=officer, by_name=officer.name, kind="results", query=query, at=timezone.now() - timedelta(seconds=61)
        )
        with pytest.raises(ProgrammingError, match="older than 60 seconds"):
            look(old.pk)

    @pytest.mark.clause("C.3.a")
    def test_an_access_of_a_member_whose_training_was_withdrawn_is_refused(self, officer, training_officer):
        make.read()
        access = record(make.query(officer))
        CompletionWithdrawn.objects.write(
            by=training_officer, completion=officer.completions.get(), reason="Not attended"
        )
        with pytest.raises(ProgrammingError, match="not active and trained"):
            look(access.pk)

    def test_an_access_of_a_member_who_left_is_refused(self, officer):
        make.read()
        access = record(make.query(officer))
        make.closed(officer)
        with pytest.raises(ProgrammingError, match="not active and trained"):
            look(access.pk)

    def test_the_setting_ends_with_its_transaction(self, officer):
        make.read()
        look(record(make.query(officer)).pk)
        with pytest.raises(ProgrammingError, match="no recorded access"):
            list(Read.objects.all())

    def test_a_queryset_evaluated_after_the_access_fails_loudly(self, officer):
        make.read()
        with search.access(officer, "results", make.query(officer), now=timezone.now()):
            late = Read.objects.all()
        with pytest.raises(ProgrammingError, match="no recorded access"):
            list(late)

    @pytest.mark.parametrize("alias", ["default", "report", "purge"])
    def test_no_role_but_the_owner_reads_the_table_or_a_partition(self, officer, alias):
        make.read()
        today = datetime.now(UTC).date()
        for table in ("reads_read", f"reads_read_{today:%Y%m%d}"):
            with pytest.raises(ProgrammingError, match="permission denied"), connections[alias].cursor() as cursor:
                cursor.execute(f"SELECT plate FROM {table}")

    def test_the_application_makes_no_function_that_could_look_behind_the_window(self, officer):
        with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute("CREATE FUNCTION pg_temp.leak() RETURNS boolean LANGUAGE sql AS 'SELECT true'")

    def test_ingest_sees_ids_but_no_plate(self, officer):
        make.read()
        with connections["ingest"].cursor() as cursor:
            cursor.execute("SELECT id FROM reads_read")
            assert len(cursor.fetchall()) == 1
        with pytest.raises(ProgrammingError, match="permission denied"), connections["ingest"].cursor() as cursor:
            cursor.execute("SELECT plate FROM reads_read")


@pytest.mark.clause("G")
class TestExpiry:
    @pytest.mark.parametrize(("hours", "seen"), [(719.99, 1), (720.0, 0), (721, 0)])
    def test_a_read_is_unreadable_720_hours_after_upload(self, officer, hours, seen):
        make.read(uploaded_at=datetime.now(UTC) - timedelta(hours=hours))
        assert len(look(record(make.query(officer)).pk)) == seen

    def test_ingest_cannot_set_the_clock_that_retention_runs_on(self, officer):
        cam = make.camera()
        with pytest.raises(ProgrammingError, match="permission denied"), connections["ingest"].cursor() as cursor:
            cursor.execute(
                "INSERT INTO reads_read (id, uploaded_at, captured_at, camera_id, source_id, batch_id, plate_seen, plate, "
                "plate_fold) VALUES (%s, now(), now(), %s, %s, %s, 'A', 'A', 'A')",
                [uuid.uuid4(), cam.pk, cam.source_id, uuid.uuid4()],
            )


def test_the_web_is_the_application_role(officer):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("alpr_app",)


@pytest.mark.clause("F.1", "D", "G")
class TestPictures:
    def pictures(self, query):
        with search.access(query.by, "results", query, now=timezone.now()):
            return [picture.read_id for picture in Picture.objects.all()]

    def test_they_stand_behind_the_same_gate(self, officer):
        read_id = make.read("8ABC123", images=1)
        make.pictures(read_id, make.jpeg())
        with pytest.raises(ProgrammingError, match="no recorded access"):
            list(Picture.objects.all())
        assert self.pictures(make.query(officer)) == [read_id]

    def test_those_of_an_expired_read_are_gone_at_once(self, officer):
        uploaded = datetime.now(UTC) - timedelta(hours=720, seconds=1)
        make.pictures(make.read(uploaded_at=uploaded, images=1), make.jpeg(), day=uploaded.date())
        assert self.pictures(make.query(officer)) == []

    def test_the_table_behind_is_closed_to_the_application(self):
        for alias in ("default", "ingest", "report", "purge"):
            with pytest.raises(ProgrammingError, match="permission denied"), connections[alias].cursor() as cursor:
                cursor.execute("SELECT read_id FROM reads_picture")
