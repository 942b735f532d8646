"""An evidence package as a ZIP: the PDF, each picture as it is kept, the data, the history, and a manifest of digests."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC
from typing import TYPE_CHECKING, Any

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.vocabulary import HoldGround
from training.sheets import as_csv

from ..queries import who

if TYPE_CHECKING:
    from .package import One, Package

PDF, DATA, CUSTODY, MANIFEST = "package.pdf", "data.json", "custody.csv", "MANIFEST"
COLUMNS = ("read", "at", "what", "by", "rests_on", "sha256", "record")


@clause("G", "F.1")
def package_zip(package: Package, pdf: bytes) -> bytes:
    """The ZIP of a package and its PDF. Of the same package the same bytes: names sorted, times those of the access."""
    files = {PDF: pdf, DATA: data_of(package), CUSTODY: custody_csv(package)}
    for one in package.ones:
        files |= {picture_name(one, shot.number): shot.jpeg for shot in one.shots if shot.jpeg is not None}
    files[MANIFEST] = manifest_of(files)
    at = package.record.at.astimezone(UTC)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".jpg") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return out.getvalue()


def manifest_of(files: dict[str, bytes]) -> bytes:
    """SHA-256 and name of each file, a line each, as ``sha256sum --check`` reads them."""
    lines = [f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in sorted(files.items())]
    return "".join(lines).encode()


def picture_name(one: One, number: int) -> str:
    """Where a picture lies in the ZIP: named by its read and its number, without a plate."""
    return f"pictures/{one.read.id}-{number + 1}.jpg"


def data_of(package: Package) -> bytes:
    """The data for machines: the hold, who took it and when, and of each read its line, its digest and its pictures'."""
    hold, record = package.hold, package.record
    said: dict[str, Any] = {
        "hold": {
            "id": str(hold.pk),
            "number": hold.number,
            "case_number": hold.case_number,
            "ground": HoldGround.says(hold.ground),
        },
        "access": str(record.pk),
        "taken_by": who(record),
        "taken_at": record.at.astimezone(UTC).isoformat(),
        "sha256": package.digest,
        "reads": [_one(one) for one in package.ones],
    }
    return (json.dumps(said, indent=2, ensure_ascii=True) + "\n").encode()


def _one(one: One) -> dict[str, Any]:
    pictures = [
        {
            "number": shot.number + 1,
            "kind": shot.kind,
            "sha256": shot.digest,
            "file": picture_name(one, shot.number) if shot.jpeg is not None else None,
        }
        for shot in one.shots
    ]
    values = {"line": one.line, "sha256": one.digest, "access": str(one.record.pk), "pictures": pictures}
    return {**values, "reported": _reported(one.read)}


def _reported(read: Any) -> dict[str, Any]:
    """What is said of the read as wrong, beside its data, which stays as observed."""
    right = read.mark.right if read.mark else None
    said = [
        {"at": said.at.astimezone(UTC).isoformat(), "what": said.says, "by": said.who, "record": str(said.record.pk)}
        for said in read.said
    ]
    reads_right = {"plate": right.plate, "state": right.state} if right else None
    return {"stands_as_wrong": read.mark is not None, "reads_right": reads_right, "said": said}


def custody_csv(package: Package) -> bytes:
    """The history of every read, a row a step; times in UTC."""
    rows: list[tuple[str, ...]] = [COLUMNS]
    for one in package.ones:
        for step in one.steps:
            at = step.at.astimezone(UTC).isoformat()
            rows.append((str(one.read.id), at, step.what, step.who, step.rests_on, step.digest, step.record))
    return as_csv(rows)
