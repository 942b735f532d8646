"""Processes of a trial: ended with it, killed as the kernel or a lost machine would, and weighed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
GONE = 10.0  # seconds that the kernel may take to clear a killed process away


def die_with_parent() -> None:
    """In a child before it runs: a trial that is killed leaves no web server and no sender behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def children(parent: int) -> list[int]:
    """Process ids of the children of a process, in their order."""
    return sorted(int(entry.name) for entry in Path("/proc").iterdir() if _parent_of(entry) == parent)


def _parent_of(entry: Path) -> int | None:
    if not entry.name.isdecimal():
        return None
    try:
        state, parent, *_ = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else int(parent)


def kill_family(head: int) -> list[int]:
    """kill -9 of a process and its children, the head first so that it replaces none of them; answers whom."""
    family = [head, *children(head)]
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return family


def await_gone(pids: list[int]) -> None:
    """Wait until none of the processes runs any more; TimeoutError when one does."""
    deadline = time.monotonic() + GONE
    while any(_parent_of(Path(f"/proc/{pid}")) is not None for pid in pids):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {pids} do not go away")
        time.sleep(0.01)


def resident(pid: int) -> int | None:
    """Bytes of memory that a process holds (RSS), what it shares with others included; None where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return None
