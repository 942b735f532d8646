"""Asking for a hold: which reads, found under a recorded access and frozen by number; and why they are needed (G.1 to G.3)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import transaction

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import HOLD_CAP, RETENTION
from alpr_portal.policy.refusal import Refusal, require
from alpr_portal.policy.screening import screen_fields
from alpr_portal.policy.vocabulary import HoldScope
from training.models import Member, StoredFile

from ..models import Access, Hold, HoldItem, Query
from ..search import access, answered
from . import rules
from .queries import ASK

AT_A_TIME = 2000  # rows of one insert


class Item(NamedTuple):
    """One read that a hold asks for."""

    read_id: uuid.UUID
    upload_day: date
    uploaded_at: datetime


@dataclass(frozen=True)
class Found:
    """The reads that a hold is asked for, and what it rests on: a query that ran, or hits by id."""

    scope: str
    items: Sequence[Item]
    query: Query | None = None
    hits: Sequence[uuid.UUID] = ()


@dataclass(frozen=True)
class Said:
    """What a member says of a hold, every value validated by the form."""

    ground: str
    case_number: str
    reason: str
    review_on: date
    bulk_reason: str = ""
    obligation_of: str = ""
    document: StoredFile | None = field(default=None)


@clause("G", "F.1")
def found_by(query: Query, chosen: Collection[uuid.UUID] | None, *, by: Member, now: datetime) -> Found:
    """The chosen reads of a search, or with None everything that it finds, up to the cap and one; a recorded look.

    What the search does not find is not among them. Everything is kept only of a search of a plate: of a place and a
    time, reads are chosen. Raises Refused where the results are not open to ``by`` now.
    """
    if chosen is None and not query.plate:
        require(
            Refusal(
                "G",
                "Everything is kept only of a search of a plate and a window.",
                "Choose the reads that the case needs.",
                code="hold.no_plate",
            )
        )
    with access(by, Access.Kind.RESULTS, query, now=now) as window:
        reads = window.matching if chosen is None else window.matching.filter(id__in=chosen)
        values = reads.values_list("id", "upload_day", "uploaded_at")[: HOLD_CAP.now + 1]
        items = [Item(*row) for row in values]
    answered(window.record, rows=len(items), truncated=len(items) > HOLD_CAP.now)
    scope = HoldScope.QUERY if chosen is None else HoldScope.READS
    return Found(scope.value, items, query=query)


@clause("G", "G.1", "G.2", "G.3")
def ask_hold(said: Said, found: Found, *, by: Member, now: datetime) -> Hold:
    """Ask that reads be kept for a case; a second person decides, and nothing is kept before. Raises Refused, BadInput."""
    screening = screen_fields(said.reason, said.bulk_reason)
    require(
        rules.may_ask(
            holds_verb=by.has_perm(ASK),
            items=len(found.items),
            outcome=screening.outcome,
            categories=screening.categories,
        )
    )
    wrong = rules.asks_why_so_many(items=len(found.items), bulk_reason=said.bulk_reason) or rules.obliges(
        ground=said.ground, obligation_of=said.obligation_of, has_document=said.document is not None
    )
    if wrong:
        raise wrong
    values: dict[str, Any] = {"scope": found.scope, "query": found.query, "hits": list(found.hits)}
    with transaction.atomic():
        hold = Hold.objects.write(
            by=by,
            **values,
            ground=said.ground,
            case_number=said.case_number,
            reason=said.reason,
            items=len(found.items),
            bulk_reason=said.bulk_reason,
            review_on=said.review_on,
            expires_at=min(item.uploaded_at for item in found.items) + RETENTION.now,
            obligation_of=said.obligation_of,
            document=said.document,
        )
        rows = [HoldItem(hold=hold, read_id=item.read_id, upload_day=item.upload_day) for item in found.items]
        HoldItem.objects.bulk_create(rows, batch_size=AT_A_TIME)
    return hold
