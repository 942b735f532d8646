"""Keep what a hit saw: the request for a hold, from the page of the hit."""

from __future__ import annotations

import uuid
from functools import partial

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from alpr_portal.http import MemberRequest
from reads.holds.queries import ASK
from reads.holds.views.asking import asked
from training.access import requires

from .. import hold_hit, incidents


@requires(incidents.WORK, ASK)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def ask_hold_of_hit(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask that the reads of a hit's sightings are kept for a case (G)."""
    incident = get_object_or_404(incidents.visible_to(request.user), pk=pk)
    find = partial(hold_hit.found_by, incident, by=request.user, now=timezone.now())
    back = {"back_url": reverse("view_incident", args=[pk]), "back_label": f"Hit {incident.number}"}
    return asked(request, find, template="hotlists/ask_hold.html", incident=incident, **back)
