"""The one command that needs a superuser makes what is missing, says what it made, and can be run again."""

from __future__ import annotations

import os

import psycopg
import pytest
from django.conf import settings
from django.core.management.base import CommandError
from psycopg import sql
from psycopg.conninfo import make_conninfo

from alpr_portal.management.commands import bootstrap_database
from tests import database
from tests.commands.run import address_of, manage, one_line, run

pytestmark = pytest.mark.usefixtures("django_db_setup")


@pytest.fixture
def fresh(monkeypatch):
    """The name of a database that does not exist yet, and the environment that points there."""
    name = f"alpr_fresh_{os.getpid()}"
    monkeypatch.setenv("DATABASE_ADMIN_URL", address_of("postgres"))
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", name)
    yield name
    with database.connect() as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def exists(name: str) -> bool:
    with database.connect() as admin:
        return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


class TestBootstrapDatabase:
    def test_it_makes_the_database_and_says_so(self, fresh):
        said = run("bootstrap_database")
        assert f"Made: database {fresh}" in said
        assert "Made: extension pg_trgm" in said
        with psycopg.connect(address_of(fresh)) as connection:
            owner = connection.execute("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'")
            assert owner.fetchone() == ("alpr_owner",)

    def test_a_second_run_finds_nothing_to_do(self, fresh):
        run("bootstrap_database")
        assert run("bootstrap_database") == "Everything was there already.\n"

    def test_a_dry_run_makes_nothing(self, fresh):
        assert f"Missing: database {fresh}" in run("bootstrap_database", "--dry-run")
        assert not exists(fresh)

    def test_a_role_that_is_missing_is_named_and_wants_a_password(self, fresh, monkeypatch):
        monkeypatch.setattr(bootstrap_database, "what_is_missing", lambda *_: ["role alpr_app"])
        said = run("bootstrap_database")
        assert "Made: role alpr_app" in said
        assert "no password" in said

    def test_without_the_admin_address_a_superusers_database_url_serves(self, fresh, monkeypatch):
        monkeypatch.delenv("DATABASE_ADMIN_URL")
        monkeypatch.setattr(settings, "DATABASE_URL", address_of(fresh))
        assert f"Made: database {fresh}" in run("bootstrap_database")

    def test_a_log_in_that_is_no_superuser_is_refused(self, fresh, monkeypatch):
        monkeypatch.setenv("DATABASE_ADMIN_URL", make_conninfo(address_of("postgres"), user="alpr_app"))
        with pytest.raises(CommandError, match="no superuser: set DATABASE_ADMIN_URL"):
            run("bootstrap_database")
        assert not exists(fresh)

    def test_the_embedded_server_needs_nothing(self, monkeypatch):
        monkeypatch.delenv("DATABASE_ADMIN_URL", raising=False)
        monkeypatch.setattr(settings, "DATABASE_URL", "embedded:")
        assert "nothing to do" in run("bootstrap_database")

    def test_a_server_that_does_not_answer_is_one_line_without_the_password(self):
        address = "postgresql://postgres:not-to-be-shown@127.0.0.1:1/alpr"
        done = manage("bootstrap_database", DATABASE_URL=address, DATABASE_ADMIN_URL="")
        assert done.returncode == 1
        assert "does not answer" in one_line(done.stderr)
        assert b"not-to-be-shown" not in done.stderr + done.stdout
