"""An officer's search: ask, run, look. Each view speaks HTTP and makes one call."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.parameters import APPROVED_RUN, RESULTS_OPEN
from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import Outcome, Purpose
from training.access import MEMBERS, open_to, record_refusal, refuse, requires
from training.models import Member

from .. import actions, ages, waiting
from ..forms import RunQuery, SupplyCaseNumber
from ..models import Access, Query
from ..paging import Place, read_place
from ..queries import ages_of, facts, may_see_plate, steps, visible_to
from ..record_pdf import record_pdf
from ..redaction import struck
from ..search import access, answered
from ..tables import state_of
from .results import read_view, results_of

PREFILLED = ("purpose", "case_number", "plate", "misread", "state", "make", "colour")
LONGEST_WORD = 64  # characters


@requires("reads.run_query")
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def run_query(request: MemberRequest) -> HttpResponse:
    """Ask: the guided form; then redirect to the recorded query, so that no plate is in an address."""
    now = timezone.now()
    if request.POST.get("prefill"):  # from a read's or an entry's page: what it shows, to begin with; nothing runs
        initial = {name: request.POST.get(name, "")[:LONGEST_WORD] for name in PREFILLED}
        form = RunQuery(initial=initial, by=request.user, now=now)
    else:
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
    try:
        view = read_view(request.GET.get("view"))
        place = read_place(request.GET.get("after"), request.GET.get("before"))
    except BadInput as error:
        return render(request, "400.html", {"message": error.message}, status=400)
    context = page_of(request, query)
    if context["may_look"]:
        try:
            context.update(looked_through(request.user, query, view=view, place=place))
        except Refused as refused:
            context["refusal"] = refused.refusal
    found = ages_of([query])
    context.update(ages_said=ages.in_words(found), ages=ages.in_bands(found), ages_total=sum(found.values()))
    return render(request, "reads/view_query.html", context)


def looked_through(member: Member, query: Query, *, view: str, place: Place) -> dict[str, Any]:
    """One page of results under a recorded access of its own: it says 1 for the newest page, 2 for any other.

    The answer tells which reads were on it.

    Raises Refused where the member may not open the results now.
    """
    kind, number = Access.Kind.RESULTS, 1 if place.is_first else 2
    with access(member, kind, query, now=timezone.now(), page=number) as window:
        page = window.page(place)
        shown = results_of(window, page, view=view, place=place)
        old = ages.ages_at((sight.captured_at for sight in page.found), window.record.at) if place.is_first else {}
        first = page.first if page.reads else None
        answered(window.record, rows=len(page.reads), truncated=page.truncated, ages=old, first=first)
    return {**shown, "record": window.record}


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
