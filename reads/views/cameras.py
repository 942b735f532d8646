"""The camera inventory and its sources: what is edited in place has a history, what is attested is a record."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.vocabulary import Siting
from training.access import requires

from .. import inventory
from ..camera_forms import AttestSiting, EditCamera, EditSource
from ..filters import CameraFilter
from ..hearing import last_heard
from ..models import Camera, Source
from ..tables import CameraTable
from .log import listed


@requires("reads.view_cameras")
@require_safe
def list_cameras(request: MemberRequest) -> HttpResponse:
    """The inventory: every camera with mount, area, source, service and siting."""
    cameras = Camera.objects.select_related("source").annotate(is_attested=inventory.attested())
    return listed(request, CameraFilter(request.GET, cameras), CameraTable, "reads/list_cameras.html", "Cameras")


@requires("reads.view_cameras")
@require_safe
def view_camera(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One camera with its attestations and every change to it."""
    camera = get_object_or_404(Camera.objects.select_related("source"), pk=pk)
    context = {
        "camera": camera,
        "heading": str(camera),
        "steps": inventory.steps(camera),
        "siting": inventory.siting(camera),
        "heard_at": last_heard().get(camera.pk),
    }
    return render(request, "reads/view_camera.html", context)


@requires("reads.manage_cameras")
@require_http_methods(["GET", "POST"])
def edit_camera(request: MemberRequest, pk: uuid.UUID | None = None) -> HttpResponse:
    """Add a camera, or correct one."""
    camera = get_object_or_404(Camera, pk=pk) if pk else None
    form = EditCamera(request.POST if request.method == "POST" else None, camera=camera)
    if request.method == "POST" and form.is_valid():
        saved = inventory.save_camera(camera, by=request.user, **form.cleaned_data)
        messages.success(request, f"Camera {saved.code} is in the inventory.")
        return redirect("view_camera", pk=saved.pk)
    heading = f"Edit {camera.code}" if camera else "Add a camera"
    return form_page(request, form, "reads/edit_camera.html", heading, camera=camera)


@requires("reads.attest_siting")
@require_http_methods(["GET", "POST"])
def attest_siting(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Attest where a camera looks (C.3.1)."""
    camera = get_object_or_404(Camera, pk=pk)
    form = AttestSiting(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        inventory.attest_siting(camera, by=request.user, **form.cleaned_data)
        messages.success(
            request, f"The siting of {camera.code} is attested: {Siting.says(form.cleaned_data['siting'])}."
        )
        return redirect("view_camera", pk=camera.pk)
    return form_page(request, form, "reads/attest_siting.html", f"Attest the siting of {camera.code}", camera=camera)


@requires("reads.manage_sources")
@require_safe
def list_sources(request: MemberRequest) -> HttpResponse:
    """Who sends reads, and how each delivery went."""
    return render(request, "reads/list_sources.html", {"sources": inventory.sources(), "heading": "Sources"})


@requires("reads.manage_sources")
@require_safe
def view_source(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One source: its counters, last deliveries and refusals."""
    source = get_object_or_404(Source, pk=pk)
    context = {"source": source, "heading": source.name, **inventory.deliveries(source)}
    return render(request, "reads/view_source.html", context)


@requires("reads.manage_sources")
@require_http_methods(["GET", "POST"])
def edit_source(request: MemberRequest, pk: uuid.UUID | None = None) -> HttpResponse:
    """Add a source, or correct one."""
    source = get_object_or_404(Source, pk=pk) if pk else None
    form = EditSource(request.POST if request.method == "POST" else None, source=source)
    if request.method == "POST" and form.is_valid():
        saved = inventory.save_source(source, by=request.user, **form.cleaned_data)
        return redirect("view_source", pk=saved.pk)
    return form_page(request, form, "reads/edit_source.html", source.name if source else "Add a source", source=source)


@requires("reads.manage_sources")
@require_POST
def issue_key(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Give a source a new key, shown once; the old one stops at once."""
    source = get_object_or_404(Source, pk=pk)
    key = inventory.issue_key(source, by=request.user, now=timezone.now())
    return render(
        request, "reads/issue_key.html", {"source": source, "key": key, "heading": f"New key for {source.name}"}
    )


def form_page(request: MemberRequest, form: Any, template: str, heading: str, **context: Any) -> HttpResponse:
    """A form's page: 422 where it came back with errors."""
    context.update(form=form, heading=heading, has_errors=bool(form.errors))
    return render(request, template, context, status=422 if form.errors else 200)
