"""Held reads of a case: the pages to find and see them, their pictures, and the evidence package."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest, download
from alpr_portal.policy.inputs import read_page
from alpr_portal.policy.refusal import Refused
from training.access import refuse, requires

from ..evidence import CAUTION
from ..models import Access, Hold
from ..sightings import heading
from ..views.read import AROUND_PICTURE
from . import search
from .custody import Custody, custody_of
from .forms import SearchHeld, TakePackage
from .package import One, take_package
from .rules import MOST_IN_PACKAGE
from .window import EXPORT, OPEN, HeldWindow, access_to_hold, holds_of

MOST_PAGES = 1_000_000


def own(request: MemberRequest, pk: uuid.UUID) -> Hold:
    """A hold whose case this member works on; 404 for any other."""
    return get_object_or_404(holds_of(request.user), pk=pk)


@requires(OPEN)
@require_http_methods(["GET", "POST"])
def search_held(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The held reads of a case, newest first, or those that a form asks for. What it asks is stored nowhere."""
    hold, now = own(request, pk), timezone.now()
    sent = request.POST if request.method == "POST" else {}
    form = SearchHeld(sent)
    context: dict[str, Any] = {
        "form": form,
        "hold": hold,
        "heading": "Held reads",
        "caution": CAUTION,
        "package": TakePackage(),
        "package_hint": f"Of the reads ticked above, {MOST_IN_PACKAGE} at most. On record before it leaves.",
    }
    if not form.is_valid():
        return render(request, "reads/held/search_held.html", {**context, "has_errors": True}, status=422)
    page = read_page(sent.get("page"), MOST_PAGES)
    try:
        with access_to_hold(request.user, hold, now=now, page=page) as window:
            found = search.found(window, form.cleaned_data, page=sent.get("page"))
    except Refused as refused:
        return refuse(request, refused.refusal, act=OPEN)
    window.answered(rows=[len(found.reads)])
    context.update(found=found, record=window.record, asked=form.asked)
    return render(request, "reads/held/search_held.html", context)


@requires(OPEN)
@require_safe
def view_held_read(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID) -> HttpResponse:
    """One held read: its pictures small, its facts and digest, and its whole history."""
    hold, now = own(request, pk), timezone.now()
    one = None
    try:
        with access_to_hold(request.user, hold, now=now, kind=Access.Kind.READ, read_id=read_id) as window:
            one = _one(window, read_id)
    except Refused as refused:
        return refuse(request, refused.refusal, act=OPEN)
    window.answered(rows=[int(one is not None)])
    if one is None:
        raise Http404
    context = {
        "hold": hold,
        "one": one,
        "read": one.read,
        "record": one.record,
        "heading": "Held read",
        "direction": heading(one.read.direction),
        "caution": CAUTION,
        "package": TakePackage(),
        "only": [read_id],
    }
    return render(request, "reads/held/view_held_read.html", context)


def _one(window: HeldWindow, read_id: uuid.UUID) -> One | None:
    """A held read with its pictures small and its history; None where the case holds none of this id."""
    reads = window.chosen([read_id])
    if not reads:
        return None
    shots = window.shots(reads, thumbnails=True)
    history: Custody = custody_of(window, reads, shots)[read_id]
    return One(reads[0], window.record, shots[read_id], history.steps, history.unknown)


@requires(OPEN)
@require_safe
def view_held_image(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID, number: int) -> HttpResponse:
    """One picture of a held read in full size, under a recorded access of its own."""
    hold, picture = own(request, pk), None
    try:
        with access_to_hold(request.user, hold, now=timezone.now(), kind=Access.Kind.IMAGE, read_id=read_id) as window:
            reads = window.chosen([read_id])
            shots = window.shots(reads)[read_id] if reads else []
            picture = next((shot.jpeg for shot in shots if shot.number == number), None)
    except Refused as refused:
        return refuse(request, refused.refusal, act=OPEN)
    window.answered(rows=[int(picture is not None)])
    if picture is None:
        raise Http404
    headers = {"Content-Security-Policy": AROUND_PICTURE}
    return HttpResponse(picture, content_type="image/jpeg", headers=headers)


@requires(EXPORT)
@require_http_methods(["GET", "POST"])
def export_held(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The evidence package of chosen held reads: on record, with its SHA-256, before its first byte leaves."""
    hold = own(request, pk)
    if request.method != "POST":
        return redirect("search_held", pk=pk)
    form = TakePackage(request.POST)
    if not form.is_valid():
        context = {"form": form, "hold": hold, "heading": "Evidence package", "has_errors": True}
        return render(request, "reads/held/take_package.html", context, status=422)
    values = form.cleaned_data
    try:
        file = take_package(
            hold,
            values["reads"],
            format=values["format"],
            outside=values["outside"],
            by=request.user,
            now=timezone.now(),
        )
    except Refused as refused:
        return refuse(request, refused.refusal, act=EXPORT)
    return download(file.content, file.media_type, file.name)
