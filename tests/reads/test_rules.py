"""C.2.B, C.3: what becomes of a search, and when it may run or be looked at, as tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from reads import rules
from tests.corpus import table

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.mark.clause("C.2.B", "C.3.2", "C.3.3", "C.3.4", "C.3.5", "C.3.repro", "E.2", "E.3", "N.3")
@pytest.mark.parametrize(
    ("purpose", "mapped", "outside", "attested", "screen", "category", "outcome", "clause"), table("judge_query.csv")
)
def test_judge_query(purpose, mapped, outside, attested, screen, category, outcome, clause):
    verdict = rules.judge_query(
        purpose=purpose,
        mapped=mapped,
        outside=outside == "yes",
        attested=attested == "yes",
        screen_outcome=screen,
        categories=[category] if category else [],
    )
    assert verdict.outcome == outcome
    assert (verdict.refusal.clause if verdict.refusal else "") == clause


@pytest.mark.clause("C.2.B")
@pytest.mark.parametrize(
    ("outcome", "approved", "hours", "has_run", "may"),
    [
        ("run", None, 0, False, True),
        ("run", None, 0, True, False),
        ("refuse", None, 0, False, False),
        ("wait", None, 0, False, False),
        ("wait", False, 1, False, False),
        ("wait", True, 23.9, False, True),
        ("wait", True, 24, False, False),
        ("wait", True, 1, True, False),
    ],
)
def test_may_run(outcome, approved, hours, has_run, may):
    decided = None if approved is None else NOW - timedelta(hours=hours)
    said = rules.may_run(outcome=outcome, approved=approved, decided_at=decided, has_run=has_run, now=NOW)
    assert (said is None) is may


@pytest.mark.clause("C.3.b")
@pytest.mark.parametrize(
    ("party", "hours", "clause"), [(True, 0, None), (True, 7.99, None), (True, 8, "C.2.B-log"), (False, 0, "C.3.b")]
)
def test_may_open_results(party, hours, clause):
    said = rules.may_open_results(is_party=party, ran_at=NOW - timedelta(hours=hours), now=NOW)
    assert (said and said.clause) == clause


@pytest.mark.clause("C.3.c")
@pytest.mark.parametrize(
    ("plate", "cameras", "areas", "hours", "narrow"),
    [
        (True, 0, 0, 700, True),
        (False, 1, 0, 24, True),
        (False, 10, 0, 24, True),
        (False, 11, 0, 1, False),
        (False, 0, 1, 24, True),
        (False, 0, 2, 1, False),
        (False, 170, 1, 24, True),
        (False, 1, 0, 24.1, False),
        (False, 0, 0, 1, False),
    ],
)
def test_narrow_enough(plate, cameras, areas, hours, narrow):
    window = timedelta(hours=hours)
    said = rules.narrow_enough(has_plate=plate, cameras=cameras, areas=areas, window=window)
    assert (said is None) is narrow


@pytest.mark.clause("A.1", "C.3.1", "F.2")
@pytest.mark.parametrize(
    ("own", "attested", "start", "end", "code"),
    [
        (True, True, date(2026, 1, 1), None, None),
        (True, True, date(2026, 6, 15), date(2026, 6, 15), None),
        (False, True, date(2026, 1, 1), None, "camera.not_yours"),
        (True, False, date(2026, 1, 1), None, "camera.unattested"),
        (True, True, date(2026, 6, 16), None, "camera.not_in_service"),
        (True, True, date(2026, 1, 1), date(2026, 6, 14), "camera.not_in_service"),
    ],
)
def test_may_deliver(own, attested, start, end, code):
    said = rules.may_deliver(
        camera_source=1,
        source=1 if own else 2,
        attested=attested,
        in_service_from=start,
        in_service_to=end,
        today=NOW.date(),
    )
    assert (said and said.code) == code
