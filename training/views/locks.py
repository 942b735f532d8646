"""Locked accounts, and their release by somebody else."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.forms import PortalForm, RawField
from alpr_portal.http import MemberRequest
from alpr_portal.policy.inputs import read_text
from alpr_portal.policy.refusal import BadInput, Refused

from .. import locks
from ..access import refuse, requires
from ..filters import LockFilter
from ..lists import listed
from ..models import AccountLock, SignIn
from ..tables import LockTable, OwnSignInTable

LONGEST_REASON = 500


def read_reason(value: object, *, field: str = "reason") -> str:
    """Why: a sentence. Raises reason.missing and what ``read_text`` raises."""
    text = read_text(value, field=field, limit=LONGEST_REASON)
    if len(text) < 3:
        raise BadInput("reason.missing", "Reason: say why, in a sentence.", field)
    return text


class ReleaseLock(PortalForm):
    """Why the account may sign in again."""

    reason = RawField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        return {"reason": self.take("reason", read_reason)}


@requires("training.release_lock")
@require_safe
def list_locks(request: MemberRequest) -> HttpResponse:
    """The accounts that are locked now, newest first."""
    found = LockFilter(request.GET, AccountLock.objects.select_related("member", "release"), request=request)
    return listed(request, found, LockTable, "training/list_locks.html", "Locked accounts")


@requires("training.release_lock")
@require_http_methods(["GET", "HEAD", "POST"])
def release_lock(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Release one account, with a reason, after a look at what happened at its door."""
    lock = get_object_or_404(AccountLock.objects.select_related("member", "release"), pk=pk)
    form = ReleaseLock(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            locks.release(lock, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refused:
            return refuse(request, refused.refusal, act="training.release_lock")
        messages.success(request, f"Released: {lock.member} can sign in again. The release is on record.")
        return redirect("list_locks")
    table = OwnSignInTable(SignIn.objects.filter(by=lock.member).order_by("-at")[:20], orderable=False)
    table.caption = "The last twenty events, newest first"
    context = {
        "form": form,
        "lock": lock,
        "released": getattr(lock, "release", None),
        "own": lock.member_id == request.user.pk,
        "table": table,
        "heading": f"Release {lock.member.name}",
        "has_errors": bool(form.errors),
    }
    return render(request, "training/release_lock.html", context, status=422 if form.errors else 200)
