"""What waits for whom among records: batches to decide, and legal holds whose end waits; one query each."""

from __future__ import annotations

from training.models import Member
from training.waiting import Waiting, counted

from . import disposal, holds


def batches(member: Member) -> Waiting:
    """Proposals to dispose of records that await this member's word."""
    return counted(disposal.waiting(member))


def hold_ends(member: Member) -> Waiting:
    """Legal holds over records that another asked to end."""
    return counted(holds.ends_waiting(member))
