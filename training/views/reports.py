"""The training report: who is trained, how it went over the year, and the same as files (J)."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST, require_safe

from alpr_portal.http import MemberRequest

from .. import charts, jobs, lapses, reports
from ..access import requires
from ..lists import listed
from ..paper_tables import TrainingFilter, TrainingTable
from ..sheets import TYPES


@requires("training.view_training")
@require_safe
def view_training_report(request: MemberRequest) -> HttpResponse:
    """Who is current, lapsing, lapsed or never trained; by unit; and the share of trained members over the year."""
    now = timezone.now()
    found = reports.compliance(request.user, now)
    unit = request.GET.get("unit", "")
    chosen = unit if unit in found.units else ""
    context = {
        "heading": "Training report",
        "figures": reports.figures(request.user, now),
        "units": reports.by_unit(request.user, now),
        "days": found.days,
        "compliance": [*found.units.items(), ("All units", found.whole)],
        "chart": chart(found, chosen),
        "chosen": chosen,
        "choices": list(found.units),
        "formats": list(TYPES),
    }
    return render(request, "training/reports/view_training_report.html", context)


def chart(found: reports.Compliance, unit: str) -> SafeString:
    """The share of trained members over time: all units, and the chosen one."""
    shares = {"All units": found.whole, **({unit: found.units[unit]} if unit else {})}
    drawn = [charts.Line(name, [share.percent for share in line]) for name, line in shares.items()]
    last = [f"{line.name} {line.values[-1]:.0f} % today" for line in drawn if line.values[-1] is not None]
    svg = charts.lines(
        id="compliance",
        title="Members with access who are trained, in percent",
        says=f"On the first of each month. {'; '.join(last)}. The table below holds every value.",
        labels=[f"{day:%b} {day:%y}" for day in found.days[:-1]] + ["today"],
        drawn=drawn,
    )
    return mark_safe(svg)  # noqa: S308 - every text in it is escaped by charts.lines


@requires("training.view_training")
@require_safe
def list_training(request: MemberRequest) -> HttpResponse:
    """Members with access, the first to lapse on top."""
    now = timezone.now()
    members = lapses.seen_by(request.user, lapses.with_access(now)).select_related("supervisor")
    names = members.order_by().exclude(unit="").values_list("unit", flat=True).distinct()
    found = TrainingFilter(request.GET, members, units=sorted(names), now=now)
    table = partial(TrainingTable, now=now, opens=opens_members(request))
    context: dict[str, Any] = {
        "formats": list(TYPES),
        "kept": {name: request.GET.get(name, "") for name in ("state", "unit")},
    }
    return listed(request, found, table, "training/reports/list_training.html", "Members with access", **context)


def opens_members(request: MemberRequest) -> bool:
    """Whether a member's name leads to their page."""
    try:
        reverse("view_member", args=["00000000-0000-0000-0000-000000000000"])
    except NoReverseMatch:
        return False
    return request.user.has_perm("training.view_members")


@requires("training.export_training")
@require_POST
def export_training(request: MemberRequest, format: str) -> HttpResponse:
    """Ask for the report as CSV or XLSX; it is made in the background, and the asking is the record."""
    if format not in TYPES:
        raise Http404
    state, unit = request.POST.get("state", ""), request.POST.get("unit", "")[:120]
    arguments = {"format": format, "state": state if state in lapses.STATES else "", "unit": unit}
    jobs.queue("training_report", verb="training.export_training", arguments=arguments, by=request.user)
    messages.success(request, "The report is being made. It stands here as soon as it is ready.")
    return redirect("list_jobs")
