"""G: who may do what with a hold, until when, and how one stands: the rules, and the queries that are their twins."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from django.utils import timezone

from alpr_portal.policy.refusal import BadInput, Question
from reads.holds import disposal, queries, rules
from reads.holds.rules import Life
from reads.models import Hold
from tests import holding, make
from tests.corpus import table

pytestmark = pytest.mark.clause("G")
TODAY = date(2026, 11, 1)  # the clocks of Oakland go back on this day


def judged(act, by, holds_verb, life, extra):
    """What the rule of an act answers to somebody."""
    asker, who, verb, stands = "asker", by, holds_verb == "yes", Life(life)
    if act == "decide":
        said = {"decider": who, "asked_by": asker, "holds_verb": verb, "life": stands}
        return rules.may_decide_hold(**said, approves=extra == "approve")
    if act == "review":
        return rules.may_review_hold(by=who, asked_by=asker, holds_verb=verb, life=stands)
    if act == "name":
        return rules.may_name_member(by=who, asked_by=asker, decides=verb, life=stands)
    if act == "release":
        works = who in ("asker", "named")
        return rules.may_ask_release(works_on_case=works, decides=verb, life=stands, waits=extra == "waits")
    said = {"decider": who, "asked_by": asker, "holds_verb": verb, "life": stands}
    return rules.may_decide_release(**said, decided=extra == "decided")


@pytest.mark.clause("G.1", "G.2", "G.3")
@pytest.mark.parametrize(("act", "by", "holds_verb", "life", "extra", "code", "note"), table("hold_acts.csv"))
def test_who_may(act, by, holds_verb, life, extra, code, note):
    refusal = judged(act, by, holds_verb, life, extra)
    assert (refusal.code if refusal else "") == code
    assert refusal is None or (refusal.clause == "G" and refusal.remedy)


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(
    ("approved", "hours_ago", "days_to_review", "days_kept", "released", "gone", "life", "note"),
    table("hold_life.csv"),
)
def test_how_it_stands_by_rule_and_by_query(
    officer, administrator, approved, hours_ago, days_to_review, days_kept, released, gone, life, note
):
    now = timezone.now()
    at = now - timedelta(hours=int(hours_ago)) if int(hours_ago) else None
    review_on = timezone.localdate(now) + timedelta(days=int(days_to_review))
    hold = holding.asked(officer, make.read(), at=at, review_on=review_on)
    if approved:
        holding.decided(hold, administrator, approved=approved == "yes", at=at)
    if days_kept:
        holding.lapsed(hold, days=-int(days_kept))
    if released == "yes":
        holding.released(hold, administrator)
    if gone == "yes":
        disposal.dispose_due(uuid.uuid4())
    now = timezone.now()
    assert queries.life_of(hold, now) == life
    assert queries.with_life(Hold.objects.all(), now).get().life == life


class TestReview:
    @pytest.mark.parametrize(
        ("typed", "found"),
        [("2026-11-02", date(2026, 11, 2)), (" 2026-12-01 ", date(2026, 12, 1)), ("2027-01-30", date(2027, 1, 30))],
    )
    def test_within_ninety_days(self, typed, found):
        assert rules.read_review(typed, today=TODAY) == found

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("", "missing"),
            (None, "format"),
            ("soon", "format"),
            ("2026-13-01", "format"),
            ("20261201", "format"),
            ("2026-11-01", "past"),
            ("2025-12-01", "past"),
            ("2027-01-31", "too_late"),
            ("9" * 60, "format"),
        ],
    )
    def test_no_other_day(self, typed, code):
        with pytest.raises(BadInput) as wrong:
            rules.read_review(typed, today=TODAY)
        assert wrong.value.code == f"review.{code}"
        assert wrong.value.message.startswith("Review: ")


class TestAsked:
    def test_the_case_number_is_the_report_s(self):
        assert rules.read_case("rd 26-012345", today=TODAY, confirmed=False) == "26-012345"
        with pytest.raises(Question):
            rules.read_case("26-123456", today=TODAY, confirmed=False)
        with pytest.raises(BadInput, match="a hold belongs to a case"):
            rules.read_case("", today=TODAY, confirmed=False)

    @pytest.mark.parametrize(("items", "said", "code"), [(1000, "", ""), (1001, "", "hold.bulk"), (1001, "All", "")])
    def test_above_a_thousand_it_says_why(self, items, said, code):
        found = rules.asks_why_so_many(items=items, bulk_reason=said)
        assert (found.code if found else "") == code

    @pytest.mark.parametrize(
        ("items", "outcome", "categories", "clause", "code"),
        [
            (1, "run", [], "", ""),
            (10_000, "wait", ["vague"], "", ""),
            (10_001, "run", [], "G", "hold.cap"),
            (0, "run", [], "G", "hold.nothing"),
            (1, "refuse", ["immigration_enforcement"], "E.3", "hold.screened"),
            (1, "refuse", ["vague", "personal_use"], "C.3.4", "hold.screened"),
        ],
    )
    def test_for_something_and_for_nothing_forbidden(self, items, outcome, categories, clause, code):
        said = {"holds_verb": True, "items": items, "outcome": outcome, "categories": categories}
        found = rules.may_ask(**said)
        assert ((found.clause, found.code) if found else ("", "")) == (clause, code)
        assert rules.may_ask(**{**said, "holds_verb": False}).code == "hold.not_entitled"

    @pytest.mark.clause("G.3")
    @pytest.mark.parametrize(
        ("ground", "agency", "document", "code"),
        [
            ("active_investigation", "", False, ""),
            ("missing_or_at_risk_person", "", False, ""),
            ("legal_obligation", "", True, "hold.obligation"),
            ("legal_obligation", "District Attorney", False, "hold.document"),
            ("legal_obligation", "District Attorney", True, ""),
        ],
    )
    def test_an_obligation_names_whose_it_is_and_carries_its_paper(self, ground, agency, document, code):
        found = rules.obliges(ground=ground, obligation_of=agency, has_document=document)
        assert (found.code if found else "") == code
