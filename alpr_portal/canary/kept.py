"""The latest backup as a place: made after the purge, under a key of this flight alone, opened, and looked through."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator

import psycopg

from alpr_portal.backup import keep, make, programs, restore

from .ground import Ground
from .marks import carries
from .places import Place, raw

KIND = "latest backup"
ROWS = re.compile(rb"COPY public\.\"?(\w+)\"? \(.*\) FROM stdin;\n")
END = b"\\.\n"
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def latest_backup(ground: Ground) -> Iterator[Place]:
    """Each table of the newest backup, all that is no row, and each pack of a hold."""
    path = keep.newest()
    assert path, "the flight made none"
    with psycopg.connect(ground.url) as connection:
        program = programs.find("pg_restore", connection.info.server_version // 10000)
    with tempfile.TemporaryFile() as dump:
        with restore.on_tape(path) as tape:
            for entry, file in tape:
                content = file.read()
                if entry.name.startswith("dump/"):
                    dump.write(content)
                else:
                    yield Place(KIND, entry.name, carries(entry.name) or carries(content))
        dump.seek(0)
        done = subprocess.Popen([program, "--file=-"], stdin=dump, stdout=subprocess.PIPE)  # noqa: S603
        assert done.stdout
        with done.stdout as script:
            yield from tables(script)
        assert done.wait() == 0, "the dump in the backup cannot be read"


def tables(script: Iterable[bytes]) -> Iterator[Place]:
    """What ``pg_restore`` writes: each table with its rows, and the rest under one name."""
    table, found, rest = "", False, False
    for line in script:
        begins = ROWS.fullmatch(line)
        if table and line == END:
            yield Place(KIND, table, found, table)
            table, found = "", False
        elif table:
            found = found or any(carries(cell) for cell in cells(line))
        elif begins:
            table = begins[1].decode()
        else:
            rest = rest or carries(line, pressed=False)
    yield Place(KIND, "all that is no row", rest)


def cells(line: bytes) -> Iterator[bytes]:
    """The values of a row as COPY writes it, without its escapes."""
    for cell in line.removesuffix(b"\n").split(b"\t"):
        yield raw(ESCAPED.sub(lambda found: LETTERS.get(found[1], found[1]), cell))


def make_one() -> float:
    """Make a backup as the host would; how many seconds it took."""
    return make.make().seconds
