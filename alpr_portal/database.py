"""The database's own roles: who may do what to which table, told once here and made true after every migrate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from django.db.models import Model


@dataclass(frozen=True)
class Role:
    """A database role, the setting that names its log-in, and the connection options that go with it."""

    name: str
    variable: str
    timeout: str = "10s"


ROLES = {
    "default": Role("alpr_app", "DATABASE_URL"),
    "owner": Role("alpr_owner", "DATABASE_OWNER_URL", timeout="0"),
    "ingest": Role("alpr_ingest", "DATABASE_INGEST_URL"),
    "purge": Role("alpr_purge", "DATABASE_PURGE_URL", timeout="0"),
    "report": Role("alpr_report", "DATABASE_REPORT_URL", timeout="60s"),
}
# A second address of the application's own role, for the reads of searches only (reads/replica.py).
REPLICA = Role("alpr_app", "DATABASE_REPLICA_URL")


def connection_settings(url: str, role: Role) -> dict[str, Any]:
    """Django's settings for one role's connection. ``url``: a libpq URL; the connection sets ``role`` when it opens."""
    options = (
        f"-c role={role.name} -c statement_timeout={role.timeout} -c lock_timeout=3s "
        "-c idle_in_transaction_session_timeout=60s -c jit=off"  # compiling costs more than these statements do
    )
    settings: dict[str, Any] = {
        "ENGINE": "alpr_portal.postgres",
        "OPTIONS": {"options": options},
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "LAZY_URL": url if url.startswith("embedded:") else "",
        "TEST": {"NAME": None},
    }
    settings.update(parse_url(url))
    extra = settings.pop("EXTRA", {})
    extra["options"] = f"{extra.get('options', '')} {options}".strip()
    settings["OPTIONS"].update(extra)
    return settings


def parse_url(url: str) -> dict[str, Any]:
    """``postgresql://user:password@host:port/name?host=/socket`` as Django's words."""
    if url.startswith("embedded:"):
        return {"NAME": "alpr"}
    parts = urlsplit(url)
    extra = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")) or "alpr",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": extra.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or extra.pop("port", "")),
        "EXTRA": extra,
    }


class OwnerMigrates:
    """Only the owner changes the schema; every other alias is another role's view of the same database."""

    def allow_migrate(self, db: str, *args: object, **hints: object) -> bool:
        return db == "owner"

    def allow_relation(self, *args: object, **hints: object) -> bool:
        return True


# What the application role may do to a table that is neither a record nor listed here: all but TRUNCATE.
ORDINARY = "SELECT, INSERT, UPDATE, DELETE"
# Tables with a narrower grant: nobody is ever deleted, keys are not re-read, history is only added to.
NARROW = {
    "training_member": "SELECT, INSERT, UPDATE",
    "training_member_groups": "SELECT",  # roles come and go with their records (training/migrations/0007_guards.py)
    "training_member_user_permissions": "SELECT",
    "django_migrations": "SELECT",
    "django_content_type": "SELECT",
    "auth_permission": "SELECT",
    "auth_group": "SELECT",
    "auth_group_permissions": "SELECT",
}


def privileges(model: type[Model]) -> dict[str, str]:
    """Role name → privilege list on this model's table, as PostgreSQL writes it; "" for none."""
    from .records import Record

    table = model._meta.db_table
    extra: dict[str, str] = dict(getattr(model, "privileges", {}))
    if issubclass(model, Record):
        columns = ", ".join(f'"{f.column}"' for f in model._meta.local_concrete_fields if not f.generated)
        given = f"SELECT, INSERT ({columns})"
    elif model.__name__.startswith("Historical"):
        given = "SELECT, INSERT"
    else:
        given = NARROW.get(table, ORDINARY)
    return {"alpr_app": given, **{role: grant.replace("…", given) for role, grant in extra.items()}}


def apply_privileges(cursor: Any, tables: set[str]) -> int:
    """Take every privilege of our roles on every table away and give the listed ones; answers how many.

    ``tables``: those that exist.
    """
    from django.apps import apps

    roles = ", ".join(role.name for alias, role in ROLES.items() if alias != "owner")
    cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {roles}")
    cursor.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {roles}")
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {roles}")
    cursor.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO alpr_app")
    cursor.execute(f"GRANT SELECT ON django_migrations TO {roles}")
    # migrated backwards, a table of today's models may be gone
    models = [m for m in apps.get_models(include_auto_created=True) if m._meta.managed and m._meta.db_table in tables]
    for model in models:
        for role, given in privileges(model).items():
            if given:
                cursor.execute(f'GRANT {given} ON "{model._meta.db_table}" TO {role}')
    for app in apps.get_app_configs():
        for statement in getattr(app, "grants", ()):
            cursor.execute(statement)
    return len(models)
