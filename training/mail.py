"""Letters by e-mail: Markdown files under version control, sent when what they tell is committed; links, never data."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

LETTERS = Path(__file__).with_name("letters")
log = structlog.get_logger()


@cache
def letter(kind: str) -> tuple[str, str]:
    """Subject and body of ``letters/<kind>.md``: its first line is the subject, as a heading. KeyError: no such letter."""
    path = LETTERS / f"{kind}.md"
    if not path.is_file():
        raise KeyError(kind)
    subject, _, body = path.read_text(encoding="utf-8").partition("\n")
    return subject.removeprefix("# ").strip(), body.strip() + "\n"


def link(path: str) -> str:
    """The full address of a page of the portal."""
    return settings.PORTAL_URL.rstrip("/") + path


def message(kind: str, *, to: str, name: str, **values: str) -> EmailMessage:
    """A letter made ready. ``values``: what stands in braces in the letter; KeyError where one is missing."""
    subject, body = letter(kind)
    said = {"name": name, "portal": link("/"), **values}
    return EmailMessage(subject.format(**said), body.format(**said), settings.DEFAULT_FROM_EMAIL, [to])


def post(kind: str, *, to: str, name: str, **values: str) -> None:
    """Send a letter once the transaction is committed; a mail server that is away is logged, and undoes nothing."""
    ready = message(kind, to=to, name=name, **values)

    def send() -> None:
        try:
            ready.send()
        except OSError as error:  # smtplib's errors are OSErrors
            log.error("letter not sent", kind=kind, error=type(error).__name__)

    transaction.on_commit(send)
