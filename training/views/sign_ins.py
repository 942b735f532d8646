"""The log of the doors, and of what the portal refused."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from alpr_portal.http import MemberRequest

from ..access import requires
from ..filters import RefusalFilter, SignInFilter
from ..lists import listed
from ..models import RefusalRecord, SignIn
from ..tables import RefusalTable, SignInTable


@requires("training.view_sign_ins")
@require_safe
def list_sign_ins(request: MemberRequest) -> HttpResponse:
    """Every sign-in, failure, lock, release, sign-out and change of a factor."""
    found = SignInFilter(request.GET, SignIn.objects.all(), request=request)
    return listed(request, found, SignInTable, "training/list_sign_ins.html", "Sign-ins")


@requires("training.view_sign_ins")
@require_safe
def list_refusals(request: MemberRequest) -> HttpResponse:
    """Every time the portal said no: to whom, to what, by which clause."""
    found = RefusalFilter(request.GET, RefusalRecord.objects.all(), request=request)
    return listed(request, found, RefusalTable, "training/list_refusals.html", "Refusals")
