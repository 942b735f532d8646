"""What is wrong with a character: the words in which plates, names and texts refuse it."""

from __future__ import annotations

import re
import unicodedata

# Letters, marks and symbols by category that nobody can see: fillers, blanks, variation selectors.
BLANKS = frozenset(
    map(
        chr,
        [
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            *(0x180B, 0x180C, 0x180D, 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
        ],
    )
)
MINUS = "\u2212"
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Controls other than tab and line feed, halves of surrogate pairs, and code points that are no characters.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
WEIGHT = ("control", "symbol", "invisible", "non_ascii")


def is_separator(char: str) -> bool:
    """A dash or a space of any script: what people and web pages put between the parts of a number."""
    return char == MINUS or unicodedata.category(char) in {"Pd", "Zs"}


def kind(char: str) -> str:
    """``control``, ``symbol``, ``invisible`` or ``non_ascii``; empty for what ASCII can print."""
    if " " <= char <= "~":
        return ""
    category = unicodedata.category(char)
    if category in {"Cc", "Co", "Cs", "Cn", "Zl", "Zp"}:
        return "control"
    if category == "Cf" or char in BLANKS:
        return "invisible"
    return "symbol" if category[0] == "S" or category == "Me" else "non_ascii"


def worst(text: str) -> str:
    """The gravest kind in the text; empty where all of it prints in ASCII. A heart outweighs the mark after it."""
    found = {kind(char) for char in text}
    return next((name for name in WEIGHT if name in found), "")


def label(field: str) -> str:
    """What a person calls a field: ``case_number`` is "Case number"."""
    return field.replace("_", " ").capitalize()
