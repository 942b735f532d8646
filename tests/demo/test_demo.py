"""The demo is loaded as people load it, into a database of its own; then its data are held against the house's rules."""

from __future__ import annotations

import os
import re

import psycopg
import pytest

from alpr_portal import bootstrap
from alpr_portal.demo.cast import CAST, PASSWORD, SEARCHERS
from alpr_portal.demo.load import DAYS as ALL_DAYS
from alpr_portal.demo.load import NEWEST
from alpr_portal.roles import ROLES
from reads.search import PAGE
from tests import database
from tests.commands.run import address_of, manage

from .places import name_of, one, place

NAME, DAYS = name_of("data"), 3


@pytest.fixture(scope="module")
def environment(tmp_path_factory, django_db_setup):
    """Where the demo of this module lives: in a copy of the migrated, empty database."""
    with place(NAME, tmp_path_factory.mktemp("demo")) as given:
        with database.connect() as admin:
            bootstrap.make_database(admin, NAME, database.build_template(admin))
        yield given


@pytest.fixture(scope="module")
def loaded(environment) -> str:
    """What the demo said when it loaded its days."""
    done = manage("demo", "--no-server", "--days", str(DAYS), **environment)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def rows(loaded):
    """Ask the demo's database, as a superuser."""
    with psycopg.connect(address_of(NAME), autocommit=True) as connection:
        yield lambda statement, *values: connection.execute(statement, values).fetchall()


# older searches stand for records over their term: who asked then, the demo does not tell
LATELY = "q.at > now() - interval '1 year'"


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
        assert one(rows("SELECT count(*) FROM reads_read")) > DAYS * 1500
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

    def test_every_read_with_an_image_has_its_picture(self, rows, environment):
        pictured = rows("SELECT id FROM reads_read WHERE images = 1")
        assert len(pictured) > NEWEST * DAYS // ALL_DAYS
        kept = rows("SELECT read_id, upload_day, pack, thumbnail_starts_at + thumbnail_size FROM reads_picture")
        assert {(id_,) for id_, *_ in kept} == set(pictured)
        for _, day, pack, end in kept:
            assert os.path.getsize(f"{environment['DATA_DIR']}/images/{day}/{pack}.pack") >= end
            assert os.path.exists(f"{environment['DATA_DIR']}/image-keys/{day}.key")


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
            f"SELECT count(*) FROM reads_query q WHERE {LATELY} AND NOT EXISTS (SELECT FROM training_completion c "
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
            f"SELECT count(*) FROM reads_query q WHERE {LATELY} AND at < now() - interval '1 day' AND NOT EXISTS (SELECT FROM "
            "training_signin s WHERE s.by_id = q.by_id AND s.kind = 'in' AND s.at < q.at AND s.at > q.at - interval '25 hours') "
            f"AND at > (SELECT min(q.at) + interval '1 day' FROM reads_query q WHERE {LATELY})"
        )
        assert one(rows(wrong)) == 0

    def test_the_searchers_are_many(self, rows):
        names = {name for (name,) in rows(
            "SELECT DISTINCT m.username FROM reads_query q JOIN training_member m ON m.id = q.by_id"
        )}  # fmt: skip
        assert names <= set(SEARCHERS)
        assert len(names) >= 5
