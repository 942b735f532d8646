"""Whether the duties left their receipts: each check is green with its number, or red with what to do (L.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, timedelta
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from hotlists import lists as hot_lists
from hotlists import sweep
from hotlists.list_rules import age_state
from reads import hearing
from reads.partitions import partition_days
from training import letters
from training.lapses import with_access
from training.locks import open_locks
from training.members import may_enter_at, without_supervisor
from training.models import Completion, CompletionWithdrawn, Designation, DesignationEnd, Member
from training.rules import may_enter
from training.unused import unused

from .backup.watch import backups, journal, quarantine
from .health_lines import Check
from .health_retention import oldest_day, retention
from .policy.clauses import clause
from .policy.parameters import PARTITIONS_AHEAD, UNUSED

NAMED = 5  # silent cameras named on one line


def database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, current_setting('server_version'), rolsuper FROM pg_roles "
            "WHERE rolname = current_user"
        )
        user, version, superuser = cursor.fetchone()
    return Check(
        "Database",
        user == "alpr_app" and not superuser,
        f"PostgreSQL {version} as {user}",
        "F.1",
        "The web must connect as alpr_app.",
        needed=True,
    )


def migrations() -> Check:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return Check("Migrations", not missing, f"{missing} not applied", "", "Run manage.py migrate.", needed=True)


def redis() -> Check:
    cache.set("health", "here", 30)
    ok = cache.get("health") == "here"
    return Check("Redis", ok, "answers" if ok else "does not answer", "", "Searches go on; rate limits do not count.")


@clause("A.2")
def partitions_ahead() -> Check:
    days = partition_days()
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = (days[-1] - today).days if days else -1
    return Check(
        "Days ahead",
        ahead >= 1,
        f"{max(ahead, 0)} of {PARTITIONS_AHEAD.now} upload days are ready",
        "A.2",
        "Run manage.py make_partitions, and look why the hourly task did not.",
        needed=True,
    )


@clause("B.1")
def matching() -> Check:
    """Whether reads are compared with the hot lists as they are stored, and no delivery was left out."""
    on, left = sweep.is_on(), sweep.unmatched(timezone.now())
    says = f"{'reads are compared as they are stored' if on else 'SWITCHED OFF'}; {left} deliveries without a receipt"
    remedy = (
        "Switch it on again as the owner (docs/runbook.md); look why the task every five minutes did not compare them."
    )
    return Check("Hot-list matching", on and not left, says, "B.1", remedy)


@clause("L.4", "A.1")
def silent_cameras() -> Check:
    """Cameras that should deliver and were not heard of: a reader that fell silent is a gap in what the order watches."""
    now = timezone.now()
    found = hearing.silent(now)
    codes = ", ".join(camera.code for camera in found[:NAMED]) + (" and more" if len(found) > NAMED else "")
    all_ = hearing.delivering(now).count()
    says = f"{len(found)} of {all_} delivering cameras silent" + (f": {codes}" if found else "")
    return Check(
        "Cameras",
        not found,
        says,
        "L.4",
        "Look at their source's last deliveries; end the service of one that is gone.",
    )


@clause("C.2.B.1", "L.4")
def lists_renewed() -> Check:
    """Hot lists that files feed: which are over a day old, raise no hits any more, or were never loaded."""
    now = timezone.now()
    found: dict[str, list[str]] = {"fresh": [], "stale": [], "silent": [], "never": []}
    for hot_list in hot_lists.file_fed().select_related("state"):
        found[age_state(hot_lists.age_of(hot_list, now))].append(hot_list.name)
    words = {"fresh": "fresh", "stale": "stale", "silent": "silent for over 72 hours", "never": "never loaded"}
    said = [f"{len(names)} {words[state]}" for state, names in found.items() if names]
    late = [*found["stale"], *found["silent"], *found["never"]]
    named = ": " + ", ".join(late[:NAMED]) + (" and more" if len(late) > NAMED else "") if late else ""
    return Check(
        "Hot lists",
        not late,
        (", ".join(said) or "no list is fed by files") + named,
        "C.2.B.1",
        "Look at their last files; ask the source, or start Celery beat, which looks into the drop folders.",
    )


@clause("C.3.a", "C.1")
def trained() -> Check:
    """Training is the key: nobody whom the database lets in is without it, told by another query and the pure rule.

    The plain query asks more than the database's own function: a completion counts only of an approved course.
    """
    now = timezone.now()
    members = {m.pk: m for m in Member.objects.filter(pk__in=with_access(now).values("pk"))}
    admitted = set(Member.objects.filter(may_enter_at(now), pk__in=list(members)).values_list("pk", flat=True))
    topics: dict[Any, set[str]] = {}
    counting = Completion.objects.filter(member__in=list(members), expires_at__gt=now, course__approval__isnull=False)
    withdrawn = set(CompletionWithdrawn.objects.values_list("completion_id", flat=True))
    for pk, member, covered in counting.values_list("pk", "member_id", "topics"):
        if pk not in withdrawn:
            topics.setdefault(member, set()).update(covered)
    ended = DesignationEnd.objects.values("designation_id")
    running = Designation.objects.filter(starts_at__lte=now, ends_at__gt=now).exclude(pk__in=ended)
    designated = set(running.values_list("member_id", flat=True))
    wrong = [
        pk
        for pk in admitted
        if may_enter(
            is_active=members[pk].is_active,
            category=members[pk].category,
            designated=pk in designated,
            topics=topics.get(pk, ()),
        )
    ]
    return Check(
        "Training is the key",
        not wrong,
        f"{len(wrong)} members with access and without current training or designation; {len(members)} have a role that "
        f"opens data, {len(members) - len(admitted)} of them are shut out today",
        "C.3.a",
        "Take their roles away at once, and look how the database came to let them in.",
    )


@clause("K.login", "C.3.b")
def accounts() -> Check:
    """Accounts that nobody answers for or nobody uses, and those that are locked."""
    now = timezone.now()
    idle = unused(now - timedelta(days=1)).count()  # a day's grace: the task runs by night
    alone, locked = without_supervisor().count(), open_locks().filter(member__is_active=True).count()
    return Check(
        "Accounts",
        not idle,
        f"{idle} unused for over {UNUSED.now.days} days and still open; {alone} active without a supervisor, "
        f"{locked} locked",
        "K.login",
        "Start Celery beat, or run its task close_unused. The last system administrator is never closed: sign in.",
    )


@clause("J")
def letters_sent() -> Check:
    """Letters that did not leave, and members whom none can reach."""
    now = timezone.now()
    late = letters.unsent().filter(at__lt=now - timedelta(days=1)).count()
    return Check(
        "Letters",
        not late,
        f"{late} unsent for over a day; {letters.without_address(now)} members with access have no e-mail address",
        "J",
        "Mend the mail server (EMAIL_URL), then run manage.py send_letters.",
    )


@clause("F.1")
def guards() -> Check:
    """Written-once triggers stand on every record, and the application role cannot reach the reads table."""
    from .records import Record

    tables = [m._meta.db_table for m in _records(Record)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relname = ANY(%s) "
            "AND t.tgname IN ('written_once', 'never_emptied') AND t.tgenabled = 'A'",
            [tables],
        )
        (found,) = cursor.fetchone()
        cursor.execute("SELECT has_any_column_privilege('alpr_app', 'reads_read', 'SELECT')")
        (open_,) = cursor.fetchone()
    ok = found == 2 * len(tables) and not open_
    return Check(
        "Guards",
        ok,
        f"{found} of {2 * len(tables)} written-once triggers; reads table "
        f"{'OPEN to' if open_ else 'closed to'} the application",
        "F.1",
        "Run manage.py migrate as the owner.",
        True,
    )


def _records(base: type) -> Iterator[Any]:
    subclass: Any
    for subclass in base.__subclasses__():
        if subclass._meta.abstract:
            yield from _records(subclass)
        else:
            yield subclass


CHECKS: tuple[Callable[[], Check], ...] = (
    database,
    migrations,
    guards,
    redis,
    partitions_ahead,
    oldest_day,
    retention,
    quarantine,
    backups,
    journal,
    matching,
    silent_cameras,
    lists_renewed,
    trained,
    accounts,
    letters_sent,
)


def report() -> list[Check]:
    """Every check's answer; one that cannot be made is red and says why."""
    found = []
    for check in CHECKS:
        try:
            found.append(check())
        except DatabaseError as error:
            connections["default"].close()
            found.append(Check(check.__name__, False, f"could not be checked: {type(error).__name__}", needed=True))
    return found


def as_json(checks: list[Check]) -> dict[str, Any]:
    return {"ok": all(c.ok for c in checks), "checks": [asdict(c) for c in checks]}
