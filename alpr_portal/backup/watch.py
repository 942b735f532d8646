"""The lines of the health page on quarantine, backups and the journal of erasures."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min
from django.utils import timezone

from alpr_portal.health_lines import Check
from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import BACKUP_EVERY, BACKUP_KEPT
from alpr_portal.templatetags.portal import when
from reads import erasures
from reads.models import BackupMade


@clause("G")
def quarantine() -> Check:
    """Whether a restored database is still closed; or one is older than its journal of erasures, and so was restored."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reads_in_quarantine()")
        (closed,) = cursor.fetchone()
    older = erasures.forgotten()
    says = "in quarantine: restored, and not opened yet" if closed else "open"
    if older:
        says += f"; {len(older)} erased holds are back: this database is older than its journal"
    remedy = "Run manage.py leave_quarantine (docs/runbook.md, Restore). Nobody signs in until then."
    return Check("Quarantine", not closed and not older, says, "G", remedy, needed=True)


@clause("G")
def backups() -> Check:
    """The age of the newest backup, and whether one is kept past its seventh day; a new portal has a day for its first."""
    now = timezone.now()
    last = BackupMade.objects.order_by("-at").first()
    remedy = "Run manage.py backup and read what it says; look why the host did not start it today."
    if last is None:
        return Check("Backups", now - began() <= BACKUP_EVERY.now, "none was made yet", "G", remedy)
    hours = (now - last.at) / timedelta(hours=1)
    late, kept = now - last.at > BACKUP_EVERY.now, now - last.oldest_at > BACKUP_KEPT.now
    says = f"newest {hours:.0f} hours old, {last.kept} kept, the oldest of {when(last.oldest_at)}"
    return Check("Backups", not late and not kept, says, "G", remedy)


@clause("G")
def journal() -> Check:
    """Whether the journal of erasures is there: without it, a restored backup would bring back what went after it.

    What went since the oldest backup is asked for, and in 7 days at least: copies by other means may be as old. Where the
    folder itself is missing, whatever ever went.
    """
    folder = Path(settings.ERASURES_DIR)
    last = BackupMade.objects.order_by("-at").first()
    since = timezone.now() - BACKUP_KEPT.now
    if last:
        since = min(since, last.oldest_at)
    if not folder.is_dir():
        since = began()
    lost = erasures.lost(since)
    says = f"{len(erasures.read())} lines" if folder.is_dir() else "its folder is not there"
    unread = erasures.unread()
    says += f"; {unread} more cannot be read" if unread else ""
    says += f"; {lost} upload days and holds that went are not in it" if lost else ""
    remedy = (
        "Mount the folder of ERASURES_DIR again. Where it is lost, make a backup and let the older ones go: a restore of "
        "them would bring erased holds back (docs/runbook.md)."
    )
    return Check("Journal of erasures", not lost, says, "G", remedy)


def began() -> datetime:
    """When this database was first migrated."""
    first: datetime = MigrationRecorder.Migration.objects.aggregate(at=Min("applied"))["at"]
    return first
