"""Builders of holds: records as the real guards let them in, and copies as the database makes them. They need ``committed``."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from reads.holds import pictures
from reads.models import Hold, HoldDecision, HoldItem, HoldMember, HoldReview, HoldState, ReleaseAsked, ReleaseDecision
from tests import make
from training.models import Member

CASE = "26-012345"
SAYS = "The case is open, and the reads are needed."


def days_of(read_ids: tuple[uuid.UUID, ...]) -> dict[uuid.UUID, tuple[date, datetime]]:
    """Upload day and time of reads, as the owner sees them."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id, upload_day, uploaded_at FROM reads_read WHERE id = ANY (%s)", [list(read_ids)])
        return {read_id: (day, uploaded) for read_id, day, uploaded in cursor.fetchall()}


def asked(by: Member, *read_ids: uuid.UUID, at: datetime | None = None, **values: Any) -> Hold:
    """A hold that ``by`` asks for, waiting: of a search of their own unless ``hits`` are given. ``at``: when, else now."""
    days = days_of(read_ids)
    today = timezone.localdate(at)
    said = {
        "ground": "active_investigation",
        "case_number": CASE,
        "reason": SAYS,
        "scope": "hit" if values.get("hits") else "reads",
        "items": len(read_ids),
        "review_on": today + timedelta(days=30),
        "expires_at": min((uploaded for _, uploaded in days.values()), default=datetime.now(UTC))
        + timedelta(hours=720),
        **values,
    }
    if said["scope"] != "hit" and "query" not in said:
        said["query"] = make.query(by)
    with transaction.atomic():
        hold: Hold = make.backdated(Hold, at=at, by=by, **said) if at else Hold.objects.write(by=by, **said)
        unknown = (timezone.now().astimezone(UTC).date(), None)  # of a read that is gone already
        HoldItem.objects.bulk_create(
            HoldItem(hold=hold, read_id=read_id, upload_day=days.get(read_id, unknown)[0]) for read_id in read_ids
        )
    return hold


def decided(
    hold: Hold, by: Member, *, approved: bool = True, at: datetime | None = None, **values: Any
) -> HoldDecision:
    """The word of ``by``, who must be entitled; an approval copies reads and pictures."""
    said = {"hold": hold, "approved": approved, "reason": SAYS, "asked_by": hold.by, **values}
    with transaction.atomic():
        record: HoldDecision = (
            make.backdated(HoldDecision, at=at, by=by, **said) if at else HoldDecision.objects.write(by=by, **said)
        )
        if approved:
            pictures.keep(hold.pk)
    record.refresh_from_db()  # what the database counted
    return record


def held(by: Member, decider: Member, *read_ids: uuid.UUID, at: datetime | None = None, **values: Any) -> Hold:
    """A hold that runs: asked by ``by``, approved by ``decider``, with its reads and pictures copied."""
    hold = asked(by, *read_ids, at=at, **values)
    decided(hold, decider, at=at)
    return hold


def named(hold: Hold, member: Member, *, by: Member | None = None) -> HoldMember:
    """A colleague on the case of a hold."""
    found: HoldMember = HoldMember.objects.write(by=by or hold.by, hold=hold, member=member, reason="Works on the case")
    return found


def reviewed(hold: Hold, by: Member, *, days: int = 60) -> HoldReview:
    """A review: needed for so many days more."""
    said = {"keep_until": timezone.localdate() + timedelta(days=days), "reason": SAYS, "asked_by": hold.by}
    found: HoldReview = HoldReview.objects.write(by=by, hold=hold, **said)
    return found


def release_asked(hold: Hold, by: Member | None = None) -> ReleaseAsked:
    """A release that waits."""
    found: ReleaseAsked = ReleaseAsked.objects.write(by=by or hold.by, hold=hold, reason="The case is closed.")
    return found


def released(hold: Hold, decider: Member) -> ReleaseDecision:
    """A release, asked by who asked for the hold and decided by another: closed at once."""
    release = release_asked(hold)
    said = {"release": release, "approved": True, "reason": SAYS, "asked_by": release.by}
    found: ReleaseDecision = ReleaseDecision.objects.write(by=decider, **said)
    return found


def lapsed(hold: Hold, *, days: int = 1) -> HoldState:
    """A running hold whose review was due so many days ago."""
    keep_until = timezone.localdate() - timedelta(days=days)
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE reads_holdstate SET keep_until = %s WHERE hold_id = %s", [keep_until, hold.pk])
    return HoldState.objects.get(pk=hold.pk)
