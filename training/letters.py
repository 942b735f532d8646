"""Letters that are due: written once per occasion, sent after that, and never lost while the mail server is away (J)."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.core.mail import get_connection
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import LAPSE_LETTERS
from alpr_portal.records import broken_constraint

from .lapses import with_access
from .letter_rules import LAPSED, kind_of, letter_due
from .mail import link, message
from .models import (
    AccountClosed,
    AccountReopened,
    Designation,
    DesignationEnd,
    Letter,
    LetterSent,
    Member,
    RoleEnd,
    RoleGrant,
)

GIVEN_UP = timedelta(days=3)  # after that only `manage.py send_letters` tries again
WEEK = timedelta(days=7)
SENT_ONCE = "training_lettersent_letter_id_key"
DIGEST_ROLES = ("chief", "coordinator")
# Letters of one family replace each other: only a member's newest one is still to be sent.
LAPSE = (*(kind_of(days) for days in (60, 30, 7)), LAPSED)
FAMILIES: tuple[Sequence[str], ...] = (LAPSE, ("worklist",), ("roles_digest",))
Values = dict[str, str]
log = structlog.get_logger()
SAYS: dict[str, Callable[[Letter, datetime], Values]] = {}


def says(*kinds: str) -> Callable[[Callable[[Letter, datetime], Values]], Callable[[Letter, datetime], Values]]:
    """The function answers what stands in the braces of these letters, as of the moment they are sent."""

    def mark(function: Callable[[Letter, datetime], Values]) -> Callable[[Letter, datetime], Values]:
        SAYS.update(dict.fromkeys(kinds, function))
        return function

    return mark


@clause("J", "C.3.a")
def due(now: datetime) -> int:
    """Write the letters about lapses that are due, one per member at most; answers how many. Four queries."""
    days = LAPSE_LETTERS.on(timezone.localdate(now))
    soon = with_access(now).filter(lapses_at__lte=now + timedelta(days=max(days) + 1)).exclude(email="")
    members = list(soon.values_list("pk", "lapses_at"))
    sent: dict[tuple[object, date], set[str]] = {}
    written = Letter.objects.filter(kind__in=LAPSE, member__in=[pk for pk, _ in members])
    for member, about_on, kind in written.values_list("member_id", "about_on", "kind"):
        sent.setdefault((member, about_on), set()).add(kind)
    letters: list[tuple[Any, str, date]] = []
    for member, lapses_at in members:
        about_on = timezone.localdate(lapses_at)
        found = letter_due(lapses_at=lapses_at, now=now, days=days, sent=sent.get((member, about_on), ()))
        if found:
            letters.append((member, found, about_on))
    return write(letters)


@clause("C.3.b")
def due_roles(now: datetime) -> int:
    """Write the weekly digest of granted and ended roles to the Chief and the Coordinator; answers to how many."""
    readers = Member.objects.filter(is_active=True, groups__name__in=DIGEST_ROLES).exclude(email="").distinct()
    return write([(pk, "roles_digest", timezone.localdate(now)) for pk in readers.values_list("pk", flat=True)])


def write(letters: Iterable[tuple[Any, str, date]]) -> int:
    """Write letters, each (member id, kind, the day it is about); one that was written before stays as it is."""
    made = [Letter(member_id=who, kind=kind, about_on=on, by_name="the portal") for who, kind, on in letters]
    Letter.objects.bulk_create(made, ignore_conflicts=True)
    # one that another run wrote meanwhile keeps that run's id
    return Letter.objects.filter(pk__in=[one.pk for one in made]).count()


def unsent() -> QuerySet[Letter]:
    """Letters still to be sent: to an active member with an address, and replaced by no newer one of their family."""
    replaced: Any = Q()
    for family in FAMILIES:
        newer = Letter.objects.filter(member=OuterRef("member"), kind__in=family, at__gt=OuterRef("at"))
        replaced |= Q(kind__in=family) & Exists(newer)
    still = Letter.objects.filter(sent__isnull=True, member__is_active=True).exclude(member__email="")
    return still.exclude(replaced)


def without_address(now: datetime) -> int:
    """Members with access whom no letter can reach."""
    return with_access(now).filter(email="").count()


@dataclass(frozen=True)
class Sent:
    """What a run came to: letters that left, letters that did not, and whether the mail server was away."""

    left: int = 0
    kept: int = 0
    away: bool = False


@clause("J")
def send_due(now: datetime, *, given_up: bool = False) -> Sent:
    """Send what is unsent, each letter in its own transaction with the record that it left.

    Killed between the mail server's word and the commit, a letter is sent again, once. While the mail server is away
    the run ends, and the next one tries again, for three days; ``given_up``: tries the older ones too.
    """
    letters = unsent().select_related("member").order_by("at")
    if not given_up:
        letters = letters.filter(at__gt=now - GIVEN_UP)
    left = kept = 0
    line = get_connection()
    for one in letters:
        try:
            left += _send(one, line, now)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            kept += 1  # this letter's own trouble: the others go on
            log.error("letter refused", kind=one.kind, error=type(error).__name__)
        except OSError as error:  # smtplib's errors are OSErrors
            log.error("mail server away", error=type(error).__name__)
            return Sent(left, kept, away=True)
    return Sent(left, kept)


def _send(letter: Letter, line: object, now: datetime) -> int:
    """Send one letter; 0 where another worker has it, or had it."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"letter {letter.pk}"])
                if not cursor.fetchone()[0]:
                    return 0
            LetterSent.objects.write(by=None, letter=letter)
            values = SAYS[letter.kind](letter, now)
            ready = message(letter.kind, to=letter.member.email, name=letter.member.name, **values)
            ready.connection = line  # type: ignore[assignment]
            ready.send()
            return 1
    except IntegrityError as error:
        if broken_constraint(error) != SENT_ONCE:
            raise
        return 0


def page(name: str) -> str:
    """The full address of a page by its name; of the worklist while there is no such page."""
    try:
        return link(reverse(name))
    except NoReverseMatch:
        return link(reverse("home"))


@says(*LAPSE)
def _lapse(letter: Letter, now: datetime) -> Values:
    return {"on": f"{letter.about_on:%B} {letter.about_on.day}, {letter.about_on.year}", "link": page("my_training")}


@says("roles_digest")
def _roles(letter: Letter, now: datetime) -> Values:
    since = letter.at - WEEK
    counted = (
        ("Roles granted", RoleGrant.objects.all()),
        ("Roles taken away", RoleEnd.objects.all()),
        ("Accounts closed", AccountClosed.objects.all()),
        ("Accounts opened again", AccountReopened.objects.all()),
        ("Designations given", Designation.objects.all()),
        ("Designations ended early", DesignationEnd.objects.all()),
    )
    lines = [f"- {what}: {records.filter(at__gt=since, at__lte=letter.at).count()}" for what, records in counted]
    return {"lines": "\n".join(lines), "link": page("list_role_changes")}
