"""A read with one bad field as it is sent, and what may be answered to it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from reads.payload import BODY_LIMIT
from tests.corpus import bad_inputs

URL = "/api/v1/reads"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)  # the corpus's "received_at"


def body_with(field, value, **values):
    """A list of one read in our own words; bytes stand in the body as they are."""
    read = {"plate": "8ABC123", "captured_at": "2026-06-15T11:59:58Z", "camera": "cam-1", **values}
    read[field] = "@" if isinstance(value, bytes) else value
    text = json.dumps([read], ensure_ascii=False)
    return (text.replace('"@"', value.decode()) if isinstance(value, bytes) else text).encode(errors="surrogatepass")


def code_of(case, body):
    """The code that a case gets in a body of JSON, which is looked over before its reads."""
    if len(body) > BODY_LIMIT:
        return "body.too_large"
    if isinstance(case.value, str) and "\0" in case.value:
        return "text.control"
    if isinstance(case.value, str) and any("\ud800" <= character <= "\udfff" for character in case.value):
        return "json.encoding"
    return case.code


def refusals(answer):
    """Every code of an answer: of the whole body, or of its items."""
    assert answer.status_code < 500
    said = answer.json()
    return {said["code"]} if "code" in said else set(said["refused"])


def told(log, value):
    """Whether a log holds a value, as it is or in JSON. One of fewer than five characters cannot be told from others."""
    assert '"event": "request"' in log
    return isinstance(value, str) and len(value) >= 5 and (value in log or json.dumps(value)[1:-1] in log)


def of_http(*, length):
    """The cases of HTTP: those of a body's length, which the door for reads answers, or all others."""
    cases = bad_inputs("http")
    return [
        case
        for case in cases
        if case.values[0] is None or bool(re.fullmatch(r"Content-Length: \d+", case.values[0].value)) is length
    ]
