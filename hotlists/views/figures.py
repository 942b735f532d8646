"""Figures of hits, stops and entries over a period, as charts and tables."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.inputs import read_page
from training import charts
from training.access import requires
from training.lists import DAY

from .. import figures
from ..figure_charts import Interval, intervals

USUAL = timedelta(days=29)
MOST_CAMERAS = 20  # rows of a chart; the table has every one
A_PAGE = 25  # cameras
WIDE = f"Period: at most {figures.WIDEST} days, the last not before the first."


class ChoosePeriod(forms.Form):
    """The days that figures are of."""

    since = forms.DateField(label="From", widget=DAY, required=False)
    until = forms.DateField(label="To", widget=DAY, required=False)

    def __init__(self, *args: Any, today: Any, **kwargs: Any):
        self.today = today
        super().__init__(*args, **kwargs)

    def period(self) -> figures.Period:
        """The period asked for; the last 30 days where none is, or where it cannot be read."""
        values = self.cleaned_data if self.is_valid() else {}
        last = min(values.get("until") or self.today, self.today)
        first = values.get("since") or max(last, date.min + USUAL) - USUAL
        if first > last or (last - first).days >= figures.WIDEST:
            self.add_error("since", WIDE)
            last = self.today
            first = last - USUAL
        return figures.Period(first, last)


@requires("hotlists.view_figures")
@require_safe
def view_hit_figures(request: MemberRequest) -> HttpResponse:
    """What hits, stops and entries came to; no plate and no name is in it."""
    now = timezone.now()
    form = ChoosePeriod(request.GET, today=timezone.localdate(now))
    period = form.period()
    found = figures.hit_figures(period, now=now)
    cameras = [row for row in found["endings"]["cameras"] if not row["few"]]
    context = {
        "heading": "Figures of hits",
        "form": form,
        "has_errors": bool(form.errors),
        "period": period,
        **found,
        "outcomes_total": max((n for _, n in found["endings"]["outcomes"]), default=0),
        "stops_total": max((n for _, n in found["stops"]["dispositions"]), default=0),
        "weeks_chart": weeks_chart(found["endings"]["weeks"]),
        "cameras": cameras_page(request, found),
        "cameras_chart": cameras_chart(cameras[:MOST_CAMERAS]) if cameras else "",
        "shown": min(len(cameras), MOST_CAMERAS),
    }
    return render(request, "hotlists/figures/view_hit_figures.html", context)


def cameras_page(request: MemberRequest, found: dict[str, Any]) -> Page[dict[str, Any]]:
    """Some of the cameras, those with most hits first: what they saw, and what came of it."""
    ended = {row["label"]: row for row in found["endings"]["cameras"]}
    rows = [{**row, "ended": ended.pop(row["label"], None)} for row in found["hits"]["cameras"]]
    rows += [{"label": label, "alerts": 0, "candidates": 0, "stale": 0, "ended": row} for label, row in ended.items()]
    pages = Paginator(rows, A_PAGE)
    return pages.page(read_page(request.GET.get("page"), pages.num_pages))


def weeks_chart(weeks: list[dict[str, Any]]) -> SafeString | str:
    """Misread and wrong-state shares by week; nothing where fewer than two weeks have a figure."""
    if len(weeks) < 2:
        return ""
    drawn = [
        charts.Line(name, [week[key] for week in weeks])
        for name, key in (("Misread", "misread"), ("Wrong state", "wrong_state"))
    ]
    svg = charts.lines(
        id="weeks",
        title="Closed hits that were misread or of a wrong state, in percent",
        says="By week of the hit. The table below holds every value.",
        labels=[f"{week['week']:%b} {week['week'].day}" for week in weeks],
        drawn=drawn,
    )
    return mark_safe(svg)  # noqa: S308 - every text in it is escaped by charts.lines


def cameras_chart(rows: list[dict[str, Any]]) -> SafeString:
    """The misread rate of each camera with its interval."""
    svg = intervals(
        id="cameras",
        title="Misread rate by camera, in percent",
        says="A dot for the rate, a bar for its 95 % interval. The table below holds every value.",
        rows=[Interval(row["label"], row["percent"], row["low"], row["high"]) for row in rows],
    )
    return mark_safe(svg)  # noqa: S308 - every text in it is escaped by figure_charts
