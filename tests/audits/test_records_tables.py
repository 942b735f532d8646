"""K.report: each class has its tables, every record is in one, and the rules say in Python and in SQL the same."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from alpr_portal.policy.vocabulary import RecordClass
from alpr_portal.records import Record
from audits import catalogue
from audits import retention_rules as rules
from audits.classes import CLASSES, FOR_EVER, NOT_RECORDS, every, tables_of
from tests import make
from tests.corpus import table

from . import old

pytestmark = pytest.mark.clause("F.1")
MANAGED = {m._meta.db_table: m for m in apps.get_models(include_auto_created=True) if m._meta.managed}
LISTED = {kind: set(tables_of(kind)) for kind in RecordClass}


class TestClasses:
    def test_every_table_is_put_somewhere(self):
        """A new record is put into a class of audits/classes.py, or kept for ever with a sentence."""
        put = set().union(*LISTED.values(), FOR_EVER, NOT_RECORDS)
        assert set(MANAGED) - put == set()
        assert put - set(MANAGED) == set()

    def test_and_in_one_place_only(self):
        places = [*LISTED.values(), set(FOR_EVER), set(NOT_RECORDS)]
        assert sum(map(len, places)) == len(set().union(*places))

    def test_no_record_passes_for_a_register(self):
        records = {name for name, model in MANAGED.items() if issubclass(model, Record)}
        assert not records & set(NOT_RECORDS)

    def test_there_are_the_five_classes_and_sharing_has_nothing_yet(self):
        assert [kind.value for kind in CLASSES] == ["query", "sharing", "hot_list", "training", "audit"]
        assert not CLASSES[RecordClass.SHARING]

    def test_a_part_hangs_by_a_foreign_key_or_a_column_that_is_there(self):
        for roots in CLASSES.values():
            for rows in (rows for root in roots for rows in every(root)):
                columns = {f.column for f in MANAGED[rows.table]._meta.local_concrete_fields}
                assert rows.key in columns
                assert not rows.on or rows.on in columns

    @pytest.mark.django_db
    def test_every_statement_runs(self):
        with make.as_owner(), connection.cursor() as cursor:
            for _, root, tab, _, _, _, rows, candidates, counts in catalogue.lines():
                cursor.execute(rows.replace("%", "%%").replace("$1", "%s"), [[]])
                if candidates:
                    asked = candidates.replace("$1", "%s")
                    cursor.execute(asked, [old.LONG_AGO] * asked.count("%s"))
                cursor.execute(counts)
                assert cursor.fetchone()[0] is not None, (root, tab)

    @pytest.mark.django_db
    def test_the_database_knows_the_same(self):
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT kind, root, tab, key, turn, root_type, rows, candidates, counts FROM audits_parts()")
            assert set(cursor.fetchall()) == set(catalogue.lines())


@pytest.mark.django_db
class TestStories:
    def test_every_row_is_in_one_story(self, officer, supervisor, administrator, coordinator):
        """Of the tables that a cast and a search fill, each row is found in exactly one story."""
        old.search(officer)
        old.held(coordinator)
        with make.as_owner(), connection.cursor() as cursor:
            for name in {t for tables in LISTED.values() for t in tables}:
                cursor.execute(f"SELECT count(*) FROM {name}")
                there = cursor.fetchone()[0]
                found = 0
                for _, root, tab, _, _, _, rows, _, _ in catalogue.lines():
                    if tab == name:
                        key = next(r.key for roots in CLASSES.values() for r in roots if r.table == root)
                        cursor.execute(f"SELECT array_agg({key}::text) FROM {root}")
                        roots = cursor.fetchone()[0] or []
                        cursor.execute(f"SELECT count(*) FROM ({rows.replace('$1', '%s')}) r", [roots])
                        found += cursor.fetchone()[0]
                expected = 0 if name == "hotlists_watchrow" else there
                assert found == expected, name


COLUMNS = ("what", "kind", "began", "ended", "years", "cases", "issued", "holds", "up_to", "today", "verdict")


def day(text: str) -> date:
    return date.fromisoformat(text)


def moment(text: str) -> datetime:
    return (
        datetime.fromisoformat(text).replace(tzinfo=rules.OAKLAND) if "Z" not in text else datetime.fromisoformat(text)
    )


def span(text: str) -> rules.Kept:
    """``query,audit|2019-01-01..2019-12-31|19-012345``, the days and the case may be empty."""
    kinds, days, case = text.split("|")
    first, _, last = days.partition("..")
    return rules.Kept(frozenset(kinds.split("+")), day(first) if first else None, day(last) if last else None, case)


class TestLastDay:
    @pytest.mark.parametrize(("ended_on", "years", "last"), table("records_last_day.csv"))
    @pytest.mark.django_db
    def test_table_in_both(self, ended_on, years, last):
        with connection.cursor() as cursor:
            cursor.execute("SELECT audits_last_day(%s, %s)", [day(ended_on), int(years)])
            said = cursor.fetchone()[0]
        assert rules.last_day(day(ended_on), int(years)) == said == day(last)

    @given(ended=st.dates(date(1999, 1, 1), date(2090, 12, 31)), years=st.integers(2, 9))
    def test_never_early(self, ended, years):
        assert rules.last_day(ended, years) - ended >= timedelta(days=365 * years)

    @given(today=st.dates(date(2009, 1, 1), date(2090, 12, 31)), years=st.integers(2, 9))
    def test_the_latest_end_is_the_latest(self, today, years):
        latest = rules.latest_end(today, years)
        assert rules.last_day(latest, years) < today <= rules.last_day(latest + timedelta(days=1), years)


@pytest.mark.django_db
class TestVerdict:
    @pytest.mark.parametrize("values", [pytest.param(p.values, id=p.values[0]) for p in table("records_verdict.csv")])
    def test_table_in_both(self, values, coordinator):
        row = dict(zip(COLUMNS, values, strict=True))
        ended = None if row["ended"] == "runs" else moment(row["ended"])
        issued = [int(year) for year in row["issued"].split()]
        holds = [span(text) for text in row["holds"].split(";") if text]
        years = frozenset(map(int, row["years"].split()))
        cases = frozenset(row["cases"].split())
        story = rules.Story(row["kind"], moment(row["began"]), ended, years, cases)
        up_to, today = day(row["up_to"]), day(row["today"])
        assert rules.verdict(story, years=5, issued=issued, holds=holds, up_to=up_to, today=today) == row["verdict"]
        old.issued(*issued) if issued else None
        for hold in holds:
            days = {"from_on": hold.from_on, "to_on": hold.to_on, "case_number": hold.case_number}
            old.held(coordinator, classes=sorted(hold.classes), **days)
        asked = [row["kind"], sorted(years), story.began_at, ended or "infinity", sorted(cases), up_to, today]
        with make.as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT audits_verdict(%s, %s, %s, %s::timestamptz, %s::text[], %s, %s)", asked)
            assert cursor.fetchone()[0] == row["verdict"]


class TestFloor:
    @pytest.mark.parametrize(("years", "faults"), [(5, 0), (2, 0), (1, 1), (0, 1)])
    def test_a_system_check_refuses_less(self, settings, years, faults):
        settings.RECORDS_KEPT_YEARS = years
        assert len([e for e in run_checks() if e.id == "alpr.E010"]) == faults

    @pytest.mark.django_db
    def test_the_database_keeps_the_floor_whatever_is_set(self, settings):
        settings.RECORDS_KEPT_YEARS = 1
        with transaction.atomic(), make.as_owner(), connection.cursor() as cursor:
            catalogue.make(cursor)
            cursor.execute("SELECT audits_years()")
            assert cursor.fetchone() == (2,)
            transaction.set_rollback(True)
