"""Stops: record one, read one, list and export them, finish what followed."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alpr_portal.http import MemberRequest, download
from alpr_portal.policy.refusal import BadInput, Refused
from training.access import MEMBERS, open_to, refuse, requires
from training.lists import listed, rows_of
from training.sheets import TYPES
from training.views.checked import RECEIPTS, Receipt, about, checked

from .. import sights, stops
from .. import stop_rules as rules
from ..models import Incident, NextStep, Stop, Verification
from ..stop_forms import AddNote, FinishStep, RecordStop
from ..stop_sheet import stops_file
from ..stop_tables import BADGES, StopFilter, StopTable
from ..verification_rules import CLETS, NAMES, OTHER, SEEN

WITNESS = (
    "A stop is taken down as what it was, whatever was verified. Supervisors and auditors see at once which stops had no "
    "full verification. No alert by itself justifies limiting a person's freedom."
)
UNVERIFIED = (
    "Its verification is not full. It is recorded as what it is; supervisors and auditors see it. Verification is never "
    "added afterwards to a stop that went without."
)
NEWEST = Prefetch("verifications", queryset=Verification.objects.order_by("at"))


@requires(stops.RECORD)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def record_stop(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Record the stop that followed a hit: form, check, receipt (C.2.A.2)."""
    found = sights.incidents_of(request.user).select_related("hot_list", "stop").prefetch_related(NEWEST)
    incident = get_object_or_404(found, pk=pk)
    if request.method == "GET" and hasattr(incident, "stop"):
        seen = stops.visible_to(request.user).filter(pk=incident.stop.pk).exists()
        return redirect("view_stop", incident.stop.pk) if seen else not_twice(request)
    try:
        kept = stops.seen_of(incident, request.user, now=timezone.now())
    except Refused as refused:
        return refuse(request, refused.refusal, act=stops.RECORD)
    return stop_page(request, incident, kept, f"Record the stop from hit {incident.number}")


@requires(stops.RECORD)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def add_stop(request: MemberRequest) -> HttpResponse:
    """Record a stop from an alert that the portal did not raise, such as that of a reader in the vehicle."""
    return stop_page(request, None, stops.Seen(), "Record a stop without a hit here")


def not_twice(request: MemberRequest) -> HttpResponse:
    refusal = rules.may_record(recorded=True)
    assert refusal is not None
    return refuse(request, refusal, act=stops.RECORD)


def stop_page(request: MemberRequest, incident: Incident | None, kept: stops.Seen, heading: str) -> HttpResponse:
    """The three pages of a stop's record."""
    now = timezone.now()
    form = RecordStop(
        request.POST if request.method == "POST" else None, by=request.user, incident=incident, kept=kept, now=now
    )

    def act(values: dict[str, Any]) -> Stop:
        hot_list = incident.hot_list if incident else values["hot_list"]
        return stops.record_stop(
            form.told(), incident=incident, hot_list=hot_list, seen=form.seen(), by=request.user, now=now
        )

    level, missing = stops.verified(incident, None)
    return checked(
        request,
        form,
        act,
        verb=stops.RECORD,
        heading=heading,
        template="hotlists/stops/record_stop.html",
        confirm="Record the stop",
        law={"id": "C.2.A", "text": WITNESS if level == "full" else UNVERIFIED},
        incident=incident,
        kept=kept,
        level=level,
        badge=BADGES[level],
        verification=stops.verification_words(level, missing),
        compared=[compared(one) for one in incident.verifications.all()] if incident else [],
        back_name="list_stops",
        back_label="Stops",
    )


def compared(one: Verification) -> dict[str, Any]:
    """One verification as rows: who, when, and what each comparison came to."""
    rows = [
        {"label": NAMES[name].capitalize(), "value": getattr(one, f"get_{name}_display")()} for name in (*SEEN, OTHER)
    ]
    said = one.get_clets_display()  # type: ignore[attr-defined]
    if one.clets == "yes":
        said += f" by {one.clets_by}: {one.get_clets_result_display()}"  # type: ignore[attr-defined]
    return {"one": one, "rows": [*rows, {"label": NAMES[CLETS], "value": said}]}


def of_stop(stop: Stop) -> Receipt:
    """The receipt of a stop."""
    says = stops.verification_words(stop.verification, stop.missing)
    note = "" if stop.verification == "full" else f" {UNVERIFIED}"
    return {
        "title": "The stop is recorded",
        "rows": about(None, verification=says, responded=stop.member_name, case_number=stop.case_number),
        "next": f"It stands on the order's spreadsheet from now on. Its next steps wait in the worklist.{note}",
        "url": reverse("view_stop", args=[stop.pk]),
    }


RECEIPTS.append((Stop, of_stop))


@open_to(MEMBERS)
@require_safe
def list_stops(request: MemberRequest) -> HttpResponse:
    """One's own stops; the unit's for a supervisor; all for those who administer and audit."""
    if not stops.sees_stops(request.user):
        return refuse(request, stops.NO_STOPS, act=stops.VIEW)
    found = filtered(request)
    owed = list(stops.unrecorded(request.user).select_related("hot_list").order_by("at")[:20])
    may = set(sights.incidents_of(request.user).filter(pk__in=[one.pk for one in owed]).values_list("pk", flat=True))
    context = {
        "owed": [(one, one.pk in may and request.user.has_perm(stops.RECORD)) for one in owed],
        "formats": list(TYPES),
        "department": stops.sees_department(request.user),
    }
    table = partial(StopTable, member=request.user)
    return listed(request, found, table, "hotlists/stops/list_stops.html", "Stops", **context)


def filtered(request: MemberRequest) -> StopFilter:
    """The stops this member may see, under the filters of the address."""
    now = timezone.now()
    seen = stops.visible_to(request.user)
    units = seen.order_by().exclude(member_unit="").values_list("member_unit", flat=True).distinct()
    shown = stops.with_steps(seen, timezone.localdate(now))
    return StopFilter(request.GET, shown, units=sorted(units), member=request.user, now=now)


@requires("hotlists.export_stops")
@require_POST
def export_stops(request: MemberRequest, format: str) -> HttpResponse:
    """The order's spreadsheet of the stops as filtered: itself recorded."""
    if format not in TYPES:
        raise Http404
    found = filtered(request)
    filters = {name: request.GET[name] for name in found.filters if request.GET.get(name)}
    try:
        body = stops_file(rows_of(found), filters=filters, format=format, by=request.user)
    except BadInput as error:
        messages.error(request, error.message)
        return redirect("list_stops")
    return download(body, TYPES[format], f"stops.{format}")


def stop_of(request: MemberRequest, pk: uuid.UUID) -> Stop:
    """A stop that this member may see, with everything its page says; 404 for any other."""
    found = stops.whole(stops.visible_to(request.user)).prefetch_related("incident__verifications")
    return get_object_or_404(found, pk=pk)


@open_to(MEMBERS)
@require_safe
def view_stop(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One stop: the six fields in the order's sequence, its verification, counts, next steps, every step since."""
    if not stops.sees_stops(request.user):
        return refuse(request, stops.NO_STOPS, act=stops.VIEW)
    stop = stop_of(request, pk)
    today = timezone.localdate()
    context = {
        "stop": stop,
        "heading": f"Stop {stop.number}",
        "six": stops.six_fields(stop),
        "badge": BADGES[stop.verification],
        "level": rules.LEVELS[stop.verification],
        "verification": stops.verification_words(stop.verification, stop.missing),
        "compared": [compared(one) for one in stop.incident.verifications.all()] if stop.incident else [],
        "counted": stops.counted(stop),
        "steps": [(step, overdue(step, today)) for step in stop.steps.all()],
        "timeline": stops.timeline(stop),
        "sees_plate": stops.sees_plate(request.user, stop),
        "may_add": request.user.has_perm(stops.RECORD),
    }
    return render(request, "hotlists/stops/view_stop.html", context)


def overdue(step: NextStep, today: Any) -> bool:
    return rules.is_overdue(due_on=step.due_on, done=hasattr(step, "done"), today=today)


@requires(stops.RECORD)
@require_http_methods(["GET", "POST"])
def finish_step(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say how a next step ended."""
    seen = NextStep.objects.filter(stop__in=stops.visible_to(request.user).order_by())
    step = get_object_or_404(seen.select_related("stop", "done"), pk=pk)
    form = FinishStep(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            stops.finish_step(step, note=form.cleaned_data["note"], by=request.user)
        except Refused as refused:
            return refuse(request, refused.refusal, act=stops.RECORD)
        messages.success(request, "The next step is finished.")
        return redirect("view_stop", pk=step.stop_id)
    about_it = [{"label": "Step", "value": step.what}, {"label": "Stop", "value": step.stop.number}]
    return small_page(request, form, "Finish a next step", step.stop, about_it, "Finish it")


@requires(stops.RECORD)
@require_http_methods(["GET", "POST"])
def add_note(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Add to a stop what was learned later, or was recorded wrong."""
    stop = get_object_or_404(stops.visible_to(request.user), pk=pk)
    form = AddNote(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        stops.add_note(stop, text=form.cleaned_data["note"], by=request.user)
        messages.success(request, "The note is added. What was recorded stays as it was.")
        return redirect("view_stop", pk=stop.pk)
    about_it = [{"label": "Stop", "value": stop.number}, {"label": "Case number", "value": stop.case_number}]
    return small_page(request, form, "Add a note", stop, about_it, "Add it")


def small_page(
    request: MemberRequest, form: Any, heading: str, stop: Stop, about_it: list[dict[str, Any]], submit: str
) -> HttpResponse:
    """The page of an act that is one field."""
    wrong = bool(form.is_bound and form.errors)
    context = {"form": form, "heading": heading, "stop": stop, "about": about_it, "submit": submit, "has_errors": wrong}
    return render(request, "hotlists/stops/act.html", context, status=422 if wrong else 200)
