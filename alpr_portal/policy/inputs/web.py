"""What an address or a list page may ask for: an object, a page, an order, the page to go on to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from uuid import UUID

from ..refusal import BadInput

OBJECT_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
WHOLE = re.compile(r"[0-9]+")
INSIDE = re.compile(r"/(?!/)[!-\[\]-~]*")  # one slash first, then printable ASCII without space or backslash
LONGEST_ADDRESS = 2000


def read_object_id(value: object) -> UUID | None:
    """The id of an object, or None: the answer is then 404, as for a missing object and for one that is not yours."""
    if isinstance(value, UUID):
        return value if value.int else None
    if not isinstance(value, str) or len(value) != 36 or not OBJECT_ID.fullmatch(value):
        return None
    found = UUID(value)
    return found if found.int else None


def read_page(value: object, pages: int) -> int:
    """The page to show, 1 to ``pages``: the first where the value is no number, the last where it is beyond it."""
    last = max(pages, 1)
    if not isinstance(value, str) or not WHOLE.fullmatch(value):
        return 1
    digits = value.lstrip("0")
    return last if len(digits) > 9 else min(max(int(digits or 0), 1), last)


def read_sort(value: object, allowed: Collection[str], *, field: str = "sort") -> str:
    """A listed column name, with a hyphen before it for descending; empty for none. Raises sort.unknown."""
    if value is None or value == "":
        return ""
    if isinstance(value, str) and value.removeprefix("-") in allowed:
        return value
    raise BadInput("sort.unknown", "Sort: choose one of the columns of this list.", field)


def refuse_unknown(names: Iterable[str], allowed: Collection[str]) -> None:
    """Raise field.unknown for a name that is not allowed. The name itself is not repeated: the sender chose it."""
    for name in names:
        if name not in allowed:
            known = ", ".join(sorted(allowed))
            raise BadInput("field.unknown", f"There is a field that is not known here. Known are: {known}.")


def safe_next(url: object, *, field: str = "next") -> str:
    """A path inside the portal to go on to; ``/`` where none is given. Raises redirect.outside."""
    if url is None or url == "":
        return "/"
    if isinstance(url, str) and len(url) <= LONGEST_ADDRESS and INSIDE.fullmatch(url):
        return url
    raise BadInput("redirect.outside", "Next page: only a page of this portal can follow.", field)
