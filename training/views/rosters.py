"""Rosters: a file in, a preview row by row, and everything or nothing on record."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput, Refused

from .. import intakes, rosters
from ..access import refuse, requires
from ..completion_forms import LoadRoster
from .courses import form_page

ENTER = "training.enter_completion"
PAGE = 100  # rows of a preview


@requires(ENTER)
@require_http_methods(["GET", "POST"])
def load_roster(request: MemberRequest) -> HttpResponse:
    """Take a roster file in; nothing is loaded yet."""
    form = LoadRoster(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            intake = rosters.receive(upload.name, upload.read(intakes.MAX_BYTES + 1), by=request.user)
        except BadInput as error:
            form.add_error("file", ValidationError(error.message, code=error.code))
        else:
            return redirect("view_roster", pk=intake.pk)
    context = {"rosters": rosters.rosters().defer("content")[:25], "columns": rosters.COLUMNS}
    return form_page(request, form, "training/rosters/load_roster.html", "Load a roster", **context)


@requires(ENTER)
@require_safe
def view_roster(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What loading a roster would do, row by row; once loaded, its receipt."""
    intake = get_object_or_404(rosters.rosters(), pk=pk)
    applied = getattr(intake, "applied", None)
    context = {"intake": intake, "applied": applied, "heading": f"Roster {intake.name}"}
    if applied:
        entered = intake.completions.select_related("member", "course", "withdrawn").order_by("member__name", "pk")
        context |= {"page": Paginator(entered, PAGE).get_page(request.GET.get("page")), "counts": applied.counts}
        return render(request, "training/rosters/view_roster.html", {**context, "number": str(applied.pk)[:8].upper()})
    judged = rosters.preview(intake, by=request.user, now=timezone.now())
    only_errors = bool(judged.faulty) and request.GET.get("show") != "all"
    lines = judged.faulty if only_errors else judged.lines
    context |= {
        "judged": judged,
        "counts": judged.counts,
        "only_errors": only_errors,
        "page": Paginator(lines, PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "training/rosters/view_roster.html", context)


@requires(ENTER)
@require_POST
def apply_roster(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Enter everything that a roster says, or nothing."""
    intake = get_object_or_404(rosters.rosters(), pk=pk)
    try:
        rosters.load_roster(intake, by=request.user, now=timezone.now())
    except Refused as refused:
        if refused.refusal.code != intakes.ALREADY.code:
            return refuse(request, refused.refusal, act=ENTER)
    return redirect("view_roster", pk=pk)
