"""The query log, and the searches that wait for a supervisor."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import RequestConfig

from alpr_portal.http import MemberRequest, download
from alpr_portal.policy.inputs import read_sort
from alpr_portal.policy.refusal import BadInput, Refusal, Refused
from alpr_portal.policy.vocabulary import Outcome, Purpose
from training.access import MEMBERS, confirms, open_to, refuse, requires
from training.sheets import TYPES

from .. import actions, waiting
from ..exports import export_list
from ..filters import QueryFilter, chips
from ..forms import DecideQuery
from ..models import Query
from ..queries import facts, sees_queries, visible_to
from ..tables import QueryTable

PAGE = 25
NO_LOG = Refusal("F.1", "Your role does not include to read the query log.", "Ask your supervisor.")


@open_to(MEMBERS)
@require_safe
def list_queries(request: MemberRequest) -> HttpResponse:
    """One's own queries; the unit's for a supervisor; all for the Coordinator and auditors."""
    if not sees_queries(request.user):
        return refuse(request, NO_LOG, act="reads.view_queries")
    found = filtered(request)
    return listed(request, found, QueryTable, "reads/list_queries.html", "Query log", member=request.user)


def filtered(request: MemberRequest) -> QueryFilter:
    """The queries this member may see, under the filters of the address."""
    seen = visible_to(request.user)
    units = sorted(unit for unit in seen.order_by().values_list("by_unit", flat=True).distinct() if unit)
    return QueryFilter(request.GET, seen, units=units)


def rows_of(found: Any) -> Any:
    """What the filters let through; nothing where one of them cannot be read."""
    return found.qs if found.form.is_valid() else found.queryset.none()


@open_to(MEMBERS)
@confirms
@require_POST
def export_queries(request: MemberRequest, format: str) -> HttpResponse:
    """The query log as shown, filters and all, as CSV or XLSX: itself recorded."""
    if format not in TYPES:
        raise Http404
    if not sees_queries(request.user):
        return refuse(request, NO_LOG, act="reads.view_queries")
    found = filtered(request)
    table = QueryTable(rows_of(found), member=request.user, order_by=("-at",))
    filters = {name: request.GET[name] for name in found.filters if request.GET.get(name)}
    body = export_list(table, name="query log", filters=filters, format=format, by=request.user)
    return download(body, TYPES[format], f"query-log.{format}")


def listed(
    request: MemberRequest, found: Any, table_class: Any, template: str, heading: str, **options: Any
) -> HttpResponse:
    """A filtered, sorted, paged list; an unknown sort key is refused with 400, a page too far is the last one."""
    allowed = [sign + name for name in table_class.base_columns for sign in ("", "-")]
    try:
        read_sort(request.GET.get("sort", ""), allowed)
    except BadInput as error:
        return render(request, "400.html", {"message": error.message}, status=400)
    table = table_class(rows_of(found), request=request, **options)
    RequestConfig(request, paginate={"per_page": PAGE, "silent": True}).configure(table)
    table.caption = heading
    context = {
        "table": table,
        "filter": found,
        "chips": chips(found, request),
        "heading": heading,
        "filtered": bool(found.form.changed_data),
        "has_errors": bool(found.form.errors),
    }
    return render(request, template, context)


@requires("reads.decide_query")
@require_safe
def list_waiting(request: MemberRequest) -> HttpResponse:
    """The searches this supervisor may decide, oldest first."""
    queries = waiting.decidable_by(request.user).select_related("by").order_by("at")[:200]
    return render(request, "reads/list_waiting.html", {"queries": queries, "heading": "Searches that wait"})


@requires("reads.decide_query")
@require_http_methods(["GET", "POST"])
def decide_query(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a waiting search run, or not."""
    form = DecideQuery(request.POST if request.method == "POST" else None)
    complete = form.is_valid()
    # A complete decision that comes second is told so by the action; the page is shown of what may be decided only.
    queries = Query.objects.filter(outcome=Outcome.WAIT) if complete else waiting.decidable_by(request.user)
    query = get_object_or_404(queries.select_related("by", "for_whom"), pk=pk)
    if complete:
        approved = form.cleaned_data["decision"] == "approve"
        try:
            actions.decide_query(
                query, approved=approved, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()
            )
        except Refused as refused:
            return refuse(request, refused.refusal, act="reads.decide_query")
        word = "may run once within 24 hours" if approved else "does not run"
        messages.success(request, f"Recorded: query {query.number} {word}. {query.by_name} sees it in the worklist.")
        return redirect("list_waiting")
    context = {
        "form": form,
        "query": query,
        "purpose": Purpose.says(query.purpose),
        "heading": f"Decide query {query.number}",
        "facts": facts(query, sees_plate=request.user.has_perm("reads.view_query_plates")),
        "has_errors": bool(form.errors),
    }
    return render(request, "reads/decide_query.html", context, status=422 if form.errors else 200)
