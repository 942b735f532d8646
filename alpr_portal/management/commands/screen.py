"""What the text screen says of each line on standard input."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from alpr_portal.management.base import PortalCommand, printable
from alpr_portal.policy.screening import Screening, screen

MOST = 1 << 20  # bytes of a line that are kept: many times what the screen reads, and what makes it wait


class Command(PortalCommand):
    help = "Read one text per line on standard input and answer one line each: categories, words, outcome."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help='Answer {"text", "categories", "words", "outcome"}.')

    def handle(self, *args: Any, **options: Any) -> None:
        for text in texts(sys.stdin.buffer):
            found = screen(text)
            self.say(json.dumps(found.as_json()) if options["json"] else readable(found))


def readable(found: Screening) -> str:
    why = "; ".join(found.categories) or "nothing fired"
    return f"{found.outcome:<6}  {why}{': ' if found.words else ''}{', '.join(found.words)}  |  {printable(found.text, 80)}"


def texts(stream: BinaryIO) -> Iterator[str]:
    """One text per line; bytes that are not UTF-8 are replaced, and of a very long line only the beginning is kept."""
    for line in lines(stream):
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def lines(stream: BinaryIO) -> Iterable[bytes]:
    """The lines of a stream, as they come, none longer than ``MOST`` bytes; the rest of a longer one is passed over."""
    while line := stream.readline(MOST):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(MOST)
        yield line
