"""Every check of the health page, and those that look deeper than a page should: one list, red or green."""

from __future__ import annotations

import json
import shutil
import stat
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, connections, transaction
from guardian.models import GroupObjectPermission, UserObjectPermission

from alpr_portal import health
from alpr_portal.checks import separate_log_ins
from alpr_portal.database import ROLES as DATABASE_ROLES
from alpr_portal.database import apply_privileges
from alpr_portal.health import Check
from alpr_portal.management.base import PortalCommand
from alpr_portal.policy.clauses import clause
from alpr_portal.records import Record
from alpr_portal.roles import ROLES, VERBS
from reads.models import QueryUserObjectPermission
from training.models import Member

ROOM = 1_000_000_000  # bytes; a day of images from a few hundred cameras needs more
SHOWN = 8  # names in a line


class Command(PortalCommand):
    help = "Check everything and say what to do: the health page's checks, guards, privileges, roles, people, images."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help='As {"ok", "checks"}.')

    def handle(self, *args: Any, **options: Any) -> None:
        found = diagnose()
        if options["json"]:
            self.say(json.dumps(health.as_json(found), indent=2))
        else:
            for check in found:
                mark = self.style.SUCCESS("green") if check.ok else self.style.ERROR("RED  ")
                self.say(f"{mark}  {check.name}: {check.says}" + ("" if check.ok else f"  -> {check.remedy}"))
        red = [check.name for check in found if not check.ok]
        if red:
            raise CommandError(f"{len(red)} of {len(found)} checks are red: {', '.join(red)}.")


@clause("L.4")
def diagnose() -> list[Check]:
    """Every check's answer, the health page's and the deeper ones."""
    return [*health.report(), *map(made, DEEPER)]


def made(check: Callable[[], Check]) -> Check:
    """The check's answer; one that cannot be made is red."""
    try:
        return check()
    except DatabaseError as error:
        for alias in ("default", "owner"):
            connections[alias].close()
        return Check(
            check.__name__.replace("_", " ").capitalize(),
            False,
            f"could not be checked: {type(error).__name__}",
            "",
            NO_OWNER,
        )


NO_OWNER = "See that PostgreSQL answers, that migrations are applied, and that DATABASE_OWNER_URL is set."


def record_triggers() -> Check:
    """By name, each record whose table could be changed or emptied."""
    tables = {model._meta.db_table for model in records(Record)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgname IN ('written_once', 'never_emptied') AND t.tgenabled = 'A' AND p.proname = 'alpr_deny' "
            "GROUP BY c.relname HAVING count(*) = 2"
        )
        guarded = {table for (table,) in cursor.fetchall()}
    bare = sorted(tables - guarded)
    says = f"{len(tables)} kinds of records are written once" if not bare else f"not guarded: {some(bare)}"
    return Check("Records", not bare, says, "F.1", "Find out who changed the database, then run manage.py migrate.")


def records(base: type) -> list[Any]:
    """Every kind of record there is."""
    found: list[Any] = []
    model: Any
    for model in base.__subclasses__():
        found += records(model) if model._meta.abstract else [model]
    return found


PRIVILEGES = """
SELECT c.relname, a.attname, g.grantee::regrole::text, g.privilege_type
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
JOIN pg_attribute a ON a.attrelid = c.oid CROSS JOIN LATERAL aclexplode(a.attacl) g
WHERE c.relkind IN ('r', 'p', 'v', 'S') AND g.grantee::regrole::text = ANY(%(roles)s)
UNION SELECT c.relname, '', g.grantee::regrole::text, g.privilege_type
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
CROSS JOIN LATERAL aclexplode(c.relacl) g
WHERE c.relkind IN ('r', 'p', 'v', 'S') AND g.grantee::regrole::text = ANY(%(roles)s)
UNION SELECT p.proname, 'function', g.grantee::regrole::text, g.privilege_type
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'public'
CROSS JOIN LATERAL aclexplode(p.proacl) g WHERE g.grantee::regrole::text = ANY(%(roles)s)
"""


def database_privileges() -> Check:
    """What the roles may do now against what ``database.py`` gives: applied, compared, and rolled back."""
    roles = ["-", *(role.name for alias, role in DATABASE_ROLES.items() if alias != "owner")]  # "-" is PUBLIC

    def now(cursor: Any) -> set[tuple[str, ...]]:
        cursor.execute(PRIVILEGES, {"roles": roles})
        return set(cursor.fetchall())

    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        before = now(cursor)
        apply_privileges(cursor, set(connections["owner"].introspection.table_names(cursor)))
        after = now(cursor)
        transaction.set_rollback(True, using="owner")
    wrong = sorted({f"{role} {privilege.lower()} on {what}" for what, _, role, privilege in before - after})
    lost = sorted({f"{role} lacks {privilege.lower()} on {what}" for what, _, role, privilege in after - before})
    says = some(wrong + lost) if wrong or lost else f"{len(before)} privileges, each as the code gives it"
    return Check("Privileges", not wrong and not lost, says, "F.1", "Run manage.py migrate as the owner.")


def groups() -> Check:
    """The groups of the database against ``roles.py``."""
    there = {
        group.name: {
            f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")
        }
        for group in Group.objects.prefetch_related("permissions__content_type")
    }
    wrong = sorted(name for name in {*there, *ROLES} if there.get(name) != ROLES.get(name))
    says = f"differ from the code: {some(wrong)}" if wrong else f"{len(ROLES)} roles, each as the code gives it"
    return Check("Roles", not wrong, says, "E.1", "Run manage.py migrate as the owner.")


def own_permissions() -> Check:
    """A permission belongs to a role: nobody holds one of their own."""
    held = [m.username for m in Member.objects.filter(user_permissions__isnull=False).distinct().order_by("username")]
    says = f"held by: {some(held)}" if held else "every permission comes from a role"
    return Check("Own permissions", not held, says, "E.1", "Take them away; give a role instead.")


def shut_out() -> Check:
    """Active members whose role opens ALPR data and whom the database lets in to none of it today, by user name."""
    opening = [name.split(".")[1] for name, verb in VERBS.items() if verb.opens_data]
    members = Member.objects.filter(is_active=True, groups__permissions__codename__in=opening).distinct()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT username FROM training_member WHERE id = ANY(%s) AND NOT training_may_enter(id, now()) ORDER BY 1",
            [[member.pk for member in members]],
        )
        names = [name for (name,) in cursor.fetchall()]
    return Check("Shut out today", True, some(names) if names else "nobody", "C.3.a")


def superusers() -> Check:
    n = Member.objects.filter(is_superuser=True).count()
    return Check("Superusers", n == 0, f"{n} members", "E.1", "The database refuses them: find out who changed it.")


def grants_on_objects() -> Check:
    """Grants on one object: none that points at nothing, none for a member who is neither its party nor active."""
    generic = UserObjectPermission.objects.count() + GroupObjectPermission.objects.count()
    queries = QueryUserObjectPermission.objects.select_related("user", "content_object")
    stray = sum(1 for grant in queries if not grant.user.is_active or grant.content_object.for_whom_id != grant.user_id)
    says = f"{queries.count()} on queries, {stray} of them for somebody else than the one named or for a leaver; "
    return Check(
        "Grants on objects",
        not generic and not stray,
        f"{says}{generic} that hang in the air",
        "E.1",
        "Delete these grants; see who gave them in the log.",
    )


def shared_log_ins() -> Check:
    faults = separate_log_ins(None)
    if not settings.PRODUCTION:
        return Check("Log-ins", True, f"may be shared in {settings.ENVIRONMENT}", "F.1")
    says = " ".join(fault.msg for fault in faults) or "each role of the database has its own"
    return Check("Log-ins", not faults, says, "F.1", "Give each role its own address (docs/deployment.md).")


def images_folder() -> Check:
    """The folder of images: ours alone, with room; and no day's key outlives its upload day."""
    folder = Path(settings.DATA_DIR) / "images"
    if not folder.exists():
        return Check("Images", True, "no image has come yet", "D")
    free = shutil.disk_usage(folder).free
    kept = {f"{day:%Y-%m-%d}" for day in health.partition_days()}
    days = sorted(day for day in folder.iterdir() if day.is_dir())
    left = [day.name for day in days if day.name not in kept]
    open_to = [day.name for day in days if stat.S_IMODE(day.stat().st_mode) & 0o077]
    says = f"{len(days)} days of images, {free // 10**9} GB free"
    if open_to:
        says += f", but other users of this machine may look into {some(open_to)}"
    if left:
        says += f", but images are left of days that are gone: {some(left)}"
    remedy = "Close those folders (chmod 700), make room, and delete what is left of days that are gone."
    return Check("Images", not open_to and not left and free > ROOM, says, "G", remedy)


def some(names: list[str]) -> str:
    """The first few of many."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


DEEPER: tuple[Callable[[], Check], ...] = (
    record_triggers,
    database_privileges,
    groups,
    own_permissions,
    shut_out,
    superusers,
    grants_on_objects,
    shared_log_ins,
    images_folder,
)
