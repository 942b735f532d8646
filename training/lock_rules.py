"""When an account is shut, who may open it again, and how often an address may be wrong, as pure rules over plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.parameters import ADDRESS_FAILURES, ADDRESS_WITHIN, LOCK_FAILURES, LOCK_WITHIN
from alpr_portal.policy.refusal import Refusal


@clause("K.login")
def may_sign_in(*, is_active: bool, locked: bool) -> Refusal | None:
    """Only an account that is open and not locked; said to nobody but who proved whose account it is."""
    if not is_active:
        return Refusal(
            "K.login",
            "This account is closed: its member left, changed duties, or did not use it for 90 days.",
            "Ask your supervisor to have it opened again.",
            "account.closed",
        )
    if locked:
        return Refusal(
            "K.login",
            f"This account is locked after {LOCK_FAILURES.now} wrong tries.",
            "Ask a system administrator to release it. If the wrong tries were not yours, say so.",
            "account.locked",
        )
    return None


@clause("K.login")
def must_lock(*, failures: Sequence[datetime], now: datetime) -> bool:
    """Five failures of password and second factor together within fifteen minutes.

    ``failures``: those since the account's last success or release, in any order.
    """
    recent = [at for at in failures if at > now - LOCK_WITHIN.now]
    return len(recent) >= LOCK_FAILURES.now


@clause("K.login")
def may_confirm(*, locked: bool, failures: int) -> Refusal | None:
    """In a session that goes on: a lock by a stranger's guesses does not keep its member from confirming who they are.

    ``failures``: of confirming, in this session and since it last succeeded. As many as lock end it there too.
    """
    if not locked or failures < LOCK_FAILURES.now:
        return None
    return Refusal(
        "K.login",
        f"After {LOCK_FAILURES.now} wrong tries this account confirms nothing until it is released.",
        "Ask a system administrator to release it.",
        "account.locked",
    )


@clause("K.login")
def tells_locked(*, failures: int) -> bool:
    """Whether the right password may still learn that the account is locked.

    ``failures``: since the lock. A lock that always told would tell a guesser which guess was right.
    """
    return failures < LOCK_FAILURES.now


@clause("K.login")
def wait_for(*, failures: Sequence[datetime], now: datetime) -> timedelta | None:
    """How long an address that was wrong too often waits; None where it need not. ``failures``: of the address."""
    recent = sorted((at for at in failures if at > now - ADDRESS_WITHIN.now), reverse=True)
    if len(recent) < ADDRESS_FAILURES.now:
        return None
    return recent[ADDRESS_FAILURES.now - 1] + ADDRESS_WITHIN.now - now


@clause("K.login")
def may_release(*, own: bool) -> Refusal | None:
    """Somebody else's eyes: nobody releases their own account."""
    if not own:
        return None
    return Refusal(
        "K.login",
        "Nobody releases the lock of their own account.",
        "Ask another system administrator, or use the console command.",
        "lock.own",
    )


@clause("K.login")
def may_rescue(*, is_active: bool, administers: bool, others: int, operator: str, second: str) -> Refusal | None:
    """Only an active system administrator without another, and two different people at the console."""
    if not is_active or not administers:
        return Refusal(
            "K.login",
            "Only a system administrator's open account is rescued at the console.",
            "For everybody else a system administrator proposes it, and a second person decides.",
        )
    if others:
        return Refusal(
            "K.login", "Another system administrator can do this on a page.", "Ask them: it then takes two people too."
        )
    if " ".join(operator.lower().split()) == " ".join(second.lower().split()):
        return Refusal("K.login", "A rescue takes two people.", "Name a second one.")
    return None
