"""Files of a hot list: sent in the browser, watched while they are read, their receipts, and those held for a person."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.inputs import read_page
from alpr_portal.policy.refusal import BadInput, Refused, require
from alpr_portal.policy.vocabulary import RefreshOutcome, Via
from training.access import refuse, requires
from training.views import checked

from .. import importer, list_rules, lists
from ..list_forms import UPLOAD_LIMIT, DecideRefresh, DeliverFile
from ..models import Delivery, HotList, Refresh, RefreshDecision
from ..uploads import SpoolUpload

LOOKS = 150  # how often the page looks again by itself


def len_of(request: MemberRequest) -> int:
    """How many bytes the request said it has."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isdigit() else 0


@requires(lists.MANAGE)
@csrf_exempt  # the token is checked by the inner view, once the upload is known to go into the spool
@require_http_methods(["GET", "POST"])
def deliver_list_file(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Send a list's file in the browser; it is read apart from this request."""
    request.upload_handlers = [SpoolUpload(request, limit=UPLOAD_LIMIT)]
    return _deliver(request, pk)


@csrf_protect
def _deliver(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    hot_list = get_object_or_404(HotList, pk=pk)
    refusal = list_rules.may_deliver(feed=hot_list.feed, active=hot_list.is_active)
    if refusal:
        return refuse(request, refusal, act=lists.MANAGE)
    form = DeliverFile(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        is_long=len_of(request) > UPLOAD_LIMIT + 65_536,
    )
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            found = importer.take(hot_list, upload.chunks(), name=upload.name, via=Via.UPLOAD, by=request.user)
        except Refused as refused:
            return refuse(request, refused.refusal, act=lists.MANAGE)
        except BadInput as error:
            form.add_error("file", ValidationError(error.message, code=error.code))
        else:
            importer.hurry(found)
            return redirect("view_list_file", pk=found.pk)
    template = importer.approved_template(hot_list.pk)
    context = {"form": form, "hot_list": hot_list, "template": template, "heading": f"Send a file for {hot_list.title}"}
    context["has_errors"] = bool(form.errors)
    return render(request, "hotlists/lists/deliver_file.html", context, status=422 if form.errors else 200)


@requires(lists.VIEW)
@require_safe
def view_list_file(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """How far the reading of a file is; once it is read, its receipt."""
    files = Delivery.objects.select_related("hot_list", "progress", "refresh__template", "refresh__decision")
    delivery = get_object_or_404(files, pk=pk)
    receipt, progress = getattr(delivery, "refresh", None), getattr(delivery, "progress", None)
    look = read_page(request.GET.get("look", ""), LOOKS)
    context: dict[str, Any] = {
        "delivery": delivery,
        "hot_list": delivery.hot_list,
        "heading": f"{delivery.hot_list.title}: {delivery.file_name}",
        "via": Via.says(delivery.via),
        "receipt": receipt,
        "progress": progress,
        "is_read": lists.being_read(delivery),
        "share": min(100, 100 * progress.bytes // delivery.size) if progress and delivery.size else 0,
        "look": look + 1 if receipt is None and look < LOOKS else 0,
    }
    if receipt:
        context |= about(receipt, request)
    return render(request, "hotlists/lists/view_file.html", context)


def about(receipt: Refresh, request: MemberRequest) -> dict[str, Any]:
    """What the receipt's page says besides the receipt."""
    is_held = receipt.outcome == RefreshOutcome.HELD and not hasattr(receipt, "decision")
    blocked = lists.held_blocked(receipt, request.user, applied=True) if is_held else None
    return {
        "number": checked.number(receipt),
        "outcome": lists.outcome_of(receipt),
        "decision": getattr(receipt, "decision", None),
        "refused": sorted(receipt.refused.items()),
        "same": lists.same_content(receipt),
        "is_held": is_held,
        "blocked": blocked,
    }


@requires(lists.DECIDE)
@require_http_methods(["GET", "POST"])
def decide_refresh(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Let a held file replace the list, or leave it out; somebody else than who delivered it."""
    receipt = get_object_or_404(Refresh.objects.select_related("hot_list", "delivery", "decision"), pk=pk)
    refusal = lists.held_blocked(receipt, request.user)
    if refusal:
        return refuse(request, refusal, act=lists.DECIDE)

    def act(values: dict[str, Any]) -> RefreshDecision | None:
        applied = values["decision"] == "yes"
        if request.POST.get("confirmed") != "yes":  # what would be refused is said first; a million rows move once
            require(lists.held_blocked(receipt, request.user, applied=applied))
            return None
        return lists.decide_refresh(receipt, by=request.user, applied=applied, reason=values["reason"])

    rows = [
        {"label": "List", "value": receipt.hot_list.title},
        {"label": "File", "value": f"{receipt.delivery.file_name}, version {receipt.number}"},
        {"label": "Rows", "value": f"{receipt.rows:,}; in the version in force {receipt.previous_rows or 0:,}"},
        {"label": "Held because", "value": receipt.says},
    ]
    law = {"id": "C.2.B.1", "text": "The newest complete list replaces the old. A file that changed too much may be broken: "
           "ask its source before you let it in. Who delivered it does not decide."}  # fmt: skip
    return checked.checked(
        request,
        DecideRefresh(request.POST if request.method == "POST" else None),
        act,
        verb=lists.DECIDE,
        heading=f"Decide on a held file of {receipt.hot_list.title}",
        about=rows,
        law=law,
        confirm="Record my decision",
        back_name="list_hot_lists",
        back_label="Hot lists",
    )


def of_decision(record: RefreshDecision) -> checked.Receipt:
    """The receipt of a decision on a held file."""
    receipt = record.refresh
    done = "The list is replaced: reads are compared with it from now on." if record.applied else "The old list stays."
    return {
        "title": "The file replaced the list" if record.applied else "The file is left out",
        "rows": checked.about(None, list=receipt.hot_list.title, version=receipt.number, reason=record.reason),
        "next": done,
        "url": reverse("view_list_file", args=[receipt.delivery_id]),
    }


checked.RECEIPTS.append((RefreshDecision, of_decision))
