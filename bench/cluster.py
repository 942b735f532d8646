"""The server that is measured, and the machine under it: a PostgreSQL of the benchmark's own, with settings it states.

It stands in the data folder (``var/bench``), holds one database made by the portal's migrations with the portal's
roles, and is nobody else's. ``BENCH_DATABASE_URL`` names another server instead, by a superuser's address.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from alpr_portal import embedded
from alpr_portal.bootstrap import bootstrap_database

NAME = "alpr_bench"
STATED = (
    "shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem", "random_page_cost", "max_wal_size",
    "checkpoint_timeout", "synchronous_commit", "fsync", "full_page_writes", "wal_compression", "autovacuum", "jit",
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """Where it is measured: a superuser's address of the database, and a folder for what is written."""

    url: str
    folder: Path

    def admin(self) -> psycopg.Connection[Any]:
        """A connection as superuser, autocommit: for making data and reading counters, never for what is timed as ours."""
        return psycopg.connect(self.url, autocommit=True)


def folder() -> Path:
    """Where the benchmark keeps its server, its results and its log."""
    return embedded.data_dir() / "bench"


def memory() -> int:
    """Bytes of memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def settings() -> dict[str, str]:
    """What is set apart from the embedded server's own: sizes by the machine's memory, nothing about durability."""
    megabytes = memory() >> 20
    return {
        "shared_buffers": f"{min(4096, megabytes // 4)}MB",
        "effective_cache_size": f"{megabytes // 2}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{min(512, megabytes // 16)}MB",
        "random_page_cost": "1.1",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "15min",
        "jit": "off",
    }


def servers(place: Path) -> embedded.Servers:
    """The benchmark's own servers, whose data lies in a folder."""
    return embedded.Servers(place, settings())


def start() -> Ground:
    """A running server with the benchmark's database in it, and this process's environment pointed there.

    Call it before Django's settings are read. Raises EmbeddedError, or OperationalError where a named server is silent.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    given = os.environ.get("BENCH_DATABASE_URL")
    address = given or with_name(servers(place).database_url(), "postgres")
    bootstrap_database(address, NAME)
    ground = Ground(with_name(address, NAME), place)
    for variable in [name for name in os.environ if name.startswith("DATABASE_") or name == "IMAGE_KEYS_DIR"]:
        del os.environ[variable]
    os.environ.update(
        DATABASE_URL=ground.url,
        REDIS_URL=os.environ.get("BENCH_REDIS_URL") or servers(place).redis_url(),
        DATA_DIR=str(place / "portal"),
        ENVIRONMENT="development",
        DJANGO_SETTINGS_MODULE="bench.settings",
    )
    return ground


def stop(ground: Ground) -> None:
    """Stop the benchmark's own servers; a named one is left running."""
    servers(ground.folder).stop()


def forget(ground: Ground) -> None:
    """Drop the database, and the server where it is the benchmark's own."""
    with psycopg.connect(with_name(ground.url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
    servers(ground.folder).clean()


def with_name(url: str, name: str) -> str:
    """The same address with another database's name."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def facts(ground: Ground) -> dict[str, Any]:
    """What a reader must know to judge the numbers: the machine, the versions, the server's settings."""
    import django

    with ground.admin() as admin:
        (version,) = admin.execute("SHOW server_version").fetchone() or ("?",)
        shown = dict(admin.execute("SELECT name, current_setting(name) FROM pg_settings").fetchall())
    return {
        "cores": os.cpu_count(),
        "memory": memory(),
        "cpu": cpu(),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
        "postgresql": version,
        "own_server": not os.environ.get("BENCH_DATABASE_URL"),
        "python": platform.python_version(),
        "django": django.__version__,
        "psycopg": psycopg.__version__,
        "settings": {name: shown[name] for name in STATED if name in shown},
    }


def cpu() -> str:
    """The processor's name, where the kernel tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
