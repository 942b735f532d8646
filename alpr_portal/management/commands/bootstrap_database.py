"""Make the database, its roles and its extension: the one command that needs a superuser's address."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from psycopg.conninfo import make_conninfo

from alpr_portal.bootstrap import EXTENSIONS, bootstrap_database
from alpr_portal.database import ROLES
from alpr_portal.management.base import PortalCommand


class Command(PortalCommand):
    help = (
        "Make the database, its roles and its extension. Uses DATABASE_ADMIN_URL, or DATABASE_URL where that is a "
        "superuser's; the embedded server needs nothing. Can be run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what is missing and make nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        address = superuser_address()
        if not address:
            self.say("The embedded server makes its database by itself at the first connection: nothing to do.")
            return
        name = settings.DATABASES["default"]["NAME"]
        missing = what_is_missing(address, name)
        if options["dry_run"]:
            self.say("\n".join(f"Missing: {what}" for what in missing) or "Nothing is missing.")
            return
        bootstrap_database(address, name)
        self.say("\n".join(f"Made: {what}" for what in missing) or "Everything was there already.")
        if any(what.startswith("role") for what in missing):
            self.say("The new roles have no password: give each its own (docs/deployment.md).")


def superuser_address() -> str:
    """A superuser's address on the operator's server; "" where the embedded server serves. CommandError otherwise."""
    given = os.environ.get("DATABASE_ADMIN_URL", "")
    if not given and settings.DATABASE_URL.startswith("embedded:"):
        return ""
    address = given or make_conninfo(settings.DATABASE_URL, dbname="postgres")
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = session_user").fetchone()
    if not row or not row[0]:
        raise CommandError("This log-in is no superuser: set DATABASE_ADMIN_URL to a superuser's address.")
    return address


def what_is_missing(address: str, name: str) -> list[str]:
    """Roles, the database and its extensions that are not there yet, in words."""
    with psycopg.connect(address) as connection:
        roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    missing = [f"role {role.name}" for role in ROLES.values() if role.name not in roles]
    installed: set[str] = set()
    if there:
        with psycopg.connect(address, dbname=name) as connection:
            installed = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
    else:
        missing.append(f"database {name}")
    return missing + [f"extension {extension}" for extension in EXTENSIONS if extension not in installed]
