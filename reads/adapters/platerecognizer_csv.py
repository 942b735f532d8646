"""Plate Recognizer Stream's own CSV: lists in cells, as Python writes them, and the camera only in a file's path.

Stream writes one such file for each camera and files its pictures under ``<camera>_screenshots/``, so the camera stands
in the column ``file``. Where pictures lie elsewhere, the file is for “CSV with columns of its own”, where one camera
can be named for all of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alpr_portal.policy.inputs import read_moment
from alpr_portal.policy.refusal import BadInput

from ..payload import load
from . import platerecognizer
from .base import Limits, NormalRead, number_of
from .table import EDGES, Cells, Take, table

NEEDED = ("timestamp", "plate", "file")
FOLDER = re.compile(r"(?:^|.*[/\\])([^/\\]{1,60})_screenshots[/\\].*")
# Strings, names and signs of a list in a cell, as Python or JSON writes them.
TOKEN = re.compile(
    r"""'((?:[^'\\\n]|\\['"\\])*)'|"((?:[^"\\\n]|\\['"\\])*)"|(None|True|False|[][{}:,]|-?[0-9.]+(?:[eE][-+]?[0-9]+)?)|\s+"""
)
WORDS = {"None": "null", "True": "true", "False": "false"}
ESCAPED = re.compile(r"\\(.)")


def begin(names: Sequence[str], now: datetime, limits: Limits) -> Take:
    """What takes a row under this header. Raises csv.columns where a column is missing; the others are not needed."""
    for name in NEEDED:
        if name not in names:
            raise BadInput(
                "csv.columns", f"File: the column {name} is not there. Send the file as Stream wrote it.", name
            )

    def take(cells: Cells) -> NormalRead | None:
        return _read(cells, now=now, limits=limits)

    return take


def _read(cells: Cells, *, now: datetime, limits: Limits) -> NormalRead | None:
    """A vehicle without a plate is no read."""
    plate = _listed(cells["plate"]) if cells["plate"].startswith("{") else cells["plate"].strip(EDGES)
    if not plate:
        return None
    result = {name: _listed(cells.get(name, "")) for name in ("region", "vehicle", "model_make", "color")}
    result |= {"plate": plate, "score": number_of(cells.get("score", ""))}
    result |= {"direction": number_of(cells.get("direction", ""))}
    stamp = cells["timestamp"].strip(EDGES)
    if stamp:  # without an offset it may be the clock of any place: not guessed
        read_moment(stamp, now=now, field="timestamp", oldest=limits.oldest, ahead=limits.ahead)
    data = {"camera_id": _camera(cells["file"]), "timestamp": stamp}
    return platerecognizer.read_result(data, result, now=now, limits=limits)


def _camera(path: str) -> str:
    match = FOLDER.fullmatch(path.strip(EDGES))
    if not match:
        raise BadInput(
            "field.missing",
            "file: it names no camera, as in camera-1_screenshots/…. Set image_format to begin with "
            "$(camera)_screenshots/, or send this file as “CSV with columns of its own”.",
            "file",
        )
    return match[1]


def _listed(cell: str) -> Any:
    """The value of a cell that holds a list or an object; None where it cannot be read. Nothing in it is ever run."""
    text, at = [], 0
    while at < len(cell):
        match = TOKEN.match(cell, at)
        if not match:
            return None
        at = match.end()
        single, double, other = match.groups()
        if other:
            text.append(WORDS.get(other, other))
        elif single is not None or double is not None:
            said = ESCAPED.sub(r"\1", single if single is not None else double)
            text.append('"' + said.replace("\\", "\\\\").replace('"', '\\"') + '"')
    try:
        return load("".join(text).encode("utf-8", "replace"))
    except BadInput:
        return None


ADAPTER = table("platerecognizer_csv", "Plate Recognizer CSV", ",", begin)
