"""The list file of a vehicle in its reader's format, and the signature that tells whether it was changed (A.1)."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alpr_portal.cells import guard
from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.refusal import BadInput
from alpr_portal.policy.vocabulary import PackFormat

MANIFEST, SIGNATURE, README = "manifest.json", "manifest.sig", "README.txt"
FILES = {PackFormat.CSV.value: "list.csv", PackFormat.BOSS.value: "boss.csv", PackFormat.GENETEC.value: "genetec.txt"}
LARGEST_MANIFEST = 1_000_000  # bytes
CHUNK = 1 << 16
INFORMATIONAL = (
    "Informational only. A list may be behind its source, and a reader may misread a plate. An alert by itself is reason "
    "to follow a vehicle and for nothing more: check it through CLETS and compare plate, state, make, model and color by "
    "eye before anyone acts on it (DGO I-12, C.2.A)."
)
HEADS = {
    PackFormat.CSV.value: ["plate", "state", "list", "reason", "vehicle", "case_number", "from", "until"],
    PackFormat.BOSS.value: ["LPN", "Field1", "Field2", "Field3", "Field4", "Field5", "PNC ID", "Information"],
}


@dataclass(frozen=True)
class Row:
    """One listed plate as a reader gets it; ``list_id`` stays here."""

    list_id: str
    plate: str
    state: str
    hot_list: str
    starts_at: datetime | None
    ends_at: datetime | None
    detail: dict[str, Any] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """A word of the source, on one line, that no spreadsheet runs."""
        return guard(" ".join(str(self.detail.get(name) or "").split()))

    @property
    def vehicle(self) -> str:
        return guard(
            " ".join(str(self.detail.get(n) or "").strip() for n in ("year", "colour", "make", "model")).strip()
        )


def day(moment: datetime | None) -> str:
    """The day in Oakland, ISO; "" for None."""
    return moment.astimezone(OAKLAND).date().isoformat() if moment else ""


def cells(row: Row, format: str) -> list[str]:
    """A row in the columns of a format (formats/hotlists)."""
    if format == PackFormat.GENETEC:
        return [guard(row.hot_list).replace(";", ","), row.state, row.plate, day(row.starts_at), day(row.ends_at)]
    if format == PackFormat.BOSS:
        said = [row.state, guard(row.hot_list), row.vehicle, row.said("case_number"), day(row.ends_at)]
        return [row.plate, *said, "", row.said("reason")]
    said = [row.state, guard(row.hot_list), row.said("reason"), row.vehicle, row.said("case_number")]
    return [row.plate, *said, day(row.starts_at), day(row.ends_at)]


class Sheet:
    """Text that is written piece by piece, in flat memory, with its digest."""

    def __init__(self, out: IO[bytes]):
        self.out, self.digest, self.held, self.size = out, hashlib.sha256(), [], 0  # type: ignore[var-annotated]

    def write(self, text: str) -> int:
        self.held.append(text)
        self.size += len(text)
        if self.size >= CHUNK:
            self.flush()
        return len(text)

    def flush(self) -> None:
        data = "".join(self.held).encode()
        self.digest.update(data)
        self.out.write(data)
        self.held, self.size = [], 0


def write_rows(archive: zipfile.ZipFile, rows: Iterable[Row], format: str) -> tuple[str, dict[str, int]]:
    """Write the list file into the archive; answers its SHA-256 and how many rows of each list, by id."""
    counts: dict[str, int] = {}
    with archive.open(FILES[format], "w", force_zip64=True) as out:
        sheet = Sheet(out)
        delimiter = ";" if format == PackFormat.GENETEC else ","
        writer = csv.writer(sheet, delimiter=delimiter, lineterminator="\r\n")
        if format in HEADS:
            writer.writerow(HEADS[format])
        for row in rows:
            writer.writerow(cells(row, format))
            counts[row.list_id] = counts.get(row.list_id, 0) + 1
        sheet.flush()
    return sheet.digest.hexdigest(), counts


# --- the signature ---------------------------------------------------------------------------------------------------


def private_key(secret: str) -> Ed25519PrivateKey:
    """The key of a base64 seed of 32 bytes. ValueError where it is none."""
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret, validate=True))


def public_pem(secret: str) -> str:
    """The public half as PEM, for whoever checks a pack."""
    return private_key(secret).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_name(public: Ed25519PublicKey) -> str:
    """What a key is called: the first sixteen digits of its SHA-256."""
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def sign(manifest: str, secret: str) -> str:
    """The signature of a manifest, in base64."""
    return base64.b64encode(private_key(secret).sign(manifest.encode())).decode()


def manifest_of(facts: dict[str, Any]) -> str:
    """The text that is signed: sorted keys, a line each."""
    return json.dumps(facts, sort_keys=True, indent=2, ensure_ascii=True) + "\n"


def readme(facts: dict[str, Any]) -> str:
    """What the pack says of itself to a person."""
    lines = [
        "List file for a reader on a vehicle",
        "",
        INFORMATIONAL,
        "",
        f"Pack {facts['pack']}, file {facts['file']} ({facts['rows']} rows, SHA-256 {facts['sha256']}).",
        f"For reader {facts['reader']}, shift {facts['shift']}. Taken {facts['taken_at']} by {facts['taken_by']}.",
        "",
        "Lists:",
    ]
    for one in facts["lists"]:
        version = f"version {one['version']} of {one['refreshed_at']}" if one["version"] else "approved entries"
        age = f", {one['age_hours']} hours old when taken" if one["age_hours"] is not None else ""
        lines.append(f"- {one['title']}: {version}{age}, {one['rows']} rows" + (", STALE" if one["stale"] else ""))
    lines += [
        "",
        "Parts of plates and descriptions of vehicles are not in the file: the portal compares them when reads come back.",
        f"Check the pack with: manage.py verify_pack FILE, or with the public key {facts['key']} of the portal:",
        "base64 -d manifest.sig > sig; openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in manifest.json -sigfile sig",
        "",
    ]
    return "\n".join(lines)


def check_pack(file: IO[bytes], secret: str) -> dict[str, Any]:
    """The manifest of a pack that left here unchanged.

    Raises BadInput pack.format for what is no pack, pack.signature where the manifest is not the portal's, pack.changed
    where the list file is not the one that was signed.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            if max(archive.getinfo(name).file_size for name in (MANIFEST, SIGNATURE)) > LARGEST_MANIFEST:
                raise BadInput("pack.format", "This is no pack: its manifest is too large.")
            text, signature = archive.read(MANIFEST), archive.read(SIGNATURE)
            try:
                private_key(secret).public_key().verify(base64.b64decode(signature, validate=False), text)
            except (InvalidSignature, ValueError):
                says = "The signature does not fit: the manifest was changed, or another key signed it."
                raise BadInput("pack.signature", says) from None
            facts: dict[str, Any] = json.loads(text)
            with archive.open(facts["file"]) as listed:
                digest = hashlib.file_digest(listed, "sha256").hexdigest()  # type: ignore[arg-type]
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise BadInput("pack.format", "This is no pack: it cannot be opened, or a part is missing.") from error
    if digest != facts["sha256"]:
        raise BadInput("pack.changed", "The list file was changed since it was signed.")
    return facts
