"""Holds: the list, one hold, the paper behind it."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.parameters import HOLD_LAPSES
from training import stored_files
from training.access import requires
from training.lists import listed

from ...models import Hold
from .. import deciding, queries, releases, reviews, words
from ..queries import VIEW
from ..rules import Life
from ..tables import HoldFilter, HoldTable, with_everything


def seen_by(request: MemberRequest, pk: uuid.UUID) -> Hold:
    """A hold that exists for this member; 404 otherwise."""
    found = queries.with_life(queries.visible_to(request.user), timezone.now())
    return get_object_or_404(found.select_related("query", "decision", "disposed", "state", "by"), pk=pk)


@requires(VIEW)
@require_safe
def list_holds(request: MemberRequest) -> HttpResponse:
    """The holds this member may see, with how each stands and until when."""
    found = with_everything(queries.with_life(queries.visible_to(request.user), timezone.now()))
    filterset = HoldFilter(request.GET, found, request=request)
    return listed(request, filterset, HoldTable, "reads/holds/list_holds.html", "Holds")


@requires(VIEW)
@require_safe
def view_hold(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One hold: why, how it stands and until when, what was copied, every step, what may be done."""
    now, member, hold = timezone.now(), request.user, seen_by(request, pk)
    life, state = hold.life, getattr(hold, "state", None)  # type: ignore[attr-defined]
    release = queries.open_releases().filter(hold=hold).first()
    open_now = life == Life.RUNNING.value
    context = {
        "heading": f"Hold {hold.number}",
        "hold": hold,
        "badge": words.badge_of(life),
        "life": life,
        "facts": words.facts(hold, member),
        "state": state,
        "days_left": words.days_left(state, now) if state and open_now else None,
        "gone_on": state.keep_until + HOLD_LAPSES.now if state and life == Life.LAPSED.value else None,
        "decision": getattr(hold, "decision", None),
        "disposed": getattr(hold, "disposed", None),
        "release": release,
        "members": hold.members.select_related("member"),
        "steps": words.steps(hold, member),
        "sees_document": words.sees_document(hold, member),
        "may_open": open_now and member.has_perm(queries.OPEN) and queries.works_on(member, hold),
        "may_decide": life == Life.WAITING.value
        and deciding.blocks_decision(hold, member, approves=True, now=now) is None,
        "may_review": reviews.blocks_review(hold, member, now=now) is None,
        "may_name": reviews.blocks_naming(hold, member, now=now) is None,
        "may_release": releases.blocks_release(hold, member, now=now) is None,
        "may_decide_release": release is not None
        and releases.blocks_release_decision(release, member, now=now) is None,
    }
    return render(request, "reads/holds/view_hold.html", context)


@requires(VIEW)
@require_safe
def view_hold_document(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The paper of the agency or prosecutor whose case obliges the Department."""
    hold = seen_by(request, pk)
    if not words.sees_document(hold, request.user) or hold.document is None:
        raise Http404
    return stored_files.response(hold.document)
