"""The last step of the replica's trial: the primary is lost, and the standby has to hold what was acknowledged."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from django.db import connections

from alpr_portal.embedded import ROOT

from .ground import Ground
from .processes import die_with_parent
from .standby import PLACE, Standby, wait_for
from .verdict import Verdict

FLOWS = 3.0  # seconds of deliveries before the standby hears nothing more
DEAF = 1.0  # seconds more before the primary is killed


def primary_is_lost(verdict: Verdict, ground: Ground, standby: Standby, *, is_synchronous: bool) -> None:
    """Deliveries at full speed, the standby's receiver stopped, the primary killed with -9, the standby promoted."""
    connections.close_all()
    with ground.admin() as admin:
        if is_synchronous:
            admin.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{PLACE}'")
            admin.execute("SELECT pg_reload_conf()")
            wait_for(lambda: _first(admin, "SELECT max(sync_state) FROM pg_stat_replication") == "sync")
    file = ground.folder / "acknowledged.txt"
    with subprocess.Popen(
        [sys.executable, "-m", "trials.flood", "60", str(file)], cwd=ROOT, preexec_fn=die_with_parent
    ) as flood:
        wait_for(lambda: file.exists() and file.stat().st_size > 0)
        time.sleep(FLOWS)
        with standby.deaf():
            time.sleep(DEAF)
            ground.cluster.kill()
        flood.wait()
    standby.promote()
    acknowledged = {label: int(n) for label, n in map(str.split, file.read_text().splitlines())}
    wanted = sum(acknowledged.values())
    with standby.admin() as admin:
        (there,) = admin.execute(
            "SELECT count(*) FROM reads_read r JOIN reads_batch b ON b.id = r.batch_id WHERE b.key = ANY (%s)",
            [list(acknowledged)],
        ).fetchone() or (0,)
    kind = "synchronous" if is_synchronous else "asynchronous"
    verdict.say(f"primary lost, {kind} standby promoted: reads acknowledged", wanted)
    verdict.must("of these **lost**", wanted - there)


def _first(connection: Any, question: str) -> Any:
    row = connection.execute(question).fetchone()
    return row[0] if row else None
