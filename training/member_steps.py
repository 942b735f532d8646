"""Every step in the life of an account, for its page: decisions, ends, locks, invitations, and each edit before and after."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alpr_portal.policy.vocabulary import AccountStep, Category

from .account_rules import role_names
from .changes import changes_since
from .models import AccountLock, AccountProposal, Invitation, Member, ReviewedMember

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
TONES = {
    "granted": "run",
    "designated": "run",
    "opened": "run",
    "ended": "refuse",
    "closed": "refuse",
    "factor": "wait",
}
CLAUSES = {"designated": "C.1", "category": "C.1", "lent": "L.2", "factor": "F.1", "closed": "K.login"}


def steps(member: Member) -> list[dict[str, Any]]:
    """For components/timeline.html, the oldest first; a constant number of queries."""
    found = [*_changes(member), *_proposals(member), *_invitations(member), *_locks(member), *_reviews(member)]
    return sorted([*found, *_edits(member)], key=lambda step: step["at"])


def _changes(member: Member) -> list[dict[str, Any]]:
    return [
        {
            "at": change.at,
            "who": said_by(change.decided_by, change.on_behalf_of),
            "what": change.what,
            "detail": " ".join(
                filter(None, (f"Proposed by {change.proposed_by}." * bool(change.proposed_by), change.reason))
            ),
            "clause": CLAUSES.get(change.kind, "C.3.b"),
            "tone": TONES.get(change.kind, ""),
        }
        for change in changes_since(BEGINNING, member=member)
    ]


def said_by(name: str, on_behalf_of: str) -> str:
    """Who acted, and on whose behalf where they did."""
    return f"{name}, on behalf of {on_behalf_of}" if on_behalf_of else name


def what(proposal: AccountProposal) -> str:
    """What a proposal asks, in words."""
    if proposal.step == AccountStep.ROLE:
        return f"More roles: {role_names(proposal.roles)}"
    if proposal.step == AccountStep.CATEGORY:
        return f"Category: {Category.says(proposal.category)}"
    return AccountStep.says(proposal.step)


def _proposals(member: Member) -> list[dict[str, Any]]:
    """Proposals about the member; of decisions only those that said no: the others show as what they did."""
    found = []
    rows = AccountProposal.objects.filter(member=member) | AccountProposal.objects.filter(decision__member=member)
    for row in rows.select_related("decision").distinct():
        said = {"at": row.at, "who": row.by_name, "what": f"Proposed: {what(row)}", "detail": row.reason}
        found.append({**said, "clause": "C.3.b", "tone": "wait"})
        decision = getattr(row, "decision", None)
        if decision is not None and (not decision.approved or row.step == AccountStep.JOIN):
            word, tone = ("Approved", "run") if decision.approved else ("Not approved", "refuse")
            told = {
                "at": decision.at,
                "who": decision.by_name,
                "what": f"{word}: {what(row)}",
                "detail": decision.reason,
            }
            found.append({**told, "clause": "C.3.b", "tone": tone})
    return found


def _invitations(member: Member) -> list[dict[str, Any]]:
    found = []
    for row in Invitation.objects.filter(member=member).select_related("used"):
        found.append(
            {"at": row.at, "who": row.by_name, "what": "Invited by letter", "detail": row.reason, "clause": "F.1"}
        )
        if hasattr(row, "used"):
            found.append(
                {"at": row.used.at, "who": row.used.by_name, "what": "Came in and set a password", "clause": "F.1"}
            )
    return found


def _locks(member: Member) -> list[dict[str, Any]]:
    found = []
    for row in AccountLock.objects.filter(member=member).select_related("release"):
        says = f"Locked after {row.failures} failures"
        found.append({"at": row.at, "who": "the portal", "what": says, "clause": "K.login", "tone": "refuse"})
        if hasattr(row, "release"):
            told = {"at": row.release.at, "who": row.release.by_name, "what": "Lock released"}
            found.append({**told, "detail": row.release.reason, "clause": "K.login"})
    return found


def _reviews(member: Member) -> list[dict[str, Any]]:
    return [
        {
            "at": row.at,
            "who": row.by_name,
            "what": "Yearly review: roles kept" if row.kept else "Yearly review: roles ended",
            "detail": " ".join(filter(None, (f"Roles: {role_names(row.roles)}.", row.reason))),
            "clause": "C.3.b",
        }
        for row in ReviewedMember.objects.filter(member=member)
    ]


def _edits(member: Member) -> list[dict[str, Any]]:
    """Edits of the facts: who, why, before and after. A supervisor is told by name."""
    rows = list(member.history.select_related("history_user").order_by("history_date", "history_id"))
    over = {row.supervisor_id for row in rows if row.supervisor_id}
    names = {str(m.pk): str(m) for m in Member.objects.filter(pk__in=over)}
    found: list[dict[str, Any]] = []
    before: Any = None
    for row in rows:
        diff: list[Any] = row.diff_against(before, foreign_keys_are_objs=False).changes if before else []
        changes = [
            {
                "label": str(change.field).replace("_", " ").capitalize(),
                "before": names.get(str(change.old), change.old),
                "after": names.get(str(change.new), change.new),
            }
            for change in diff
        ]
        if before is None or changes:
            who = row.history_user.name if row.history_user else "the portal"
            told = {"at": row.history_date, "who": who, "what": "Facts corrected" if before else "Account made"}
            found.append({**told, "detail": row.history_change_reason or "", "changes": changes, "clause": "K.login"})
        before = row
    return found
