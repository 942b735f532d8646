"""The house itself: after every migrate, roles, permissions and database privileges are made equal to the code."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    name = "alpr_portal"
    verbose_name = "ALPR Portal"

    def ready(self) -> None:
        from . import celery, checks, digest  # noqa: F401

        last = apps.get_app_config(settings.INSTALLED_APPS[-1])  # its tables and permissions are the last to be made
        post_migrate.connect(make_equal, sender=last, dispatch_uid="alpr_portal.make_equal")


def make_equal(using: str, plan: Any = None, **kwargs: Any) -> None:
    """Privileges from ``database.py``, roles from ``roles.py``; runs as the owner, last of all apps' handlers."""
    if using != "owner":
        return
    from .database import apply_privileges
    from .roles import sync

    connection = connections["owner"]
    migrations = MigrationExecutor(connection)
    if migrations.migration_plan(migrations.loader.graph.leaf_nodes()):
        return  # on the way, forwards or backwards: the code speaks of tables and functions that are not there
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        apply_privileges(cursor, tables)
    sync("owner")
