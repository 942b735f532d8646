"""Put the locked packages into .venv, once for each lock: the first half of every make target.

Run by whichever Python the Makefile found, before any package is there: standard library only.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements-dev.lock"
STAMP = VENV / "installed"  # what was installed last, and by which Python
LOG = VENV / "pip.log"
ROOM = 1_000_000_000  # bytes: the packages unpacked, and their downloads
FULL = "The disk is full: setup needs about 1 GB in {}, and {} MB are free."


class SetupError(Exception):
    """Why the virtual environment could not be made, in one line."""


def wanted() -> str:
    """What STAMP says when .venv is as the lock wants it, where it now stands."""
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {VENV}\n"


def is_ready() -> bool:
    """Whether .venv was finished for this lock, and its Python still answers."""
    try:
        return STAMP.read_text() == wanted() and not subprocess.call([PYTHON, "-c", ""], stderr=subprocess.DEVNULL)  # noqa: S603
    except OSError:
        return False


def is_sound() -> bool:
    """Whether packages can be put into the .venv that stands there: not moved, its Python of an age we run on."""
    if STAMP.exists() and not STAMP.read_text().endswith(f" {VENV}\n"):
        return False
    ask = "import pip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))"
    return PYTHON.exists() and not subprocess.call([PYTHON, "-c", ask], stderr=subprocess.DEVNULL)  # noqa: S603


def make_venv() -> None:
    """An empty virtual environment; SetupError where this Python cannot make one."""
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        raise SetupError(
            "Python's venv module is missing: install python3-venv "
            f"(Debian, Ubuntu: apt install python{sys.version_info.major}.{sys.version_info.minor}-venv)."
        )
    room = shutil.disk_usage(ROOT).free
    if room < ROOM:
        raise SetupError(FULL.format(ROOT, room // 10**6))
    call([sys.executable, "-m", "venv", "--clear", VENV], "The virtual environment could not be made")


def install() -> None:
    """The locked packages, each checked by its hash, none built here."""
    options = ["--require-hashes", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    print("Installing the locked packages into .venv (about a minute)...", flush=True)
    call([PYTHON, "-m", "pip", "install", *options, "-r", LOCK], "The packages could not be installed")


def call(command: list[str | Path], failing: str) -> None:
    """Run a command, its output in LOG; SetupError with the telling line when it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")  # noqa: S603
    output = done.stdout + done.stderr
    if VENV.is_dir():
        LOG.write_text(output)
    if done.returncode == 0:
        return
    if "No space left on device" in output:
        raise SetupError(FULL.format(ROOT, shutil.disk_usage(ROOT).free // 10**6))
    if re.search(r"Failed to establish|name resolution|Max retries|timed out|from versions: none", output):
        raise SetupError(f"{failing}: the package index does not answer; check network and pip settings (see {LOG}).")
    lines = [line for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith("ERROR:")] or lines[-1:] or ["no output"]
    raise SetupError(f"{failing}: {telling[0].removeprefix('ERROR: ')} (see {LOG}).")


def set_up() -> None:
    """Make .venv ready; one at a time, and nothing to do when it is."""
    if is_ready():
        return
    fcntl.flock(os.open(ROOT, os.O_RDONLY), fcntl.LOCK_EX)  # until this process ends
    if is_ready():
        return
    if is_sound():
        command: list[str | Path] = [
            PYTHON,
            "-m",
            "alpr_portal.embedded",
            "stop",
        ]  # its programs are about to be replaced
        subprocess.call(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603
    else:
        make_venv()
    STAMP.write_text(f"unfinished {VENV}\n")
    install()
    STAMP.write_text(wanted())


if __name__ == "__main__":
    if not (3, 11) <= sys.version_info < (3, 15):
        sys.exit("setup: this Python is {}.{}; name one of 3.11 to 3.14 by PY=.".format(*sys.version_info))
    try:
        set_up()
    except SetupError as error:
        sys.exit(f"setup: {error}")
    except OSError as error:
        full = error.errno == errno.ENOSPC
        sys.exit(f"setup: {FULL.format(ROOT, 0) if full else f'{error.strerror}: {error.filename}'}")
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; the next run goes on.")
