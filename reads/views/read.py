"""One read that a search found: its page, its images, its evidence sheet; and the results as files. Each look is recorded."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alpr_portal.http import MemberRequest, download
from alpr_portal.policy.parameters import RETENTION
from alpr_portal.policy.refusal import Refused
from training.access import refuse, requires
from training.sheets import TYPES

from ..evidence import CAUTION, Evidence, gather, shots
from ..evidence_pdf import evidence_pdf
from ..models import Access, Query
from ..queries import visible_to
from ..result_files import results_file
from ..search import Window, access, answered
from ..sightings import heading
from .maps import listed_points, map_data
from .results import mark_approximate

F = TypeVar("F")
# A browser draws its own page around a picture, with styles of its own inside it; nothing else may be in it.
AROUND_PICTURE = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def looked_at(
    request: MemberRequest, pk: uuid.UUID, kind: str, read_id: uuid.UUID, look: Callable[[Window, Any], F | None]
) -> tuple[Query, F, Access]:
    """Evaluate ``look(window, read)`` inside a recorded access to one read; 404 where there is none for this member.

    Answers the query, what was found and the access; an export is to be answered by whoever makes the file of it.
    """
    query = get_object_or_404(visible_to(request.user), pk=pk)
    if not hasattr(query, "run") or request.user.pk not in (query.by_id, query.for_whom_id):
        raise Http404
    with access(request.user, kind, query, now=timezone.now(), read_id=read_id) as window:
        read = window.read(read_id)
        found = None if read is None else look(window, read)
        if found is None or kind != Access.Kind.EXPORT:
            answered(window.record, rows=int(found is not None))
    if found is None:
        raise Http404
    return query, found, window.record


@requires("reads.view_reads")
@require_safe
def view_read(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID) -> HttpResponse:
    """One read, under the query that found it, with a thumbnail of each of its images."""

    def look(window: Window, read: Any) -> Any:
        mark_approximate(window.query, [read])
        return read, shots(window, read, thumbnails=True)

    try:
        query, (read, pictures), record = looked_at(request, pk, Access.Kind.READ, read_id, look)
    except Refused as refused:
        return refuse(request, refused.refusal, act="reads.view_reads")
    context = {
        "query": query,
        "read": read,
        "record": record,
        "heading": "Plate read",
        "shots": pictures,
        "direction": heading(read.direction),
        "held_until": read.uploaded_at + RETENTION.now,
        "caution": CAUTION,
        "map_data": map_data(query, [read], linked=False),
        "points": listed_points(query, [read], linked=False),
    }
    return render(request, "reads/view_read.html", context)


@requires("reads.view_reads")
@require_safe
def view_image(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID, number: int) -> HttpResponse:
    """One image of a read, decrypted under a recorded access."""

    def look(window: Window, read: Any) -> bytes | None:
        return next((shot.jpeg for shot in shots(window, read) if shot.number == number), None)

    try:
        _, picture, _ = looked_at(request, pk, Access.Kind.IMAGE, read_id, look)
    except Refused as refused:
        return refuse(request, refused.refusal, act="reads.view_reads")
    headers = {"Content-Security-Policy": AROUND_PICTURE}
    return HttpResponse(picture, content_type="image/jpeg", headers=headers)


@requires("reads.export_reads")
@require_POST
def export_sheet(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID) -> HttpResponse:
    """The evidence sheet of one read as PDF: a recorded export, with the SHA-256 of the file that leaves."""

    def look(window: Window, read: Any) -> Evidence:
        mark_approximate(window.query, [read])
        return gather(window, read)

    try:
        query, evidence, record = looked_at(request, pk, Access.Kind.EXPORT, read_id, look)
    except Refused as refused:
        return refuse(request, refused.refusal, act="reads.export_reads")
    body = evidence_pdf(evidence, made_for=request.user, now=record.at)
    return leaving(record, body, "application/pdf", f"evidence-{query.number}-{str(read_id)[:8]}.pdf", rows=1)


@requires("reads.export_reads")
@require_POST
def export_reads(request: MemberRequest, pk: uuid.UUID, format: str) -> HttpResponse:
    """The results of one query as CSV or XLSX, up to the cap: a recorded access, with the query number in each row."""
    if format not in TYPES:
        raise Http404
    query = get_object_or_404(visible_to(request.user), pk=pk)
    try:
        with access(request.user, Access.Kind.EXPORT, query, now=timezone.now()) as window:
            page = window.everything()
    except Refused as refused:
        return refuse(request, refused.refusal, act="reads.export_reads")
    mark_approximate(query, page.reads)
    body = results_file(page, record=window.record, format=format)
    name = f"query-{query.number}.{format}"
    return leaving(window.record, body, TYPES[format], name, rows=page.count, truncated=page.truncated)


def leaving(record: Access, body: bytes, content_type: str, name: str, **gave: Any) -> HttpResponse:
    """A file to be kept by the member; its SHA-256 is on record before its first byte leaves."""
    answered(record, digest=hashlib.sha256(body).hexdigest(), **gave)
    return download(body, content_type, name)
