"""What is decided about holds: approval, review, colleagues, release. Each view speaks HTTP and makes one call."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import Refusal, Refused
from training import loans
from training.access import refuse, requires
from training.views.checked import RECEIPTS

from ...models import Hold, HoldDecision, HoldReview, HoldState, ReleaseAsked, ReleaseDecision
from .. import deciding, queries, releases, reviews, words
from ..forms import DecideHold, DecideRelease, NameMember, Reasoned, ReviewHold
from ..queries import DECIDE, VIEW
from .asking import called
from .holds import seen_by

APPROVE = "approve"


def acted(
    request: MemberRequest,
    hold: Hold,
    form: Any,
    act: Callable[[dict[str, Any]], Any],
    *,
    verb: str,
    blocked: Refusal | None,
    **page: Any,
) -> HttpResponse:
    """Show the form beside the hold, or do the act and lead to its receipt; what stands against it is said first."""
    if blocked:
        return refuse(request, blocked, act=verb)
    if request.method == "POST" and form.is_valid():
        try:
            record = act(form.cleaned_data)
        except Refused as refused:
            return refuse(request, refused.refusal, act=verb)
        if "said" in page:
            messages.success(request, page["said"])
            return redirect("view_hold", pk=hold.pk)
        return redirect("view_receipt", pk=record.pk)
    context = {
        "form": form,
        "has_errors": bool(form.errors),
        "hold": hold,
        "facts": words.facts(hold, request.user),
        "badge": words.badge_of(hold.life),  # type: ignore[attr-defined]
        "sees_document": words.sees_document(hold, request.user),
        "on_behalf_of": loans.principal_of(request.user, DECIDE) if verb == DECIDE else None,
        **page,
    }
    return render(request, "reads/holds/act.html", context, status=422 if form.errors else 200)


@requires(DECIDE)
@require_http_methods(["GET", "POST"])
def decide_hold(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Approve a hold, or not: its reason, what the screens raise, what else the case keeps (G.1 to G.3)."""
    now, hold = timezone.now(), seen_by(request, pk)
    form = DecideHold(request.POST if request.method == "POST" else None)

    def act(values: dict[str, Any]) -> HoldDecision:
        approved = values["decision"] == APPROVE
        return deciding.decide_hold(hold, approved=approved, reason=values["reason"], by=request.user, now=now)

    return acted(
        request,
        hold,
        form,
        act,
        verb=DECIDE,
        blocked=deciding.blocks_decision(hold, request.user, approves=False, now=now),
        heading=f"Decide hold {hold.number}",
        submit="Record the decision",
        law="You decide once; your name and reason stay on record. Nobody decides on their own hold.",
        law_id="G",
        screening=words.screening_of(hold),
        before=hold.expires_at,
        others=HoldState.objects.filter(case_number=hold.case_number).exclude(pk=hold.pk).count(),
    )


@requires(DECIDE)
@require_http_methods(["GET", "POST"])
def review_hold(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say that a hold is still needed, and until when at most."""
    now, hold = timezone.now(), seen_by(request, pk)
    form = ReviewHold(request.POST if request.method == "POST" else None, now=now)

    def act(values: dict[str, Any]) -> HoldReview:
        said = {"keep_until": values["keep_until"], "reason": values["reason"]}
        return reviews.review_hold(hold, **said, by=request.user, now=now)

    law = "A hold that is not reviewed by its day is hidden, and a week later gone. Reviewed in that week, it is open again."
    return acted(
        request,
        hold,
        form,
        act,
        verb=DECIDE,
        blocked=reviews.blocks_review(hold, request.user, now=now),
        heading=f"Review hold {hold.number}",
        submit="Record the review",
        law=law,
        law_id="G",
    )


@requires(VIEW)
@require_http_methods(["GET", "POST"])
def name_member(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Name a colleague who works on the case."""
    now, hold = timezone.now(), seen_by(request, pk)
    form = NameMember(request.POST if request.method == "POST" else None)

    def act(values: dict[str, Any]) -> Any:
        said = {"reason": values["reason"], "by": request.user, "now": now}
        return reviews.name_member(hold, values["member"], **said)

    return acted(
        request,
        hold,
        form,
        act,
        verb=VIEW,
        blocked=reviews.blocks_naming(hold, request.user, now=now),
        heading=f"Name a colleague on hold {hold.number}",
        submit="Name them",
        law="Held reads are open to those who work on their case, and to nobody else; each look is on record.",
        law_id="C.3.c",
        said="Your colleague is named: what the case keeps is open to them.",
    )


@requires(VIEW)
@require_http_methods(["GET", "POST"])
def ask_release(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say that a hold is not needed any more, and why."""
    now, hold = timezone.now(), seen_by(request, pk)
    form = Reasoned(request.POST if request.method == "POST" else None)

    def act(values: dict[str, Any]) -> ReleaseAsked:
        return releases.ask_release(hold, reason=values["reason"], by=request.user, now=now)

    return acted(
        request,
        hold,
        form,
        act,
        verb=VIEW,
        blocked=releases.blocks_release(hold, request.user, now=now),
        heading=f"Release hold {hold.number}",
        submit="Ask for the release",
        law="A second person decides. From then on what was held is closed, and within a day it has left the disk.",
        law_id="G",
    )


@requires(DECIDE)
@require_http_methods(["GET", "POST"])
def decide_release(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Release a hold, or keep it."""
    now, hold = timezone.now(), seen_by(request, pk)
    release = queries.open_releases().filter(hold=hold).select_related("hold", "by").first()
    if release is None:
        release = hold.releases.select_related("hold", "by").order_by("-at").first()
    if release is None:
        raise Http404
    form = DecideRelease(request.POST if request.method == "POST" else None)

    def act(values: dict[str, Any]) -> ReleaseDecision:
        approved = values["decision"] == APPROVE
        return releases.decide_release(release, approved=approved, reason=values["reason"], by=request.user, now=now)

    return acted(
        request,
        hold,
        form,
        act,
        verb=DECIDE,
        blocked=releases.blocks_release_decision(release, request.user, now=now),
        heading=f"Decide the release of hold {hold.number}",
        submit="Record the decision",
        law="Released data is closed at once and gone within a day: nobody brings it back.",
        law_id="G",
        release=release,
        release_says=words.said(request.user, hold, release.reason),
    )


# --- receipts ---------------------------------------------------------------------------------------------------------


def of_decision(record: HoldDecision) -> dict[str, Any]:
    copied = f"{words.in_reads(record.reads)} and {record.pictures:,} pictures are copied."
    lost = f" {record.gone:,} had left the disk before." if record.gone else ""
    return {
        "title": "Approved" if record.approved else "Not approved",
        "rows": [*called(record.hold), {"label": "Reason", "value": record.reason}],
        "next": copied + lost if record.approved else "Nothing is kept. Whoever asked reads your reason.",
        "url": reverse("view_hold", args=[record.hold_id]),
    }


def of_review(record: HoldReview) -> dict[str, Any]:
    until = {"label": "Kept until", "value": words.in_days(record.keep_until)}
    return {
        "title": "The review is recorded",
        "rows": [*called(record.hold), until, {"label": "Reason", "value": record.reason}],
        "next": "It is reviewed again by that day, or hidden.",
        "url": reverse("view_hold", args=[record.hold_id]),
    }


def of_release(record: ReleaseAsked) -> dict[str, Any]:
    return {
        "title": "Your request is recorded",
        "rows": [*called(record.hold), {"label": "Reason", "value": record.reason}],
        "next": "A second person decides. Until then the data stays open to those who work on the case.",
        "url": reverse("view_hold", args=[record.hold_id]),
    }


def of_release_decision(record: ReleaseDecision) -> dict[str, Any]:
    hold = record.release.hold
    done = "It is closed from this moment, and leaves the disk within a day."
    return {
        "title": "Released" if record.approved else "Not released",
        "rows": [*called(hold), {"label": "Reason", "value": record.reason}],
        "next": done if record.approved else "It stays held. Whoever asked reads your reason.",
        "url": reverse("view_hold", args=[hold.pk]),
    }


RECEIPTS += [
    (HoldDecision, of_decision),
    (HoldReview, of_review),
    (ReleaseAsked, of_release),
    (ReleaseDecision, of_release_decision),
]
