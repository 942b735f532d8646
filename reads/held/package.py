"""An evidence package: held reads with pictures, digests and history, taken out as one file under a recorded export (G, F.1)."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import require
from training.models import Member

from ..evidence import Shot, line_of
from ..models import Access, Hold
from . import package_pdf, package_zip, rules
from .custody import custody_of
from .custody_rules import Step
from .window import HeldWindow, access_to_hold

TYPES = {"pdf": "application/pdf", "zip": "application/zip"}


@dataclass(frozen=True)
class One:
    """One held read of a package: its stored fields, pictures and history. ``record``: the access under which it left."""

    read: Any
    record: Access
    shots: Sequence[Shot]
    steps: Sequence[Step]
    unknown: Sequence[str]

    @property
    def line(self) -> str:
        """The read's data as one line, as it was before it was held."""
        return line_of(self.read)

    @property
    def digest(self) -> str:
        """SHA-256 of that line, in hexadecimal."""
        return hashlib.sha256(self.line.encode()).hexdigest()


@dataclass(frozen=True)
class Package:
    """What the files of a package tell; gathered inside the access, drawn afterwards."""

    hold: Hold
    record: Access
    taken_by: Member
    ones: Sequence[One]

    @property
    def digest(self) -> str:
        """SHA-256 of the data: of the lines of its reads in their order, with a line end between two."""
        return hashlib.sha256("\n".join(one.line for one in self.ones).encode()).hexdigest()


@dataclass(frozen=True)
class File:
    """The file that leaves."""

    name: str
    media_type: str
    content: bytes


@clause("G", "F.1")
def gather(window: HeldWindow, reads: Sequence[Any], *, taken_by: Member) -> Package:
    """Everything about these reads that a package needs. To be called inside the access of ``window``."""
    shots = window.shots(reads)
    history = custody_of(window, reads, shots)
    records = {record.read_id: record for record in window.records}
    ones = [
        One(read, records[read.id], shots[read.id], history[read.id].steps, history[read.id].unknown) for read in reads
    ]
    return Package(window.hold, window.record, taken_by, ones)


@clause("G", "F.1", "C.3.b")
def take_package(
    hold: Hold, read_ids: Sequence[uuid.UUID], *, format: str, outside: bool, by: Member, now: datetime
) -> File:
    """The package of held reads of a case as ``pdf`` or ``zip``; its SHA-256 is on record before its first byte leaves.

    Each read has an export of its own on record, and so has the PDF inside a ZIP. Raises Refused for anyone outside, for a
    read that the case does not hold, and as ``access_to_hold`` does.
    """
    require(rules.may_take_package(outside=outside, found=len(read_ids), chosen=len(read_ids)))
    inside = [None] if format == "zip" else []
    first, *others = read_ids
    with access_to_hold(
        by, hold, now=now, kind=Access.Kind.EXPORT, read_id=first, further=[*others, *inside]
    ) as window:
        reads = window.chosen(read_ids)
        whole = len(reads) == len(read_ids)
        package = gather(window, reads, taken_by=by) if whole else None
    if package is None:
        window.answered(rows=[0] * len(window.records))
    require(rules.may_take_package(outside=outside, found=len(reads), chosen=len(read_ids)))
    assert package is not None
    sheet = package_pdf.package_pdf(package)
    body = package_zip.package_zip(package, sheet) if inside else sheet
    digests = [hashlib.sha256(body).hexdigest()] * len(read_ids) + [hashlib.sha256(sheet).hexdigest()] * len(inside)
    window.answered(digests=digests, rows=[1] * len(read_ids) + [len(read_ids)] * len(inside))
    return File(f"{name_of(package)}.{format}", TYPES[format], body)


def name_of(package: Package) -> str:
    """What the file is called: the hold and the access, no plate."""
    return f"hold-{package.hold.number}-{str(package.record.pk)[:8]}"
