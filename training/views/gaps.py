"""The register of known gaps and planned upgrades (K.login)."""

from __future__ import annotations

import uuid
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import Refused

from .. import gaps
from ..access import refuse, requires
from ..lists import listed
from ..paper_forms import AddGap, StepGap
from ..paper_tables import GapFilter, GapTable, gap_state


@requires("training.view_gaps")
@require_safe
def list_gaps(request: MemberRequest) -> HttpResponse:
    """Every known gap, the first due on top."""
    day = timezone.localdate()
    found = GapFilter(request.GET, gaps.gaps(), day=day)
    return listed(request, found, partial(GapTable, day=day), "training/gaps/list_gaps.html", "Known gaps")


@requires("training.view_gaps")
@require_safe
def view_gap(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One gap: what is missing, what is planned, what was done."""
    gap = get_object_or_404(gaps.gaps(), pk=pk)
    kind, words = gap_state(gap.closed, gap.due_on, timezone.localdate())
    context = {
        "gap": gap,
        "state": {"kind": kind, "text": words},
        "steps": gaps.steps(gap),
        "heading": gap.title,
    }
    return render(request, "training/gaps/view_gap.html", context)


@requires("training.manage_gaps")
@require_http_methods(["GET", "POST"])
def add_gap(request: MemberRequest) -> HttpResponse:
    """Add a known gap."""
    form = AddGap(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = gaps.add(by=request.user, **form.cleaned_data)
        messages.success(request, "The gap is in the register.")
        return redirect("view_gap", pk=made.pk)
    context = {"form": form, "heading": "Add a known gap", "has_errors": bool(form.errors)}
    return render(request, "training/gaps/add_gap.html", context, status=422 if form.errors else 200)


@requires("training.manage_gaps")
@require_http_methods(["GET", "POST"])
def step_gap(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what was done about a gap, or close it."""
    gap = get_object_or_404(gaps.gaps(), pk=pk)
    form = StepGap(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            gaps.step(gap, by=request.user, **form.cleaned_data)
        except Refused as refused:
            return refuse(request, refused.refusal, act="training.manage_gaps")
        messages.success(request, "Closed." if form.cleaned_data["closed"] else "Noted.")
        return redirect("view_gap", pk=gap.pk)
    context = {"form": form, "gap": gap, "heading": f"Step: {gap.title}", "has_errors": bool(form.errors)}
    return render(request, "training/gaps/step_gap.html", context, status=422 if form.errors else 200)
