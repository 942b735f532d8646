"""Holds in words: their facts, every step, how they stand; no read and no plate of one."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from alpr_portal.policy.inputs.times import OAKLAND
from alpr_portal.policy.screening import screen_fields
from alpr_portal.policy.vocabulary import HoldGround, HoldScope, ScreenCategory
from training.models import Member

from ..models import Hold, HoldState
from ..queries import may_see_plate
from ..redaction import struck
from . import rules
from .queries import DECIDE
from .rules import Life

TONES = {
    Life.WAITING.value: "wait",
    Life.RUNNING.value: "run",
    Life.LAPSED.value: "refuse",
    Life.DENIED.value: "refuse",
    Life.MISSED.value: "refuse",
}


def badge_of(life: str) -> tuple[str, str]:
    """How a hold stands in a word: (badge kind, text)."""
    return TONES.get(life, ""), Life.says(life)


def who(record: Any) -> str:
    """Name and badge as they were, and on whose behalf."""
    badge = f" ({record.by_badge})" if record.by_badge else ""
    principal = getattr(record, "on_behalf_of_name", "")
    return f"{record.by_name}{badge}" + (f", on behalf of {principal}" if principal else "")


def in_reads(number: int) -> str:
    return f"{number:,} read{'' if number == 1 else 's'}"


def in_days(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def end_of(day: date) -> datetime:
    """The last moment of a day on Oakland's clock."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=OAKLAND)


def said(member: Member, hold: Hold, text: str) -> str:
    """A text of a hold: without the plate that its search asked for, unless the member may see that."""
    if hold.query is None or not hold.query.plate:
        return text
    return text if may_see_plate(member, hold.query) else struck(text, hold.query.plate)


def facts(hold: Hold, member: Member) -> list[dict[str, Any]]:
    """What a hold says, as rows of components/definition.html."""
    origin = HoldScope.says(hold.scope)
    if hold.query is not None:
        origin += f", query {hold.query.number}"
    rows: list[dict[str, Any]] = [
        {"label": "Ground", "value": HoldGround.says(hold.ground), "clause": rules.CLAUSES[hold.ground]},
        {"label": "Case number", "value": hold.case_number},
        {"label": "Reason", "value": said(member, hold, hold.reason)},
        {"label": "What", "value": f"{in_reads(hold.items)}. {origin}"},
        {"label": "Asked by", "value": f"{who(hold)}{', ' + hold.by_unit if hold.by_unit else ''}"},
        {"label": "Asked", "at": hold.at},
        {"label": "First review on", "value": in_days(hold.review_on)},
    ]
    if hold.bulk_reason:
        rows.insert(4, {"label": "Why so many", "value": said(member, hold, hold.bulk_reason)})
    if hold.obligation_of:
        rows.append({"label": "Agency", "value": hold.obligation_of, "clause": "G.3"})
    return rows


def screening_of(hold: Hold) -> list[str]:
    """What the screens raise of its texts, in words, for whoever decides."""
    return [ScreenCategory.says(each) for each in screen_fields(hold.reason, hold.bulk_reason).categories]


def days_left(state: HoldState, now: datetime) -> int:
    """Whole days up to and with the last one on which the data is open."""
    return (state.keep_until - timezone.localdate(now)).days + 1


def steps(hold: Hold, member: Member) -> list[dict[str, Any]]:
    """Every step of a hold for its timeline, oldest first: a query for each kind of record."""
    found: list[dict[str, Any]] = [{"at": hold.at, "who": who(hold), "what": f"Asked for {in_reads(hold.items)}"}]
    decision = getattr(hold, "decision", None)
    if decision:
        copied = f"{in_reads(decision.reads)} and {decision.pictures:,} pictures copied, {decision.gone:,} gone before"
        found.append(
            {
                "at": decision.at,
                "who": who(decision),
                "what": f"Approved: {copied}" if decision.approved else "Not approved",
                "tone": "run" if decision.approved else "refuse",
                "detail": said(member, hold, decision.reason),
                "clause": rules.CLAUSES[hold.ground],
            }
        )
    for named in hold.members.select_related("member"):
        found.append({"at": named.at, "who": who(named), "what": f"{named.member} named", "detail": named.reason})
    for review in hold.reviews.all():
        what = f"Reviewed: kept until {in_days(review.keep_until)}"
        detail = said(member, hold, review.reason)
        found.append({"at": review.at, "who": who(review), "what": what, "detail": detail, "tone": "run"})
    for release in hold.releases.select_related("decision"):
        detail = said(member, hold, release.reason)
        found.append({"at": release.at, "who": who(release), "what": "Release asked for", "detail": detail})
        word = getattr(release, "decision", None)
        if word:
            what = "Released: closed at once" if word.approved else "Not released"
            detail = said(member, hold, word.reason)
            tone = "run" if word.approved else "refuse"
            found.append({"at": word.at, "who": who(word), "what": what, "detail": detail, "tone": tone})
    gone = getattr(hold, "disposed", None)
    if gone:
        what = f"Off the disk: {in_reads(gone.reads)} and {gone.pictures:,} pictures. {gone.get_because_display()}"
        found.append({"at": gone.at, "who": who(gone), "what": what, "clause": "G"})
    return sorted(found, key=lambda step: step["at"])


def sees_document(hold: Hold, member: Member) -> bool:
    """Whose hold it is, and who decides holds, opens the paper behind it."""
    return hold.document_id is not None and (member.pk == hold.by_id or member.has_perm(DECIDE))
