"""Deliveries at full speed from a process of its own: `python -m trials.flood SECONDS FILE`.

Each delivery that was acknowledged becomes a line of the file: the label and the number of its reads. It ends when the
time is over or the database is gone.
"""

from __future__ import annotations

import sys
import time
import uuid
from pathlib import Path

import django
from django.db import DatabaseError

A_DELIVERY = 500  # reads
CAMERAS = 40


def main(seconds: float, file: Path) -> None:
    django.setup()
    from django.utils import timezone

    from bench import ingest, people

    who = people.make(CAMERAS)
    run, number = uuid.uuid4().hex[:8], 0
    until = time.monotonic() + seconds
    with file.open("a") as written:
        while time.monotonic() < until:
            number += 1
            label = f"{run}-{number}"
            items = ingest.made(who, A_DELIVERY, label=label, now=timezone.now())
            try:
                ingest.store(who, (label, items))
            except DatabaseError:
                return
            written.write(f"{label} {A_DELIVERY}\n")
            written.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]))
