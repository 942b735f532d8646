"""A backup: the whole database as one moment saw it and the packs of holds, in one sealed file; no image of a day (G).

The days' images and their keys are left out on purpose: a day's key that was destroyed must not come back. The packs of
holds are in it, because a hold outlives its day; so are stored papers and made files, which lie in the database.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import psycopg
from django.conf import settings
from django.utils import timezone
from psycopg import sql

from alpr_portal.policy.clauses import clause
from reads import erasures
from reads.folders import settle
from reads.holds import pictures
from reads.models import BackupMade

from . import BackupError, keep, programs, seal

DUMP_PART = 4 << 20  # a tape wants to know sizes ahead: the dump goes on it in parts
LOCK_WAIT = "60s"
LISTINGS = 5
NOT_TAKEN = ("django_session", "training_livesession")  # whoever was signed in signs in again
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """A backup that lies there whole, and the names of the older ones that went."""

    path: Path
    size: int
    sha256: str
    seconds: float
    gone: list[str]

    def as_json(self) -> dict[str, Any]:
        said = {"name": self.path.name, "size": self.size, "sha256": self.sha256}
        return {**said, "seconds": round(self.seconds, 1), "gone": self.gone}


@clause("G")
def make(*, tell: Tell = lambda said: None) -> Made:
    """Make a backup, record it, and let the old ones go; where it fails, nothing is let go. Raises BackupError, OSError.

    Killed anywhere it leaves at most a half-written ``.part``, which the next run takes away.
    """
    started, now = time.monotonic(), datetime.now(UTC)
    seal.key()
    keep.folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone():
        path = keep.folder() / keep.name_of(now)
        part = path.with_name(f".{path.name}.part")
        erasures.note("backup", path.name)
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                sealer = seal.Sealer(file)
                write(sealer, now, tell)
                sealer.close()
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
            settle(path.parent)
        finally:
            part.unlink(missing_ok=True)
        seconds = time.monotonic() - started
        gone = keep.let_go(now)
        left = keep.listed()
        BackupMade.objects.using("owner").create(
            by_name="the portal",
            name=path.name,
            size=sealer.size,
            sha256=sealer.sha256.hexdigest(),
            took_ms=round(seconds * 1000),
            kept=len(left),
            oldest_at=keep.made_at(left[0]),
        )
    erasures.trim(timezone.now())
    return Made(path, sealer.size, sealer.sha256.hexdigest(), seconds, gone)


@contextmanager
def alone() -> Iterator[None]:
    """One backup at a time. Raises BackupError."""
    handle = os.open(keep.folder() / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupError("Another backup is being made: wait for it.") from None
    finally:
        os.close(handle)


def write(sealer: seal.Sealer, now: datetime, tell: Tell) -> None:
    """The tape: the dump in parts, the packs of holds, and last what there is to be.

    The packs are read once the tables are let go. One whose hold goes in between lacks here: the journal has it erased.
    """
    with tarfile.open(fileobj=cast(BinaryIO, sealer), mode="w|", format=tarfile.PAX_FORMAT) as tape:
        with one_moment() as (connection, moment):
            server = connection.info.server_version
            dump = write_dump(tape, programs.find("pg_dump", server // 10000), moment)
            tell(f"database: {dump['size']:,} bytes")
            tables = count(connection)
        held = write_held(tape)
        tell(f"packs of holds: {len(held)}")
        said = {
            "made_at": now.isoformat(),
            "portal": settings.VERSION,
            "server": server,
            "dump": dump,
            "tables": tables,
            "held": held,
        }
        put(tape, "manifest.json", json.dumps(said, sort_keys=True).encode())


@contextmanager
def one_moment() -> Iterator[tuple[psycopg.Connection, str]]:
    """The owner's connection in a transaction that sees one moment, and that moment's name for others to see it too.

    Until it ends no table is dropped or emptied: what is emptied or dropped is so for every moment, also an earlier one.
    The disposal gives up after its 200 ms and tries again in the next hour. Raises BackupError.
    """
    with programs.connect() as connection:
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        connection.execute(f"SET lock_timeout = '{LOCK_WAIT}'")
        lock(connection)
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()  # the moment: after the locks
        assert row
        yield connection, row[0]


def lock(connection: psycopg.Connection) -> None:
    """Begin the transaction and lock every table in it, before it has its moment. Raises BackupError."""
    for _ in range(LISTINGS):
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        ).fetchall()
        names = sql.SQL(", ").join(sql.Identifier("public", table) for (table,) in tables)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
            return
        except psycopg.errors.UndefinedTable:  # a day that went since it was listed
            connection.execute("ROLLBACK")
        except psycopg.errors.LockNotAvailable:
            break
    raise BackupError(
        "The tables are being changed or disposed of all the time: wait until that is done, then try again."
    )


def write_dump(tape: tarfile.TarFile, program: Path, moment: str) -> dict[str, Any]:
    """``pg_dump`` straight onto the tape; its size and digest. Raises BackupError with its own words."""
    words: list[str | Path] = [program, "--format=custom", "--role=alpr_owner", "--no-password", f"--snapshot={moment}"]
    words += [f"--lock-wait-timeout={LOCK_WAIT}", *(f"--exclude-table-data=public.{table}" for table in NOT_TAKEN)]
    digest, size, number = hashlib.sha256(), 0, 0
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors, env=programs.environment())  # noqa: S603
        assert process.stdout
        try:
            while part := process.stdout.read(DUMP_PART):
                number += 1
                put(tape, f"dump/{number:08}", part)
                digest.update(part)
                size += len(part)
        finally:
            process.stdout.close()
            code = process.wait()
        if code:
            errors.seek(0)
            raise BackupError(f"The database could not be dumped: {programs.reason(errors.read())}")
    return {"size": size, "sha256": digest.hexdigest(), "parts": number}


def count(connection: psycopg.Connection) -> dict[str, int]:
    """How many rows each table has that is on the tape."""
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
        "AND relname <> ALL (%s) ORDER BY 1",
        [list(NOT_TAKEN)],
    ).fetchall()
    found = {}
    for (table,) in rows:
        row = connection.execute(sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))).fetchone()
        found[table] = row[0] if row else 0
    return found


def write_held(tape: tarfile.TarFile) -> dict[str, str]:
    """The packs of holds, each by its name with its digest. One that is let go meanwhile is left out: so is its key."""
    found = {}
    for hold_id in pictures.on_disk():
        path = pictures.pack_of(hold_id)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            continue
        with file:
            entry = tarfile.TarInfo(f"held/{path.name}")
            entry.size = os.fstat(file.fileno()).st_size
            reader = Digested(file)
            tape.addfile(entry, cast(BinaryIO, reader))
            found[path.name] = reader.sha256.hexdigest()
    return found


class Digested:
    """A file that is digested while it is read."""

    def __init__(self, file: Any) -> None:
        self.file, self.sha256 = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data: bytes = self.file.read(size)
        self.sha256.update(data)
        return data


def put(tape: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tape.addfile(entry, io.BytesIO(content))
