"""Several entries at once from a file: sent, looked at row by row, then proposed whole or not at all."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from alpr_portal.forms import PortalForm
from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import Confidentiality, Watched
from training.access import refuse, requires

from .. import entries, entry_files
from ..entry_rules import PURPOSES
from ..models import EntryVersion


class LoadEntries(PortalForm):
    """C.2.B.2: a file of entries."""

    file = forms.FileField(label="CSV file", required=True, widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))


@requires(entries.PROPOSE)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def load_entries(request: MemberRequest) -> HttpResponse:
    """Send a file; its rows are shown, and proposed when they are confirmed. Nothing of it is kept in between."""
    if request.method == "POST" and "content" in request.POST:
        return proposed(request, request.POST["content"])
    form = LoadEntries(request.POST, request.FILES) if request.method == "POST" else LoadEntries()
    if request.method == "POST" and form.is_valid():
        try:
            text = entry_files.decode(form.cleaned_data["file"].read(entry_files.MAX_BYTES + 1))
            return preview(request, text)
        except BadInput as error:
            form.add_error("file", ValidationError(error.message, code=error.code))
    context = {
        "form": form,
        "heading": "Propose entries from a file",
        "columns": entry_files.COLUMNS,
        "lists": entries.lists_of_members(),
        "codes": {"watched": list(Watched), "purpose": PURPOSES, "confidentiality": list(Confidentiality)},
        "most": entry_files.MOST_ROWS,
        "has_errors": bool(form.errors),
    }
    return render(request, "hotlists/entries/load_entries.html", context, status=422 if form.errors else 200)


def preview(request: MemberRequest, text: str) -> HttpResponse:
    """Every row as it would be proposed, or its errors; those with errors first."""
    rows = entry_files.judged(text, by=request.user, now=timezone.now())
    wrong = [row for row in rows if row.faults]
    context = {
        "rows": sorted(rows, key=lambda row: (not row.faults, row.line)),
        "wrong": len(wrong),
        "content": "" if wrong else text,
        "heading": "Check the file",
        "has_errors": bool(wrong),
    }
    return render(request, "hotlists/entries/preview_entries.html", context, status=422 if wrong else 200)


def proposed(request: MemberRequest, content: str) -> HttpResponse:
    """The rows that were shown, judged anew and proposed: all of them, or none."""
    try:
        text = entry_files.decode(content.encode())
        found: list[EntryVersion] = entry_files.load_entries(text, by=request.user, now=timezone.now())
    except Refused as refused:
        return refuse(request, refused.refusal, act=entries.PROPOSE)
    except (BadInput, UnicodeEncodeError) as error:
        if isinstance(error, BadInput) and error.code == "file.faults":
            return preview(request, text)
        message = error.message if isinstance(error, BadInput) else "The file cannot be read: send it again."
        return render(request, "400.html", {"message": message}, status=400)
    said = (
        f"{len(found)} proposal{'' if len(found) == 1 else 's'} recorded. Each waits for the Administrator or designee."
    )
    messages.success(request, said)
    return redirect(reverse("list_entries") + "?whose=own&state=pending")
