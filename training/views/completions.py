"""The record of every completed training: entering, looking, correcting."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput, Refused

from .. import completions, stored_files
from ..access import MEMBERS, open_to, opens_data, refuse, requires
from ..completion_forms import CorrectCompletion, EnterCompletion
from ..completion_rules import expires_at
from ..course_rules import named
from ..lists import listed
from ..models import Completion, Member
from ..standing import standing
from ..training_lists import CompletionFilter, CompletionTable
from .courses import form_page

SAID = ("member", "course", "completed_on", "instructor", "score", "evidence")


@requires("training.view_training")
@require_safe
def list_completions(request: MemberRequest) -> HttpResponse:
    """Every completion that this member may see; a supervisor their own people's."""
    seen = completions.visible_to(request.user)
    units = sorted(unit for unit in seen.order_by().values_list("member__unit", flat=True).distinct() if unit)
    shown = seen.select_related("member", "course", "withdrawn")
    found = CompletionFilter(request.GET, shown, units=units)
    context = {"only_own_people": not completions.sees_all_training(request.user)}
    template = "training/completions/list_completions.html"
    return listed(request, found, CompletionTable, template, "Completed training", **context)


def seen_by(request: MemberRequest) -> QuerySet[Completion]:
    """What this member may see; only their own where the rest of the portal is shut to them today."""
    member = request.user
    shut = opens_data(member) and not standing(member, timezone.now()).may_enter
    found = Completion.objects.filter(member=member) if shut else completions.visible_to(member)
    return found.select_related(
        "member", "course", "withdrawn", "evidence", "intake", "attempt__answered", "corrects", "corrected_by"
    )


@open_to(MEMBERS, untrained=True)
@require_safe
def view_completion(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One completion: facts, who entered it, evidence, corrections. One's own is open to everybody."""
    completion = get_object_or_404(seen_by(request).defer("evidence__content", "intake__content"), pk=pk)
    own = completion.member_id == request.user.pk
    context = {
        "completion": completion,
        "own": own,
        "heading": f"{completion.course.title}: {completion.member.name}",
        "number": str(completion.pk)[:8].upper(),
        "state": completions.state_of(completion, timezone.now()),
        "topics": named(completion.topics),
        "steps": completions.steps(completion),
        "receipt": "receipt" in request.GET and completion.by_id == request.user.pk,
        "may_correct": request.user.has_perm("training.correct_completion")
        and completions.blocks_correction(completion, request.user) is None,
    }
    return render(request, "training/completions/view_completion.html", context)


@open_to(MEMBERS, untrained=True)
@require_safe
def view_evidence(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The paper behind a completion, to be kept."""
    completion = get_object_or_404(seen_by(request), pk=pk)
    if completion.evidence is None:
        raise Http404
    return stored_files.response(completion.evidence)


@requires("training.enter_completion")
@require_http_methods(["GET", "POST"])
def enter_completion(request: MemberRequest) -> HttpResponse:
    """Enter one completion: the form, a page to check it, then its receipt."""
    if request.method == "GET":
        form = EnterCompletion(by=request.user, initial={"badge": _badge_of(request)})
        return form_page(request, form, "training/completions/enter_completion.html", "Enter a completion")
    form = EnterCompletion(request.POST, request.FILES, by=request.user)
    if form.is_valid() and "change" not in request.POST:
        said = {name: form.cleaned_data[name] for name in SAID}
        if "confirmed" not in request.POST:
            return check_page(request, form, said, "Check this completion")
        try:
            entered = completions.enter_completion(by=request.user, now=timezone.now(), **said)
        except Refused as refused:
            return refuse(request, refused.refusal, act="training.enter_completion")
        except BadInput as error:
            form.add_error(error.field, ValidationError(error.message, code=error.code))
        else:
            return redirect(f"{reverse('view_completion', args=[entered.pk])}?receipt")
    return form_page(request, form, "training/completions/enter_completion.html", "Enter a completion")


def _badge_of(request: MemberRequest) -> str:
    """The badge of the member from whose page one comes; the address holds their id only."""
    try:
        member = Member.objects.get(pk=uuid.UUID(request.GET.get("member", "")))
    except (ValueError, Member.DoesNotExist):
        return ""
    return member.badge or member.username


def check_page(
    request: MemberRequest, form: Any, said: dict[str, Any] | None, heading: str, **context: Any
) -> HttpResponse:
    """What will be entered, before it is: taken from what the form read, not from what was typed."""
    if said:
        course, completed_on = said["course"], said["completed_on"]
        until = expires_at(completed_on, course.valid_days)
        context |= {"said": said, "until": until, "topics": named(course.topics), "over": until <= timezone.now()}
    return render(request, "training/completions/check_completion.html", {"form": form, "heading": heading, **context})


@requires("training.correct_completion")
@require_http_methods(["GET", "POST"])
def correct_completion(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Withdraw a wrong completion, and enter the right one: the form, a page to check it, then the receipt."""
    completion = get_object_or_404(seen_by(request), pk=pk)
    refusal = completions.blocks_correction(completion, request.user)
    if refusal:
        return refuse(request, refusal, act="training.correct_completion")
    heading = "Correct a completion"
    template = "training/completions/correct_completion.html"
    if request.method == "GET":
        form = CorrectCompletion(by=request.user, completion=completion)
        return form_page(request, form, template, heading, completion=completion)
    form = CorrectCompletion(request.POST, request.FILES, by=request.user, completion=completion)
    if form.is_valid() and "change" not in request.POST:
        right, reason = form.cleaned_data["right"], form.cleaned_data["reason"]
        if "confirmed" not in request.POST:
            return check_page(
                request, form, right, "Check this correction", completion=completion, reason=reason, correcting=True
            )
        try:
            completions.correct_completion(completion, by=request.user, reason=reason, right=right, now=timezone.now())
        except Refused as refused:
            return refuse(request, refused.refusal, act="training.correct_completion")
        except BadInput as error:
            form.add_error(error.field, ValidationError(error.message, code=error.code))
        else:
            messages.success(request, f"Recorded: completion {str(completion.pk)[:8].upper()} counts no longer.")
            return redirect("view_completion", pk=pk)
    return form_page(request, form, template, heading, completion=completion)
