"""The demo's command: it begins anew, goes on, serves until it is stopped, and touches nothing that is not its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from alpr_portal import bootstrap
from tests import database
from tests.commands.run import ROOT, address_of, manage, one_line

from .places import name_of, one, place

NAME = name_of("command")


@pytest.fixture(scope="module")
def environment(tmp_path_factory, django_db_setup):
    """Where the demo of this module lives: somebody has left a database half made, and an old image."""
    folder = tmp_path_factory.mktemp("demo")
    with place(NAME, folder) as given:
        bootstrap.bootstrap_database(address_of("postgres"), NAME)
        with psycopg.connect(address_of(NAME), autocommit=True) as connection:
            connection.execute("SET ROLE alpr_owner")
            connection.execute("CREATE TABLE left_over ()")
        (folder / "images" / "2001-01-01").mkdir(parents=True)
        yield given


@pytest.fixture(scope="module")
def loaded(environment) -> str:
    """What the demo said when it threw that away and loaded a day."""
    done = manage("demo", "--no-server", "--reset", "--days", "1", **environment)
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TestCommand:
    def test_a_second_start_adds_only_what_has_come_since(self, rows, environment):
        before = one(rows("SELECT count(*) FROM training_member"))
        done = manage("demo", "--no-server", "--days", "1", **environment)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.decode().startswith("Brought up to now: ")
        assert one(rows("SELECT count(*) FROM training_member")) == before
        assert one(rows("SELECT count(*) - count(DISTINCT id) FROM reads_read")) == 0

    def test_it_serves_until_it_is_stopped_and_leaves_nothing_behind(self, loaded, environment):
        port = free_port()
        clean = {k: v for k, v in os.environ.items() if k not in {"DJANGO_SETTINGS_MODULE", "ENVIRONMENT"}}
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(port), "--days", "1"],
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
        secrets = {
            "SECRET_KEY": "x" * 50,
            "ALLOWED_HOSTS": "portal.invalid",
            "IMAGE_KEY": "eA==",
            "PACK_KEY": "ZmljdGlvbmFsLWtleS10aGF0LXNpZ25zLWEtcGFjay0=",
            "IMAGE_KEYS_DIR": "keys",
            "ERASURES_DIR": "erasures",
            "SECOND_FACTOR_KEYS": f"{'x' * 43}=",
            "PORTAL_URL": "https://portal.invalid",
        }
        done = manage("demo", "--no-server", **{**environment, **secrets, "ENVIRONMENT": place})
        assert done.returncode == 1
        assert f"This is {place}, not the demo" in one_line(done.stderr)

    def test_a_port_that_is_none_is_refused(self):
        done = manage("demo", "--port", "70000")
        assert done.returncode != 0
        assert b"a number from 1 to 65535" in done.stderr

    def test_reset_begins_anew(self, rows, loaded, environment):
        """Also on a database that somebody left half made; the demo makes its own, and migrates it."""
        assert loaded.startswith("Loaded: ")
        assert not (Path(environment["DATA_DIR"]) / "images" / "2001-01-01").exists()
        assert one(rows("SELECT to_regclass('left_over')")) is None
        assert one(rows("SELECT count(*) FROM reads_read")) > 1000

    def test_reset_never_drops_what_is_not_the_demos(self, environment, officer_database):
        given = {**environment, "DATABASE_URL": address_of(officer_database)}
        done = manage("demo", "--no-server", "--reset", **given)
        assert done.returncode == 1
        assert "not the demo's: nothing was done" in one_line(done.stderr)
        with psycopg.connect(address_of(officer_database)) as connection:
            assert connection.execute("SELECT count(*) FROM training_member").fetchone() == (1,)
