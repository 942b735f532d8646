"""Where `make kills` works: a scratch database and folders of its own, what is arranged in it, and what has to be there."""

from __future__ import annotations

import os
import platform
import shutil
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from alpr_portal import bootstrap
from bench.cluster import cpu, memory, with_name

READS, PICTURED = 9, 4  # of an upload day; a hold keeps a third of an expired one
DAYS = 25  # of them are filled again and again: a hold of one is asked for in time, and decided in time
BYTES = 3000  # of a picture
RETENTION = timedelta(hours=720)


@dataclass
class Held:
    """What an approved hold has to keep: each read as the database wrote it, each picture's digest."""

    hold_id: uuid.UUID
    reads: dict[str, str]
    pictures: dict[tuple[str, int], str]
    released: bool = False


@dataclass
class Gone:
    """An upload day that has expired: which reads it had in all, how many pictures, and how often it was filled."""

    reads: set[str] = field(default_factory=set)
    pictures: int = 0
    times: int = 0


@dataclass
class Ledger:
    """What was arranged, told by nobody but the one who arranged it."""

    held: dict[uuid.UUID, Held] = field(default_factory=dict)
    expired: dict[date, Gone] = field(default_factory=lambda: defaultdict(Gone))

    def running(self) -> list[Held]:
        return [one for one in self.held.values() if not one.released]


class Scratch:
    """A database that is thrown away, on the server of ``admin`` (a superuser's address); ``folder`` for its files.

    ``template``: a migrated, empty database to copy, so that it need not be migrated.
    """

    def __init__(self, admin: str, folder: Path, *, redis: str, template: str = ""):
        self.admin, self.folder, self.template = admin, folder, template
        self.name = f"alpr_kills_{os.getpid()}"
        for variable in [name for name in os.environ if name.startswith("DATABASE_") or name == "ALLOWED_HOSTS"]:
            del os.environ[variable]
        os.environ.update(
            DATABASE_URL=with_name(admin, self.name),
            REDIS_URL=redis,
            DATA_DIR=str(folder / "data"),
            IMAGE_KEYS_DIR=str(folder / "keys"),
            ERASURES_DIR=str(folder / "erasures"),
            BACKUP_DIR=str(folder / "backups"),
            ENVIRONMENT="development",
            DJANGO_SETTINGS_MODULE="alpr_portal.settings",
            LOG_LEVEL="CRITICAL",
        )

    def connect(self) -> psycopg.Connection[Any]:
        """A superuser's connection, autocommit: for counting and for what only an operator does."""
        return psycopg.connect(with_name(self.admin, self.name), autocommit=True)

    def prepare(self) -> None:
        """The database with everything in it that the acts need, and Django pointed there."""
        self.forget_database()
        with psycopg.connect(with_name(self.admin, "postgres"), autocommit=True) as admin:
            bootstrap.make_roles(admin)
            bootstrap.make_database(admin, self.name, self.template or "template1")
        with self.connect() as admin:
            bootstrap.prepare(admin, self.name)
        import django
        from django.core.management import call_command

        django.setup()
        if not self.template:
            call_command("migrate", verbosity=0)

    def empty(self) -> None:
        """Another database of that name, with nothing in it: what a restore begins with."""
        self.forget_database()
        bootstrap.bootstrap_database(with_name(self.admin, "postgres"), self.name)

    def facts(self) -> list[str]:
        """The machine and the versions, a line each."""
        with self.connect() as admin:
            (version,) = admin.execute("SHOW server_version").fetchone() or ("?",)
        return [
            f"{os.cpu_count()} cores ({cpu() or 'unnamed'}), {memory() / 1e9:.1f} GB of memory",
            f"PostgreSQL {version.split()[0]}, Python {platform.python_version()}",
        ]

    def forget_database(self) -> None:
        with psycopg.connect(with_name(self.admin, "postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name)))

    def throw_away(self) -> None:
        self.forget_database()
        shutil.rmtree(self.folder, ignore_errors=True)


class Arranged:
    """Makes what a round needs. All people, plates and pictures are invented."""

    def __init__(self, scratch: Scratch, ledger: Ledger):
        from bench import people

        self.scratch, self.ledger = scratch, ledger
        self.people = people.make(3)
        self.admin = self._administrator()
        self.number = self.days = 0

    def _administrator(self) -> Any:
        from training.models import Member, RoleGrant

        member = Member.objects.create_user("kills-admin", name="Kit Kills", badge="KILLS")
        RoleGrant.backdated(member=member, role="administrator", by_name="the portal")
        return member

    def fill(self, day: date, uploaded_at: datetime) -> tuple[str, list[uuid.UUID], int]:
        """Reads of one plate on an upload day, some with a picture; the plate, the reads, how many pictures."""
        from django.db import connections

        from reads import packs, partitions, staging
        from reads.images import Clean
        from reads.plates import fold

        partitions.make_ahead(day, 1)
        self.number += 1
        plate, camera = f"9K{self.number:05}", self.people.cameras[0]
        ids = [uuid.uuid4() for _ in range(READS)]
        with connections["owner"].cursor() as cursor:
            for number, one in enumerate(ids):
                at = uploaded_at + timedelta(seconds=number)
                values = (one, day, at, at - timedelta(seconds=30), camera.pk, self.people.source.pk, uuid.uuid4())
                cursor.execute(
                    "INSERT INTO reads_read (id, upload_day, uploaded_at, captured_at, camera_id, source_id, batch_id, "
                    "plate_seen, plate, plate_fold, state, images) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'CA', %s)",
                    [*values, plate, plate, fold(plate), int(number < PICTURED)],
                )
            made = [(one, [Clean(os.urandom(BYTES), os.urandom(BYTES // 4))]) for one in ids[:PICTURED]]
            names = ", ".join(staging.PICTURE)
            places = ", ".join(["%s"] * len(staging.PICTURE))
            for kept in packs.keep(day, made):
                row = [getattr(kept, name) for name in staging.PICTURE]
                cursor.execute(f"INSERT INTO reads_picture ({names}) VALUES ({places})", row)
        return plate, ids, len(made)

    def fresh(self) -> Any:
        """A search that ran and finds reads of today with pictures, for a hold to rest on."""
        now = datetime.now(UTC)
        plate, _, _ = self.fill(now.date(), now - timedelta(seconds=20))
        return self.query(plate)

    def query(self, plate: str) -> Any:
        now = datetime.now(UTC)
        asked = {"plate": plate, "from": (now - timedelta(days=1)).isoformat()}
        asked |= {"to": (now + timedelta(minutes=5)).isoformat()}
        return self.people.query(criteria=asked, plate=plate)

    def expired(self) -> Held:
        """An upload day that has expired and lies there still, of which a hold keeps a third; asked for in time."""
        from django.utils import timezone

        from reads.holds import deciding
        from reads.models import Hold

        self.days += 1
        day = datetime.now(UTC).date() - timedelta(days=33 + self.days % DAYS)
        uploaded = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
        _, ids, pictures = self.fill(day, uploaded)
        wanted = ids[PICTURED - 2 : PICTURED + 1]
        review = timezone.localdate() + timedelta(days=20)
        hold_id, query = uuid.uuid4(), self.people.query()
        asked_at = min(uploaded + timedelta(hours=719), timezone.now() - timedelta(hours=1))
        with self.scratch.connect() as admin, admin.transaction():
            admin.execute(
                "INSERT INTO reads_hold (id, at, by_id, by_name, by_badge, by_unit, ground, case_number, reason, scope, "
                "query_id, hits, items, bulk_reason, review_on, expires_at, obligation_of) VALUES (%s, %s, %s, 'Bea Bench', "
                "'', '', 'active_investigation', '26-012345', 'Tried', 'reads', %s, '{}', %s, '', %s, %s, '')",
                [hold_id, asked_at, self.people.officer.pk, query.pk, len(wanted), review, uploaded + RETENTION],
            )
            for one in wanted:
                admin.execute(
                    "INSERT INTO reads_holditem (hold_id, read_id, upload_day) VALUES (%s, %s, %s)", [hold_id, one, day]
                )
        hold = Hold.objects.get(pk=hold_id)
        deciding.decide_hold(hold, approved=True, reason="Tried", by=self.admin, now=timezone.now())
        gone = self.ledger.expired[day]
        gone.reads |= {str(one) for one in ids}
        gone.pictures, gone.times = gone.pictures + pictures, gone.times + 1
        return self.entered(hold.pk)

    def entered(self, hold_id: uuid.UUID) -> Held:
        """An approved hold, entered into the ledger from the reads themselves and not from what was copied of them."""
        from reads import packs

        with self.scratch.connect() as admin:
            reads = admin.execute(
                "SELECT r.id::text, to_jsonb(r)::text FROM reads_holditem i JOIN reads_read r ON r.id = i.read_id "
                "AND r.upload_day = i.upload_day WHERE i.hold_id = %s",
                [hold_id],
            ).fetchall()
            cursor = admin.execute(
                "SELECT p.* FROM reads_holditem i JOIN reads_picture p ON p.read_id = i.read_id "
                "AND p.upload_day = i.upload_day WHERE i.hold_id = %s",
                [hold_id],
            )
            names = [column.name for column in cursor.description or ()]
            kept = [packs.Kept(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
        digests = {(str(one.read_id), one.number): sha256(packs.load(one) or b"").hexdigest() for one in kept}
        held = Held(hold_id, dict(reads), digests)
        self.ledger.held[hold_id] = held
        return held

    def ask_release(self, held: Held) -> None:
        from django.utils import timezone

        from reads.holds import releases
        from reads.models import Hold

        hold = Hold.objects.get(pk=held.hold_id)
        releases.ask_release(hold, reason="Tried", by=self.people.officer, now=timezone.now())
