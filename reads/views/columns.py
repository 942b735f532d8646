"""What the columns of a source's files mean: said on a sample, tried on it, and only then kept with the source."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from alpr_portal.http import MemberRequest
from training.access import requires

from .. import inventory, samples
from ..adapters import generic_csv
from ..column_forms import SAMPLE_LIMIT, EditColumns, GiveSample, filled, first_draft, no_read
from ..models import Source

SAVE = "save"


@requires("reads.manage_sources")
@csrf_exempt  # the token is checked by the inner view, once uploads can no longer be written to disk
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def edit_columns(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what a source's columns mean; the sample stays in memory and in the form."""
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _edit_columns(request, pk)


@csrf_protect
def _edit_columns(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    source = get_object_or_404(Source, pk=pk, format=generic_csv.NAME)
    given, form, now = GiveSample(), None, timezone.now()
    if request.method == "POST" and "sample" in request.POST:
        form = EditColumns(request.POST, now=now)
        is_last = request.POST.get("step") == SAVE and not form.is_cut_anew
        if form.is_valid() and is_last:
            if form.reads() and form.columns:
                inventory.save_source(source, by=request.user, columns=form.columns.as_json())
                messages.success(request, f"The columns of {source} are kept: its files are read so from now on.")
                return redirect("view_source", pk=source.pk)
            form.refuse(no_read())
    elif request.method == "POST":
        given = GiveSample(request.POST, request.FILES, is_long=len_of(request) > 2 * SAMPLE_LIMIT)
        if given.is_valid():
            sample = given.cleaned_data["sample"]
            form = EditColumns(filled(sample, first_draft(sample, source.columns)), now=now)
    errors = (form or given).summary()
    context = {
        "source": source,
        "heading": f"Columns of {source}",
        "given": given,
        "form": form,
        "rows": samples.shown(source, form.tried, now=now) if form else [],
        "kept": samples.in_force(source),
        "change": samples.last_change(source),
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render(request, "reads/edit_columns.html", context, status=422 if errors else 200)


def len_of(request: MemberRequest) -> int:
    """How many bytes the request said it has."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isdigit() else 0
