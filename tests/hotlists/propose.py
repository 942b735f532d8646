"""What the tests of entries share: what a member types, loans, ids."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from hotlists.entries import DECIDE
from training.models import Loan


def typed(**values: Any) -> dict[str, Any]:
    """What an officer types to propose an entry."""
    year = f"{timezone.localtime():%y}"
    return {
        "hot_list": "bolo",
        "watched": "plate",
        "plate": "8ABC123",
        "state": "CA",
        "make": "Toyota",
        "model": "Camry",
        "colour": "silver",
        "year": "2019",
        "marks": "Dent in the left rear door",
        "purpose": "burglary",
        "justification": "Three burglaries on Foothill this week; a witness gave this plate for the car that left.",
        "case_number": f"{year}-012345",
        "report_number": f"{year}-012346",
        "expiry": "14",
        "confidentiality": "department",
        "instructions": "Do not stop, call the burglary unit.",
        **values,
    }


def lent(by: Any, designee: Any, *, verb: str = DECIDE, days: float = 1) -> Loan:
    """The verb, lent; the designee is read anew, since loans are asked once for each member object."""
    now = timezone.now()
    span = {"starts_at": now - timedelta(days=2), "ends_at": now + timedelta(days=days)}
    loan: Loan = Loan.objects.write(by=by, designee=designee, verb=verb, reason="Leave", **span)
    designee.__dict__.pop("_running_loans", None)
    return loan
