"""The history of held reads within their case: captured, delivered, looked at, held, opened, exported; from records only."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.vocabulary import HoldGround

from ..corrections.marks import Said
from ..evidence import Shot
from ..models import Access, Batch, Hold, HoldMember, HoldReview, ReleaseAsked
from ..queries import in_reads, who
from .custody_rules import Gaps, Step, in_order, look_in_words, not_known, times
from .reported import mark_held
from .rules import in_words
from .window import HeldWindow


@dataclass(frozen=True)
class Custody:
    """The history of one held read, oldest first, and what it cannot show."""

    steps: list[Step]
    unknown: list[str]


@dataclass(frozen=True)
class Records:
    """Everything on record of some reads of a case; read with a constant number of queries."""

    batches: Mapping[uuid.UUID, Batch]
    looks: Mapping[uuid.UUID, Sequence[Access]]
    copies: Mapping[uuid.UUID, Mapping[uuid.UUID, datetime]]
    holds: Mapping[uuid.UUID, Hold]
    reviews: Mapping[uuid.UUID, Sequence[HoldReview]]
    named: Mapping[uuid.UUID, Sequence[HoldMember]]
    releases: Mapping[uuid.UUID, Sequence[ReleaseAsked]]
    lists: int
    results: Mapping[uuid.UUID, int]
    current: frozenset[uuid.UUID]


@clause("G", "F.1")
def custody_of(
    window: HeldWindow, reads: Sequence[Any], shots: Mapping[uuid.UUID, Sequence[Shot]]
) -> dict[uuid.UUID, Custody]:
    """The history of each of these reads of the case, which get their marks too. To be called inside the access of ``window``."""
    mark_held(reads)
    records = _records(window, reads)
    found = {}
    for read in reads:
        pictures = shots[read.id]
        kept = [shot for shot in pictures if shot.jpeg is not None]
        batch = records.batches.get(read.batch_id)
        holds = [records.holds[pk] for pk in records.copies[read.id]]
        after = [step for hold in holds for step in _of_hold(hold, records)]
        after += [_copied(hold, records.copies[read.id][hold.pk], read, pictures) for hold in holds]
        after += [_of_look(look, records.current) for look in records.looks.get(read.id, ())]
        after += [_of_said(said) for said in read.said]
        gaps = Gaps(
            delivered=batch is not None,
            pictures=len(kept),
            sent=read.images,
            lists=records.lists,
            results=sum(records.results.get(hold.query_id, 0) for hold in holds if hold.query_id),
        )
        found[read.id] = Custody(in_order(_of_source(read, batch), after), not_known(gaps))
    return found


def _records(window: HeldWindow, reads: Sequence[Any]) -> Records:
    ids, case = [read.id for read in reads], window.hold.case_number
    copies = window.copies(ids)
    holds = Hold.objects.select_related("decision").in_bulk({pk for holds in copies.values() for pk in holds})
    within = Q(hold__isnull=True) | Q(hold__case_number=case)
    looks = (
        Access.objects.filter(within, read_id__in=ids).select_related("answer", "query", "hold").order_by("at", "id")
    )
    pages = Access.objects.filter(read_id__isnull=True)
    queries = [hold.query_id for hold in holds.values() if hold.query_id]
    results = pages.filter(query__in=queries, kind=Access.Kind.RESULTS).values_list("query_id").annotate(Count("pk"))
    return Records(
        batches=Batch.objects.in_bulk({read.batch_id for read in reads}),
        looks=_by(looks, "read_id"),
        copies=copies,
        holds=holds,
        reviews=_by(HoldReview.objects.filter(hold__in=holds).order_by("at"), "hold_id"),
        named=_by(HoldMember.objects.filter(hold__in=holds).select_related("member").order_by("at"), "hold_id"),
        releases=_by(ReleaseAsked.objects.filter(hold__in=holds).select_related("decision").order_by("at"), "hold_id"),
        lists=pages.filter(hold__case_number=case, kind=Access.Kind.HELD).count(),
        results=dict(results),
        current=frozenset(record.pk for record in window.records),
    )


def _of_source(read: Any, batch: Batch | None) -> list[Step]:
    """From the camera into the portal."""
    source = read.source.name
    by_clock = "by the camera’s own clock"
    steps = [Step(read.captured_at, f"Captured by camera {read.camera}, {by_clock}", f"source {source}")]
    if batch:
        said = f"Delivered in a message of {in_reads(batch.received)}, which the source numbered {batch.key}"
        steps.append(Step(batch.at, said, f"source {source}", digest=batch.digest, record=str(batch.pk)))
    stored = "Stored, by the clock of the database"
    return [*steps, Step(read.uploaded_at, stored, "the portal", record=str(read.batch_id))]


def _of_hold(hold: Hold, records: Records) -> list[Step]:
    """What happened to one hold of the read: asked, decided, colleagues named, reviewed, release asked and not let."""
    under, ground = f"hold {hold.number}", HoldGround.says(hold.ground)
    on = f"query {str(hold.query_id)[:8].upper()}" if hold.query_id else "a hit"
    asked = f"Asked to be kept for case {hold.case_number} ({ground}): {in_reads(hold.items)}, found with {on}"
    steps = [Step(hold.at, asked, who(hold), under, record=str(hold.pk))]
    decision = hold.decision
    steps.append(Step(decision.at, "Approved", _deputed(decision), under, record=str(decision.pk)))
    for named in records.named.get(hold.pk, ()):
        said = f"Opened to a colleague on the case: {named.member}"
        steps.append(Step(named.at, said, who(named), under, record=str(named.pk)))
    for review in records.reviews.get(hold.pk, ()):
        said = f"Reviewed: still needed, open until {in_words(review.keep_until)}"
        steps.append(Step(review.at, said, _deputed(review), under, record=str(review.pk)))
    for release in records.releases.get(hold.pk, ()):
        steps.append(Step(release.at, "Release asked for", who(release), under, record=str(release.pk)))
        if let := getattr(release, "decision", None):
            said = "Release approved" if let.approved else "Release not approved: kept on"
            steps.append(Step(let.at, said, _deputed(let), under, record=str(let.pk)))
    return steps


def _copied(hold: Hold, held_at: datetime, read: Any, pictures: Sequence[Shot]) -> Step:
    """The copy that the approval made; of the shown copy also the digests of its pictures, in their order."""
    digests = [shot.digest for shot in pictures if shot.digest] if read.hold_id == hold.pk else []
    with_pictures = f", with {times(len(digests), 'picture')}" if digests else ""
    said = f"Copied into held storage by the approval{with_pictures}"
    return Step(held_at, said, "the portal", f"hold {hold.number}", " ".join(digests))


def _of_look(look: Access, current: frozenset[uuid.UUID]) -> Step:
    """One recorded look at the read, and what it rested on."""
    answer = getattr(look, "answer", None)
    digest = answer.digest if answer else ""
    said = look_in_words(
        kind=look.kind, rows=answer.rows if answer else None, digest=digest, under_hold=look.hold is not None
    )
    if look.pk in current:
        said = "This package made" if look.kind == Access.Kind.EXPORT else "This look"
    return Step(look.at, said, who(look), _rests_on(look), digest, str(look.pk))


def _of_said(said: Said) -> Step:
    """A report of the read as wrong, or the decision on one."""
    return Step(said.at, said.says, said.who, _rests_on(said.record.access), record=str(said.record.pk))


def _rests_on(look: Access) -> str:
    if look.hold:
        return f"hold {look.hold.number}"
    return f"query {look.query.number}" if look.query else f"hit {str(look.hits[0])[:8].upper()}"


def _deputed(record: Any) -> str:
    """Who decided, and on whose behalf."""
    behalf = f", on behalf of {record.on_behalf_of_name}" if record.on_behalf_of_name else ""
    return f"{who(record)}{behalf}"


def _by(found: Iterable[Any], name: str) -> dict[uuid.UUID, list[Any]]:
    grouped: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for one in found:
        grouped[getattr(one, name)].append(one)
    return grouped
