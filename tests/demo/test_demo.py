"""The demo is loaded as people load it, into a database of its own; then its data are held against the house's rules."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql

from alpr_portal import bootstrap
from alpr_portal.demo.cast import CAST, PASSWORD, SEARCHERS
from alpr_portal.roles import ROLES
from reads.search import PAGE
from tests import database
from tests.commands.run import ROOT, address_of, manage, one_line

NAME = f"alpr_demo_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
NOWHERE = "redis://127.0.0.1:1/0"  # no Redis answers here


def drop(name: str = NAME) -> None:
    with database.connect() as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def environment(tmp_path_factory, django_db_setup):
    """Where the demo of this module lives; the database is made by the demo itself."""
    drop()
    yield {"DATABASE_URL": address_of(NAME), "DATA_DIR": str(tmp_path_factory.mktemp("demo")), "REDIS_URL": NOWHERE}
    drop()


@pytest.fixture(scope="module")
def loaded(environment) -> str:
    """What the demo said when it loaded five days."""
    done = manage("demo", "--no-server", "--days", "5", **environment)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def rows(loaded):
    """Ask the demo's database, as a superuser."""
    with psycopg.connect(address_of(NAME), autocommit=True) as connection:
        yield lambda statement, *values: connection.execute(statement, values).fetchall()


@pytest.fixture
def officer_database(committed, officer) -> str:
    """The worker's own database, with a member who is nobody of the demo's."""
    connections.close_all()
    return settings.DATABASES["default"]["NAME"]


def one(found: list) -> object:
    ((value,),) = found
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TestPeople:
    def test_there_is_one_for_each_role_and_the_table_names_them(self, rows, loaded):
        roles = {name for (name,) in rows(
            "SELECT DISTINCT g.name FROM auth_group g JOIN training_member_groups m ON m.group_id = g.id"
        )}  # fmt: skip
        assert roles == set(ROLES)
        assert PASSWORD in loaded
        assert all(re.search(rf"^  {person.username} .*{re.escape(person.name)}", loaded, re.M) for person in CAST)

    def test_those_whose_papers_are_not_in_order_are_shut_out(self, rows):
        shut = rows(
            "SELECT m.username FROM training_member m JOIN training_member_groups x ON x.member_id = m.id "
            "JOIN auth_group g ON g.id = x.group_id WHERE g.name IN ('officer', 'supervisor') "
            "AND NOT training_may_enter(m.id, now()) ORDER BY 1"
        )
        assert shut == [("formeranalyst",), ("rookie",)]

    def test_nobodys_mail_can_arrive(self, rows):
        assert one(rows("SELECT count(*) FROM training_member WHERE email NOT LIKE '%%@demo.invalid'")) == 0

    def test_the_password_is_as_long_as_the_portal_demands(self):
        assert len(PASSWORD) >= 12


class TestCameras:
    def test_there_are_293_in_six_areas_and_some_in_cars(self, rows):
        assert one(rows("SELECT count(*) FROM reads_camera")) == 293
        assert rows("SELECT DISTINCT area FROM reads_camera ORDER BY 1") == [(str(n),) for n in range(1, 7)]
        assert one(rows("SELECT count(*) FROM reads_camera WHERE mount = 'vehicle'")) == 12

    @pytest.mark.clause("C.3.1")
    def test_three_are_not_attested_and_no_read_comes_from_them(self, rows):
        bare = "SELECT id FROM reads_camera c WHERE NOT EXISTS (SELECT FROM reads_sitingattestation WHERE camera_id = c.id)"
        assert len(rows(bare)) == 3
        assert one(rows(f"SELECT count(*) FROM reads_read WHERE camera_id IN ({bare})")) == 0

    def test_there_is_a_source_for_each_format_with_a_key_that_works(self, rows, loaded):
        formats = rows("SELECT format FROM reads_source WHERE key_digest <> '' ORDER BY 1")
        assert formats == [("openalpr",), ("platerecognizer",), ("portal",)]
        for key, name in re.findall(r"(alpr_demo-\S+) \((\w+)\)", loaded):
            found = one(
                rows("SELECT format FROM reads_source WHERE key_digest = encode(sha256(%s), 'hex')", key.encode())
            )
            assert found == name

    def test_changes_are_on_record(self, rows):
        assert one(rows("SELECT count(*) FROM reads_historicalcamera WHERE history_type = '~'")) > 5


class TestReads:
    def test_there_are_some_thousand_a_day_and_none_is_expired_or_to_come(self, rows):
        assert one(rows("SELECT count(*) FROM reads_read")) > 5 * 1500
        old = "SELECT count(*) FROM reads_read WHERE uploaded_at <= now() - interval '720 hours' OR uploaded_at > now()"
        assert one(rows(old)) == 0
        assert one(rows("SELECT count(*) FROM reads_read WHERE captured_at > uploaded_at")) == 0

    def test_no_plate_has_a_form_that_is_on_the_road(self, rows):
        """California passenger plates have neither I, O nor Q as the first letter; a misread may look like one."""
        ours = "SELECT count(*) FROM reads_read WHERE plate !~ '^[3-9][IOQ][A-Z][A-Z][0-9]{3}$'"
        misread = one(rows(ours))
        assert misread < 0.05 * one(rows("SELECT count(*) FROM reads_read"))

    @pytest.mark.clause("F.2")
    def test_batches_say_what_they_brought(self, rows):
        wrong = (
            "SELECT count(*) FROM reads_batch b WHERE b.stored <> (SELECT count(*) FROM reads_read r WHERE "
            "r.batch_id = b.id AND r.source_id = b.source_id) OR b.received <> b.stored + b.duplicates + "
            "(SELECT coalesce(sum(n::int), 0) FROM jsonb_each_text(b.refused) AS e(code, n))"
        )
        assert one(rows(wrong)) == 0

    def test_every_read_with_an_image_has_its_file(self, rows, environment):
        pictured = rows("SELECT upload_day, id FROM reads_read WHERE images = 1")
        assert len(pictured) > 60
        folder = f"{environment['DATA_DIR']}/images"
        assert [id_ for day, id_ in pictured if not os.path.exists(f"{folder}/{day}/{id_}.0")] == []


@pytest.mark.clause("C.2.B-log")
class TestSearches:
    def test_each_outcome_is_there_and_something_waits_for_everybody(self, rows):
        counts = dict(rows("SELECT outcome, count(*) FROM reads_query GROUP BY 1"))
        assert counts.keys() >= {"run", "wait"}
        undecided = (
            "SELECT count(*) FROM reads_query q WHERE outcome = 'wait' "
            "AND NOT EXISTS (SELECT FROM reads_querydecision d WHERE d.query_id = q.id)"
        )
        assert one(rows(undecided)) >= 3
        ready = (
            "SELECT count(*) FROM reads_querydecision d WHERE approved AND d.at > now() - interval '24 hours' "
            "AND NOT EXISTS (SELECT FROM reads_queryrun r WHERE r.query_id = d.query_id)"
        )
        assert one(rows(ready)) >= 1
        owed = (
            "SELECT count(*) FROM reads_query q WHERE case_number_due_at IS NOT NULL AND outcome <> 'refuse' "
            "AND NOT EXISTS (SELECT FROM reads_casenumbersupplied s WHERE s.query_id = q.id)"
        )
        assert one(rows(owed)) >= 2

    def test_steps_come_in_their_order_and_none_lies_ahead(self, rows):
        early = (
            "SELECT count(*) FROM reads_query q LEFT JOIN reads_querydecision d ON d.query_id = q.id "
            "LEFT JOIN reads_queryrun r ON r.query_id = q.id LEFT JOIN reads_access a ON a.query_id = q.id "
            "WHERE d.at < q.at OR r.at < coalesce(d.at, q.at) OR a.at < r.at OR (a.id IS NOT NULL AND r.id IS NULL) "
            "OR greatest(q.at, d.at, r.at, a.at) > now()"
        )
        assert one(rows(early)) == 0

    def test_only_what_may_run_ran(self, rows):
        wrong = (
            "SELECT count(*) FROM reads_queryrun r JOIN reads_query q ON q.id = r.query_id "
            "LEFT JOIN reads_querydecision d ON d.query_id = q.id "
            "WHERE q.outcome = 'refuse' OR (q.outcome = 'wait' AND d.approved IS NOT TRUE) OR r.by_id <> q.by_id"
        )
        assert one(rows(wrong)) == 0

    def test_every_asker_was_trained_then(self, rows):
        wrong = (
            "SELECT count(*) FROM reads_query q WHERE NOT EXISTS (SELECT FROM training_completion c "
            "WHERE c.id = ANY(q.training) AND c.member_id = q.by_id AND c.at <= q.at AND c.expires_at > q.at)"
        )
        assert one(rows(wrong)) == 0

    def test_every_decider_may_decide(self, rows):
        wrong = (
            "SELECT count(*) FROM reads_querydecision d WHERE NOT EXISTS (SELECT FROM training_member_groups m "
            "JOIN auth_group g ON g.id = m.group_id WHERE m.member_id = d.by_id AND g.name = 'supervisor')"
        )
        assert one(rows(wrong)) == 0

    def test_first_pages_show_as_many_reads_as_there_were(self, rows):
        """For whole plates: a page holds so many, and what was uploaded later was not there yet."""
        wrong = (
            "SELECT count(*) FROM reads_query q JOIN reads_access a ON a.query_id = q.id JOIN reads_answer n ON "
            "n.access_id = a.id WHERE a.kind = 'results' AND a.page = 1 AND q.plate ~ '^[A-Z0-9]+$' "
            "AND NOT (q.criteria->>'approximate')::bool AND (q.criteria->>'from')::timestamptz > now() - interval '100 hours' "
            f"AND n.rows <> least({PAGE}, (SELECT count(*) FROM reads_read r WHERE r.plate = q.plate AND r.captured_at "
            "BETWEEN (q.criteria->>'from')::timestamptz AND (q.criteria->>'to')::timestamptz AND r.uploaded_at <= q.at))"
        )
        assert one(rows(wrong)) == 0

    def test_whoever_searched_had_signed_in_that_day(self, rows):
        wrong = (
            "SELECT count(*) FROM reads_query q WHERE at < now() - interval '1 day' AND NOT EXISTS (SELECT FROM "
            "training_signin s WHERE s.by_id = q.by_id AND s.kind = 'in' AND s.at < q.at AND s.at > q.at - interval '25 hours') "
            "AND at > (SELECT min(at) + interval '1 day' FROM reads_query)"
        )
        assert one(rows(wrong)) == 0

    def test_the_searchers_are_many(self, rows):
        names = {name for (name,) in rows(
            "SELECT DISTINCT m.username FROM reads_query q JOIN training_member m ON m.id = q.by_id"
        )}  # fmt: skip
        assert names <= set(SEARCHERS)
        assert len(names) >= 5


class TestCommand:
    def test_a_second_start_adds_only_what_has_come_since(self, rows, environment):
        before = one(rows("SELECT count(*) FROM training_member"))
        done = manage("demo", "--no-server", "--days", "5", **environment)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.decode().startswith("Brought up to now: ")
        assert one(rows("SELECT count(*) FROM training_member")) == before
        assert one(rows("SELECT count(*) - count(DISTINCT id) FROM reads_read")) == 0

    def test_it_serves_until_it_is_stopped_and_leaves_nothing_behind(self, loaded, environment):
        port = free_port()
        clean = {k: v for k, v in os.environ.items() if k not in {"DJANGO_SETTINGS_MODULE", "ENVIRONMENT"}}
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(port), "--days", "5"],
            env={**clean, **environment, "WEB_WORKERS": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            for line in process.stdout:
                if line.startswith("The portal: "):
                    break
            else:
                pytest.fail(process.stderr.read())
            client = HTTPConnection("127.0.0.1", port, timeout=30)
            client.request("GET", "/public/")
            page = client.getresponse()
            assert (page.status, b"DEMO" in page.read()) == (200, True)
            client.close()
        finally:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        assert "The portal is stopped." in said
        assert process.returncode == 0
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0

    def test_a_busy_port_is_one_line_before_anything_is_made(self, environment):
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            port = busy.getsockname()[1]
            done = manage("demo", "--port", str(port), **{**environment, "DATABASE_URL": address_of("alpr_never_made")})
        assert done.returncode == 1
        assert f"Port {port} is busy" in one_line(done.stderr)
        with database.connect() as admin:
            assert admin.execute("SELECT 1 FROM pg_database WHERE datname = 'alpr_never_made'").fetchone() is None

    @pytest.mark.parametrize("place", ["production", "development", "test"])
    def test_it_runs_in_the_demo_only(self, place, environment):
        secrets = {"SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": "portal.invalid", "IMAGE_KEY": "eA=="}
        done = manage("demo", "--no-server", **{**environment, **secrets, "ENVIRONMENT": place})
        assert done.returncode == 1
        assert f"This is {place}, not the demo" in one_line(done.stderr)

    def test_a_port_that_is_none_is_refused(self):
        done = manage("demo", "--port", "70000")
        assert done.returncode != 0
        assert b"a number from 1 to 65535" in done.stderr

    def test_reset_begins_anew(self, environment, tmp_path):
        """Also on a database that somebody left half made."""
        name = f"{NAME}_reset"
        bootstrap.bootstrap_database(address_of("postgres"), name)
        try:
            with psycopg.connect(address_of(name), autocommit=True) as connection:
                connection.execute("SET ROLE alpr_owner")
                connection.execute("CREATE TABLE left_over ()")
            old = tmp_path / "images" / "2001-01-01"
            old.mkdir(parents=True)
            given = {**environment, "DATABASE_URL": address_of(name), "DATA_DIR": str(tmp_path)}
            done = manage("demo", "--no-server", "--reset", "--days", "1", **given)
            assert done.returncode == 0, done.stderr.decode()
            assert done.stdout.decode().startswith("Loaded: ")
            assert not old.exists()
            with psycopg.connect(address_of(name)) as connection:
                assert connection.execute("SELECT to_regclass('left_over')").fetchone() == (None,)
        finally:
            drop(name)

    def test_reset_never_drops_what_is_not_the_demos(self, environment, officer_database):
        given = {**environment, "DATABASE_URL": address_of(officer_database)}
        done = manage("demo", "--no-server", "--reset", **given)
        assert done.returncode == 1
        assert "not the demo's: nothing was done" in one_line(done.stderr)
        with psycopg.connect(address_of(officer_database)) as connection:
            assert connection.execute("SELECT count(*) FROM training_member").fetchone() == (1,)
