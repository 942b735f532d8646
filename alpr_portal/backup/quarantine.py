"""Quarantine of a restored database: it begins with the restore, and ends when what had gone is gone again (G).

Before the end: erasures since the backup are done again, from the journal that outlives it; every expired upload day goes;
then other questions than the acts themselves rest on must find nothing expired, and every running hold whole. Broken
off anywhere, ``leave`` may be called again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import connections, transaction

from alpr_portal.policy.clauses import clause
from audits import disposal as records
from reads import disposal, erasures, packs
from reads.holds import pictures
from reads.models import HeldPicture, Quarantine, QuarantineEnd
from training.models import LiveSession

from . import BackupError

OWNER = "owner"
ANYBODY = "an operator at the console"
REASON = 200
CLOCK = timedelta(minutes=5)  # how far the journal may be ahead of the database's clock
Tell = Callable[[str], None]


@dataclass
class Left:
    """What leaving quarantine did, and what the checks found."""

    days: int = 0
    holds: int = 0
    records: int = 0
    expired_on_disk: int = 0
    expired_readable: int = 0
    running_holds: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def stands() -> bool:
    """Whether this database is closed because it was restored."""
    return bool(ask("SELECT reads_in_quarantine()"))


def begin(*, backup: str = "", made_at: datetime | None = None) -> Quarantine:
    """The quarantine of this database, recorded now where it is not yet; nobody is signed in from here on."""
    with transaction.atomic(using=OWNER):
        Session.objects.using(OWNER).all().delete()
        LiveSession.objects.using(OWNER).all().delete()
        stand = Quarantine.objects.using(OWNER).filter(end__isnull=True)
        found = (stand.filter(backup=backup) if backup else stand).order_by("-at").first()
        if found is None:
            found = Quarantine.objects.using(OWNER).create(by_name="the portal", backup=backup, made_at=made_at)
    return found


@clause("G")
def leave(*, operator: str, let_go: bool = False, without_journal: str = "", tell: Tell = lambda said: None) -> Left:
    """End the quarantine, once nothing is left of what had gone. Raises BackupError with what stands against it.

    ``operator``: who sits at the console, and answers for it; for ``let_go``, that the holds go that it stopped for, and for
    ``without_journal``, why it ends without the journal.
    """
    if not stands() and not erasures.forgotten():
        raise BackupError("This database is not in quarantine: there is nothing to leave.")
    lines = erasures.read()
    look_at_clock(lines)
    lost = look_at_journal(lines, without_journal.strip())
    look_at_holds(lines, let_go=let_go and operator != ANYBODY)
    quarantine, done = begin(), Left()
    done.holds, done.records, to_do = replay(lines)
    tell(f"erasures of the journal: {done.holds} holds to go again, {done.records} batches of records gone")
    for said in to_do:
        tell(said)
    done.days = purge(operator, tell)
    done.expired_on_disk, done.expired_readable, done.running_holds = check(lines)
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        end: dict[str, Any] = {"by_name": operator, "without_journal": lost, **asdict(done)}
        QuarantineEnd.objects.using(OWNER).create(quarantine=quarantine, **end)
        # others that were begun and broken off end with it
        for other in Quarantine.objects.using(OWNER).filter(end__isnull=True):
            QuarantineEnd.objects.using(OWNER).create(quarantine=other, **end)
        cursor.execute("DELETE FROM reads_home")
        cursor.execute("INSERT INTO reads_home SELECT reads_here()")
    return done


def look_at_clock(lines: list[erasures.Erasure]) -> None:
    """Expiry is counted by the database's clock: behind the journal it is wrong. Raises BackupError."""
    now = ask("SELECT clock_timestamp()")
    if lines and lines[-1].at > now + CLOCK:
        raise BackupError(
            f"The database's clock says {now:%Y-%m-%d %H:%M} UTC, and the journal of erasures goes on to "
            f"{lines[-1].at:%Y-%m-%d %H:%M}: put the clock right first."
        )


def look_at_journal(lines: list[erasures.Erasure], without: str) -> str:
    """Without a journal that goes back to the backup, erased holds come back with it. Raises BackupError.

    Answers why it ends all the same, "" where the journal is there.
    """
    known = Quarantine.objects.using(OWNER).filter(end__isnull=True, made_at__isnull=False).order_by("made_at").first()
    made_at, backup = (known.made_at, known.backup) if known else (None, "")
    if any(made_at is None or line.at <= made_at or line.what == backup for line in lines):
        return ""
    if not without or len(without) > REASON:
        raise BackupError(
            f"The journal of erasures (ERASURES_DIR) has {len(lines)} lines and does not go back to this backup: put it back "
            "as it was last. Where it is lost, what was erased since the backup comes back with it: then say why it ends all "
            f'the same, --without-journal "…" ({REASON} characters at most), and release those holds anew from paper.'
        )
    return without


def look_at_holds(lines: list[erasures.Erasure], *, let_go: bool) -> None:
    """Holds that nobody in this database let go are not let go unasked. Raises BackupError with their numbers.

    Lapsed: the backup may be older than their review. Erased by the journal, while nothing says that this database was
    restored: the line itself may be wrong.
    """
    with connections[OWNER].cursor() as cursor:
        cursor.execute(AT_STAKE, erasures.of_holds(lines))
        found = cursor.fetchall()
    lapsed = ", ".join(called(hold_id) for hold_id, erased in found if not erased)
    doubted = "" if was_restored() else ", ".join(called(hold_id) for hold_id, erased in found if erased)
    if let_go or not (lapsed or doubted):
        return
    says = f"By this database the review of these holds is over by more than a week: {lapsed}. " if lapsed else ""
    says += (
        "Were they reviewed after the backup, restore a newer one, or put the day of the review right. "
        if lapsed
        else ""
    )
    says += f"The journal has these holds as erased, and nobody released them here: {doubted}. " if doubted else ""
    says += "If that is wrong, take its lines out of the journal. " if doubted else ""
    raise BackupError(says + 'Are they to go: --let-go --operator "Full Name" (docs/runbook.md, Restore).')


def was_restored() -> bool:
    """Whether this database is known to be restored: by our own command, or since its mark is of another place."""
    away = not ask("SELECT EXISTS (SELECT 1 FROM reads_home WHERE mark = reads_here())")
    return away or Quarantine.objects.using(OWNER).filter(end__isnull=True).exclude(backup="").exists()


def called(hold_id: Any) -> str:
    """What people call a hold."""
    return str(hold_id)[:8].upper()


def replay(lines: list[erasures.Erasure]) -> tuple[int, int, list[str]]:
    """Let go again what was let go since the backup: how many holds and batches of records, and what people have to do."""
    with connections[disposal.PURGE].cursor() as cursor:
        cursor.execute("SELECT reads_erase_again(%s::uuid[], %s::timestamptz[])", erasures.of_holds(lines))
        (holds,) = cursor.fetchone()
    batches = {line.what: line for line in lines if line.kind == "records"}
    to_do = [said for line in batches.values() if (said := records.replay(line))]
    return holds, len(batches) - len(to_do), to_do


def purge(operator: str, tell: Tell) -> int:
    """Dispose of every expired upload day and of every hold that is due; how many days there were. Raises BackupError."""
    before = disposal.expired_days()
    done = disposal.catch_up(operator=operator, reason="The database was restored from a backup.", tell=tell)
    left = disposal.expired_days()
    if left or done.failed:
        failed = "; ".join(f"{one['day']}: {one['reason']}" for one in done.failed)
        failed = failed or (done.brake.get_why_display() if done.brake else f"{len(left)} days are left")
        raise BackupError(f"Not everything that expired goes ({failed}): see docs/runbook.md, then run this again.")
    return len(before)


def check(lines: list[erasures.Erasure]) -> tuple[int, int, int]:
    """By other questions than the acts themselves rest on: (expired on disk, expired readable, running holds that are whole).

    Raises BackupError where anything expired or erased is left, or a running hold is not whole.
    """
    on_disk = expired_on_disk()
    readable = int(ask("SELECT reads_expired_shown()"))
    back = int(ask(ERASED, erasures.of_holds(lines)))
    if on_disk or readable or back:
        raise BackupError(
            f"Not yet: {on_disk} expired upload days on disk, {readable} expired rows readable, {back} erased holds still "
            "kept. Run this again, and look at docs/runbook.md."
        )
    whole, broken = holds_that_run()
    if broken:
        raise BackupError(
            f"{len(broken)} of {whole + len(broken)} running holds are not whole ({', '.join(broken[:5])}): put the folder "
            "held of the backup back (docs/runbook.md), then run this again."
        )
    return on_disk, readable, whole


ERASED = """
SELECT count(DISTINCT r.hold_id) FROM reads_heldread r
JOIN unnest(%s::uuid[], %s::timestamptz[]) AS erased (hold_id, at) ON erased.hold_id = r.hold_id
WHERE NOT EXISTS (SELECT 1 FROM reads_holdreview v WHERE v.hold_id = r.hold_id AND v.at > erased.at)
"""
AT_STAKE = """
WITH erased AS (
  SELECT e.hold_id FROM unnest(%s::uuid[], %s::timestamptz[]) AS e (hold_id, at)
  WHERE NOT EXISTS (SELECT 1 FROM reads_holdreview v WHERE v.hold_id = e.hold_id AND v.at > e.at)
), kept AS (
  SELECT hold_id, keep_until, hold_id IN (SELECT hold_id FROM erased) AS erased FROM reads_holdstate
  WHERE released_at IS NULL
)
SELECT hold_id, erased FROM kept
WHERE erased OR keep_until + 7 < (statement_timestamp() AT TIME ZONE 'America/Los_Angeles')::date ORDER BY 1
"""
DAYS = """
WITH days AS MATERIALIZED (
  SELECT DISTINCT right(c.relname, 8) AS day FROM pg_class c JOIN reads_daily d ON c.relname ~ ('^' || d.parent || '_[0-9]{8}$')
  WHERE c.relnamespace = 'public'::regnamespace
)
SELECT count(*) FROM days
WHERE (to_date(day, 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC' <= statement_timestamp() - interval '720 hours'
"""
HOLDS = """
SELECT s.hold_id, d.reads, d.pictures, (SELECT count(*) FROM reads_heldread r WHERE r.hold_id = s.hold_id)
FROM reads_holdstate s JOIN reads_holddecision d ON d.hold_id = s.hold_id AND d.approved
WHERE s.released_at IS NULL ORDER BY 1
"""
PICTURES = "SELECT * FROM reads_heldpicture WHERE hold_id = %s ORDER BY read_id, number"


def expired_on_disk() -> int:
    """Expired upload days of which a table is there, by the catalogue, or a pack or key, by the folders."""
    now = ask("SELECT statement_timestamp()")
    return int(ask(DAYS)) + sum(disposal.has_expired(day, now) for day in packs.days())


def holds_that_run() -> tuple[int, list[str]]:
    """How many running holds have every read and picture that approval copied; and the names of those that lack some."""
    whole, broken = 0, []
    with connections[OWNER].cursor() as cursor:
        cursor.execute(HOLDS)
        holds = cursor.fetchall()
        for hold_id, reads, _, kept in holds:
            cursor.execute(PICTURES, [hold_id])
            names = [column.name for column in cursor.description]
            rows = [HeldPicture(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
            key = pictures.keys_of([hold_id]).get(hold_id)
            opened = all(pictures.load(row, key=key) is not None for row in rows) if key else not rows
            if kept == reads and opened:
                whole += 1
            else:
                broken.append(called(hold_id))
    return whole, broken


def ask(statement: str, values: list[Any] | None = None) -> Any:
    """The one value that a statement of the owner's answers."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
