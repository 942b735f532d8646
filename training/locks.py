"""Locks of accounts, counted from the records themselves, so that they hold when the cache is lost (K.login)."""

from __future__ import annotations

import ipaddress
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import ADDRESS_FAILURES, ADDRESS_WITHIN
from alpr_portal.policy.refusal import Refusal, Refused, require
from alpr_portal.records import broken_constraint

from . import lock_rules
from .mail import post
from .models import AccountLock, LockRelease, Member, SignIn

Kind = SignIn.Kind
FAILURES = (Kind.FAILED, Kind.FACTOR_FAILED)
SUCCESSES = (Kind.IN, Kind.CONFIRMED, Kind.RELEASED)
AGAIN = "asked again"  # the note of a failure within a session, which no stranger can cause
TURNS = 7_220_114  # the advisory locks under which one account's tries stand in line
RELEASED_ONCE = "training_lockrelease_lock_id_key"


@contextmanager
def in_turn(member: Member) -> Iterator[None]:
    """One transaction in which nobody else tries, locks or releases this account."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [TURNS, zlib.crc32(member.pk.bytes) - 2**31])
        yield


def open_locks() -> QuerySet[AccountLock]:
    """Every lock that nobody released."""
    return AccountLock.objects.filter(release__isnull=True)


def open_lock(member: Member) -> AccountLock | None:
    """The lock on this account, if it is locked; one query."""
    return open_locks().filter(member=member).order_by("at").first()


def counted(member: Member) -> QuerySet[SignIn]:
    """The failures of an account since its last success or release."""
    failures = SignIn.objects.filter(by=member, kind__in=FAILURES)
    since = SignIn.objects.filter(by=member, kind__in=SUCCESSES).order_by("-at").values_list("at", flat=True).first()
    return failures.filter(at__gt=since) if since else failures


@clause("K.login")
def failed(
    member: Member | None, kind: str, *, now: datetime, address: str | None, device: str = "", again: bool = False
) -> AccountLock | None:
    """Record a failure, and lock the account where it is one too many; answers the lock it made.

    ``member``: None where the name is nobody's; the name itself is not kept. ``again``: within a session, when asked
    again. However many fail at once, one lock is made.
    """
    said = {"kind": kind, "address": address, "device": device, "note": AGAIN if again else ""}
    if member is None:
        SignIn.objects.write(by=None, **said)
        return None
    with in_turn(member):
        SignIn.objects.write(by=member, **said)
        failures = list(counted(member).filter(at__gt=now - lock_rules.LOCK_WITHIN.now).values_list("at", flat=True))
        if open_lock(member) or not lock_rules.must_lock(failures=failures, now=now):
            return None
        lock: AccountLock = AccountLock.objects.write(by=None, member=member, failures=len(failures), address=address)
        SignIn.objects.write(by=member, kind=Kind.LOCKED, address=address, device=device)
        if member.email and member.is_active:
            post("account_locked", to=member.email, name=member.name)
        return lock


def refusal(member: Member) -> Refusal | None:
    """Why this member may not sign in now, whatever they know and hold; two queries, nothing taken from memory."""
    is_active = Member.objects.filter(pk=member.pk, is_active=True).exists()
    return lock_rules.may_sign_in(is_active=is_active, locked=open_lock(member) is not None)


def stamp(member: Member) -> str:
    """What a sign-in that is half finished rests on: another once the password, or the second factor, was set anew."""
    fresh = Member.objects.get(pk=member.pk)
    return f"{fresh.get_session_auth_hash()}:{fresh.factor_resets.count()}"


def tells(member: Member) -> bool:
    """Whether the right password still learns that the account is locked."""
    lock = open_lock(member)
    if lock is None:
        return True
    since = SignIn.objects.filter(by=member, kind__in=FAILURES, at__gt=lock.at).count()
    return lock_rules.tells_locked(failures=since)


def confirm_refusal(member: Member) -> Refusal | None:
    """Why this member cannot confirm in their session who they are."""
    locked = open_lock(member) is not None
    return lock_rules.may_confirm(locked=locked, failures=counted(member).filter(note=AGAIN).count() if locked else 0)


@clause("K.login")
def wait(address: str | None, *, now: datetime) -> timedelta | None:
    """How long this address waits before it may try again; None: not at all. One query.

    IPv6 addresses count by their /64, which is what one customer is given.
    """
    if not address:
        return None
    first, last = network(address)
    recent = SignIn.objects.filter(
        kind__in=FAILURES, address__gte=first, address__lte=last, at__gt=now - ADDRESS_WITHIN.now
    )
    failures = list(recent.order_by("-at").values_list("at", flat=True)[: ADDRESS_FAILURES.now])
    return lock_rules.wait_for(failures=failures, now=now)


def network(address: str) -> tuple[str, str]:
    """First and last address that count as this one."""
    found = ipaddress.ip_address(address)
    if found.version == 4:
        return address, address
    whole = ipaddress.ip_network(f"{address}/64", strict=False)
    return str(whole[0]), str(whole[-1])


@clause("K.login")
def release(
    lock: AccountLock, *, by: Member | None, reason: str, through: str = LockRelease.Through.PAGE, operator: str = ""
) -> LockRelease:
    """Release a lock: somebody else than its member, with a reason. Raises Refused, also where it was released before.

    ``operator``: who sits at the console, where ``by`` is None.
    """
    require(lock_rules.may_release(own=by is not None and by.pk == lock.member_id))
    who = by.name if by else operator
    said = {} if by else {"by_name": operator}
    try:
        with in_turn(lock.member):
            made: LockRelease = LockRelease.objects.write(
                by=by, lock=lock, member=lock.member, through=through, reason=reason, **said
            )
            note = f"Released by {who}" + ("" if by else " at the console")
            SignIn.objects.write(by=lock.member, kind=Kind.RELEASED, note=note[:200])
            tell(lock.member, "Your account was released: you can sign in again")
    except IntegrityError as error:
        if broken_constraint(error) != RELEASED_ONCE:
            raise
        raise Refused(Refusal("K.login", "This lock was released already.", "", "lock.released")) from None
    return made


def tell(member: Member, what: str) -> None:
    """A letter to the member that the way into their account has changed."""
    if member.email and member.is_active:
        post("account_changed", to=member.email, name=member.name, what=what)
