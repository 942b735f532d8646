"""What the embedded servers ask of the machine: an account, a private folder, a program, a process; errors in one line.

Pure standard library: settings import this before Django is there.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PATIENCE = 120.0  # seconds: longer than any start, crash recovery included
UNPRIVILEGED = "nobody"  # exists everywhere; PostgreSQL refuses to run as root
ELSEWHERE = "DATABASE_URL and REDIS_URL may name servers of your own instead."


class EmbeddedError(Exception):
    """Why an embedded server cannot serve: one line, for the person at the terminal."""


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what the operating system answers into an EmbeddedError that says what to do."""
    try:
        yield
    except OSError as error:
        raise EmbeddedError(_advice(error.errno, error.strerror or "failed", str(error.filename or ""))) from error


def _advice(code: int | None, what: str, where: str) -> str:
    if code in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full ({where}): free some space, or set DATA_DIR to a folder on another disk."
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{what}: {where}. Run as the user whom it belongs to, or set DATA_DIR to a folder of your own."
    if code in (errno.ENOEXEC, errno.ELIBBAD):
        return f"The program {where} is not for this machine ({platform.machine()}). {ELSEWHERE}"
    return f"{what}: {where}."


def reason(output: str) -> str:
    """The line of a server's output that says why it failed, as a sentence for EmbeddedError."""
    if "No space left on device" in output:
        return "the disk is full; free some space, or set DATA_DIR to a folder on another disk"
    lines = [line for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"PANIC|FATAL|ERROR|[Ee]rror:", line)] or lines[-1:] or ["no output"]
    return re.sub(r"^.*?(PANIC|FATAL|ERROR|[Ee]rror): *", "", telling[0]).strip()


def account(cluster: Path) -> pwd.struct_passwd:
    """Who runs the servers: whoever asks; for root, the owner of the ``cluster`` folder, or else nobody.

    Raises EmbeddedError for a user id without a name, which peer authentication cannot tell.
    """
    uid = os.geteuid()
    if uid == 0 and cluster.exists():
        uid = cluster.stat().st_uid
    try:
        return pwd.getpwuid(uid) if uid else pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        who = f"User id {uid}" if uid else f"The user {UNPRIVILEGED}"
        raise EmbeddedError(f"{who} is not in /etc/passwd, and PostgreSQL needs its name. {ELSEWHERE}") from None


def _becoming(who: pwd.struct_passwd) -> dict[str, Any]:
    """Arguments of subprocess for a child that runs as ``who``, with nothing of the caller's environment."""
    common = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}, "umask": 0o077}
    if who.pw_uid == os.geteuid():
        return common
    return {**common, "user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


def run(argv: Sequence[str | Path], who: pwd.struct_passwd, given: str = "") -> None:
    """Run a program to its end as ``who``, with ``given`` on its standard input; EmbeddedError when it fails."""
    done = subprocess.run(  # noqa: S603 - a program of the wheel or /bin/sh, arguments of our own
        argv,
        check=False,
        input=given,
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **_becoming(who),
    )
    if done.returncode:
        raise EmbeddedError(f"{Path(argv[0]).name} failed: {reason(done.stdout)}.")


def launch(argv: Sequence[str | Path], who: pwd.struct_passwd, log: Path) -> int:
    """Start a server as ``who`` that outlives the caller, writing to ``log``; its process id.

    The shell in between makes it nobody's child: no zombie, and no signal of the caller's terminal reaches it.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as written:
        shell = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=written,
            start_new_session=True,
            check=True,
            **_becoming(who),
        )
    return int(shell.stdout)


def may_enter(folder: Path, who: pwd.struct_passwd) -> bool:
    """Whether ``who`` can reach a folder; tried, since modes alone do not tell."""
    try:
        run(["/bin/sh", "-c", 'cd "$1"', "sh", folder], who)
    except EmbeddedError:
        return False
    except OSError as error:
        raise EmbeddedError(f"This process may not run a server as the user {who.pw_name}. {ELSEWHERE}") from error
    return True


def may_run(program: Path, who: pwd.struct_passwd) -> bool:
    """Whether ``who`` can run a program where it is; tried."""
    try:
        run([program, "--version"], who)
    except PermissionError:
        return False
    return True


def in_wheel(package: str, pattern: str) -> Path:
    """A file that an installed wheel brought, found without running the wheel's own code."""
    if sys.platform != "linux":
        raise EmbeddedError(f"The embedded servers are for Linux only. {ELSEWHERE}")
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    files = [file for place in places for file in Path(place).glob(pattern)]
    if not files:
        name = package.replace("_", "-")
        raise EmbeddedError(f"The wheel {name} is not installed for this machine: run `make setup`. {ELSEWHERE}")
    return files[0]


def wheel_version(package: str) -> str:
    """The installed version of the wheel that brought ``package``."""
    return importlib.metadata.version(package.replace("_", "-"))


def copy_wheel(package: str, source: Path, home: Path) -> Path:
    """Copy the programs of a wheel under ``home``, readable for everyone who may enter it; the new place of ``source``.

    The libraries beside the package go along, since programs look for them by a relative path.
    """
    place = home / f"{package}-{wheel_version(package)}"
    site = next(folder.parent for folder in source.parents if folder.name == package)
    if not place.exists():
        for old in home.glob(f"{package}-*"):
            shutil.rmtree(old)
        fresh = home / f"{package}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        skip = shutil.ignore_patterns("include", "pkgconfig", "*.a", "*.py", "__pycache__")
        for name in (package, f"{package}.libs"):
            if (site / name).is_dir():
                shutil.copytree(site / name, fresh / name, ignore=skip, copy_function=shutil.copyfile)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755)
        fresh.rename(place)
    return place / source.relative_to(site)


def private_folder(folder: Path, who: pwd.struct_passwd) -> None:
    """Make ``folder`` for ``who`` alone; raise EmbeddedError when something else stands there (see ``is_private``)."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        if who.pw_uid != os.geteuid():
            os.chown(folder, who.pw_uid, who.pw_gid)
    is_private(folder, who)


def is_private(folder: Path, who: pwd.struct_passwd) -> bool:
    """Whether the folder exists; EmbeddedError when it is a link, someone else's, or open to others.

    In a folder that everyone may write to, a stranger could otherwise lay out a socket of his own under our name.
    """
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != who.pw_uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise EmbeddedError(f"{folder} is not a private folder of the user {who.pw_name}: remove it and try again.")
    return True


def processes(program: str, mark: str, cluster: Path) -> tuple[list[int], list[int]]:
    """Running processes of ``program`` that are ours: (servers, which name ``mark``; processes left in ``cluster``)."""
    naming, left = {}, []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            if (entry / "exe").readlink().name.removesuffix(" (deleted)") != program:
                continue
            if mark.encode() in (entry / "cmdline").read_bytes():
                after_name = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                naming[int(entry.name)] = int(after_name[1])  # its parent
            elif str((entry / "cwd").readlink()).removesuffix(" (deleted)") == str(cluster):
                left.append(int(entry.name))
    # A child names what its parent does until it has given itself a title.
    return [pid for pid, parent in naming.items() if parent not in naming], left


def names(pid: int, mark: str) -> bool:
    """Whether the process lives and names ``mark`` in its command line (a zombie names nothing)."""
    try:
        return mark.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextlib.contextmanager
def turn(lock: Path) -> Iterator[None]:
    """Hold a lock between processes; EmbeddedError when another one holds it longer than any start takes."""
    deadline = time.monotonic() + PATIENCE
    with open(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)) as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    message = f"Another command has been starting the embedded servers for {PATIENCE:.0f} s ({lock})."
                    raise EmbeddedError(message) from None
                time.sleep(0.02)
        yield
