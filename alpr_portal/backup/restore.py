"""A backup comes back into an empty database, which stays closed: ``leave_quarantine`` opens it (G).

Nothing is touched before the whole file was read and found as it was sealed. The database comes back in one transaction,
with a mark of another place in it: from its first moment on the gate is shut and nobody signs in.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from django.core.management import call_command

from alpr_portal.policy.clauses import clause
from reads.folders import settle
from reads.holds import pictures

from . import BackupError, make, programs, seal
from .quarantine import begin

BLOCK = 1 << 20
PACK = re.compile(r"held/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.pack")
Tell = Callable[[str], None]


@dataclass
class Contents:
    """What was found on a tape: digests of what lies on it, and the manifest, which says what should."""

    dump: Any = field(default_factory=hashlib.sha256)
    held: dict[str, str] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)


@clause("G")
def restore(path: Path, *, tell: Tell = lambda said: None) -> dict[str, Any]:
    """Restore a backup into the owner's database, which has to be empty; answers its manifest.

    The database is in quarantine afterwards. Killed before the database came back, it may be run again; killed later,
    ``manage.py migrate`` and ``leave_quarantine`` go on. Raises BackupError.
    """
    manifest = verify(path)
    tell(f"the file is whole: made {manifest['made_at']}, {sum(manifest['tables'].values()):,} rows")
    with programs.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
        ).fetchone()
        server = connection.info.server_version // 10000
        name = connection.info.dbname
    if row and row[0]:
        raise BackupError(
            f"The database {name} is not empty ({row[0]} tables, views and sequences), and a restore writes over nothing: make a "
            "new one with manage.py bootstrap_database (docs/runbook.md)."
        )
    if manifest["server"] // 10000 > server:
        raise BackupError(
            f"This backup is of PostgreSQL {manifest['server'] // 10000}, and the server is {server}: restore it into a "
            "server of its version, or a newer one."
        )
    program = programs.find("pg_restore", server)
    bring_back_held(path)
    tell(f"packs of holds: {len(manifest['held'])} back")
    bring_back_database(path, program, name)
    begin(backup=path.name, made_at=datetime.fromisoformat(manifest["made_at"]))
    tell("the database is back, in quarantine")
    compare(manifest)
    call_command("migrate", verbosity=0)
    return manifest


def verify(path: Path) -> dict[str, Any]:
    """Read a backup from end to end; answers its manifest. Raises BackupError where anything is not as it was sealed."""
    found = Contents()
    with on_tape(path) as tape:
        for entry, file in tape:
            if entry.name == "manifest.json":
                found.manifest = json.loads(file.read())
            elif entry.name.startswith("dump/"):
                found.dump.update(file.read())
            elif PACK.fullmatch(entry.name):
                found.held[entry.name.removeprefix("held/")] = hashlib.file_digest(
                    cast(Any, file), "sha256"
                ).hexdigest()
            else:
                raise BackupError(f"This backup holds {entry.name!r}, which is none of ours: take another one.")
    said = found.manifest
    if not said or said["dump"]["sha256"] != found.dump.hexdigest() or said["held"] != found.held:
        raise BackupError("This backup does not hold what its own list says: take another one.")
    return said


@contextmanager
def on_tape(path: Path) -> Iterator[Iterator[tuple[tarfile.TarInfo, IO[bytes]]]]:
    """The entries of a backup with their content, in order; left early or read to its last byte."""
    try:
        sealed = path.open("rb")
    except OSError as error:
        raise BackupError(f"{path} cannot be opened: {error.strerror}.") from None
    with sealed:
        opener = seal.Opener(sealed)

        def entries(tape: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
            for entry in tape:
                file = tape.extractfile(entry)
                if file is None:
                    raise BackupError(f"This backup holds {entry.name!r}, which is no file: take another one.")
                yield entry, file
            opener.drain()

        with tarfile.open(fileobj=cast(BinaryIO, opener), mode="r|") as tape:
            yield entries(tape)


def bring_back_held(path: Path) -> None:
    """The packs of holds into their folder. One that lies there already is replaced by the one whose key comes back."""
    pictures.folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    with on_tape(path) as tape:
        for entry, file in tape:
            if not PACK.fullmatch(entry.name):
                continue
            target = pictures.folder() / entry.name.removeprefix("held/")
            fresh = target.with_name(f".{target.name}.part")
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                while block := file.read(BLOCK):
                    out.write(block)
                out.flush()
                os.fsync(out.fileno())
            fresh.rename(target)
    settle(pictures.folder())


def bring_back_database(path: Path, program: Path, name: str) -> None:
    """``pg_restore`` in one transaction: all of it, or nothing. Raises BackupError with its own words."""
    words: list[str | Path] = [program, f"--dbname={name}", "--role=alpr_owner", "--no-password", "--no-comments"]
    words += ["--single-transaction", "--exit-on-error"]
    with tempfile.TemporaryFile() as errors, on_tape(path) as tape:
        said: Any = {"stdout": errors, "stderr": errors, "env": programs.environment()}
        process = subprocess.Popen(words, stdin=subprocess.PIPE, **said)  # noqa: S603
        assert process.stdin
        try:
            with suppress(BrokenPipeError):  # it says itself why it stopped
                for entry, file in tape:
                    if entry.name.startswith("dump/"):
                        process.stdin.write(file.read())
                process.stdin.flush()
        except BaseException:  # what came so far is not to count
            process.kill()
            process.wait()
            with suppress(OSError):
                process.stdin.close()
            raise
        with suppress(BrokenPipeError):
            process.stdin.close()
        if process.wait():
            errors.seek(0)
            raise BackupError(f"The database could not be restored, and is as it was: {programs.reason(errors.read())}")


def compare(manifest: dict[str, Any]) -> None:
    """Each table has as many rows as it had. Raises BackupError; the quarantine goes on."""
    with programs.connect() as connection:
        now = make.count(connection)
    added = {"reads_quarantine": 1}  # by the restore itself
    wrong = [table for table, n in manifest["tables"].items() if now.get(table, 0) != n + added.get(table, 0)]
    if wrong:
        raise BackupError(f"The restored database has not the rows it should have, in {', '.join(wrong[:5])}.")
