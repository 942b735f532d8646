"""Inputs for tests: decision tables of ours, and the corpus of bad inputs at BAD_INPUTS, else beside the project."""

import csv
import importlib.util
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from alpr_portal.policy.refusal import BadInput, Question

TABLES = Path(__file__).with_name("tables")
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "bad_inputs.json"
CORPUS = Path(os.environ.get("BAD_INPUTS", SHARED))


def table(name):
    """The rows of a decision table as pytest parameters; ``\\u200b`` in it stands for a character unseen."""
    with (TABLES / name).open(encoding="ascii", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [
        pytest.param(*(cell.encode().decode("unicode_escape") for cell in row), id=f"{row[-1]} ({number})")
        for number, row in enumerate(rows, 2)
    ]


def generator():
    """What builds the corpus's big and binary values: the module beside the corpus, else beside the shared one."""
    path = next(path for path in (CORPUS.with_suffix(".py"), SHARED.with_suffix(".py")) if path.exists())
    spec = importlib.util.spec_from_file_location("bad_inputs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.gen


def built(value, gen):
    """The value with every ``{"gen": …}`` in it made."""
    if isinstance(value, dict):
        return gen(value) if "gen" in value else {key: built(inner, gen) for key, inner in value.items()}
    return value


def bad_inputs(category):
    """The cases of one category as pytest parameters; one that is skipped with its reason where there are none."""
    if not CORPUS.exists():
        return [
            pytest.param(None, marks=pytest.mark.skip(reason="no corpus of bad inputs: set BAD_INPUTS to its path"))
        ]
    blank = {"normalised": None, "code": None, "note": ""}
    said = [case for case in json.loads(CORPUS.read_text(encoding="ascii"))["cases"] if case["category"] == category]
    gen = generator()
    found = [
        pytest.param(SimpleNamespace(**blank | case | {"value": built(case["value"], gen)}), id=case["id"])
        for case in said
    ]
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=f"the corpus has no {category}"))]


def outcome(read, *args, **kwargs):
    """What a reader made of an input: ("reject", code), ("ask", code) or ("take", the value)."""
    try:
        return "take", read(*args, **kwargs)
    except BadInput as fault:
        told = isinstance(args[0], str) and len(args[0]) > 4 and args[0] in fault.message
        return "reject", "the message repeats the raw value" if told else fault.code
    except Question as question:
        return "ask", question.code


def check(case, found, text=str):
    """Compare an outcome with the case; ``text`` writes the value as the corpus does."""
    kind, value = found
    if case.expect in {"reject", "ask"}:
        assert found == (case.expect, case.code), case.note
    else:
        assert kind == "take", f"{value}: {case.note}"
        if case.normalised is not None:
            assert text(value) == case.normalised, case.note
