"""Files of hot lists for tests, as the template of ``make`` reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from alpr_portal.policy.vocabulary import Via
from hotlists import importer
from hotlists.models import HotList, Refresh, WatchRow
from tests import make

HEAD = "plate,state,list,reason,entered"


def hot_file(*rows: str, head: str = HEAD, end: str = "\n") -> bytes:
    """A file with these rows."""
    return "".join(row + end for row in (head, *rows)).encode()


def plates(number: int, *, first: int = 0) -> Iterator[str]:
    """So many rows, each with a plate of its own."""
    return (f"{at:07d}A,CA,SVS,stolen vehicle,2026-01-02" for at in range(first, first + number))


def ready(name: str = "svs", **values: Any) -> HotList:
    """A list with an approved template."""
    hot_list = make.hot_list(name, **values)
    make.template(hot_list)
    return hot_list


def load(hot_list: HotList, body: bytes, *, by: Any = None, via: Via = Via.COMMAND, name: str = "list.csv") -> Refresh:
    """The receipt of a file."""
    receipt = importer.read(importer.take(hot_list, [body], name=name, via=via, by=by))
    assert receipt is not None
    if connection.in_atomic_block:  # what the database asks at the end of a transaction, it asks now
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS hotlists_guard_receipt IMMEDIATE")
            cursor.execute("SET CONSTRAINTS hotlists_guard_receipt DEFERRED")
    return receipt


def watched(hot_list: HotList) -> set[str]:
    """The plates of the version in force."""
    found = WatchRow.objects.filter(hot_list=hot_list, refresh_id=hot_list.state.refresh_id)
    return set(found.values_list("plate", flat=True))
