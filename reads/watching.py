"""Whether retention is kept, looked at by the hour from outside the disposal: a run that never came tells nobody (G, L.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.cache import cache
from django.db import connections
from django.db.models import F
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from training import letters
from training.models import Letter, Member

from . import packs
from .models import BrakeRaised, PurgeRun, RetentionBreach
from .retention_rules import is_late

TOLD = ("administrator", "coordinator")
STOPPED, BREACH = "disposal_stopped", "retention_breach"
MUST_BE_0 = ("readable", "late", "held_late", "unfinished")  # what has to be 0
FIGURES = ("readable", "late", "held_late", "uncertified", "oldest_at", "last_run_at", "stopped", "holds", "held")
FRESH = 60  # seconds that an answer is shown to whoever asks: counting reads a whole upload day


@dataclass(frozen=True)
class Standing:
    """How retention stands.

    ``readable``: expired rows that could be read; ``late``: reads on the disk for over 746 hours; ``held_late``: holds whose
    copy should have left a day before; ``unfinished``: upload days of over 746 hours whose pictures or key are there, or whose
    end no certificate tells of. ``stopped``: the brake is on. ``holds`` that run, and the reads ``held`` by them.
    """

    readable: int
    late: int
    held_late: int
    unfinished: int
    oldest_at: datetime | None
    last_run_at: datetime | None
    stopped: bool
    holds: int
    held: int

    @property
    def in_breach(self) -> bool:
        """Whether anything is kept for longer than the order lets it be."""
        return any(getattr(self, name) for name in MUST_BE_0)


def figures(using: str = "default", *, fresh: bool = True) -> dict[str, Any]:
    """What database and folders say of retention, without a plate. ``fresh`` False: as of a minute ago at most."""
    found = None if fresh else cache.get("retention")
    if found is None:
        with connections[using].cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(FIGURES)} FROM reads_retention()")  # noqa: S608 - words of a closed list
            found = dict(zip(FIGURES, cursor.fetchone(), strict=True))
        found["unfinished"] = len({*found.pop("uncertified"), *days_left(timezone.now())})
        cache.set("retention", found, FRESH)
    return found


def days_left(now: datetime) -> set[date]:
    """The upload days whose key or packs should have left with their reads."""
    return {day for day in packs.days() if is_late(datetime.combine(day, time(), UTC), now)}


def standing(*, fresh: bool = True) -> Standing:
    """How retention stands now."""
    return Standing(**figures(fresh=fresh))


def last_run() -> PurgeRun | None:
    """The last run of the disposal, whether or not it was stopped."""
    return PurgeRun.objects.order_by(F("number").desc(nulls_last=True), "-at").first()


def brake_on() -> BrakeRaised | None:
    """The brake that is on, if one is."""
    return BrakeRaised.objects.filter(released__isnull=True).order_by("-number").first()


@clause("G", "L.4")
def watch(now: datetime) -> int:
    """Record a day in breach and write the letters about it, and about a brake that is on; answers how many letters.

    One record and one letter of a kind to each reader a day, however often it is looked at.
    """
    found, today = standing(), timezone.localdate(now)
    if found.in_breach:
        values = {name: getattr(found, name) for name in (*MUST_BE_0, "oldest_at")}
        RetentionBreach.objects.bulk_create(
            [RetentionBreach(by_name="the portal", on=today, **values)], ignore_conflicts=True
        )
    kinds = [kind for kind, due in ((BREACH, found.in_breach), (STOPPED, found.stopped)) if due]
    return letters.write([(pk, kind, today) for kind in kinds for pk in readers()])


def readers() -> Sequence[Any]:
    """The Administrator and the Coordinator, as far as a letter reaches them."""
    found = Member.objects.filter(is_active=True, groups__name__in=TOLD).exclude(email="")
    return list(found.order_by("pk").values_list("pk", flat=True).distinct())


@letters.says(STOPPED, BREACH)
def _where(letter: Letter, now: datetime) -> letters.Values:
    on = letter.about_on
    return {"on": f"{on:%B} {on.day}, {on.year}", "link": letters.page("list_certificates")}


def days_in_breach(year: int) -> int:
    """How many days of a year were in breach, for the annual report."""
    return RetentionBreach.objects.filter(on__year=year).count()
