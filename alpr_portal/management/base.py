"""What the portal's commands share: one clear line when they fail, and progress that suits where it is shown."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from alpr_portal.policy.refusal import BadInput, Refused

UNDEFINED = {"42P01", "42883", "42703", "3F000"}  # table, function, column, schema
FULL = {errno.ENOSPC, errno.EDQUOT}
WIDTH = 28  # characters of the progress bar


class PortalCommand(BaseCommand):
    """A command whose failures are one line on standard error and an exit code that is not 0."""

    requires_system_checks: list[str] = []

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except BadInput as error:
            raise CommandError(f"{error.code}: {error.message}") from error
        except Refused as error:
            raise CommandError(str(error)) from error
        except (OperationalError, ProgrammingError, psycopg.Error) as error:
            raise CommandError(of_database(error)) from error
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise CommandError("The disk is full: free some space, then run this command again.") from error

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except BrokenPipeError:  # whoever read our output has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except KeyboardInterrupt:
            self.stderr.write("Stopped.")
            sys.exit(130)

    def say(self, line: str = "") -> None:
        """One line at once, also where the output is a file or a pipe."""
        self.stdout.write(line)
        self.stdout.flush()

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """``with progress("reads", n) as at: at(done)``: a bar on a terminal, a line for each quarter otherwise.

        Goes to standard error, so that standard output holds nothing but the answer.
        """
        terminal, shown = self.stderr.isatty() and total > 1, 0

        def at(done: int) -> None:
            nonlocal shown
            share = min(done / total, 1.0) if total else 1.0
            if terminal:
                filled = round(share * WIDTH)
                self.stderr.write(f"\r{what} [{'#' * filled}{'.' * (WIDTH - filled)}] {share:4.0%}", ending="")
            elif total > 1 and int(share * 4) > shown:
                shown = int(share * 4)
                self.stderr.write(f"{what}: {share:.0%}")
            self.stderr.flush()

        yield at
        if terminal:
            self.stderr.write("")


def of_database(error: Exception) -> str:
    """One line for what the database said; it names no value."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    state = str(getattr(cause, "sqlstate", "") or "")
    if state in UNDEFINED:
        return "The database has not the tables this needs: run manage.py migrate, then try again."
    if state == "53100":
        return "The database server's disk is full: free some space, then run this command again."
    if state == "42501":
        return "The database log-in may not do this: give the command the address of the role that may (docs/deployment.md)."
    lines = str(error).strip().splitlines()
    return f"The database does not answer or refuses: {lines[0] if lines else type(error).__name__}"


def printable(text: str, limit: int = 60) -> str:
    """Somebody else's words on a terminal: short, and nothing in them steers it."""
    return "".join(char if char.isprintable() else "?" for char in text[: limit + 1])[:limit]
