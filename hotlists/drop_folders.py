"""Drop folders: one for each list that files feed; what SFTP or a script puts there is taken once (C.2.B.1)."""

from __future__ import annotations

import os
import re
import stat
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connection

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import Feed, Via

from . import importer
from .models import Delivery, HotList

QUIET = 10  # seconds without a change: then the file is whole
UNFINISHED = (".part", ".filepart", ".tmp")
CLAIMED = re.compile(r"\.taken-([0-9a-f-]{36})-(.*)", re.DOTALL)
log = structlog.get_logger()


def folder_of(hot_list: HotList) -> Path:
    """Where a list's files land; its name is of small letters, digits and hyphens only."""
    return Path(settings.DATA_DIR) / "hotlists" / "drop" / hot_list.name


@contextmanager
def scanning() -> Iterator[bool]:
    """One scan at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('hotlists.drop', 0))")
        (mine,) = cursor.fetchone()
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended('hotlists.drop', 0))")


@clause("C.2.B.1")
def scan() -> int:
    """Take every whole file out of the folders of active lists; answers how many. Killed anywhere, none is lost or doubled."""
    with scanning() as mine:
        lists = HotList.objects.filter(feed=Feed.FILE.value, is_active=True) if mine else ()
        return sum(_scan(hot_list) for hot_list in lists)


def _scan(hot_list: HotList) -> int:
    taken = 0
    try:
        folder = folder_of(hot_list)
        folder.mkdir(mode=0o770, parents=True, exist_ok=True)
        found = sorted(folder.iterdir(), key=lambda path: path.lstat().st_mtime)
    except OSError as error:
        log.error("drop folder not readable", hot_list=hot_list.name, error=type(error).__name__)
        return 0
    for path in found:
        try:
            taken += _take(hot_list, path)
        except BadInput as error:  # over the limit: never taken, and left for a person to look at
            set_aside(path)
            log.error("dropped file set aside", hot_list=hot_list.name, code=error.code)
        except OSError as error:  # the others go on; this one is tried at the next scan
            log.error("dropped file not taken", hot_list=hot_list.name, error=type(error).__name__)
    return taken


def _take(hot_list: HotList, path: Path) -> bool:
    """Claim a file by its name, keep it, then take it away. The claim carries the delivery's id: it is kept once."""
    about = path.lstat()
    if not stat.S_ISREG(about.st_mode):
        return False
    claimed = CLAIMED.fullmatch(path.name)
    if claimed:
        pk, name = uuid.UUID(claimed[1]), claimed[2]
    elif is_whole(path, about.st_mtime):
        pk, name = uuid.uuid4(), path.name
        path = path.rename(path.with_name(f".taken-{pk}-{name[-100:]}"))
    else:
        return False
    if not Delivery.objects.filter(pk=pk).exists():
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            importer.take(hot_list, importer.pieces_of(file), name=name, via=Via.FOLDER, by=None, pk=pk)
    path.unlink()
    return True


def set_aside(path: Path) -> None:
    """Give a file, claimed or not yet, a name that no scan looks at: ``.refused-`` and its own."""
    claims = [path, *path.parent.glob(f".taken-*-{path.name[-100:]}")]
    for each in claims:
        if each.exists():
            each.rename(each.with_name(f".refused-{each.name.lstrip('.')}"))


def is_whole(path: Path, changed_at: float) -> bool:
    """Whether whoever writes the file is done with it."""
    name = path.name.lower()
    return not name.startswith(".") and not name.endswith(UNFINISHED) and time.time() - changed_at >= QUIET
