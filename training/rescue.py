"""The last way in: two people at the console let the only system administrator start anew (F.1, K.login)."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import require

from . import invitations, lock_rules, locks
from .models import LiveSession, Member, SignIn

ROLE = "system_administrator"


@clause("F.1", "K.login")
def rescue(member: Member, *, operator: str, second: str, reason: str, now: datetime) -> str:
    """Remove every second factor, end the session, and answer the token of a new invitation. Raises Refused."""
    others = Member.objects.filter(is_active=True, groups__name=ROLE).exclude(pk=member.pk).count()
    require(
        lock_rules.may_rescue(
            is_active=member.is_active,
            administers=member.groups.filter(name=ROLE).exists(),
            others=others,
            operator=operator,
            second=second,
        )
    )
    with transaction.atomic():
        Authenticator.objects.filter(user=member).delete()
        LiveSession.objects.filter(member=member).delete()
        note = f"At the console by {operator} and {second}"
        SignIn.objects.write(by=member, kind=SignIn.Kind.FACTOR_REMOVED, note=note[:200])
        token = invitations.invite(member, reason=f"Rescue: {reason}"[:200], by=None, now=now)
        locks.tell(member, "Your second factor was removed at the console, and a new invitation was made")
    return token
