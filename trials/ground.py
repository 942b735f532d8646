"""The ground of a trial: PostgreSQL and Redis of its own, a database made by the portal's migrations, folders.

All of it stands under ``trials/`` of the data folder and is thrown away at the end; what a killed trial left behind is
thrown away at the next start. Only sockets and 127.0.0.1 are used.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import platform
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from alpr_portal import embedded
from alpr_portal.bootstrap import bootstrap_database
from alpr_portal.database import ROLES
from bench.cluster import cpu, memory, with_name

from .processes import await_gone, kill_family

NAME = "trial"
HOST = "portal.example.gov"
OF_WEB = ("default", "ingest", "report")  # the log-ins that production gives the web
# What compose.yaml sets on top of the embedded server's settings; fsync and synchronous_commit are on in both.
PRODUCTION = {
    "max_connections": "120",
    "wal_recycle": "off",
    "max_slot_wal_keep_size": "4GB",
    "idle_in_transaction_session_timeout": "60s",
}


class Cluster(embedded.Servers):
    """Throw-away servers of one folder. ``settings``: of PostgreSQL, on top of production's."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None):
        super().__init__(folder, {**PRODUCTION, **(settings or {})})

    def url(self, user: str = embedded.SUPERUSER, name: str = NAME) -> str:
        """The address of one log-in; the server is started where it does not run."""
        address = with_name(self.database_url(), name)
        return address.replace(f"//{embedded.SUPERUSER}@", f"//{user}@")

    def head(self) -> int:
        """The process id of the running postmaster."""
        return int((self.cluster / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """kill -9 of the postmaster and all its children."""
        await_gone(kill_family(self.head()))


class Ground:
    """Where a trial runs: ``cluster``, and ``folder`` for what the portal and the trial write."""

    def __init__(self, folder: Path, cluster: Cluster):
        self.folder, self.cluster = folder, cluster
        self.environment: dict[str, str] = {}

    def admin(self) -> psycopg.Connection[Any]:
        """A superuser's connection, autocommit: for counting and for what only an operator does."""
        return psycopg.connect(self.cluster.url(), autocommit=True)

    def addresses(self, *aliases: str) -> dict[str, str]:
        """The addresses of database roles by their variables; the owner's is the superuser's, who may become it."""
        users = {alias: embedded.SUPERUSER if alias == "owner" else ROLES[alias].name for alias in aliases}
        return {ROLES[alias].variable: self.cluster.url(user) for alias, user in users.items()}

    def prepare(self, **more: str) -> None:
        """Make the database and this process's environment, as production's; then Django, migrations, static files."""
        self.cluster.database_url()
        bootstrap_database(self.cluster.url(name="postgres"), NAME)
        self.environment = {
            "ENVIRONMENT": "production",
            "DJANGO_SETTINGS_MODULE": "alpr_portal.settings",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": HOST,
            "DATA_DIR": str(self.folder / "portal"),
            "IMAGE_KEYS_DIR": str(self.folder / "image-keys"),
            "ERASURES_DIR": str(self.folder / "erasures"),
            "IMAGE_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "PACK_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "REDIS_URL": self.cluster.redis_url(),
            "LOG_LEVEL": "WARNING",
            **more,
        }
        for variable in [name for name in os.environ if name.startswith("DATABASE_")]:
            del os.environ[variable]
        os.environ.update(self.environment, **self.addresses(*ROLES))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)

    def of_web(self) -> dict[str, str]:
        """The environment of a web process: what production tells it, and nothing of the owner or the superuser."""
        rest = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
        replica = {name: value for name, value in os.environ.items() if name == "DATABASE_REPLICA_URL"}
        return {**rest, **replica, **self.addresses(*OF_WEB)}

    def facts(self) -> list[str]:
        """The machine and the versions, a line each."""
        with self.admin() as admin:
            (version,) = admin.execute("SHOW server_version").fetchone() or ("?",)
        kernel = f"{platform.system()} {platform.release().partition('-')[0]}"
        return [
            f"{os.cpu_count()} cores ({cpu() or 'unnamed'}), {memory() / 1e9:.1f} GB of memory, {kernel}",
            f"PostgreSQL {version}, Python {platform.python_version()}",
        ]


@contextlib.contextmanager
def alone(name: str) -> Iterator[Path]:
    """The folder of a trial, empty, for one run of it at a time; gone afterwards. SystemExit where another one runs."""
    above = embedded.data_dir() / "trials"
    above.mkdir(parents=True, exist_ok=True)
    with open(os.open(above / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"Another run of this trial is at work ({lock.name}).") from None
        folder = above / name
        throw_away(folder)
        folder.mkdir()
        try:
            yield folder
        finally:
            throw_away(folder)


def throw_away(folder: Path) -> None:
    """Stop every server that was started in a trial's folder, and delete it all."""
    for home in {path.parent for path in folder.glob("*/embedded")}:
        Cluster(home).clean()
    shutil.rmtree(folder, ignore_errors=True)
