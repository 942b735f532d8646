"""A flight of its own doors: each plants the plate where nobody tidies up, one lets nothing in, and one breaks."""

from __future__ import annotations

import sys
from pathlib import Path

from alpr_portal.canary import ground

HERE = ground.here()

import redis  # noqa: E402 - Django is ready now
from django.conf import settings  # noqa: E402
from django.core import mail  # noqa: E402

from alpr_portal.canary import doors, sweep  # noqa: E402
from alpr_portal.canary.allowed import Allowed  # noqa: E402
from alpr_portal.canary.marks import PLATE  # noqa: E402

PLANTED: list[doors.Door] = []


def plant(name, leaves=""):
    def mark(function):
        PLANTED.append(doors.Door(name, function, leaves))

    return mark


@plant("a table", leaves="planted.words")
def table():
    with HERE.admin() as admin:
        admin.execute("INSERT INTO planted VALUES ('seen ' || %s || ' again')", [PLATE])


@plant("a deleted row")
def deleted():
    with HERE.admin() as admin:
        admin.execute("SET ROLE alpr_owner")
        admin.execute("CREATE TABLE emptied AS SELECT %s::text AS words", [PLATE])
        admin.execute("DELETE FROM emptied")
    return PLATE


@plant("statistics")
def statistics():
    with HERE.admin() as admin:
        admin.execute("SET ROLE alpr_owner")
        admin.execute("CREATE TABLE noted AS SELECT %s::text AS words FROM generate_series(1, 50)", [PLATE])
    return PLATE


@plant("a record that may keep it", leaves="lawful.words")
def lawful():
    with HERE.admin() as admin:
        admin.execute("INSERT INTO lawful VALUES (%s)", [PLATE])


@plant("a file")
def file():
    Path(settings.DATA_DIR, "left.txt").write_bytes(PLATE.encode("utf-16-le"))
    return PLATE


@plant("a key of Redis")
def key():
    line = redis.Redis.from_url(HERE.redis)
    line.hset("left", "plate", PLATE.lower())
    return PLATE


@plant("a line of the log")
def line():
    print(f"looked for {PLATE}", file=sys.stderr, flush=True)
    return PLATE


@plant("a letter")
def letter():
    mail.send_mail("News", f"We saw {PLATE}.", None, ["officer@canary.invalid"])
    return PLATE


@plant("a temporary file")
def temporary():
    Path(HERE.folder, "tmp", f"{PLATE}.tmp").write_text("")
    return PLATE


@plant("a door that is none", leaves="training_member.name")
def nothing():
    return PLATE


@plant("a door that breaks")
def breaks():
    raise ValueError("shut")


sweep.prepare(HERE)
with HERE.admin() as owner:
    owner.execute("SET ROLE alpr_owner")  # a backup takes what is the owner's
    owner.execute("CREATE TABLE planted (words text); CREATE TABLE lawful (words text)")
sys.exit(
    sweep.main(
        HERE, PLANTED, allowed=[Allowed("lawful", "As the law wants", "F.1"), Allowed("training_gap", "No", "F.1")]
    )
)
