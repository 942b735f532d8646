"""What changed about who may do what: the digest that Chief and Coordinator read every week (C.3.b)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.vocabulary import Category, ClosedBecause
from alpr_portal.roles import VERBS

from .account_rules import role_name
from .models import (
    AccountClosed,
    AccountReopened,
    CategoryChanged,
    Designation,
    DesignationEnd,
    FactorReset,
    Loan,
    LoanEnd,
    Member,
    RoleEnd,
    RoleGrant,
)

KINDS = {
    "granted": "Roles granted",
    "ended": "Roles ended",
    "designated": "Designations",
    "lent": "Permissions lent",
    "closed": "Accounts closed",
    "opened": "Accounts opened again",
    "category": "Categories changed",
    "factor": "Second factors removed",
}


@dataclass(frozen=True)
class Change:
    """One change: when, of which of ``KINDS``, about whom, in words, by which two people. ``proposed_by``: "" for one."""

    at: datetime
    kind: str
    member: Member
    what: str
    proposed_by: str
    decided_by: str
    reason: str = ""
    on_behalf_of: str = ""

    @property
    def url(self) -> str:
        """The page of the member concerned."""
        return reverse("view_member", args=[self.member.pk])


@clause("C.3.b")
def changes_since(moment: datetime, *, kind: str = "", member: Member | None = None) -> list[Change]:
    """Every change from ``moment`` on, the newest first; of one kind, or about one member, where asked. One query a kind."""
    found: list[Change] = []
    for name, look in LOOKS:
        if kind in {"", name}:
            found += look(Q(at__gte=moment), member)
    return sorted(found, key=lambda change: change.at, reverse=True)


def _rows(model: Any, since: Q, member: Member | None, whose: str, *also: str) -> Any:
    rows = model.objects.filter(since).select_related(whose, *also)
    return rows.filter(**{whose: member}) if member else rows


def _granted(since: Q, member: Member | None) -> list[Change]:
    rows = _rows(RoleGrant, since, member, "member", "proposed_by", "decision__proposal")
    return [
        Change(
            row.at,
            "granted",
            row.member,
            f"Role granted: {role_name(row.role)}",
            row.decision.proposal.by_name if row.decision else "",
            row.by_name,
            row.decision.proposal.reason if row.decision else "",
        )
        for row in rows
    ]


def _ended(since: Q, member: Member | None) -> list[Change]:
    rows = _rows(RoleEnd, since, member, "grant__member")
    return [
        Change(
            row.at, "ended", row.grant.member, f"Role ended: {role_name(row.grant.role)}", "", row.by_name, row.reason
        )
        for row in rows
    ]


def _designated(since: Q, member: Member | None) -> list[Change]:
    given = _rows(Designation, since, member, "member")
    ended = _rows(DesignationEnd, since, member, "designation__member")
    return [
        Change(row.at, "designated", row.member, "Designated", "", row.by_name, row.scope, row.on_behalf_of_name)
        for row in given
    ] + [
        Change(
            row.at,
            "designated",
            row.designation.member,
            "Designation ended",
            "",
            row.by_name,
            row.reason,
            row.on_behalf_of_name,
        )
        for row in ended
    ]


def _lent(since: Q, member: Member | None) -> list[Change]:
    given = _rows(Loan, since, member, "designee")
    ended = _rows(LoanEnd, since, member, "loan__designee")
    return [
        Change(row.at, "lent", row.designee, f"Lent: to {VERBS[row.verb].says}", "", row.by_name, row.reason)
        for row in given
    ] + [
        Change(
            row.at,
            "lent",
            row.loan.designee,
            f"Loan ended: to {VERBS[row.loan.verb].says}",
            "",
            row.by_name,
            row.reason,
        )
        for row in ended
    ]


def _closed(since: Q, member: Member | None) -> list[Change]:
    rows = _rows(AccountClosed, since, member, "member")
    return [
        Change(
            row.at,
            "closed",
            row.member,
            f"Account closed: {ClosedBecause.says(row.because).lower()}",
            "",
            row.by_name,
            row.note,
        )
        for row in rows
    ]


def _decided(model: Any, kind: str, words: Any) -> Any:
    """A look at the records that rest on a decision of two people."""

    def look(since: Q, member: Member | None) -> list[Change]:
        rows = _rows(model, since, member, "member", "decision__proposal")
        return [
            Change(
                row.at,
                kind,
                row.member,
                words(row),
                row.decision.proposal.by_name,
                row.by_name,
                row.decision.proposal.reason,
            )
            for row in rows
        ]

    return look


LOOKS = (
    ("granted", _granted),
    ("ended", _ended),
    ("designated", _designated),
    ("lent", _lent),
    ("closed", _closed),
    ("opened", _decided(AccountReopened, "opened", lambda row: "Account opened again")),
    ("category", _decided(CategoryChanged, "category", lambda row: f"Category: {Category.says(row.category)}")),
    ("factor", _decided(FactorReset, "factor", lambda row: "Second factor removed")),
)
