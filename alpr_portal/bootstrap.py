"""Make the database and its roles, once, with the one superuser address the portal ever sees."""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg import sql

from .database import ROLES

PREPARING = 7_220_711  # the advisory lock of who prepares the database
EXTENSIONS = ("pg_trgm",)


def make_roles(connection: psycopg.Connection, *, may_create_databases: bool = False) -> None:
    """Create the roles where they are missing. ``connection``: a superuser's, autocommit. Idempotent."""
    for role in ROLES.values():
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name]).fetchone()
        if not exists:
            log_in = "NOLOGIN" if role.name == "alpr_owner" else "LOGIN"
            # another worker may be faster
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE ROLE {} " + log_in).format(sql.Identifier(role.name)))


def make_database(connection: psycopg.Connection, name: str, template: str = "template1") -> bool:
    """Create the database, owned by alpr_owner, with nothing open to PUBLIC; answers whether it was made now."""
    exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if exists:
        return False
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER alpr_owner ENCODING 'UTF8' TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )
    return True


def prepare(connection: psycopg.Connection, name: str) -> None:
    """Inside the new database: the owner owns the schema, extensions exist, PUBLIC may create nothing."""
    connection.execute("ALTER SCHEMA public OWNER TO alpr_owner")
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    # a role that may make temporary functions could look behind the window; only ingest needs a staging table
    connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO alpr_ingest").format(sql.Identifier(name)))
    for extension in EXTENSIONS:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    connection.execute(sql.SQL("ALTER DATABASE {} SET timezone = 'UTC'").format(sql.Identifier(name)))
    # A failing statement must not leave its plate in the server's log: neither in its words, in DETAIL nor as STATEMENT.
    connection.execute(sql.SQL("ALTER DATABASE {} SET log_min_messages = 'log'").format(sql.Identifier(name)))
    connection.execute(sql.SQL("ALTER DATABASE {} SET log_error_verbosity = 'terse'").format(sql.Identifier(name)))
    connection.execute(sql.SQL("ALTER DATABASE {} SET log_min_error_statement = 'panic'").format(sql.Identifier(name)))


def bootstrap_database(admin_url: str, name: str) -> bool:
    """Roles, database, extensions; safe to run again. Raises psycopg.OperationalError where the server does not answer."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        make_roles(connection)
        made = make_database(connection, name)
    with psycopg.connect(admin_url, dbname=name, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_advisory_lock(%s)", [PREPARING]
        )  # two at once would update the same row; gone with it
        prepare(connection, name)
    return made
