"""Published documents: what is in force, who approved it, and every earlier version."""

from __future__ import annotations

import uuid
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import PublicationKind

from .. import documents, loans, stored_files
from ..access import EVERYBODY, open_to, refuse, requires
from ..lists import listed
from ..models import Member, Publication
from ..paper_forms import EndDocument, PublishDocument
from ..paper_tables import DocumentFilter, DocumentTable


def reader(request: MemberRequest) -> Member | None:
    """Who reads; None for somebody who is not signed in."""
    return request.user if request.user.is_authenticated else None


@open_to(EVERYBODY)
@require_safe
def list_documents(request: MemberRequest) -> HttpResponse:
    """The documents of the Department; for members their training material too."""
    day = timezone.localdate()
    found = DocumentFilter(request.GET, documents.with_state(documents.seen_by(reader(request)), day))
    table = partial(DocumentTable, day=day)
    missing = [PublicationKind.says(kind) for kind in documents.missing_kinds(day)]
    return listed(request, found, table, "training/documents/list_documents.html", "Documents", missing=missing)


def found_for(request: MemberRequest, pk: uuid.UUID) -> Publication:
    """The document, where its reader may see it; 404 otherwise."""
    seen = documents.with_state(documents.seen_by(reader(request)), timezone.localdate())
    return get_object_or_404(seen, pk=pk)


@open_to(EVERYBODY)
@require_safe
def view_document(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One version: since when it is in force, who approved it on whose behalf, and its earlier versions."""
    document, day = found_for(request, pk), timezone.localdate()
    kind, words = documents.stands(document, day)
    context = {
        "document": document,
        "state": {"kind": kind, "text": words},
        "versions": documents.with_state(documents.versions(document), day),
        "steps": documents.steps(document),
        "heading": str(document),
        "ended": hasattr(document, "end"),
    }
    return render(request, "training/documents/view_document.html", context)


@open_to(EVERYBODY)
@require_safe
def download_document(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The file itself, as it was published."""
    return stored_files.response(found_for(request, pk).file)


@requires("training.publish_document")
@require_http_methods(["GET", "POST"])
def publish_document(request: MemberRequest) -> HttpResponse:
    """Publish a version (L.1): the answers are shown once more before they count."""
    sent = request.method == "POST"
    form = PublishDocument(request.POST if sent else None, request.FILES if sent else None, by=request.user)
    context = {
        "form": form,
        "heading": "Publish a document",
        "behalf": loans.principal_of(request.user, documents.PUBLISH),
    }
    if not sent or not form.is_valid() or form.kept is None:
        context |= {"has_errors": bool(form.errors), "kept": form.kept}
        return render(request, "training/documents/publish_document.html", context, status=422 if form.errors else 200)
    if request.POST.get("step") == "change":
        return render(request, "training/documents/publish_document.html", {**context, "kept": form.kept})
    if request.POST.get("step") != "publish":
        context |= {"kept": form.kept, "rows": answers(form), "heading": "Check the document"}
        return render(request, "training/documents/check_document.html", context)
    values = {name: form.cleaned_data[name] for name in ("kind", "title", "version", "in_force_on", "note")}
    try:
        made = documents.publish(**values, file=form.kept, by=request.user)
    except Refused as refused:
        return refuse(request, refused.refusal, act="training.publish_document")
    return redirect("view_publication_receipt", pk=made.pk)


def answers(form: PublishDocument) -> list[dict[str, object]]:
    """What was answered, for the check page."""
    said = form.cleaned_data
    on = said["in_force_on"]
    return [
        {"label": "Kind", "value": PublicationKind.says(said["kind"])},
        {"label": "Title", "value": said["title"]},
        {"label": "Version", "value": said["version"]},
        {"label": "In force from", "value": f"{on:%B} {on.day}, {on.year}"},
        {"label": "Note", "value": said["note"]},
        {"label": "File", "value": f"{form.kept.name}, {form.kept.size:,} bytes" if form.kept else ""},
    ]


@requires("training.publish_document")
@require_safe
def view_publication_receipt(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The receipt of a published document, with its reference number."""
    document = get_object_or_404(Publication.objects.select_related("file").defer("file__content"), pk=pk)
    context = {"document": document, "heading": "Published", "number": f"PUB-{str(document.pk)[:8].upper()}"}
    return render(request, "training/documents/view_publication_receipt.html", context)


@requires("training.publish_document")
@require_http_methods(["GET", "POST"])
def end_document(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """A document that holds no more: say why. It stays readable as what it was."""
    document = get_object_or_404(Publication, pk=pk)
    form = EndDocument(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            documents.end(document, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refused:
            return refuse(request, refused.refusal, act="training.publish_document")
        messages.success(request, f"{document} is no longer in force. It stays readable here.")
        return redirect("view_document", pk=document.pk)
    context = {
        "form": form,
        "document": document,
        "heading": f"End {document}",
        "has_errors": bool(form.errors),
        "behalf": loans.principal_of(request.user, documents.PUBLISH),
    }
    return render(request, "training/documents/end_document.html", context, status=422 if form.errors else 200)
