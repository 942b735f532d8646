"""An officer's search: ask, run, look, export. Each view speaks HTTP and makes one call."""

from __future__ import annotations

import csv
import io
import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alpr_portal.cells import safe_row
from alpr_portal.http import MemberRequest, download
from alpr_portal.policy.inputs import read_page
from alpr_portal.policy.parameters import APPROVED_RUN, RESULT_CAP, RESULTS_OPEN
from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import Outcome, Purpose
from training.access import MEMBERS, open_to, record_refusal, refuse, requires

from .. import actions, packs, waiting
from ..exports import TYPES
from ..forms import RunQuery, SupplyCaseNumber
from ..models import Access, Query
from ..plates import read_pattern
from ..queries import facts, may_see_plate, steps, visible_to
from ..record_pdf import record_pdf
from ..redaction import struck
from ..search import PAGE, Window, access, answered
from ..tables import state_of
from .maps import listed_points, map_data


@requires("reads.run_query")
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def run_query(request: MemberRequest) -> HttpResponse:
    """Ask: the guided form; then redirect to the recorded query, so that no plate is in an address."""
    now = timezone.now()
    form = RunQuery(request.POST if request.method == "POST" else None, by=request.user, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            query = actions.run_query(form.asked(), by=request.user, now=now)
        except Refused as refused:
            if refused.refusal.code != actions.COLLEAGUE:
                return refuse(request, refused.refusal, act="reads.run_query")
            record_refusal(request.user, refused.refusal, act="reads.run_query")
            form.add_error("colleague", ValidationError(str(refused.refusal), code=actions.COLLEAGUE))
        else:
            return redirect("view_query", pk=query.pk)
    context = {"form": form, "heading": "New search", "has_errors": bool(form.errors)}
    return render(request, "reads/run_query.html", context, status=422 if form.errors else 200)


@open_to(MEMBERS)
@require_safe
def view_query(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One recorded query; to its own parties, while it is open, its results."""
    query = get_object_or_404(visible_to(request.user), pk=pk)
    context = page_of(request, query)
    if context["may_look"]:
        look = partial(access, request.user, Access.Kind.RESULTS, query, now=timezone.now())
        number = read_page(request.GET.get("page", "1"), RESULT_CAP.now // PAGE)
        try:
            with look(page=number) as window:
                page = window.page(number)
                context.update(results_of(query, page))
                answered(window.record, rows=len(page.reads), truncated=page.truncated)
                context["record"] = window.record
        except Refused as refused:
            context["refusal"] = refused.refusal
    return render(request, "reads/view_query.html", context)


def page_of(request: MemberRequest, query: Query) -> dict[str, Any]:
    """What the page of a query shows to this member, without any read."""
    is_party = request.user.pk in (query.by_id, query.for_whom_id)
    decision = getattr(query, "decision", None)
    sees_plate = may_see_plate(request.user, query)
    return {
        "query": query,
        "heading": f"Query {query.number}",
        "is_party": is_party,
        "sees_plate": sees_plate,
        "purpose": Purpose.says(query.purpose),
        "state": state_of(query),
        "facts": facts(query, sees_plate=sees_plate),
        "decision": decision,
        "reason": "" if decision is None else decision.reason if sees_plate else struck(decision.reason, query.plate),
        "run_before": decision.at + APPROVED_RUN.now if decision else None,
        "open_until": query.run.at + RESULTS_OPEN.now if hasattr(query, "run") else None,
        "may_look": is_party and hasattr(query, "run") and request.user.has_perm("reads.view_reads"),
        "may_run": query.by_id == request.user.pk and waiting.ready_to_run(Query.objects.filter(pk=query.pk)).exists(),
        "may_decide": query.outcome == Outcome.WAIT
        and decision is None
        and not is_party
        and request.user.has_perm("reads.decide_query"),
        "owes": query.by_id == request.user.pk
        and query.case_number_due_at
        and not hasattr(query, "supplied")
        and query.outcome != Outcome.REFUSE,
        "steps": steps(query, sees_plate=sees_plate),
    }


def mark_approximate(query: Query, reads: list[Any]) -> None:
    """Mark each read that only looks like what was asked for."""
    asked = query.criteria.get("plate", "")
    pattern = read_pattern(asked).regex if asked else None
    for read in reads:
        read.approximate = pattern is not None and not pattern.fullmatch(read.plate)


def results_of(query: Query, page: Any) -> dict[str, Any]:
    """The rows of a page of results, each marked exact or approximate, and the map of the same reads."""
    mark_approximate(query, page.reads)
    first = (page.number - 1) * PAGE + 1
    return {
        "page": page,
        "first": first,
        "last": first + len(page.reads) - 1,
        "cap": RESULT_CAP.now,
        "map_data": map_data(query, page.reads),
        "points": listed_points(query, page.reads),
    }


@open_to(MEMBERS)
@require_safe
def view_record(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The record of one query as a PDF; no read is in it."""
    query = get_object_or_404(visible_to(request.user), pk=pk)
    shown = may_see_plate(request.user, query)
    body = record_pdf(query, shown_to=request.user, sees_plate=shown, now=timezone.now())
    disposition = {"Content-Disposition": f'inline; filename="query-{query.number}.pdf"'}
    return HttpResponse(body, content_type="application/pdf", headers=disposition)


@requires("reads.run_query")
@require_POST
def run_approved(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Run an approved search, once."""
    query = get_object_or_404(visible_to(request.user), pk=pk)
    try:
        actions.run_approved(query, by=request.user, now=timezone.now())
    except Refused as refused:
        return refuse(request, refused.refusal, act="reads.run_query")
    return redirect("view_query", pk=query.pk)


@requires("reads.run_query")
@require_http_methods(["GET", "POST"])
def supply_case_number(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Give the case number that a search in progress owes."""
    query = get_object_or_404(Query.objects.filter(by=request.user, case_number_due_at__isnull=False), pk=pk)
    form = SupplyCaseNumber(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.supply_case_number(
                query, case_number=form.cleaned_data["case_number"], by=request.user, now=timezone.now()
            )
        except Refused as refused:
            return refuse(request, refused.refusal, act="reads.run_query")
        messages.success(request, f"The case number of query {query.number} is recorded.")
        return redirect("view_query", pk=query.pk)
    context = {"form": form, "query": query, "heading": "Give the case number", "has_errors": bool(form.errors)}
    return render(request, "reads/supply_case_number.html", context, status=422 if form.errors else 200)


def looked_at(request: MemberRequest, pk: uuid.UUID, kind: str, read_id: uuid.UUID, look: Any) -> Any:
    """Evaluate ``look(window)`` inside a recorded access to one read; 404 where there is no such read for this member."""
    query = get_object_or_404(visible_to(request.user), pk=pk)
    if not hasattr(query, "run") or request.user.pk not in (query.by_id, query.for_whom_id):
        raise Http404
    with access(request.user, kind, query, now=timezone.now(), read_id=read_id) as window:
        found = look(window, window.read(read_id)) or None
        answered(window.record, rows=int(found is not None))
    if found is None:
        raise Http404
    return query, found


@requires("reads.view_reads")
@require_safe
def view_read(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID) -> HttpResponse:
    """One read, under the query that found it."""

    def look(window: Window, read: Any) -> Any:
        return read and (read, window.record)

    try:
        query, (read, record) = looked_at(request, pk, Access.Kind.READ, read_id, look)
    except Refused as refused:
        return refuse(request, refused.refusal, act="reads.view_reads")
    context = {
        "query": query,
        "read": read,
        "record": record,
        "heading": "Plate read",
        "images": range(read.images),
        "map_data": map_data(query, [read], linked=False),
        "points": listed_points(query, [read], linked=False),
    }
    return render(request, "reads/view_read.html", context)


@requires("reads.view_reads")
@require_safe
def view_image(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID, number: int) -> HttpResponse:
    """One image of a read, decrypted under a recorded access."""

    def look(window: Window, read: Any) -> Any:
        found = window.pictures([read])[read.id] if read else []
        return next((packs.load(picture) for picture in found if picture.number == number), None)

    try:
        _, picture = looked_at(request, pk, Access.Kind.IMAGE, read_id, look)
    except Refused as refused:
        return refuse(request, refused.refusal, act="reads.view_reads")
    return HttpResponse(picture, content_type="image/jpeg")


COLUMNS = (
    "query",
    "captured_at",
    "uploaded_at",
    "plate",
    "match",
    "state",
    "confidence",
    "camera",
    "area",
    "latitude",
    "longitude",
    "direction",
    "make",
    "model",
    "colour",
    "body",
    "read",
)


@requires("reads.export_reads")
@require_POST
def export_reads(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The results of one query as CSV, up to the cap: a recorded access, with the query number in each row."""
    query = get_object_or_404(visible_to(request.user), pk=pk)
    try:
        with access(request.user, Access.Kind.EXPORT, query, now=timezone.now()) as window:
            page = window.everything()
            mark_approximate(query, page.reads)
            body = csv_of(query, page.reads)
            answered(window.record, rows=page.count, truncated=page.truncated)
    except Refused as refused:
        return refuse(request, refused.refusal, act="reads.export_reads")
    return download(body, TYPES["csv"], f"query-{query.number}.csv")


def csv_of(query: Query, reads: list[Any]) -> bytes:
    """CSV with a byte order mark, times in UTC with offset, and no cell that a spreadsheet would run."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for read in reads:
        writer.writerow(
            safe_row(
                (
                    query.number,
                    read.captured_at.isoformat(),
                    read.uploaded_at.isoformat(),
                    read.plate,
                    "approximate" if read.approximate else "exact",
                    read.state,
                    read.confidence,
                    read.camera.code,
                    read.camera.area,
                    read.lat,
                    read.lon,
                    read.direction,
                    read.make,
                    read.model,
                    read.colour,
                    read.body,
                    str(read.id),
                )
            )
        )
    return out.getvalue().encode("utf-8-sig")
