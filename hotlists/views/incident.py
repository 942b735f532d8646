"""One incident: what was seen, what is listed, what was done; and take, assign, mute, verify, close."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import Closing
from reads.corrections.actions import REPORT
from reads.corrections.views import reported
from reads.models import Access
from reads.search import answered
from reads.views.read import AROUND_PICTURE
from training.access import refuse, requires

from .. import incident_page, incidents, sights
from .. import verification_rules as rules
from ..hit_forms import AssignIncident, MuteIncident, VerifyHit
from ..models import Incident, Verification

ONE_PAGE = 25  # sightings of an incident


def seen_by(request: MemberRequest, pk: uuid.UUID) -> Incident:
    """An incident that this member may see; 404 for any other."""
    return get_object_or_404(incidents.visible_to(request.user), pk=pk)


@requires(incidents.WORK)
@require_safe
def view_incident(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One incident: the newest picture beside what is listed, every sighting, every step."""
    incident, now = seen_by(request, pk), timezone.now()
    hits = incident_page.hits_of(request.user, incident)
    page = Paginator(hits, ONE_PAGE).get_page(request.GET.get("page"))
    try:
        shown = incident_page.opened(request.user, hits.first(), list(page.object_list), now=now, page=page.number)
    except Refused as refused:
        return refuse(request, refused.refusal, act=incidents.WORK)
    context = {
        "incident": incident,
        "heading": f"Hit {incident.number}",
        "page": page,
        "now": now,
        "closing": incidents.closing_of(incident),
        "stop": getattr(incident, "stop", None),
        "item": getattr(incident, "queued", None),
        "stop_url": reverse("record_stop", args=[incident.pk]),
        "glance": [(outcome, Closing.says(outcome)) for outcome in rules.AT_A_GLANCE],
        **incident_page.verified(incident),
        **shown,
    }
    context["is_open"] = not context["closing"] and not context["stop"]
    context["steps"] = incident_page.steps(incident, hits)
    return render(request, "hotlists/hits/view_incident.html", context)


@requires(incidents.WORK)
@require_safe
def view_hit_image(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID, number: int) -> HttpResponse:
    """One picture of what a hit saw, in full size, under a recorded access of its own."""
    hit = get_object_or_404(sights.hits_of(request.user), pk=pk)
    picture = None
    try:
        with sights.opened(request.user, [hit], now=timezone.now(), kind=Access.Kind.IMAGE, read_id=read_id) as opened:
            look = opened.looks[hit.pk]
            if look.sight and look.sight.read_id == read_id:
                shots = sights.shots_of(look, thumbnails=False)
                picture = next((shot.jpeg for shot in shots if shot.number == number), None)
    except Refused as refused:
        return refuse(request, refused.refusal, act=incidents.WORK)
    answered(opened.window.record, rows=int(picture is not None))
    if picture is None:
        raise Http404
    headers = {"Content-Security-Policy": AROUND_PICTURE}
    return HttpResponse(picture, content_type="image/jpeg", headers=headers)


@requires(REPORT)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def report_hit(request: MemberRequest, pk: uuid.UUID, read_id: uuid.UUID) -> HttpResponse:
    """Report what a hit saw as wrong, under a recorded access of its own."""
    hit = get_object_or_404(sights.hits_of(request.user), pk=pk)
    try:
        with sights.opened(request.user, [hit], now=timezone.now(), kind=Access.Kind.READ, read_id=read_id) as opened:
            look = opened.looks[hit.pk]
            read = look.read if look.sight and look.sight.read_id == read_id else None
        answered(opened.window.record, rows=int(read is not None))
        if read is None:
            raise Http404
        back = reverse("view_incident", args=[hit.incident_id]) if hit.incident_id else reverse("list_candidates")
        label = "The hit" if hit.incident_id else "Candidates"
        return reported(request, read, opened.window.record, unit=hit.unit, back_url=back, back_label=label)
    except Refused as refused:
        return refuse(request, refused.refusal, act=REPORT)


@requires(incidents.WORK)
@require_POST
def take_incident(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Work a hit oneself, or give it back to everybody."""
    incident, back = seen_by(request, pk), "back" in request.POST
    try:
        if back:
            incidents.give_back(incident, by=request.user)
        else:
            incidents.take(incident, by=request.user)
    except Refused as refused:
        return refuse(request, refused.refusal, act=incidents.WORK)
    said = "is back with everybody" if back else "is yours"
    messages.success(request, f"Hit {incident.number} {said}.")
    return redirect("view_incident", pk=pk)


@requires(incidents.ASSIGN)
@require_http_methods(["GET", "POST"])
def assign_incident(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Give a hit to a member, or back to everybody."""
    incident = seen_by(request, pk)
    form = AssignIncident(request.POST if request.method == "POST" else None, incident=incident, verb=incidents.WORK)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["member"]
        try:
            incidents.assign(incident, to=to, by=request.user, now=timezone.now())
        except Refused as refused:
            return refuse(request, refused.refusal, act=incidents.ASSIGN)
        said = f"{to.name} works it" if to else "it is back with everybody"
        messages.success(request, f"Hit {incident.number}: {said}.")
        return redirect("view_incident", pk=pk)
    law = "Whoever works a hit verifies it before anybody acts on it. The list of names holds who may work hits."
    return form_page(request, form, incident, f"Assign hit {incident.number}", submit="Assign", law=law)


@requires(incidents.WORK)
@require_http_methods(["GET", "POST"])
def mute_incident(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Further hits of the same plate and list stay quiet for a while."""
    incident, now = seen_by(request, pk), timezone.now()
    form = MuteIncident(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        ends_at = now + timedelta(hours=form.cleaned_data["hours"])
        try:
            incidents.mute(incident, reason=form.cleaned_data["reason"], ends_at=ends_at, by=request.user, now=now)
        except Refused as refused:
            return refuse(request, refused.refusal, act=incidents.WORK)
        except BadInput as error:
            form.add_error("hours", ValidationError(error.message, code=error.code))
        else:
            messages.success(request, f"Hit {incident.number} is muted. Its hits are kept and counted all the same.")
            return redirect("view_incident", pk=pk)
    law = "Muted hits are stored and counted like any others; they make no news and stay out of the queue until then."
    return form_page(request, form, incident, f"Mute hit {incident.number}", submit="Mute", law=law)


def form_page(request: MemberRequest, form: Any, incident: Incident, heading: str, **context: Any) -> HttpResponse:
    """A small form about an incident: 422 where it came back with errors."""
    context.update(form=form, incident=incident, heading=heading, has_errors=bool(form.errors))
    return render(request, "hotlists/hits/act.html", context, status=422 if form.errors else 200)


@requires(incidents.WORK)
@require_http_methods(["GET", "POST"])
def verify_hit(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What was compared by eye, the CLETS inquiry, and what became of the hit: kept as it was."""
    incident, now = seen_by(request, pk), timezone.now()
    form = VerifyHit(request.POST if request.method == "POST" else None, by=request.user, now=now)
    try:
        if request.method == "POST" and form.is_valid():
            return verified(request, incident, incidents.verify(incident, by=request.user, now=now, **form.said))
        newest = incident_page.hits_of(request.user, incident).first()
        shown = incident_page.opened(request.user, newest, [], now=now, page=1)
    except Refused as refused:
        return refuse(request, refused.refusal, act=incidents.WORK)
    context = {
        "form": form,
        "incident": incident,
        "closing": incidents.closing_of(incident),
        "heading": f"Verify hit {incident.number}",
        "has_errors": bool(form.errors),
        **shown,
    }
    return render(request, "hotlists/hits/verify_hit.html", context, status=422 if form.errors else 200)


@requires(incidents.WORK)
@require_POST
def close_hit(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Close what the picture alone decides: misread, wrong state, duplicate, not located."""
    incident, outcome = seen_by(request, pk), request.POST.get("outcome", "")
    if outcome not in rules.AT_A_GLANCE:
        return render(request, "400.html", {"message": "Choose one of the reasons on the page."}, status=400)
    try:
        incidents.close_at_a_glance(incident, outcome=outcome, by=request.user, now=timezone.now())
    except Refused as refused:
        return refuse(request, refused.refusal, act=incidents.WORK)
    messages.success(request, f"Hit {incident.number} is closed: {Closing.says(outcome).lower()}.")
    return redirect("list_hits")


def verified(request: MemberRequest, incident: Incident, record: Verification) -> HttpResponse:
    """Where a verification leads: to the record of the stop where there was one, else back to the hit."""
    found = incidents.completeness_of(record)
    if found.level == rules.FULL:
        messages.success(request, "Recorded: fully verified. Document the stop if you make one.")
    else:
        messages.warning(request, f"Recorded. Not verified: {rules.in_words(found.missing)}.")
    for said in incidents.contradictions_of(record):
        messages.warning(request, said)
    if record.outcome == Closing.STOP and not hasattr(incident, "stop"):
        return redirect("record_stop", incident.pk)
    return redirect("view_incident", pk=incident.pk)
