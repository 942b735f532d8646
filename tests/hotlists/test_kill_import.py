"""C.2.B.1: a reader that is killed at any moment leaves the old list whole, and the next one reads the file again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from hotlists import importer
from hotlists.models import DeliveryProgress, HotList, ListState, Refresh, WatchRow
from tests.commands.run import ROOT, address_of

from .files import HEAD, load, plates, ready

pytestmark = pytest.mark.clause("C.2.B.1")
ROWS = 500_000 if os.environ.get("ALPR_LARGE") else 50_000
COPYING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = %s AND state = 'active' AND query LIKE 'COPY hotlists_watchrow%%'"
)
GONE = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND application_name = 'killed'"


@pytest.fixture
def stage(committed, django_db_setup, settings, tmp_path):
    """A list with a version in force, a long file, and what starts its import in a process of its own."""
    settings.DATA_DIR = tmp_path
    svs = ready()
    load(svs, "\n".join([HEAD, *plates(ROWS, first=1), ""]).encode())
    path = tmp_path / "long.csv"
    path.write_text("\n".join([HEAD, *plates(ROWS, first=2), ""]))

    def start() -> subprocess.Popen[bytes]:
        clean = {k: v for k, v in os.environ.items() if k not in {"DJANGO_SETTINGS_MODULE", "ENVIRONMENT"}}
        given = {"DATABASE_URL": address_of(django_db_setup), "DATA_DIR": str(tmp_path), "PGAPPNAME": "killed"}
        words = [sys.executable, str(ROOT / "manage.py"), "import_hotlist", str(path), "--list", "svs"]
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**clean, **given})

    return svs, start, django_db_setup


def preparing(server: psycopg.Connection, name: str) -> bool:
    return DeliveryProgress.objects.filter(delivery__refresh__isnull=True).exists() and any(
        path.suffix == ".rows" and path.stat().st_size for path in importer.spool().iterdir()
    )


def copying(server: psycopg.Connection, name: str) -> bool:
    return server.execute(COPYING, [name]).fetchone() is not None


def until(found, process: subprocess.Popen[bytes] | None = None) -> None:
    end = time.monotonic() + 120
    while not found():
        assert process is None or process.poll() is None, "it came to an end before it could be killed"
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.002)


@pytest.mark.parametrize("moment", [preparing, copying])
def test_killed(stage, moment):
    svs, start, name = stage
    before = ListState.objects.get(hot_list=svs).refresh_id
    process = start()
    with psycopg.connect(address_of(name), autocommit=True) as server:
        try:
            until(lambda: moment(server, name), process)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        until(lambda: server.execute(GONE, [name]).fetchone() is None)

    assert ListState.objects.get(hot_list=svs).refresh_id == before
    assert Refresh.objects.count() == 1
    found = WatchRow.objects.filter(hot_list=svs)
    assert (found.count(), found.filter(refresh_id=before).count()) == (ROWS, ROWS)

    assert importer.read_waiting(timezone.now() + importer.LEASE) == 1
    receipt = Refresh.objects.get(number=2)
    assert (receipt.outcome, receipt.kept, receipt.delivery.progress.tries) == ("applied", ROWS, 2)
    assert ListState.objects.get(hot_list=HotList.objects.get(pk=svs.pk)).refresh_id == receipt.pk
    assert WatchRow.objects.exclude(refresh_id=receipt.pk).count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(plate), max(plate), count(*) FROM hotlists_watchrow")
        assert cursor.fetchone() == ("0000002A", f"{ROWS + 1:07d}A", ROWS)
