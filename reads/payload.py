"""A body is looked over before anything is made of it: what JSON readers let pass in silence is refused here.

Readers of JSON differ in what they forgive: a key given twice, NaN, half a character, a thousand levels. The scan works
on the body's skeleton (what stands outside strings), in a few passes of C, whatever the body holds.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.refusal import BadInput

BODY_LIMIT = 2_621_440  # bytes
DEPTH = 8
MOST_READS = 1000
ENVELOPE = {"batch", "reads"}

DECODER = msgspec.json.Decoder()
BRACKETS = bytes.maketrans(b"{}", b"[]")
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
NOT_FINITE = re.compile(rb"\b(?:NaN|Infinity)\b")
DIGITS = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))
LONG_NUMBER = b"0" * 19
NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
INTEGERS = range(-(2**63), 2**63)
PAIR = re.compile(rb"\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
HALF = re.compile(rb"\\u[dD][89a-fA-F]")

SAYS = {
    "body.too_large": "is too large. Send fewer reads at a time.",
    "json.encoding": "is not text in UTF-8. Send JSON in UTF-8.",
    "json.syntax": "is not well-formed JSON. Check that it is whole and that nothing stands before or after it.",
    "json.too_deep": "is nested too deeply. Send the reads as a plain list.",
    "json.duplicate_key": "names a key twice in one object. Send each key once.",
    "json.not_finite": "has a number that is not finite. Leave the field out instead.",
    "json.shape": "must be a list of reads, or an object with the keys batch and reads.",
    "number.range": "has a whole number of more than 64 bits. Send it as text, or leave it out.",
    "text.control": "has a NUL character in a text. Remove it.",
    "batch.empty": "has no reads. Send at least one.",
    "batch.too_many": f"has more than {MOST_READS} reads. Send them in several bodies.",
}


def scan(body: bytes, *, limit: int = BODY_LIMIT, depth: int = DEPTH) -> None:
    """Look a body over; answers nothing. ``limit`` in bytes. Raises what ``load`` raises."""
    load(body, limit=limit, depth=depth)


def load(body: bytes, *, limit: int = BODY_LIMIT, depth: int = DEPTH) -> Any:
    """The value of a body of JSON, once it has passed the scan. Everything that reads JSON from outside calls this.

    Raises body.too_large, json.encoding (not UTF-8, or half a character), text.control (NUL in a text),
    json.not_finite, number.range (beyond 64 bits), json.too_deep, json.syntax, json.duplicate_key.
    """
    if len(body) > limit:
        raise bad("body.too_large")
    _check_characters(body)
    skeleton = _skeleton(body)
    if (b"N" in skeleton or b"I" in skeleton) and NOT_FINITE.search(skeleton):
        raise bad("json.not_finite")
    if LONG_NUMBER in skeleton.translate(DIGITS):
        _check_numbers(skeleton)
    _check_depth(skeleton, depth)
    try:
        value = DECODER.decode(body)
    except msgspec.ValidationError:  # well-formed, but beyond what a float holds
        raise bad("json.not_finite") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise bad("json.syntax") from None
    keys = skeleton.count(b":")
    if keys and keys != _members(value):  # the decoder keeps the last of two alike, without a word
        raise bad("json.duplicate_key")
    return value


def envelope(value: Any) -> tuple[str | None, list[Any]]:
    """The sender's batch id, where given, and the raw reads, of a list or of ``{"batch": …, "reads": […]}``.

    Raises json.shape, batch.empty, batch.too_many, and for the batch id field.unknown, text.*.
    """
    batch = None
    if isinstance(value, dict) and "reads" in value:
        if value.keys() - ENVELOPE:
            raise BadInput("field.unknown", "Body: beside reads there may only be batch.", "body")
        batch = read_text(value.get("batch"), field="batch", limit=100, one_line=True) or None
        value = value["reads"]
    if not isinstance(value, list):
        raise bad("json.shape")
    if not value:
        raise bad("batch.empty")
    if len(value) > MOST_READS:
        raise bad("batch.too_many")
    return batch, value


def items(body: bytes, *, limit: int = BODY_LIMIT, depth: int = DEPTH) -> list[Any]:
    """The raw reads of a body of our own format, scanned. Raises what ``load`` and ``envelope`` raise."""
    return envelope(load(body, limit=limit, depth=depth))[1]


def bad(code: str) -> BadInput:
    """The refusal of a whole body."""
    return BadInput(code, f"Body: it {SAYS[code]}", "body")


def _check_characters(body: bytes) -> None:
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            raise bad("json.encoding") from None
    if b"\0" in body:  # UTF-16 of plain letters is valid UTF-8, every other byte a NUL
        raise bad("json.encoding")
    if b"\\u" in body:
        escapes = body.replace(b"\\\\", b"..")
        if b"\\u0000" in escapes:
            raise bad("text.control")
        if HALF.search(PAIR.sub(b"", escapes)):
            raise bad("json.encoding")


def _skeleton(body: bytes) -> bytes:
    """The body without its strings."""
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b" ".join(body.split(b'"')[::2])


def _check_numbers(skeleton: bytes) -> None:
    for match in NUMBER.finditer(skeleton):
        number = match[0]
        if number.lstrip(b"-").isdigit() and (len(number) > 20 or int(number) not in INTEGERS):
            raise bad("number.range")


def _check_depth(skeleton: bytes, depth: int) -> None:
    left = skeleton.translate(BRACKETS, NOT_BRACKETS)
    for _ in range(depth):  # each round takes the innermost pairs away
        left = left.replace(b"[]", b"")
    # What is left and has no pair does not match: the decoder stops at the first that closes nothing.
    if b"[]" in left or (left.startswith(b"[") and len(left) > depth):
        raise bad("json.too_deep")


def _members(value: Any) -> int:
    """How many keys all objects of a value have together."""
    count, inner = (len(value), value.values()) if type(value) is dict else (0, value if type(value) is list else ())
    for one in inner:
        if type(one) is dict or type(one) is list:
            count += _members(one)
    return count
