"""Asking for a hold: the form, the answers to be checked, the receipt. From a search; hits come in by the same steps."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from alpr_portal.http import MemberRequest
from alpr_portal.policy.inputs import read_object_id
from alpr_portal.policy.refusal import Refused
from training.access import refuse, requires
from training.views.checked import RECEIPTS

from ...models import Hold
from ...queries import visible_to
from .. import asking, words
from ..asking import Found
from ..forms import AskHold
from ..queries import ASK

MOST_CHOSEN = 1000  # reads that a form carries; more are kept as everything that a search finds
BEGIN = "begin"  # the first step: nothing is typed yet


def asked(
    request: MemberRequest, find: Callable[[], Found], *, template: str = "reads/holds/ask_hold.html", **page: Any
) -> HttpResponse:
    """Show the form, then its answers to be checked, then ask and lead to the receipt.

    ``find`` answers the reads, under a recorded look: at each step anew, so that what is asked for is what is there.
    The request is tried before the answers are shown, and undone, so that nobody confirms what would be refused.
    ``page``: back_url, back_label, and carried? (what the address does not say, as (name, value)).
    """
    now = timezone.now()
    typed = request.method == "POST" and BEGIN not in request.POST
    sent = typed and "change_answers" not in request.POST
    try:
        found = find()
        data, files = (request.POST, request.FILES) if typed else (None, None)
        form = AskHold(data, files, by=request.user, now=now, items=len(found.items))
        context = {"form": form, "found": found, "heading": "Keep reads for a case", **page}
        if not sent or not form.is_valid():
            context["has_errors"] = wrong = bool(sent and form.errors)
            return render(request, template, context, status=422 if wrong else 200)
        confirmed = request.POST.get("confirmed") == "yes"
        with transaction.atomic():
            hold = asking.ask_hold(form.said(), found, by=request.user, now=now)
            transaction.set_rollback(not confirmed)
    except Refused as refused:
        return refuse(request, refused.refusal, act=ASK)
    if confirmed:
        return redirect("view_receipt", pk=hold.pk)
    facts = [row for row in words.facts(hold, request.user) if not row["label"].startswith("Asked")]
    context |= {"facts": facts, "hold": hold, "typed": form.carried}
    context |= {"document": form.document, "screening": words.screening_of(hold)}
    return render(request, "reads/holds/check_hold.html", context)


@requires(ASK)
@sensitive_post_parameters()
@require_POST
def ask_hold(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep chosen reads of a search, or everything that a search of a plate finds; which ones stands in no address."""
    query = get_object_or_404(visible_to(request.user), pk=pk)
    if not hasattr(query, "run") or request.user.pk not in (query.by_id, query.for_whom_id):
        raise Http404
    named = request.POST.getlist("reads")[:MOST_CHOSEN]
    everything = "everything" in request.POST
    chosen = None if everything else {read_id for read_id in map(read_object_id, named) if read_id}
    find = partial(asking.found_by, query, chosen, by=request.user, now=timezone.now())
    carried = [("everything", "1")] if everything else [("reads", name) for name in named]
    back = {"back_url": reverse("view_query", args=[pk]), "back_label": f"Results of query {query.number}"}
    return asked(request, find, carried=carried, query=query, **back)


def of_hold(record: Hold) -> dict[str, Any]:
    return {
        "title": "Your request is recorded",
        "rows": called(record),
        "next": "The Administrator or designee decides. Until then nothing is kept: the first of these reads leaves at the "
        "time its page names.",
        "url": reverse("view_hold", args=[record.pk]),
    }


def called(hold: Hold) -> list[dict[str, Any]]:
    """Which hold an act is about."""
    return [
        {"label": "Hold", "value": hold.number},
        {"label": "Case number", "value": hold.case_number},
        {"label": "Reads", "value": f"{hold.items:,}"},
    ]


RECEIPTS += [(Hold, of_hold)]
