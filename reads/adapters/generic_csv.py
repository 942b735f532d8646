"""Any CSV, once it is said what its columns mean: see ``columns``. Patrol cars and small vendors send such files."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, NoReturn

from alpr_portal.policy.inputs import read_confidence
from alpr_portal.policy.refusal import BadInput

from ..plates import read_plate, read_state
from .base import (
    ID_LIMIT,
    Adapter,
    ItemFault,
    Limits,
    NormalRead,
    derived_id,
    need,
    number_of,
    read_direction,
    read_name,
    read_place,
    try_word,
)
from .columns import Columns, missing, read_columns
from .table import EDGES, Cells, Take, table, taken
from .times import read_stamp

NAME, LABEL = "generic_csv", "CSV with columns of its own"


class Tried(NamedTuple):
    """A row of a sample as it would be read, by its line."""

    line: int
    item: NormalRead | ItemFault


def fit(columns: Any) -> Adapter:
    """The adapter for a source's columns as they are kept. Raises what ``read_columns`` raises."""
    found = read_columns(columns)
    return table(NAME, LABEL, found.delimiter, partial(_begin, found))


def try_sample(
    sample: bytes, columns: Columns, *, now: datetime, limits: Limits, most: int | None = None
) -> Iterator[Tried]:
    """The first ``most`` rows of a sample as they would be read. Raises csv.* for a sample that cannot be read at all."""
    found = taken(
        io.BytesIO(sample), delimiter=columns.delimiter, begin=partial(_begin, columns), now=now, limits=limits
    )
    for row, item in islice(found, None if most is None else most + 1):
        if item is not None:
            yield Tried(row.line, item)


def _begin(columns: Columns, names: Sequence[str], now: datetime, limits: Limits) -> Take:
    for header in columns.fields.values():
        if header not in names:
            raise BadInput(
                "csv.columns",
                f"File: the column “{header}” is not there. Send it, or have the source's columns set anew.",
                "columns",
            )

    def take(cells: Cells) -> NormalRead:
        return _read(
            {field: cells[header].strip(EDGES) for field, header in columns.fields.items()}, columns, now, limits
        )

    return take


def _read(said: dict[str, str], columns: Columns, now: datetime, limits: Limits) -> NormalRead:
    """One row, by our fields. What only helps (state, direction, the vehicle's words) never loses a read."""
    get = said.get
    camera = columns.camera or read_name(get("camera"), field="camera")
    stamp = get("captured_at") or " ".join(filter(None, (get("captured_date"), get("captured_time"))))
    need({"plate": said["plate"], "captured_at": stamp, "camera": camera})
    plate = read_plate(said["plate"])
    captured_at, offset = read_stamp(
        stamp,
        form=columns.time_format,
        zone=columns.zone,
        now=now,
        field="captured_at",
        oldest=limits.oldest,
        ahead=limits.ahead,
    )
    lat, lon = read_place(number_of(get("lat")), number_of(get("lon")), near=limits.near)
    return NormalRead(
        plate_seen=said["plate"],
        plate=plate,
        captured_at=captured_at,
        camera=camera,
        external_id=read_name(get("id"), field="id", limit=ID_LIMIT) or derived_id(camera, captured_at, plate),
        state=read_state(get("state")),
        confidence=read_confidence(number_of(get("confidence")), scale=columns.confidence),
        offset_minutes=offset,
        lat=lat,
        lon=lon,
        direction=_direction(get("direction")),
        make=try_word(get("make"), limit=40),
        model=try_word(get("model"), limit=60),
        colour=try_word(get("colour")),
        body=try_word(get("body"), limit=40),
    )


def _direction(said: str | None) -> str:
    try:
        return read_direction(number_of(said))
    except BadInput:
        return ""


def _unfitted(*_: Any, **__: Any) -> NoReturn:
    """Without its columns nothing of it can be read."""
    raise missing()


ADAPTER = Adapter(NAME, LABEL, _unfitted, cut=_unfitted, fit=fit)
