"""The yearly review of who has access, and what changed week by week."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import django_filters as filters
from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.inputs import read_page

from .. import accounts, members, reviews
from ..access import MEMBERS, open_to, requires
from ..account_rules import role_names
from ..changes import KINDS
from ..lapses import LapsesAt
from ..lists import DAY, listed
from ..member_forms import SignReview
from ..member_tables import ReviewTable, with_state
from ..models import AccessReview
from ..reviews import Word
from .checked import checked, number
from .proposals import posted

PAGE = 50
SINCE = {
    "week": ("Last 7 days", 7),
    "month": ("Last 30 days", 30),
    "quarter": ("Last 90 days", 90),
    "year": ("Last 365 days", 365),
}


class ReviewFilter(filters.FilterSet):
    """When a review was signed."""

    since = filters.DateFilter(label="Signed from", field_name="at", lookup_expr="date__gte", widget=DAY)
    until = filters.DateFilter(label="Signed to", field_name="at", lookup_expr="date__lte", widget=DAY)

    class Meta:
        model = AccessReview
        fields: list[str] = []


@requires("training.view_reviews")
@require_safe
def list_reviews(request: MemberRequest) -> HttpResponse:
    """Who signed when, whose review is due, and who has no supervisor."""
    now = timezone.now()
    found = AccessReview.objects.annotate(
        people=Count("lines"), ended=Count("lines", filter=Q(lines__kept=False))
    ).order_by("-at")
    unsupervised = members.without_supervisor()
    return listed(
        request,
        ReviewFilter(request.GET, found),
        ReviewTable,
        "training/members/list_reviews.html",
        "Access reviews",
        overdue=reviews.overdue(now),
        unsupervised=list(unsupervised[:50]),
        unsupervised_count=unsupervised.count(),
        may_view=request.user.has_perm("training.view_members"),
        may_sign=request.user.has_perm("training.sign_review"),
    )


@open_to(MEMBERS)
@require_safe
def view_review(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One signed review: one's own, or any for those who see reviews; another's is 404."""
    review = get_object_or_404(AccessReview, pk=pk)
    if review.by_id != request.user.pk and not request.user.has_perm("training.view_reviews"):
        raise Http404
    lines = review.lines.select_related("member").order_by("kept", "member__name")
    context = {
        "review": review,
        "heading": f"Access review {number(review)}",
        "lines": [(line, role_names(line.roles)) for line in lines],
        "lists": request.user.has_perm("training.view_reviews"),
    }
    return render(request, "training/members/view_review.html", context)


@requires("training.sign_review")
@require_http_methods(["GET", "POST"])
def sign_review(request: MemberRequest) -> HttpResponse:
    """Answer for each of one's people, and sign."""
    by, now = request.user, timezone.now()
    people: list[Any] = list(with_state(reviews.people_of(by), now).annotate(lapses_at=LapsesAt(F("pk"))))
    form = SignReview(posted(request), people=people)

    def act(said: dict[str, Any]) -> Any:
        words = {member.pk: Word(said[f"kept_{member.pk}"] == "keep", said[f"reason_{member.pk}"]) for member in people}
        return reviews.sign_review(words, note=said["note"], by=by, now=now)

    rows = [
        {
            "member": member,
            "roles": role_names(members.roles_of(member)),
            "trained": member.lapses_at is not None and member.lapses_at > now,
            "due_at": reviews.next_at(member),
            "is_due": reviews.next_at(member) <= now,
            "kept": form[f"kept_{member.pk}"],
            "reason": form[f"reason_{member.pk}"],
        }
        for member in people
    ]
    return checked(
        request,
        form,
        act,
        verb="training.sign_review",
        heading="Yearly access review",
        template="training/members/sign_review.html",
        rows=rows,
        confirm="Sign the review",
        law={"id": "C.3.b", "text": "Each account stands on its supervisor's word, given anew every year."},
    )


@requires("training.view_reviews")
@require_safe
def list_role_changes(request: MemberRequest) -> HttpResponse:
    """What changed about who may do what, by which two people."""
    since = request.GET.get("since", "week")
    since = since if since in SINCE else "week"
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    moment = timezone.now() - timedelta(days=SINCE[since][1])
    found = accounts.changes_since(moment, kind=kind)
    pages = Paginator(found, PAGE)
    page = pages.page(read_page(request.GET.get("page"), pages.num_pages))
    context = {
        "heading": "What changed",
        "page": page,
        "since": since,
        "kind": kind,
        "said": SINCE[since][0],
        "spans": [(name, label, name == since) for name, (label, _) in SINCE.items()],
        "kinds": [("", "All", not kind), *((name, label, name == kind) for name, label in KINDS.items())],
        "links": request.user.has_perm("training.view_members"),
    }
    return render(request, "training/members/list_role_changes.html", context)
