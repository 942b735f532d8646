"""Verbs lent to designees: "the Chief or designee", "the Deputy Director or designee" (L.2)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.utils import timezone

from alpr_portal.roles import VERBS

from .account_rules import WATCHES
from .models import Loan, Member


def held(member: Member, verb: str) -> bool:
    """Whether a role of the member's own lists the verb; a lent one does not count."""
    app, codename = verb.split(".")
    return member.groups.filter(permissions__codename=codename, permissions__content_type__app_label=app).exists()


def running(member: Member) -> dict[str, Loan]:
    """Verb → the loan under which the member may use it now; asked once for each request's member object.

    A loan ends with its date, with its early end, when its principal's account closes, and when the principal no
    longer holds the verb.
    """
    found: dict[str, Loan] | None = getattr(member, "_running_loans", None)
    if found is None:
        now = timezone.now()
        loans = Loan.objects.filter(
            designee=member, starts_at__lte=now, ends_at__gt=now, end__isnull=True, by__is_active=True
        ).select_related("by")
        if loans and WATCHES & set(member.groups.values_list("name", flat=True)):
            loans = loans.none()  # lent before they came to oversee
        found = {
            loan.verb: loan for loan in loans if VERBS[loan.verb].lendable and loan.by and held(loan.by, loan.verb)
        }
        member._running_loans = found  # type: ignore[attr-defined]
    return found


def principal_of(member: Member, verb: str) -> Member | None:
    """On whose behalf the member acts with this verb: None where a role of their own holds it. Fills ``on_behalf_of``."""
    if held(member, verb):
        return None
    loan = running(member).get(verb)
    return loan.by if loan else None


class LoanBackend(BaseBackend):
    """Permissions by loan, besides those by role."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        verb = VERBS.get(perm)
        if obj is not None or verb is None or not verb.lendable or not user_obj.is_active:
            return False
        return perm in running(user_obj)
