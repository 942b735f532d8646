"""The queue of hits, the candidates, and the hits closed with a stop that nobody recorded."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import Refused
from reads.filters import chips
from training.access import refuse, requires
from training.lists import rows_of

from .. import hit_tables as tables
from .. import incidents
from ..models import HitEvent

PART = "X-Part"  # what an open page asks for by itself: the rows, or the news that opens no plate


@requires(incidents.WORK)
@require_safe
def list_hits(request: MemberRequest) -> HttpResponse:
    """What waits to be worked. An open page asks again for its rows, or, hidden, only for the numbers."""
    now, part = timezone.now(), request.headers.get(PART, "")
    queue = incidents.queue_of(request.user)
    found = tables.QueueFilter(request.GET, queue, member=request.user, now=now)
    rows = rows_of(found)
    if part == "news":
        return JsonResponse({"total": rows.count(), "new": tables.newest_in(rows)})
    # before the rows are read: what comes between is told again, not lost
    last_event = HitEvent.objects.aggregate(last=Max("id"))["last"] or 0
    page = Paginator(rows, tables.PAGE).get_page(request.GET.get("page"))
    try:
        cards = tables.queue_cards(request.user, list(page.object_list), now=now, page=page.number)
    except Refused as refused:
        return refuse(request, refused.refusal, act=incidents.WORK)
    context = {
        "heading": "Hits",
        "filter": found,
        "chips": chips(found, request),
        "filtered": bool(found.form.changed_data),
        "has_errors": bool(found.form.errors),
        "page": page,
        "cards": cards,
        "newest": tables.newest_in(rows),
        "events_url": settings.EVENTS_URL or reverse("hit_events"),
        "last_event": last_event,
        "at": now,
    }
    template = "hotlists/hits/queue.html" if part == "queue" else "hotlists/hits/list_hits.html"
    return render(request, template, context)


@requires(incidents.WORK)
@require_safe
def list_candidates(request: MemberRequest) -> HttpResponse:
    """Hits that are not exact, with what differs: never an alert."""
    now = timezone.now()
    found = tables.CandidateFilter(request.GET, tables.candidates_of(request.user, now))
    page = Paginator(rows_of(found), tables.PAGE).get_page(request.GET.get("page"))
    try:
        cards = tables.candidate_cards(request.user, list(page.object_list), now=now, page=page.number)
    except Refused as refused:
        return refuse(request, refused.refusal, act=incidents.WORK)
    context = {
        "heading": "Candidates",
        "filter": found,
        "chips": chips(found, request),
        "filtered": bool(found.form.changed_data),
        "has_errors": bool(found.form.errors),
        "page": page,
        "cards": cards,
    }
    return render(request, "hotlists/hits/list_candidates.html", context)
