"""What the tests of accounts share: proposals made and decided, by the people of the cast."""

from __future__ import annotations

from django.utils import timezone

from alpr_portal.policy.vocabulary import AccountStep
from training import accounts
from training.accounts import Proposed


def facts(supervisor, **values):
    """The facts of somebody new."""
    said = {"username": "newton", "name": "Nia Newton", "email": "newton@example.org", "badge": "N-77"}
    return {**said, "unit": "Patrol 3", "rank": "Officer", "supervisor": supervisor, **values}


def join(by, *, roles=("officer",), category="sworn", **values):
    """Somebody new, proposed."""
    said = facts(values.pop("supervisor", by), **values)
    asked = Proposed(AccountStep.JOIN, "Joins the unit", roles=roles, category=category, facts=said)
    return accounts.propose(asked, by=by, now=timezone.now())


def propose(step, member, *, by, roles=(), category=""):
    """Something about a member, proposed."""
    asked = Proposed(AccountStep[step.upper()], "The work needs it", member, roles=roles, category=category)
    return accounts.propose(asked, by=by, now=timezone.now())


def decide(proposal, *, by, approved=True, reason="Checked"):
    """The second person's word."""
    return accounts.decide(proposal, approved=approved, reason=reason, by=by, now=timezone.now())


def through(client, address, said, *, confirmed=True):
    """Send a form, confirm the answers that are shown, and answer what that came to."""
    checked = client.post(address, said)
    if checked.status_code != 200 or not confirmed:
        return checked
    assert "Check your answers" in checked.content.decode()
    return client.post(address, {**said, "confirmed": "yes"})


def selects(seen):
    """How much was read; a session that is kept alive in between writes, and is not counted."""
    return sum(query["sql"].startswith("SELECT") for query in seen)
