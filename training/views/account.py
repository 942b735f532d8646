"""A member's own account: who they are here, where they are signed in, by what, and what happened at their door."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from alpr_portal.http import MemberRequest
from alpr_portal.roles import ROLES

from ..access import MEMBERS, open_to
from ..devices import device_name
from ..models import Designation, LiveSession, Member, SignIn
from ..tables import OwnSignInTable
from .door import kind_of

PAGE = 50  # rows


@open_to(MEMBERS, untrained=True)
@require_safe
def view_account(request: MemberRequest) -> HttpResponse:
    """Who I am, my live session, my second factors, and the last of what happened at my door."""
    member = Member.objects.select_related("supervisor").get(pk=request.user.pk)
    table = OwnSignInTable(SignIn.objects.filter(by=member).order_by("-at"), orderable=False)
    RequestConfig(request, paginate={"per_page": PAGE, "silent": True}).configure(table)
    table.caption = "What happened at my door, newest first"
    factors = list(Authenticator.objects.filter(user=member).order_by("created_at"))
    context = {
        "heading": "My account",
        "member": member,
        "roles": sorted(
            role.replace("_", " ") for role in member.groups.values_list("name", flat=True) if role in ROLES
        ),
        "designation": designation(member),
        "live": live(member),
        "factors": [shown(factor) for factor in factors if factor.type != Authenticator.Type.RECOVERY_CODES],
        "codes_left": codes_left(factors),
        "table": table,
    }
    return render(request, "training/account.html", context)


def designation(member: Member) -> Designation | None:
    """The designation in force, if there is one."""
    now = timezone.now()
    found = Designation.objects.filter(member=member, starts_at__lte=now, ends_at__gt=now, end__isnull=True)
    return found.order_by("-ends_at").first()


def live(member: Member) -> dict[str, Any] | None:
    """The member's one live session: since when, from which address, with what."""
    found = LiveSession.objects.filter(member=member).first()
    if found is None:
        return None
    return {"began_at": found.began_at, "address": found.address, "device": device_name(found.device)}


def shown(factor: Authenticator) -> dict[str, Any]:
    """A second factor for the eye; nothing of its secret."""
    passkey = factor.type == Authenticator.Type.WEBAUTHN
    return {
        "pk": factor.pk,
        "passkey": passkey,
        "name": factor.data.get("name", "") if passkey else "Code app",
        "added_at": factor.created_at,
        "used_at": factor.last_used_at,
        "kind": kind_of(factor),
    }


def codes_left(factors: list[Authenticator]) -> int | None:
    """How many recovery codes are unused; None where none were ever made."""
    codes = next((factor for factor in factors if factor.type == Authenticator.Type.RECOVERY_CODES), None)
    return len(codes.wrap().get_unused_codes()) if codes else None


@open_to(MEMBERS, untrained=True)
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """End my session everywhere: there is one, and it is this one."""
    request.signed_out_because = SignIn.Kind.REVOKED  # type: ignore[attr-defined]
    LiveSession.objects.filter(member=request.user.pk).delete()
    logout(request)
    messages.info(request, "You are signed out everywhere.")
    return redirect("account_login")
