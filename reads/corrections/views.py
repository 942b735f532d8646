"""Reads reported wrong: report one that a search found, see what was reported, decide."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import CorrectionGround, ReadFault
from training.access import refuse, requires
from training.lists import listed
from training.views.checked import RECEIPTS, Receipt

from ..evidence import CAUTION, shots
from ..models import Access, Correction, ReadReport
from ..queries import visible_to, who
from ..search import access, answered
from . import actions
from .forms import DecideReport, ReportRead
from .looks import look_at
from .marks import rights, story
from .rules import Life, Right
from .tables import BADGES, ReportFilter, ReportTable, with_everything

LAW = (
    "A camera can misread. What you report is shown as wrong from this moment on and matches no list; a supervisor decides. "
    "The read itself is kept as observed, and goes when its 720 hours are over, with what you write of its plate."
)


@requires(actions.REPORT)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def report_read(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID) -> HttpResponse:
    """Report a read that one's own search found: opened again under a recorded access, so that it is there and one's own."""
    query, now = get_object_or_404(visible_to(request.user), pk=pk), timezone.now()
    if not hasattr(query, "run") or request.user.pk not in (query.by_id, query.for_whom_id):
        raise Http404
    try:
        with access(request.user, Access.Kind.READ, query, now=now, read_id=read_id) as window:
            read = window.read(read_id)
            answered(window.record, rows=int(read is not None))
        if read is None:
            raise Http404
        back = {"back_url": reverse("view_read", args=[pk, read_id]), "back_label": "The read"}
        return reported(request, read, window.record, **back)
    except Refused as refused:
        return refuse(request, refused.refusal, act=actions.REPORT)


def reported(request: MemberRequest, read: Any, record: Access, *, unit: str = "", **back: str) -> HttpResponse:
    """The form about a read that was opened under ``record``, or the report and its receipt. Raises Refused."""
    form = ReportRead(request.POST if request.method == "POST" else None, seen=Right(read.plate, read.state))
    if request.method == "POST" and form.is_valid():
        said = {"kind": form.cleaned_data["kind"], "right": form.cleaned_data["right"]}
        report = actions.report_read(read, **said, access=record, unit=unit, by=request.user, now=timezone.now())
        return redirect("view_receipt", pk=report.pk)
    context = {
        "form": form,
        "read": read,
        "record": record,
        "heading": "Report a read as wrong",
        "has_errors": bool(form.errors),
        "law": LAW,
        **back,
    }
    return render(request, "reads/corrections/report_read.html", context, status=422 if form.errors else 200)


@requires(actions.VIEW)
@require_safe
def list_corrections(request: MemberRequest) -> HttpResponse:
    """Every read that was reported wrong, and what came of it."""
    found = with_everything(actions.with_life(ReadReport.objects.all(), timezone.now()))
    filtered = ReportFilter(request.GET, found)
    return listed(request, filtered, ReportTable, "reads/corrections/list_corrections.html", "Reads reported wrong")


@requires(actions.VIEW)
@require_safe
def view_correction(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One report and its decision, as the records tell it: no plate, and no look at the read."""
    now = timezone.now()
    report = get_object_or_404(actions.with_life(ReadReport.objects.select_related("correction"), now), pk=pk)
    may_decide = request.user.has_perm(actions.DECIDE) and report.unit in {"", request.user.unit}
    context = {
        "report": report,
        "heading": f"Report {report.number}",
        "state": {"kind": BADGES[report.life], "text": Life.says(report.life)},
        "rows": about(report),
        "story": story(report.read_id),
        "decides": may_decide and actions.blocks_decision(report, request.user, now=now) is None,
    }
    return render(request, "reads/corrections/view_correction.html", context)


def about(report: ReadReport) -> list[dict[str, Any]]:
    """The facts of a report without a plate, as rows of components/definition.html."""
    return [
        {"label": "What is wrong", "value": ReadFault.says(report.kind)},
        {"label": "Reported by", "value": who(report)},
        {"label": "Reported", "at": report.at},
        {"label": "Read", "value": str(report.read_id)},
        {"label": "Received", "at": report.uploaded_at},
    ]


@requires(actions.DECIDE)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def decide_correction(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Confirm that a read is wrong, or reject the report: observed and reported side by side, under a recorded access."""
    now = timezone.now()
    found = ReadReport.objects.filter(unit__in={"", request.user.unit}).select_related("access__query", "by")
    report = get_object_or_404(found, pk=pk)
    refusal = actions.blocks_decision(report, request.user, now=now)
    if refusal:
        return refuse(request, refusal, act=actions.DECIDE)
    try:
        with look_at(report, request.user, now=now) as (window, read):
            right = rights([report]).get(report.pk) if read else None
            pictures = shots(window, read, thumbnails=True) if read else []
            answered(window.record, rows=int(read is not None))
        if read is None:
            raise Http404
        return decided(request, report, window.record, read=read, right=right, shots=pictures)
    except Refused as refused:
        return refuse(request, refused.refusal, act=actions.DECIDE)


def decided(request: MemberRequest, report: ReadReport, record: Access, **seen: Any) -> HttpResponse:
    """The form of a decision beside the read that it is about, or the decision and its receipt. Raises Refused."""
    read, right = seen["read"], seen["right"]
    form = DecideReport(
        request.POST if request.method == "POST" else None,
        kind=report.kind,
        seen=Right(read.plate, read.state),
        initial={"right_plate": right.plate, "right_state": right.state} if right else {},
    )
    if request.method == "POST" and form.is_valid():
        said = {"confirmed": form.cleaned_data["decision"] == "confirm", "ground": form.cleaned_data["ground"]}
        decision = actions.decide_report(
            report, **said, right=form.cleaned_data["right"], access=record, by=request.user, now=timezone.now()
        )
        return redirect("view_receipt", pk=decision.pk)
    context = {
        "form": form,
        "report": report,
        "record": record,
        "rows": about(report),
        "heading": f"Decide report {report.number}",
        "has_errors": bool(form.errors),
        "caution": CAUTION,
        **seen,
    }
    return render(request, "reads/corrections/decide_correction.html", context, status=422 if form.errors else 200)


# --- receipts ---------------------------------------------------------------------------------------------------------


def of_report(record: ReadReport) -> Receipt:
    seen = record.access
    return {
        "title": "The read is marked as wrong",
        "rows": about(record),
        "next": "It matches no list from now on. A supervisor decides; the page of the read shows what came of it.",
        "url": reverse("view_read", args=[seen.query_id, record.read_id]) if seen.query_id else reverse("home"),
    }


def of_correction(record: Correction) -> Receipt:
    stays = "It stays marked, and matches no list. What the camera observed is kept as it was."
    back = "The mark is lifted, and the read was compared with every list that was in force when it came."
    return {
        "title": "Confirmed: the read is wrong" if record.confirmed else "Rejected: the read stands",
        "rows": [*about(record.report), {"label": "Rests on", "value": CorrectionGround.says(record.ground)}],
        "next": stays if record.confirmed else back,
        "url": reverse("view_correction", args=[record.report_id]),
    }


RECEIPTS += [(ReadReport, of_report), (Correction, of_correction)]
