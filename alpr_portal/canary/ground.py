"""Where the canary flies: servers, folders and a process of its own, made for one flight and thrown away after it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from alpr_portal import embedded

NAME = "alpr_canary"
# A PostgreSQL that nobody has told about plates: what keeps them out of its log is what bootstrap_database sets.
SETTINGS = {
    "log_min_messages": "warning",
    "log_error_verbosity": "default",
    "log_min_error_statement": "error",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "wal_recycle": "off",
    "autovacuum": "off",  # what it does, the flight does at its own time
    "fsync": "off",  # it is thrown away after the flight
}
# What a flight may know of the environment around it: nothing that names a server, a key or a folder of the portal.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Ground:
    """One flight's folder, and a superuser's address of its database."""

    folder: Path
    url: str
    redis: str
    cluster: Path

    @property
    def name(self) -> str:
        """Of the database."""
        return NAME

    @property
    def log(self) -> Path:
        """What the portal itself writes."""
        return self.folder / "log" / "portal.log"

    def admin(self) -> psycopg.Connection[Any]:
        """As superuser, autocommit: what the owner of the machine could do, and no role of the portal."""
        return psycopg.connect(self.url, autocommit=True)

    def environment(self) -> dict[str, str]:
        """What the portal is told: as in production, but for keys that mean nothing."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {
            **kept,
            "DJANGO_SETTINGS_MODULE": "alpr_portal.settings",
            "ENVIRONMENT": "development",
            "DATA_DIR": str(self.folder / "data"),
            "IMAGE_KEYS_DIR": str(self.folder / "image-keys"),
            "ERASURES_DIR": str(self.folder / "erasures"),
            "BACKUP_DIR": str(self.folder / "backups"),
            "BACKUP_KEY": base64.b64encode(os.urandom(32)).decode(),  # of this flight alone
            "DATABASE_URL": self.url,
            "REDIS_URL": self.redis,
            "BROKER_URL": self.redis,
            "EMAIL_URL": f"filemail:///{self.folder / 'mail'}",
            "TMPDIR": str(self.folder / "tmp"),
            "LOG_LEVEL": "INFO",
            "CANARY": json.dumps({"folder": str(self.folder), "cluster": str(self.cluster)}),
        }


@contextmanager
def made() -> Iterator[Ground]:
    """A ground with an empty database, taken away afterwards. Raises EmbeddedError where no server can be started."""
    folder = Path(tempfile.mkdtemp(prefix="alpr-canary-"))
    folder.chmod(0o711)  # the servers' own account goes through it
    servers = embedded.Servers(folder / "servers", SETTINGS)
    try:
        for name in ("data", "mail", "tmp", "log", "servers"):
            (folder / name).mkdir(mode=0o711)
        address, redis = servers.database_url(), servers.redis_url()
        cluster = embedded.Servers(folder / "servers", SETTINGS).cluster
        yield Ground(folder, urlunsplit(urlsplit(address)._replace(path=f"/{NAME}")), redis, cluster)
    finally:
        servers.clean()
        shutil.rmtree(folder, ignore_errors=True)


def here() -> Ground:
    """The ground that this process was started on, with Django ready. KeyError where it was not started by ``fly``."""
    import django

    django.setup()
    said = json.loads(os.environ["CANARY"])
    return Ground(Path(said["folder"]), os.environ["DATABASE_URL"], os.environ["REDIS_URL"], Path(said["cluster"]))


def fly(module: str = "alpr_portal.canary", words: Sequence[str] = ()) -> tuple[int, dict[str, Any]]:
    """Run a flight in a process of its own; answers its exit code and what it found. RuntimeError where it broke off."""
    with made() as ground:
        with ground.log.open("ab") as log:
            done = subprocess.run(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", module, *words],
                cwd=embedded.ROOT,
                env=ground.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                check=False,
            )
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            last = ground.log.read_text(errors="replace").strip().splitlines()[-30:]
            raise RuntimeError("The canary's flight broke off:\n" + "\n".join(last)) from None
