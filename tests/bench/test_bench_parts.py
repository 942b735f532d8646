"""Each part runs from end to end at a tiny size, on a database of its own. What it measured is not looked at: only counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone
from psycopg import sql

from alpr_portal import bootstrap
from bench import data, disposal, http, ingest, load, peer, people, search
from bench.cluster import Ground, facts, with_name
from bench.sizes import TINY, Sizes
from tests import database


def silent(said: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def ground(django_db_setup: str, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A database of the benches' own: they dispose of days, and other tests want theirs."""
    name = f"{django_db_setup}_bench"
    with django_db_blocker.unblock():
        with database.connect() as admin:
            bootstrap.make_database(admin, name, database.build_template(admin))
        with database.connect(name) as admin:
            bootstrap.prepare(admin, name)
        database.point_at(name)
        try:
            yield Ground(with_name(database.admin_url(), name), tmp_path_factory.mktemp("bench"))
        finally:
            connections.close_all()
            database.point_at(django_db_setup)
            with database.connect() as admin:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def made(ground: Ground) -> people.People:
    return people.make(TINY.cameras)


@pytest.fixture(scope="module")
def month(ground: Ground, made: people.People) -> dict[str, Any]:
    return data.ensure(ground, made, TINY, silent, now=timezone.now())


class TestData:
    def test_a_search_sees_as_many_reads_as_were_ordered(self, month):
        assert month["visible"] >= TINY.rows
        assert month["upload_days"] == 31

    def test_no_plate_could_be_on_the_road(self, ground, month):
        """California puts no I, O or Q where these have one; a misread one may look otherwise."""
        with closing(ground.admin()) as admin:
            plates = [plate for (plate,) in admin.execute("SELECT plate FROM bench.vehicle")]
        assert len(set(plates)) == TINY.vehicles
        for plate in plates:
            assert plate[1] in "IOQ" or (plate[3] in "IOQ" and plate[4:].isdigit()), plate

    def test_closed_days_have_their_pattern_index_and_today_has_none(self, ground, month):
        with closing(ground.admin()) as admin:
            names = "SELECT indexrelid::regclass::text FROM pg_index WHERE indexrelid::regclass::text LIKE '%%trigram'"
            indexed = {name for (name,) in admin.execute(names)}
        today = datetime.now(UTC).date()
        assert f"reads_read_{today - timedelta(days=1):%Y%m%d}_trigram" in indexed
        assert f"reads_read_{today:%Y%m%d}_trigram" not in indexed

    def test_a_second_run_makes_only_what_is_missing(self, ground, made, month):
        data.ensure(ground, made, TINY, silent, now=timezone.now())  # other parts have added to today's
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        with closing(ground.admin()) as admin:
            admin.execute("DELETE FROM reads_read WHERE upload_day = %s", [yesterday])
            assert data.ensure(ground, made, TINY, silent, now=timezone.now())["days_made"] == 1
            assert data.count(admin, yesterday) == TINY.a_day

    def test_the_machine_is_described(self, ground):
        found = facts(ground)
        assert found["settings"]["synchronous_commit"] == "on"
        assert found["cores"] > 0


class TestSearch:
    def test_every_kind_is_asked_and_finds_what_it_was_drawn_from(self, ground, made, month):
        found = search.measure(ground, made, TINY, silent)["kinds"]
        assert [kind["name"] for kind in found] == [kind.name for kind in search.KINDS]
        assert all(kind["n"] == TINY.searches for kind in found)
        by_plate = [kind for kind in found if "cameras" not in kind["name"] and "area" not in kind["name"]]
        assert all(kind["reads"] >= 1 for kind in by_plate), (
            "what was drawn is found; at a place drawn apart, maybe nothing"
        )

    @pytest.mark.parametrize(("plate", "said"), [("7IBC123", "7?BC1*3"), ("1Q45678", "1?456*8")])
    def test_the_pattern_of_half_a_plate(self, plate: str, said: str):
        assert search.pattern(plate) == said


class TestIngest:
    def test_every_way_stores_each_read_once(self, made, month):
        found = ingest.measure(made, TINY, silent)
        assert found["stored"] == found["sent_once"] > 0
        assert set(found["rates"]["large"]) == {"direct", "staged", "bulk", "act", "replay", "save"}
        assert set(found["rates"]["small"]) == {"direct", "staged", "bulk", "act", "replay", "act_together"}

    def test_a_way_that_loses_reads_is_no_measurement(self, made, month, monkeypatch):
        monkeypatch.setattr(ingest, "store", lambda people, one: 0)
        with pytest.raises(RuntimeError, match="0 of 100"):
            ingest.Ways(made, TINY, "lost").batched("x", 100, 50)


class TestDoor:
    def test_both_doors_take_every_read_and_pages_are_shown_meanwhile(self, ground, made, month, monkeypatch):
        monkeypatch.setenv("WEB_WORKERS", "1")
        found = http.measure(ground, made, TINY, silent)
        assert found["acknowledged"] == found["stored"] > 0
        assert found["overrun"]["pages_failed"] == found["overrun"]["broken"] == 0
        assert found["overrun"]["without_retry_after"] == 0

    def test_no_two_posts_are_the_same(self):
        orders = {"method": "POST", "paths": ["/x"], "headers": {}, "bodies": ['{"id": "@@"}'], "label": "one"}
        posts = load.Load(orders)
        assert posts.message(1).endswith(b'{"id": "one-1"}')
        assert posts.message(2).endswith(b'{"id": "one-2"}')


class TestDisposal:
    def test_days_and_pictures_are_gone_each_way(self, ground, made, month):
        with closing(ground.admin()) as admin:  # other parts hold reads as well
            (before,) = admin.execute("SELECT count(*) FROM reads_heldread").fetchone()
        found = disposal.measure(ground, made, TINY, silent)
        assert set(found["seconds"]) == set(found["wal"]) == {"delete", "purge", "dispose"}
        assert set(found["waits"]) == {"nothing", "delete", "purge"}
        with closing(ground.admin()) as admin:
            left = admin.execute("SELECT count(*) FROM reads_read WHERE upload_day < now() - interval '32 days'")
            assert left.fetchone() == (0,)
            (held,) = admin.execute("SELECT count(*) FROM reads_heldread").fetchone()
        assert held - before == found["held"]["n"] * found["held"]["holds"]
        assert not list((Path(settings.DATA_DIR) / "file-each").glob("*"))


class TestPeer:
    def test_both_ways_count_the_same(self, ground, made, month):
        found = peer.measure(ground, made, TINY, silent)
        assert found["rows"] >= TINY.peer_rows
        for asked in found["questions"]:
            assert asked["same"] == asked["asked"] == TINY.peer_searches

    def test_nothing_of_theirs_is_left(self, ground, month):
        with closing(ground.admin()) as admin:
            assert admin.execute("SELECT to_regnamespace('peer')").fetchone() == (None,)


def test_a_day_of_the_month_is_a_thirtieth():
    assert Sizes(rows=300).a_day == 10
