"""Files of rows from outside: read strictly, kept as they came, applied whole and once, or not at all (J, C.3.b)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction

from alpr_portal.policy.inputs import read_filename
from alpr_portal.policy.refusal import BadInput, Refusal, Refused
from alpr_portal.policy.vocabulary import IntakeKind
from alpr_portal.records import broken_constraint

from .models import Intake, IntakeApplied, Member

MAX_BYTES = 2_000_000
LONGEST_LINE = 2_000  # characters
DELIMITERS = ",;\t"
Row = dict[str, str]

ALREADY = Refusal(
    "J", "A file is applied once.", "It was applied before: its receipt says what it did.", code="intake.applied"
)


def read_table(data: bytes, *, columns: tuple[str, ...], most: int = 2000) -> list[Row]:
    """The rows of a CSV file, each a dictionary of exactly ``columns``; a short row is filled with "".

    UTF-8, with or without a byte order mark; comma, semicolon or tab, as the head line shows. Rows without any text
    are left out. Raises BadInput ``file.*`` where the file itself cannot be read; nothing of it is repeated.
    """
    return [row for _, row in numbered(decode(data), columns=columns, most=most)]


def receive(kind: IntakeKind, name: str, data: bytes, *, columns: tuple[str, ...], by: Member) -> Intake:
    """Keep a file that can be read, once: the same content again answers the earlier intake. Raises BadInput."""
    text = decode(data)
    found = numbered(text, columns=columns)
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        with connection.cursor() as cursor:  # of two uploads of one file at once, the second finds the first
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"intake {kind.value} {digest}"])
        earlier = Intake.objects.filter(kind=kind.value, sha256=digest).order_by("at").first()
        return earlier or Intake.objects.write(
            by=by,
            kind=kind.value,
            name=read_filename(name, suffix=".csv"),
            sha256=digest,
            content=text,
            rows=len(found),
        )


def rows(intake: Intake, columns: tuple[str, ...]) -> list[tuple[int, Row]]:
    """The rows of a kept file, each with the number of the line on which it begins (the head line is 1)."""
    return numbered(intake.content, columns=columns)


def apply_once(intake: Intake, *, by: Member, counts: Mapping[str, Any]) -> IntakeApplied:
    """Record that the file was applied and what that did; Refused where it was applied before, whoever was faster."""
    try:
        with transaction.atomic():
            return IntakeApplied.objects.write(by=by, intake=intake, counts=dict(counts))
    except IntegrityError as error:
        if broken_constraint(error) != ONCE:
            raise
        raise Refused(ALREADY) from None


ONCE = "training_intakeapplied_intake_id_key"


def decode(data: bytes) -> str:
    """The text of a file, without its byte order mark. Raises BadInput file.empty, file.too_large, file.not_text."""
    if not data.strip():
        raise _bad("empty", "The file is empty: choose the one with the rows.")
    if len(data) > MAX_BYTES:
        raise _bad("too_large", "The file is over 2 MB: send it in parts.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad("not_text", "The file is not UTF-8 text: save it as “CSV UTF-8” and send it again.") from None
    if "\0" in text:
        raise _bad("not_text", "The file has a NUL character in it: save it as “CSV UTF-8” and send it again.")
    return text


def numbered(
    text: str, *, columns: tuple[str, ...], most: int = 2000, longest: int = LONGEST_LINE
) -> list[tuple[int, Row]]:
    """The rows with their line numbers, read from decoded text. Raises BadInput as ``read_table``."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    found: list[tuple[int, Row]] = []
    names: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            raise _bad(
                "quotes", f"Line {line}: its quotation marks do not close. Save the file as CSV again."
            ) from None
        if not any(cell.strip() for cell in cells):
            continue
        if sum(map(len, cells)) > longest:
            raise _bad("too_long", f"Line {line}: it is over {longest} characters. Shorten it.")
        if names is None:
            names = _head(cells, columns)
            continue
        if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
            raise _bad("too_many_cells", f"Line {line}: it has more cells than the head line names. Take them away.")
        if len(found) == most:
            raise _bad("too_many_rows", f"The file has over {most} rows: send it in parts.")
        filled = [*cells, *[""] * (len(names) - len(cells))]
        found.append((line, dict(zip(names, filled, strict=False))))
    if not found:
        raise _bad("no_rows", "The file has no rows under its head line: choose the one with the rows.")
    return found


def _delimiter(text: str) -> str:
    """The separator that the head line shows; a comma where it shows none."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=head.count)


def _head(cells: list[str], columns: tuple[str, ...]) -> list[str]:
    """The names of the head line, in its order; they must be ``columns``, each once."""
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    wanted = ", ".join(columns)
    if len(set(names)) < len(names):
        raise _bad("duplicate_column", f"The head line names a column twice. It needs once each: {wanted}.")
    missing = [name for name in columns if name not in names]
    if missing:
        raise _bad("missing_column", f"The head line lacks {', '.join(missing)}. It needs: {wanted}.")
    if len(names) > len(columns):
        raise _bad("unknown_column", f"The head line has a column that is not asked for. It needs only: {wanted}.")
    return names


def _bad(code: str, says: str) -> BadInput:
    return BadInput(f"file.{code}", says, "file")
