"""T33: the log names an error's kind and where it came from, and quotes none of its words."""

from __future__ import annotations

import logging
import sys

import pytest
from django.conf import settings

from alpr_portal.quiet_log import Quiet

pytestmark = pytest.mark.clause("F.1")
PLATE = "4QIX907"


def told(message="Task broke: %s", *args):
    """A line about an error that another one led to, as the portal's formatter writes it."""
    try:
        try:
            raise ValueError(f"first {PLATE}")
        except ValueError as first:
            raise RuntimeError(f"then {PLATE}") from first
    except RuntimeError as error:
        record = logging.LogRecord(
            "django.request", logging.ERROR, __file__, 1, message, args or (error,), sys.exc_info()
        )
    return Quiet("%(levelname)s %(name)s %(message)s").format(record)


def test_kind_and_place_stand_there_and_the_words_do_not():
    said = told()
    assert PLATE not in said
    assert said.startswith("ERROR django.request Task broke: RuntimeError\n")
    assert said.splitlines()[-1] == "RuntimeError"
    assert "ValueError" in said
    assert said.count("test_quiet_log.py") == 2


def test_nor_where_a_line_repeats_them_as_code():
    assert PLATE not in told("raised: %r", RuntimeError(f"then {PLATE}"))


def test_a_line_without_an_error_is_as_it_was():
    record = logging.LogRecord("reads", logging.INFO, __file__, 1, "%s days went", (2,), None)
    assert Quiet("%(message)s").format(record) == "2 days went"


def test_the_portal_writes_its_log_so():
    assert settings.LOGGING["formatters"]["plain"]["()"] == f"{Quiet.__module__}.{Quiet.__name__}"
