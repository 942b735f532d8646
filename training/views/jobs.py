"""A member's own jobs: what waits, what is ready, what was refused and why; files are fetched by who asked, asked again."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alpr_portal.http import MemberRequest, download
from alpr_portal.policy.inputs import read_page

from .. import jobs
from ..access import MEMBERS, confirms, open_to, refuse
from ..models import Job, JobDone

PAGE, LOOKS = 25, 30  # rows; how often the page looks again by itself, so that it keeps no session alive for long


@open_to(MEMBERS)
@require_safe
def list_jobs(request: MemberRequest) -> HttpResponse:
    """My files: each with its state; looks again by itself every few seconds while one waits."""
    now = timezone.now()
    pages = Paginator(jobs.mine(request.user), PAGE)
    page = pages.page(read_page(request.GET.get("page", ""), pages.num_pages))
    rows = [
        {
            "job": one,
            "label": jobs.LABELS.get(one.what, one.what),
            "state": dict(zip(("kind", "text"), jobs.state_of(one, now), strict=True)),
            "done": getattr(one, "done", None),
            "until": jobs.open_until(one.done) if hasattr(one, "done") else None,
            "fetch": hasattr(one, "done") and one.done.outcome == "done" and now < jobs.open_until(one.done),
        }
        for one in page.object_list
    ]
    look = read_page(request.GET.get("look", ""), LOOKS)
    waits = jobs.unfinished(request.user)
    context = {"rows": rows, "page": page, "heading": "My files", "waits": waits, "days": jobs.KEPT.days}
    context["look"] = look + 1 if waits and look < LOOKS else 0
    return render(request, "training/jobs/list_jobs.html", context)


@open_to(MEMBERS)
@confirms
@require_safe
def download_job(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The file of an own job, for a week; whether its member may have it is asked again (C.3.b)."""
    one = get_object_or_404(
        Job.objects.select_related("done"), pk=pk, by=request.user, done__outcome=JobDone.Outcome.DONE
    )
    now = timezone.now()
    refusal = jobs.may_run(one, request.user, now)
    if refusal:
        return refuse(request, refusal, act=f"job {one.what}")
    if now >= jobs.open_until(one.done):
        messages.warning(request, f"A file is kept ready for {jobs.KEPT.days} days. Ask for it again.")
        return redirect("list_jobs")
    return download(bytes(one.done.content or b""), one.done.media_type, one.done.name)
