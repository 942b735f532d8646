"""Rules of held data as tables: when it is open, what a look was, in which order, and what nobody can know."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from reads.held import custody_rules, rules
from reads.held.custody_rules import Gaps, Step
from tests.corpus import table

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
OPEN = {"approved": True, "stands": True, "released_at": None, "keep_until": TODAY, "today": TODAY}
WHOLE = Gaps(delivered=True, pictures=1, sent=1, lists=0, results=0)


@pytest.mark.clause("F.1", "G")
@pytest.mark.parametrize(("kind", "rows", "digest", "under", "words", "note"), table("custody.csv"))
def test_look_in_words(kind, rows, digest, under, words, note):
    given = int(rows) if rows else None
    said = custody_rules.look_in_words(kind=kind, rows=given, digest=digest, under_hold=under == "hold")
    assert said == words, note


@pytest.mark.clause("G")
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, ""),
        ({"keep_until": TODAY + timedelta(days=90)}, ""),
        ({"keep_until": TODAY - timedelta(days=1)}, "held.lapsed"),
        ({"released_at": AT}, "held.released"),
        ({"released_at": AT, "keep_until": TODAY - timedelta(days=1)}, "held.released"),
        ({"approved": None, "stands": False, "keep_until": None}, "held.undecided"),
        ({"approved": False, "stands": False, "keep_until": None}, "held.denied"),
        ({"stands": False, "keep_until": None}, "held.gone"),
    ],
)
def test_may_open_hold(changed, code):
    refusal = rules.may_open_hold(**{**OPEN, **changed})
    assert (refusal.code if refusal else "") == code
    if refusal:
        assert refusal.clause == "G"
        assert refusal.remedy


@pytest.mark.clause("G")
def test_a_lapsed_hold_says_until_when_a_review_helps():
    refusal = rules.may_open_hold(**{**OPEN, "keep_until": TODAY - timedelta(days=1)})
    assert "reviewed by Nov 21, 2026" in refusal.sentence
    assert "after Nov 28, 2026" in refusal.sentence
    assert "A review helps" in refusal.remedy


@pytest.mark.clause("G", "E.1")
@pytest.mark.parametrize(
    ("asker", "named", "may"), [(True, False, True), (False, True, True), (True, True, True), (False, False, False)]
)
def test_works_on_case(asker, named, may):
    assert (rules.works_on_case(is_asker=asker, is_named=named) is None) is may


@pytest.mark.clause("G")
@pytest.mark.parametrize(
    ("outside", "found", "code"), [(False, 2, ""), (True, 2, "held.outside"), (False, 1, "held.not_in_case")]
)
def test_may_take_package(outside, found, code):
    refusal = rules.may_take_package(outside=outside, found=found, chosen=2)
    assert (refusal.code if refusal else "") == code


@pytest.mark.clause("G", "F.1")
class TestOrder:
    def test_the_source_comes_first_whatever_its_clock_says(self):
        source = [Step(AT + timedelta(days=1), "captured"), Step(AT, "stored")]
        after = [Step(AT + timedelta(hours=2), "copied"), Step(AT + timedelta(hours=1), "asked")]
        assert [step.what for step in custody_rules.in_order(source, after)] == [
            "captured",
            "stored",
            "asked",
            "copied",
        ]

    def test_of_two_at_one_time_the_order_given_stays(self):
        after = [Step(AT, "approved"), Step(AT, "copied")]
        assert [step.what for step in custody_rules.in_order([], after)] == ["approved", "copied"]


@pytest.mark.clause("G", "F.1")
class TestNotKnown:
    def test_what_is_always_so(self):
        said = " ".join(custody_rules.not_known(WHOLE))
        for part in ("camera’s clock", "page that lists several", "with a hit", "only a file’s SHA-256", "other cases"):
            assert part in said
        assert "delivery" not in said
        assert "picture that" not in said

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"delivered": False}, "the record of its delivery is not there"),
            ({"pictures": 1, "sent": 3}, "What 2 pictures showed that the read came with"),
            ({"lists": 0}, "of this case opened so far: 0."),
            ({"lists": 7, "results": 2}, "opened so far: 7; pages of results of the search it was held from: 2."),
        ],
    )
    def test_what_the_facts_add(self, changed, said):
        assert said in " ".join(custody_rules.not_known(WHOLE._replace(**changed)))
        assert said not in " ".join(custody_rules.not_known(WHOLE._replace(lists=99)))
