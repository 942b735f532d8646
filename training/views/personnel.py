"""Personnel's file: sent, looked at row by row, then done whole or not at all."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from alpr_portal.http import MemberRequest
from alpr_portal.policy.inputs import read_page
from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import IntakeKind

from .. import personnel
from ..access import refuse, requires
from ..member_forms import LoadPersonnel
from ..models import Intake
from ..personnel_rules import COLUMNS
from .checked import number

LAST = 20
PAGE = 100


@requires("training.load_personnel")
@require_http_methods(["GET", "POST"])
def load_personnel(request: MemberRequest) -> HttpResponse:
    """Send a file; it is kept and shown, and nothing is done yet."""
    form = LoadPersonnel(request.POST, request.FILES) if request.method == "POST" else LoadPersonnel()
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            intake = personnel.receive(sent.name, sent.read(), by=request.user)
        except BadInput as error:
            form.add_error("file", ValidationError(error.message, code=error.code))
        else:
            return redirect("preview_personnel", pk=intake.pk)
    sent_before = Intake.objects.filter(kind=IntakeKind.PERSONNEL.value).select_related("applied").order_by("-at")
    context = {
        "form": form,
        "heading": "Leavers and transfers",
        "columns": COLUMNS,
        "intakes": sent_before[:LAST],
        "has_errors": bool(form.errors),
    }
    return render(request, "training/members/load_personnel.html", context, status=422 if form.errors else 200)


@requires("training.load_personnel")
@require_http_methods(["GET", "POST"])
def preview_personnel(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What each row would do, or its errors; confirmed, all of it is done in one transaction."""
    intake = get_object_or_404(Intake.objects.select_related("applied"), pk=pk, kind=IntakeKind.PERSONNEL.value)
    if request.method == "POST":
        try:
            done = personnel.apply_personnel(intake, by=request.user, now=timezone.now())
        except Refused as refused:
            return refuse(request, refused.refusal, act="training.load_personnel")
        except BadInput:
            return preview(request, intake, status=422)
        return redirect("view_receipt", pk=done.pk)
    return preview(request, intake)


def preview(request: MemberRequest, intake: Intake, *, status: int = 200) -> HttpResponse:
    """The rows as they stand today, those with errors first."""
    applied = getattr(intake, "applied", None)
    rows = [] if applied else personnel.judged(intake, by=request.user, now=timezone.now())
    wrong = [row for row in rows if row.faults]
    ordered: list[Any] = sorted(rows, key=lambda row: (not row.faults, row.line))
    pages = Paginator(ordered, PAGE)
    context = {
        "intake": intake,
        "applied": applied,
        "page": pages.page(read_page(request.GET.get("page"), pages.num_pages)),
        "wrong": len(wrong),
        "total": len(rows),
        "leavers": sum(1 for row in rows if row.said and row.said.action == "leaver"),
        "transfers": sum(1 for row in rows if row.said and row.said.action == "transfer"),
        "number": number(intake),
        "heading": "Check the file",
        "has_errors": bool(wrong),
    }
    return render(request, "training/members/preview_personnel.html", context, status=status)
