"""How a member comes in for the first time: a link that works once, for three days, and that only its reader knows."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from alpr_portal.policy.clauses import clause
from alpr_portal.policy.refusal import Refusal, Refused, require
from alpr_portal.records import broken_constraint

from .models import Invitation, InvitationUsed, Member, RoleGrant

OPEN = timedelta(hours=72)
FIRST = 7_220_113  # the advisory lock under which the first members are made


def digest(token: str) -> str:
    """What is kept of a token. Tokens are random, so a fast digest is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@clause("F.1", "K.login")
def invite(member: Member, *, reason: str, by: Member | None, now: datetime) -> str:
    """A new invitation; earlier ones of this member open nothing any more. Answers the token, once."""
    token = secrets.token_urlsafe(32)
    Invitation.objects.write(by=by, member=member, token_digest=digest(token), expires_at=now + OPEN, reason=reason)
    return token


def usable(token: str, *, now: datetime) -> Invitation | None:
    """The invitation that this token opens at ``now``: a member's newest, unused, not expired. None otherwise."""
    found = Invitation.objects.select_related("member").filter(token_digest=digest(token), expires_at__gt=now).first()
    if found is None or not found.member.is_active or hasattr(found, "used"):
        return None
    newer = Invitation.objects.filter(member=found.member, at__gt=found.at).exists()
    return None if newer else found


@clause("F.1", "K.login")
def accept(invitation: Invitation, *, password: str) -> InvitationUsed:
    """Take an invitation up: the password is the member's own from here on. Raises Refused where it was used before."""
    member = invitation.member
    try:
        with transaction.atomic():
            used: InvitationUsed = InvitationUsed.objects.write(by=member, invitation=invitation)
            member.set_password(password)
            member._history_user = member  # type: ignore[attr-defined]
            member.save()
    except IntegrityError as error:
        if broken_constraint(error) != USED_ONCE:
            raise
        refusal = Refusal("F.1", "An invitation opens once.", "Ask the system administrator for a new one.")
        raise Refused(refusal) from None
    return used


USED_ONCE = "training_invitationused_invitation_id_key"


@clause("L.1", "K.login")
def make_first(people: Iterable[tuple[Member, str]], *, now: datetime) -> dict[str, str]:
    """The first members, each with one role, by the portal itself; answers user name → token.

    ``people``: unsaved members with the role each gets. Raises Refused once any member exists.
    """
    tokens = {}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FIRST])
        require(may_make_first(members=Member.objects.count()))
        for member, role in people:
            member.set_unusable_password()
            member.save()
            RoleGrant.objects.write(by=None, member=member, role=role)
            tokens[member.username] = invite(member, reason=f"First {role.replace('_', ' ')}", by=None, now=now)
    return tokens


@clause("L.1")
def may_make_first(*, members: int) -> Refusal | None:
    """The first two members are made by the command, once; it makes no others."""
    if members == 0:
        return None
    remedy = "For a lost invitation use bootstrap --renew."
    return Refusal("L.1", "Members exist already: the first ones are made once.", remedy)


def waiting() -> list[Member]:
    """Active members whom the portal itself invited and who never came in."""
    invited = Member.objects.filter(is_active=True, invitations__by=None, invitations__isnull=False)
    return list(invited.exclude(invitations__used__isnull=False).distinct().order_by("username"))


def renew(*, now: datetime | None = None) -> dict[str, str]:
    """New invitations for those who wait: the first ones ran out or were lost. Answers user name → token."""
    moment = now or timezone.now()
    with transaction.atomic():
        return {m.username: invite(m, reason="Renewed: the first was not used", by=None, now=moment) for m in waiting()}
