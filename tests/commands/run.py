"""Run a command as people do, in this process or in one of its own, and look at what it said."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.management import call_command

from tests import database

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str, **options: Any) -> str:
    """What a command answers on standard output; its CommandError comes through."""
    said = StringIO()
    call_command(*words, stdout=said, stderr=StringIO(), **options)
    return said.getvalue()


def address_of(name: str) -> str:
    """A superuser's URL of one database on the server that serves the tests."""
    parts = urlsplit(database.admin_url())
    return urlunsplit(parts._replace(path=f"/{name}"))


def manage(*words: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """``manage.py`` in a process of its own; ``environment`` is added to ours."""
    clean = {k: v for k, v in os.environ.items() if k not in {"DJANGO_SETTINGS_MODULE", "ENVIRONMENT"}}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        input=given,
        capture_output=True,
        timeout=300,
        env={**clean, **environment},
        check=False,
    )


def one_line(text: bytes) -> str:
    """The one line that a failure said; AssertionError where it said more, or a traceback."""
    lines = text.decode().strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]
