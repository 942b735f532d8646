"""What those who may not see plates read of a free text: plates are struck from it, whoever typed them where."""

from __future__ import annotations

import re

WITHHELD = "[plate withheld]"
# Runs of 5 to 8 letters and digits with at least one letter and two digits, hyphens allowed; and California's spaced form.
SHAPED = re.compile(
    r"(?<![\w-])(?=[A-Z0-9-]*[A-Z])(?=(?:[A-Z-]*\d){2})[A-Z0-9](?:-?[A-Z0-9]){4,7}(?![\w-])|\b\d[A-Z]{3}[ .-]?\d{3}\b",
    re.IGNORECASE,
)
STATUTE = re.compile(r"\d+(?:\.\d+)?(?:PC|CVC|VC|HS|WI|BP|GC|FC)|(?:PC|CVC|VC|HS|WI|BP|GC|FC)\d+", re.IGNORECASE)


def struck(text: str, asked: str = "") -> str:
    """``text`` without anything of a plate's shape, and without the plate or pattern that was ``asked`` for."""
    if asked:
        parts = (r"[A-Z0-9]*" if c == "*" else "[A-Z0-9]" if c == "?" else re.escape(c) for c in asked)
        text = re.sub(r"[\s.\-]*".join(parts), WITHHELD, text, flags=re.IGNORECASE)
    return SHAPED.sub(lambda found: found[0] if STATUTE.fullmatch(found[0]) else WITHHELD, text)
