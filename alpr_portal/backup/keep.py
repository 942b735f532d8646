"""Which backups lie there, and which are let go: none is to pass its seventh day (G)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import BACKUP_EVERY, BACKUP_KEPT
from reads.folders import settle

WRITTEN = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"\d{8}T\d{6}Z\.alprbackup")


def folder() -> Path:
    return Path(settings.BACKUP_DIR)


def name_of(made_at: datetime) -> str:
    return f"{made_at.astimezone(UTC):{WRITTEN}}.alprbackup"


def made_at(path: Path) -> datetime:
    """When a backup was begun, by its name: what lies in it is not younger."""
    return datetime.strptime(path.name.split(".")[0], WRITTEN).replace(tzinfo=UTC)


def listed() -> list[Path]:
    """Every whole backup in the folder, oldest first."""
    return sorted(path for path in folder().glob("*.alprbackup") if NAME.fullmatch(path.name))


def newest() -> Path | None:
    return next(reversed(listed()), None)


@clause("G")
def let_go(now: datetime) -> list[str]:
    """Delete the backups that would pass their seventh day before the next run, but never the newest one; their names.

    Also what broken runs left half-written. To be called once a new backup lies there whole.
    """
    cut = now - BACKUP_KEPT.now + BACKUP_EVERY.now
    gone = [path for path in listed()[:-1] if made_at(path) <= cut]
    for path in (*gone, *folder().glob(".*.part")):
        path.unlink()
    settle(folder())
    return [path.name for path in gone]
