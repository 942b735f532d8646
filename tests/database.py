"""One database per worker, copied from a template that is built once per schema and day; swept as a superuser."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from alpr_portal import bootstrap
from alpr_portal.database import ROLES

ROOT = Path(__file__).resolve().parent.parent
KEPT = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
    "reads_daily",
    "reads_home",
}
BUILD_LOCK = 7_220_112


def admin_url() -> str:
    """A superuser's address: the operator's, or the embedded server's."""
    given = os.environ.get("DATABASE_ADMIN_URL") or os.environ.get("DATABASE_URL")
    if given:
        return given
    from alpr_portal import embedded

    return embedded.database_url()


def connect(name: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(admin_url(), dbname=name, autocommit=True)


def fingerprint() -> str:
    """What the schema is made of, and the day (partitions stand around it)."""
    files = [
        *ROOT.glob("*/migrations/*.py"),
        *(ROOT / "alpr_portal").glob("*.py"),
        *ROOT.glob("*/apps.py"),
        *ROOT.glob("*/models.py"),
        *ROOT.glob("*/models/*.py"),
        *(ROOT / "audits" / name for name in ("classes.py", "catalogue.py")),
    ]
    digest = hashlib.sha256(datetime.now(UTC).date().isoformat().encode())
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def point_at(name: str) -> None:
    """Every alias of this process works in this database from now on."""
    for alias in ROLES:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


def build_template(admin: psycopg.Connection) -> str:
    """The migrated, empty database that workers copy; built by the first worker, the others wait."""
    name = f"alpr_template_{fingerprint()}"
    admin.execute("SELECT pg_advisory_lock(%s)", [BUILD_LOCK])
    try:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        drop_stale(admin)
        building = f"{name}_building"
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(building)))
        bootstrap.bootstrap_database(admin_url(), building)
        point_at(building)
        call_command("migrate", verbosity=0)
        with connections["purge"].cursor() as cursor:
            first: date = datetime.now(UTC).date() - timedelta(days=40)
            cursor.execute("SELECT reads_make_partitions(%s, 45)", [first])
        connections.close_all()
        admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name)))
        return name
    finally:
        admin.execute("SELECT pg_advisory_unlock(%s)", [BUILD_LOCK])


def drop_stale(admin: psycopg.Connection) -> None:
    for (old,) in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'alpr_template_%'").fetchall():
        try:
            admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
        except psycopg.errors.ObjectInUse:
            continue


@contextmanager
def worker_database() -> Iterator[str]:
    """This worker's own database for the session."""
    name = f"alpr_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with connect() as admin:
        bootstrap.make_roles(admin)
        template = build_template(admin)
        bootstrap.make_database(admin, name, template)
    with connect(name) as admin:
        bootstrap.prepare(admin, name)
    point_at(name)
    try:
        yield name
    finally:
        connections.close_all()
        with connect() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


SWEEP = """
DO $$
DECLARE
  emptied record;
  found boolean;
  guard text;
BEGIN
  FOR emptied IN
    SELECT c.relname, ARRAY(SELECT t.tgname::text FROM pg_trigger t
                            WHERE t.tgrelid = c.oid AND t.tgenabled = 'A' AND t.tgtype & 8 > 0) AS guards
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> ALL (%(kept)s)
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %%I)', emptied.relname) INTO found;
    CONTINUE WHEN NOT found;
    FOREACH guard IN ARRAY emptied.guards LOOP
      EXECUTE format('ALTER TABLE %%I DISABLE TRIGGER %%I', emptied.relname, guard);
    END LOOP;
    EXECUTE format('DELETE FROM %%I', emptied.relname);
    FOREACH guard IN ARRAY emptied.guards LOOP
      EXECUTE format('ALTER TABLE %%I ENABLE ALWAYS TRIGGER %%I', emptied.relname, guard);
    END LOOP;
  END LOOP;
END $$
"""


def sweep(name: str) -> None:
    """Empty every table after a test that committed, in one statement. A superuser's act: no role of the portal could."""
    connections.close_all()
    kept = ", ".join(f"'{table}'" for table in sorted(KEPT))
    with connect(name) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(SWEEP % {"kept": f"ARRAY[{kept}]"})
