"""How holds stand and who sees them, read from the records; no read and no plate among them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import RETENTION
from training.models import Member

from ..models import Hold, HoldMember, HoldState, ReleaseAsked
from .rules import ON_DISK, Life, Stands, life

ASK, VIEW, DECIDE, OPEN = "reads.ask_hold", "reads.view_holds", "reads.decide_hold", "reads.open_held"
REVIEW_SOON = timedelta(days=14)


@clause("G")
def with_life(holds: QuerySet[Hold], now: datetime) -> QuerySet[Any]:
    """Each hold with ``life`` as the records tell it at ``now``. The twin of ``rules.life``."""
    today = timezone.localdate(now)
    over = Q(review_on__lt=today) | Q(at__lte=now - RETENTION.now - ON_DISK)
    return holds.annotate(
        life=Case(
            When(over, decision__isnull=True, then=Value(Life.MISSED.value)),
            When(decision__isnull=True, then=Value(Life.WAITING.value)),
            When(decision__approved=False, then=Value(Life.DENIED.value)),
            When(Q(disposed__isnull=False) | Q(state__isnull=True), then=Value(Life.GONE.value)),
            When(state__released_at__isnull=False, then=Value(Life.RELEASED.value)),
            When(state__keep_until__lt=today, then=Value(Life.LAPSED.value)),
            default=Value(Life.RUNNING.value),
            output_field=CharField(),
        )
    )


def stands_of(hold: Hold) -> Stands:
    """What tells how a hold stands, for the pure rule; read anew."""
    fresh = Hold.objects.select_related("decision", "disposed").get(pk=hold.pk)
    decision = getattr(fresh, "decision", None)
    state = HoldState.objects.filter(pk=hold.pk).first()
    return Stands(
        asked_at=fresh.at,
        review_on=fresh.review_on,
        approved=decision.approved if decision else None,
        keep_until=state.keep_until if state else None,
        released=bool(state and state.released_at),
        gone=hasattr(fresh, "disposed"),
    )


def life_of(hold: Hold, now: datetime) -> Life:
    """How a hold stands at ``now``."""
    return life(stands_of(hold), today=timezone.localdate(now), now=now)


def own_of(member: Member) -> Q:
    """The holds that a member asked for, or is named on."""
    return Q(by=member) | Q(Exists(HoldMember.objects.filter(hold=OuterRef("pk"), member=member)))


@clause("G", "C.3.b")
def visible_to(member: Member) -> QuerySet[Hold]:
    """The holds that exist for this member: those who decide or oversee see all, a supervisor the unit's, others theirs."""
    holds = Hold.objects.all()
    if member.has_perm(DECIDE) or not member.has_perm(ASK):
        return holds
    seen = own_of(member)
    if member.has_perm("reads.view_unit_queries") and member.unit:
        seen |= Q(by_unit=member.unit)
    return holds.filter(seen)


def works_on(member: Member, hold: Hold) -> bool:
    """Whether the member asked for a hold, or is named on it: to them its data is open."""
    return member.pk == hold.by_id or HoldMember.objects.filter(hold=hold, member=member).exists()


def to_decide(member: Member, now: datetime) -> QuerySet[Any]:
    """The holds that wait for this member's word, the first deadline first."""
    waiting = with_life(Hold.objects.exclude(by=member), now).filter(life=Life.WAITING.value)
    return waiting.order_by("expires_at", "pk")


def review_due(holds: QuerySet[Hold], now: datetime) -> QuerySet[Any]:
    """Of these holds, those that run and are hidden within 14 days unless reviewed, and those hidden already."""
    alive = with_life(holds, now).filter(life__in=[Life.RUNNING.value, Life.LAPSED.value])
    return alive.filter(state__keep_until__lte=timezone.localdate(now) + REVIEW_SOON).order_by("state__keep_until")


def open_releases() -> QuerySet[ReleaseAsked]:
    """The releases that wait, of holds that still run."""
    return ReleaseAsked.objects.filter(
        decision__isnull=True, hold__state__isnull=False, hold__state__released_at__isnull=True
    ).order_by("at")
