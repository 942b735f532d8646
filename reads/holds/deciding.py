"""The decision on a hold, and what decisions share: turns taken on one hold, and the database's word on races, said politely."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, Refused, require
from alpr_portal.records import Record, write_or_tell
from training import loans
from training.models import Member

from ..models import Hold, HoldDecision
from . import pictures, rules
from .queries import DECIDE, life_of

# The loser of a race is told what the rule would have said: constraint → (sentence, remedy, code).
DECIDED = ("A hold is decided once.", "Another member decided it before you: its page says how.", "hold.decided")
ENDED = ("Only a hold that runs is reviewed or released.", "Its page says how it stands.", "hold.ended")
OWN = (
    *("Nobody decides on their own hold, nor lets a designee do it in their name.", "Another decider does it."),
    "hold.own",
)
RACES = {
    constraint: Refusal("G", *said[:2], code=said[2])
    for constraint, said in {
        "hold_decided_once": DECIDED,
        "reads_holddecision_hold_id_key": DECIDED,
        "reads_heldread_pkey": DECIDED,
        "hold_came_too_late": (
            *("A hold is approved while its reads are there.", "All of them have left the disk already."),
            "hold.too_late",
        ),
        "hold_decided_by_entitled": (
            *("The Administrator or designee decides on holds.", "Your permission to decide has ended."),
            "hold.not_entitled",
        ),
        "hold_decided_by_someone_else": OWN,
        "hold_reviewed_by_someone_else": OWN,
        "hold_runs": ENDED,
        "release_asked_once": (
            *("One release is asked for at a time.", "It awaits a decision already."),
            "hold.release_waits",
        ),
        "reads_releasedecision_release_id_key": (
            *("A release is decided once.", "Another member decided it before you: its page says how."),
            "hold.decided",
        ),
        "hold_member_once": ("A colleague is named once.", "They work on this case already.", "hold.named"),
    }.items()
}
BUSY = Refusal(
    "G",
    "Reads of these days are leaving the disk at this moment, or another member decides this hold.",
    "Try again in a minute: nothing was recorded.",
    code="hold.busy",
)


def write(model: type[Record], /, **values: Any) -> Any:
    """Write a record; whoever lost a race, or comes beside the disposal, is told so politely. Raises Refused."""
    try:
        return write_or_tell(RACES, model, **values)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        raise Refused(BUSY) from error


def take_turns(hold: Hold) -> None:
    """Take turns on one hold until the end of the transaction, as its triggers do. Raises Refused."""
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT reads_lock_hold(%s)", [hold.pk])
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            raise Refused(BUSY) from error


def patiently() -> None:
    """For the rest of the transaction: copying may take a while, and waits for the disposal of a day to end."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', '20s', true), set_config('statement_timeout', '60s', true)")


def blocks_decision(hold: Hold, by: Member, *, approves: bool, now: datetime) -> Refusal | None:
    """What stands against ``by`` deciding this hold now."""
    return rules.may_decide_hold(
        decider=by.pk,
        asked_by=hold.by_id,
        holds_verb=by.has_perm(DECIDE),
        life=life_of(hold, now),
        approves=approves,
    )


@clause("G", "G.1", "G.2", "G.3")
def decide_hold(hold: Hold, *, approved: bool, reason: str, by: Member, now: datetime) -> HoldDecision:
    """The word of a second person. An approval copies reads and pictures at once, also beside a running disposal.

    All or nothing: where the pictures could not be sealed, nothing is approved. Raises Refused.
    """
    with transaction.atomic():
        patiently()
        take_turns(hold)
        require(blocks_decision(hold, by, approves=approved, now=now))
        record: HoldDecision = write(
            HoldDecision,
            by=by,
            on_behalf_of=loans.principal_of(by, DECIDE),
            hold=hold,
            approved=approved,
            reason=reason,
            asked_by=hold.by,
        )
        if approved:
            pictures.keep(hold.pk)
        record.refresh_from_db()  # what the database counted
    return record
