"""What `make kills` looks for after each round, by SQL of its own and by opening every picture: nothing lost, nothing left."""

from __future__ import annotations

import base64
import itertools
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .kill_ground import RETENTION, Held, Ledger, Scratch


@dataclass
class Found:
    """Counts over all rounds; every one from ``lost_reads`` on has to be 0. ``told``: each in a sentence."""

    held_reads: int = 0
    held_pictures: int = 0
    lost_reads: int = 0
    lost_pictures: int = 0
    expired_visible: int = 0
    released_visible: int = 0
    expired_on_disk: int = 0
    receipts_wrong: int = 0
    orphans: int = 0
    told: list[str] = field(default_factory=list)

    def faults(self) -> int:
        good = {"held_reads", "held_pictures", "told"}
        return sum(value for name, value in asdict(self).items() if name not in good)

    def wrong(self, name: str, number: int, words: str) -> None:
        if number:
            setattr(self, name, getattr(self, name) + number)
            self.told.append(f"{words}: {number}")


def looked(scratch: Scratch, ledger: Ledger, found: Found, officer: Any, *, where: str) -> None:
    """Right after a kill: nothing that was kept is lost, and nothing expired or released can be read."""
    with scratch.connect() as admin:
        if admin.execute("SELECT to_regclass('public.reads_quarantineend')").fetchone() == (None,):
            return  # a restore was killed before its database was there: nothing can be read, and nothing is in it
        decided = "SELECT r.hold_id FROM reads_releasedecision d JOIN reads_releaseasked r ON r.id = d.release_id"
        for (hold_id,) in admin.execute(f"{decided} WHERE d.approved").fetchall():
            ledger.held[hold_id].released = True  # the kill came after that word, and it counts from its commit on
        for held in ledger.running():
            whole(admin, held, found, where)
        visible(admin, ledger, found, officer, where)


def whole(admin: psycopg.Connection[Any], held: Held, found: Found, where: str) -> None:
    """Each read of a hold as it was, and each picture opens to the digest it had."""
    from reads.holds import pictures
    from reads.models import HeldPicture

    rows = dict(
        admin.execute(
            "SELECT h.id::text, (to_jsonb(h) - 'hold_id' - 'held_at')::text FROM reads_heldread h WHERE h.hold_id = %s",
            [held.hold_id],
        ).fetchall()
    )
    cursor = admin.execute("SELECT * FROM reads_heldpicture WHERE hold_id = %s", [held.hold_id])
    names = [column.name for column in cursor.description or ()]
    kept = [HeldPicture(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    key = key_of(admin, held.hold_id)
    opened = {
        (str(one.read_id), one.number): sha256((key and pictures.load(one, key=key)) or b"").hexdigest() for one in kept
    }
    found.held_reads += len(held.reads)
    found.held_pictures += len(held.pictures)
    lost = sum(rows.get(one) != row for one, row in held.reads.items())
    found.wrong("lost_reads", lost, f"{where}: reads of hold {held.hold_id}")
    lost = sum(opened.get(one) != digest for one, digest in held.pictures.items())
    found.wrong("lost_pictures", lost, f"{where}: pictures of hold {held.hold_id}")


def key_of(admin: psycopg.Connection[Any], hold_id: uuid.UUID) -> bytes | None:
    """The key of a hold's pictures. Asked as an operator: after a broken restore no role of the portal may ask yet."""
    from django.conf import settings

    row = admin.execute("SELECT sealed FROM reads_heldkey WHERE hold_id = %s", [hold_id]).fetchone()
    if row is None:
        return None
    sealed = bytes(row[0])
    return AESGCM(base64.b64decode(settings.IMAGE_KEY)).decrypt(sealed[:12], sealed[12:], str(hold_id).encode())


def visible(admin: psycopg.Connection[Any], ledger: Ledger, found: Found, officer: Any, where: str) -> None:
    """What an officer with a recorded access sees through the windows, as the application's role."""
    expired = {one for gone in ledger.expired.values() for one in gone.reads}
    released = {one.hold_id for one in ledger.held.values() if one.released}
    shown = seen(admin, officer, "SELECT id::text FROM reads_window")
    found.wrong("expired_visible", len(shown & expired), f"{where}: expired reads in the window")
    for hold_id in released:
        shown = seen(admin, officer, "SELECT hold_id::text FROM reads_held_window", hold_id)
        found.wrong("released_visible", int(str(hold_id) in shown), f"{where}: released hold {hold_id} in the window")


def seen(admin: psycopg.Connection[Any], officer: Any, question: str, hold_id: uuid.UUID | None = None) -> set[str]:
    """The first column of what a window answers to a recorded access; nothing where the gate is shut, as in quarantine."""
    looked = uuid.uuid4()
    admin.execute(
        "INSERT INTO reads_access (id, by_id, by_name, by_badge, by_unit, kind, hits, hold_id, page) "
        "VALUES (%s, %s, 'Bea Bench', '', '', 'held', %s, %s, 1)",
        [looked, officer, [] if hold_id else [uuid.uuid4()], hold_id],
    )
    try:
        with admin.transaction():
            admin.execute("SET LOCAL ROLE alpr_app")
            admin.execute("SELECT set_config('alpr.access', %s, true)", [str(looked)])
            return {str(row[0]) for row in admin.execute(question).fetchall()}
    except psycopg.errors.InsufficientPrivilege:
        return set()


def settled(scratch: Scratch, ledger: Ledger, found: Found, officer: Any, *, where: str) -> None:
    """After the act was run again to its end: all of the above, nothing expired on the disk, receipts for it, no orphans."""
    with scratch.connect() as admin:
        closed = admin.execute("SELECT reads_in_quarantine()").fetchone() != (False,)
        found.wrong("receipts_wrong", int(closed), f"{where}: the database is still in quarantine")
        probe = seen(admin, officer, "SELECT 1 FROM reads_window LIMIT 1")
        found.wrong("receipts_wrong", int(not probe), f"{where}: nothing can be seen, so nothing is proven")
        for held in ledger.running():
            whole(admin, held, found, where)
        visible(admin, ledger, found, officer, where)
        on_disk(admin, ledger, found, where)
        receipts(admin, ledger, found, where)
        orphans(admin, ledger, found, where)


def on_disk(admin: psycopg.Connection[Any], ledger: Ledger, found: Found, where: str) -> None:
    """Tables, folders and keys of days that have expired; copies of holds that were released."""
    names = admin.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '_[0-9]{8}$'").fetchall()
    tables = [name for (name,) in names if expired(datetime.strptime(name[-8:], "%Y%m%d").date())]
    found.wrong("expired_on_disk", len(tables), f"{where}: tables of expired days ({', '.join(tables[:3])})")
    files = [path for path in image_files() if expired(date.fromisoformat(path.name.lstrip(".")[:10]))]
    found.wrong("expired_on_disk", len(files), f"{where}: files of expired days ({', '.join(map(str, files[:3]))})")
    released = [one.hold_id for one in ledger.held.values() if one.released]
    for table in ("reads_heldread", "reads_heldpicture", "reads_heldkey", "reads_holdstate"):
        row = admin.execute(f"SELECT count(*) FROM {table} WHERE hold_id = ANY (%s)", [released]).fetchone()
        found.wrong("expired_on_disk", row[0] if row else 0, f"{where}: released rows in {table}")


def expired(day: date) -> bool:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + RETENTION <= datetime.now(UTC)


def image_files() -> list[Path]:
    """Folders and keys of upload days, those on their way out too."""
    from django.conf import settings

    folders = [path for path in (Path(settings.DATA_DIR) / "images").glob("*") if path.is_dir()]
    return [*folders, *Path(settings.IMAGE_KEYS_DIR).glob("*.key")]


def receipts(admin: psycopg.Connection[Any], ledger: Ledger, found: Found, where: str) -> None:
    """Every day and every release has its records, as often as it went, with the right counts, and stands on a certificate."""
    rows = admin.execute(
        "SELECT d.day, sum(d.reads), sum(d.pictures), count(*) FILTER (WHERE d.reads > 0), count(*) - count(c.id) "
        "FROM reads_disposedday d LEFT JOIN reads_certifiedday c ON c.disposed_id = d.id GROUP BY 1"
    ).fetchall()
    told = {day: (int(reads), int(pictures), times, open_) for day, reads, pictures, times, open_ in rows}
    wanted = {day: (len(gone.reads), gone.pictures, gone.times, 0) for day, gone in ledger.expired.items()}
    wrong = [f"{day}: {told.get(day)}" for day, counts in wanted.items() if told.get(day) != counts]
    found.wrong("receipts_wrong", len(wrong), f"{where}: days without their right record ({'; '.join(wrong[:2])})")
    disposed: Counter[uuid.UUID] = Counter()
    for hold_id, reads, pictures in admin.execute("SELECT hold_id, reads, pictures FROM reads_helddisposed").fetchall():
        held = ledger.held.get(hold_id)
        disposed[hold_id] += bool(held and (reads, pictures) == (len(held.reads), len(held.pictures)))
    released = {one.hold_id for one in ledger.held.values() if one.released}
    wrong_holds = sum(disposed[one] != 1 for one in released) + len(disposed.keys() - released)
    found.wrong("receipts_wrong", wrong_holds, f"{where}: holds without their right record")
    row = admin.execute(
        "SELECT count(*) FROM reads_helddisposed d WHERE 1 <> (SELECT count(*) FROM reads_purgerun r "
        "WHERE r.holds @> jsonb_build_array(jsonb_build_object('hold', d.hold_id)))"
    ).fetchone()
    found.wrong("receipts_wrong", row[0] if row else 1, f"{where}: ended holds that are not on one certificate")
    chain = admin.execute("SELECT number, previous, digest FROM reads_purgerun ORDER BY number").fetchall()
    broken = sum(one[2] != next_[1] for one, next_ in itertools.pairwise(chain))
    found.wrong("receipts_wrong", broken, f"{where}: certificates that do not follow one another")


def orphans(admin: psycopg.Connection[Any], ledger: Ledger, found: Found, where: str) -> None:
    """Files that belong to nothing: packs without a hold, half-written ones, folders on their way out."""
    from django.conf import settings

    wanted = {f"{one.hold_id}.pack" for one in ledger.running() if one.pictures}
    there = {path.name for path in (Path(settings.DATA_DIR) / "held").glob("*")}
    found.wrong("orphans", len(there - wanted), f"{where}: packs without a hold ({sorted(there - wanted)[:2]})")
    hidden = [path for path in image_files() if path.name.startswith(".")]
    hidden += [path for path in Path(settings.IMAGE_KEYS_DIR).glob(".*") if path.is_file()]
    found.wrong("orphans", len(hidden), f"{where}: files on their way out ({', '.join(map(str, hidden[:2]))})")
