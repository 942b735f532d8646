"""One line of the health page, for the files that make them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One line of the health page. ``needed``: a red one makes ``/readyz`` answer 503. ``page``: the
    name of the page that shows more."""

    name: str
    ok: bool
    says: str
    clause: str = ""
    remedy: str = ""
    needed: bool = False
    page: str = ""
