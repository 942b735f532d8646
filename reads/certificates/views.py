"""Certificates of the disposal: the list, one of them, and a month's as a PDF."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput
from training.access import requires
from training.lists import listed

from .. import watching
from .issue import is_whole, said, with_days
from .months import month_of, read_month
from .pages import holds_of, of_month, rows_of
from .pdf import month_pdf, of_note
from .rules import line_of
from .tables import CertificateFilter, CertificateTable, certificates, state_of

VIEW = "reads.view_purges"


@requires(VIEW)
@require_safe
def list_certificates(request: MemberRequest) -> HttpResponse:
    """Every certificate, newest first, below how retention stands today."""
    now = timezone.now()
    found = CertificateFilter(request.GET, certificates())
    month = request.GET.get("month") or month_of(timezone.localdate(now)).written
    context = {"standing": watching.standing(fresh=False), "brake": watching.brake_on(), "month": month}
    heading = "Certificates of disposal"
    return listed(request, found, CertificateTable, "reads/certificates/list_certificates.html", heading, **context)


@requires(VIEW)
@require_safe
def view_certificate(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One run of the disposal: what went, what stayed, and whether its records still say so."""
    run = get_object_or_404(with_days(certificates()).select_related("brake", "brake__released"), pk=pk)
    context = {
        "run": run,
        "rows": rows_of(run),
        "whole": is_whole(run),
        "holds": holds_of(run),
        "notes": of_note(run).splitlines(),
        "state": state_of(run),
        "line": line_of(said(run, list(run.days.all()))),
        "heading": f"Certificate {run.number}",
    }
    return render(request, "reads/certificates/view_certificate.html", context)


@requires(VIEW)
@require_safe
def print_certificates(request: MemberRequest) -> HttpResponse:
    """A month's certificates as a PDF; the month of today where none is named."""
    now = timezone.now()
    try:
        asked = request.GET.get("month", "")
        month = read_month(asked) if asked else month_of(timezone.localdate(now))
    except BadInput as error:
        return render(request, "400.html", {"message": error.message}, status=400)
    body = month_pdf(of_month(month), made_for=request.user, now=now)
    disposition = {"Content-Disposition": f'inline; filename="certificates-{month.written}.pdf"'}
    return HttpResponse(body, content_type="application/pdf", headers=disposition)
