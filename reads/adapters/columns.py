"""What the columns of a source's files mean: kept with the source, judged before it is kept, guessed from a sample."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec

from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.refusal import BadInput

from .base import CAMERA_LIMIT, number_of
from .table import EDGES, NAME_LIMIT, fault, header_of, rows
from .times import DATES, EPOCHS, FORMS, OAKLAND, OFFSET, ZONES, read_stamp

FIELDS = {
    "plate": "Plate",
    "captured_at": "Captured at: date and time",
    "captured_date": "Captured: the date alone",
    "captured_time": "Captured: the time alone",
    "camera": "Camera",
    "id": "The source’s own id",
    "state": "State",
    "confidence": "Confidence",
    "lat": "Latitude",
    "lon": "Longitude",
    "direction": "Direction",
    "make": "Make",
    "model": "Model",
    "colour": "Color",
    "body": "Body",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
CERTAIN = {1: "0 to 1", 100: "0 to 100"}
KEYS = {"delimiter", "columns", "camera", "time_format", "zone", "confidence"}
LOOKED_AT = 20  # rows of a sample
KEPT = 262_144  # characters of a sample

# What files call our fields: small letters and digits only. The first that is there is taken.
NAMES = {
    "plate": "plate licenseplate licenceplate platenumber platetext plateread lp lpn tag vrm registration ocrlabel",
    "captured_at": "capturedat readat seenat timestamp datetime captimestamp capturetimestamp readtimestamp timestamputc "
    "eventtimestamp timestamplocal readdatetime eventdatetime capturedatetime datetimeutc epoch epochms",
    "captured_date": "date readdate capturedate eventdate dateutc localdate",
    "captured_time": "time readtime capturetime eventtime timeutc localtime",
    "camera": "camera cameraid cameraname cameracode device deviceid devicename reader readerid unit unitid",
    "id": "id readid uuid guid eventid recordid objectid",
    "state": "state platestate issuingstate jurisdiction region",
    "confidence": "confidence score confidencescore plateconfidence ocrconfidence ocrscore",
    "lat": "lat latitude gpslat gpslatitude",
    "lon": "lon lng long longitude gpslon gpslong gpslongitude",
    "direction": "direction heading traveldirection bearing directionoftravel",
    "make": "make vehiclemake",
    "model": "model vehiclemodel",
    "colour": "colour color vehiclecolor vehiclecolour",
    "body": "body bodytype vehicletype bodystyle vehiclebody",
}


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """What the columns of a source's files mean.

    ``fields``: our field → its header. ``camera``: the code of the one camera of all rows, "" where a column says it.
    ``time_format`` is one of ``FORMS``; ``zone`` the clock of times without an offset, one of ``ZONES``;
    ``confidence`` what the file writes for certain: 1 or 100.
    """

    fields: dict[str, str]
    delimiter: str = ","
    camera: str = ""
    time_format: str = "year_first"
    zone: str = OAKLAND
    confidence: int = 1

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the source."""
        kept = msgspec.structs.asdict(self)
        kept["columns"] = {header: field for field, header in kept.pop("fields").items()}
        return kept


def read_columns(value: object) -> Columns:
    """The columns as they are kept, once they make sense together.

    Raises columns.missing where nothing is kept, columns.shape, field.unknown, columns.twice, columns.needed,
    columns.camera, columns.place, columns.choice; the field is the one to mend.
    """
    if value in ({}, None):
        raise missing()
    if not isinstance(value, dict) or not isinstance(value.get("columns"), dict):
        raise BadInput("columns.shape", "Columns: give an object with columns, as header and field.", "columns")
    if value.keys() - KEYS:
        raise BadInput("field.unknown", f"Columns: there may only be {', '.join(sorted(KEYS))}.", "columns")
    found = Columns(
        fields=_fields(value["columns"]),
        delimiter=_chosen(value.get("delimiter", ","), DELIMITERS, "delimiter"),
        camera=read_text(value.get("camera"), field="camera", limit=CAMERA_LIMIT, one_line=True),
        time_format=_chosen(value.get("time_format", "year_first"), FORMS, "time_format"),
        zone=_chosen(value.get("zone", OAKLAND), ZONES, "zone"),
        confidence=_chosen(value.get("confidence", 1), CERTAIN, "confidence"),
    )
    _check(found)
    return found


def missing() -> BadInput:
    """Nothing is kept yet."""
    return BadInput(
        "columns.missing",
        "Columns: nobody said yet what the columns of this source mean. The Coordinator does, on the source's page.",
        "columns",
    )


def _fields(columns: Mapping[Any, Any]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for header, field in columns.items():
        name = read_text(header, field="columns", limit=NAME_LIMIT, one_line=True)
        if not isinstance(field, str) or field not in FIELDS or not name:
            raise BadInput("columns.shape", "Columns: each column must be one of our fields.", "columns")
        if field in fields:
            raise BadInput("columns.twice", f"{FIELDS[field]}: two columns are it. Choose one.", field)
        fields[field] = name
    return fields


def _chosen(value: Any, choices: Mapping[Any, str], field: str) -> Any:
    if type(value) not in {str, int} or value not in choices:
        raise BadInput("columns.choice", f"{field.replace('_', ' ').capitalize()}: choose one of the list.", field)
    return value


def _check(found: Columns) -> None:
    """Raise columns.needed, columns.camera or columns.place where the fields do not make a read."""
    fields = found.fields
    if "plate" not in fields:
        raise BadInput("columns.needed", "Plate: say which column it is.", "plate")
    halves = {"captured_date", "captured_time"} & fields.keys()
    if ("captured_at" in fields) == bool(halves) or len(halves) == 1:
        raise BadInput(
            "columns.needed",
            "Captured at: say which column it is, or which two are the date and the time.",
            "captured_at",
        )
    if ("camera" in fields) == bool(found.camera):
        raise BadInput(
            "columns.camera",
            "Camera: say which column it is, or name one camera for the whole file; not both.",
            "camera",
        )
    if ("lat" in fields) != ("lon" in fields):
        raise BadInput("columns.place", "Latitude and longitude: give both columns or neither.", "lat")


def sample_rows(sample: bytes, delimiter: str, *, most: int = LOOKED_AT) -> tuple[list[str], list[list[str]]]:
    """The header of a sample and its first rows of the same length. Raises csv.* as ``rows`` and ``header_of``."""
    found = rows(io.BytesIO(sample), delimiter)
    head = next(found, None)
    if head is None:
        raise fault("csv.empty")
    names = header_of(head)
    return names, [row.cells for row in islice(found, most) if len(row.cells) == len(names)]


def beginning(sample: bytes) -> str:
    """The header and the first rows of a sample: as much of it as is looked at. Raises csv.* as ``rows`` does."""
    text = ""
    for row in islice(rows(io.BytesIO(sample), delimiter_of(sample)), LOOKED_AT + 1):
        if len(text) + len(row.text) > KEPT:
            break
        text += row.text
    return text


def delimiter_of(sample: bytes) -> str:
    """What stands between the cells: the delimiter that cuts the first line into most of them. Raises csv.encoding."""
    try:
        first = next(filter(str.strip, sample.decode("utf-8-sig").splitlines()), "")
    except UnicodeDecodeError:
        raise fault("csv.encoding") from None

    def cells(delimiter: str) -> int:
        try:
            return len(next(csv.reader([first], delimiter=delimiter), []))
        except csv.Error:
            return 0

    return max(DELIMITERS, key=cells)


def guess(sample: bytes, delimiter: str | None = None) -> dict[str, Any]:
    """What a sample's columns seem to mean, in the form that ``read_columns`` takes, maybe not all of it.

    A guess is shown, tried on the sample and looked at before it is kept. Raises csv.* for what is no table.
    """
    delimiter = delimiter or delimiter_of(sample)
    names, cells = sample_rows(sample, delimiter)
    fields = _named(names)
    values = {field: [row[names.index(header)].strip(EDGES) for row in cells] for field, header in fields.items()}
    stamps = values.get("captured_at") or [
        f"{day} {time}"
        for day, time in zip(values.get("captured_date", []), values.get("captured_time", []), strict=False)
    ]
    form, zone = _clock([stamp for stamp in stamps if stamp.strip()], " ".join(fields.values()).lower())
    sure = [number for said in values.get("confidence", []) if type(number := number_of(said)) is float]
    return {
        "delimiter": delimiter,
        "columns": {header: field for field, header in fields.items()},
        "camera": "",
        "time_format": form,
        "zone": zone,
        "confidence": 100 if any(number > 1 for number in sure) else 1,
    }


def _named(names: Sequence[str]) -> dict[str, str]:
    """Our fields by the names that files give them; each header is one field at most."""
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(names) if name}
    found = {field: next((plain[n] for n in known.split() if n in plain), None) for field, known in NAMES.items()}
    date, time = found.pop("captured_date"), found.pop("captured_time")
    if date and time and not found["captured_at"]:
        found |= {"captured_date": date, "captured_time": time}
    else:
        found["captured_at"] = found["captured_at"] or date or time
    fields: dict[str, str] = {}
    for field, header in found.items():
        if header and header not in fields.values():
            fields[field] = header
    return fields


def _clock(stamps: Sequence[str], headers: str) -> tuple[str, str]:
    """The form that most times are in, and their clock. Where day and month fit both ways, the month is taken as first."""
    now, far = datetime(2100, 1, 1, tzinfo=UTC), timedelta(days=366 * 200)

    def reads(stamp: str, form: str, zone: str) -> bool:
        try:
            read_stamp(stamp, form=form, zone=zone, now=now, field="captured_at", oldest=far, ahead=far)
        except BadInput as error:
            return error.code in {"time.dst_fold", "time.dst_gap"}
        return True

    read = {form: [stamp for stamp in stamps if reads(stamp, form, OAKLAND)] for form in (*DATES, *EPOCHS)}
    form = max(read, key=lambda form: len(read[form]))
    if form in EPOCHS or "utc" in headers or "gmt" in headers:
        return form, "UTC"
    says = read[form] and all(reads(stamp, form, OFFSET) for stamp in read[form])
    return form, OFFSET if says else OAKLAND
