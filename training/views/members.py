"""Members: who is in, what each holds, and the acts that one person suffices for."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import Category, ClosedBecause

from .. import accounts, authority, members
from ..access import requires
from ..account_rules import role_name, role_names
from ..lists import listed
from ..member_forms import CloseAccount, EditMember, FindMember, Why
from ..member_steps import said_by, steps, what
from ..member_tables import MemberFilter, MemberTable, span, state_of, with_state
from ..models import Designation, Loan, Member, RoleGrant
from ..standing import standing
from .checked import checked, form_page

MOST_FOUND = 50


@requires("training.view_members")
@require_safe
def list_members(request: MemberRequest) -> HttpResponse:
    """The members this one may see, filtered by what is no name."""
    found = with_state(members.visible_to(request.user), timezone.now())
    heading = "Members" if members.sees_everybody(request.user) else "My people"
    filterset = MemberFilter(request.GET, found)
    return listed(request, filterset, MemberTable, "training/members/list_members.html", heading, find=FindMember())


@requires("training.view_members")
@require_POST
def find_member(request: MemberRequest) -> HttpResponse:
    """Find by name, user name or badge. What was typed stays out of the address."""
    form = FindMember(request.POST)
    found: list[Member] = []
    if form.is_valid() and form.cleaned_data["q"]:
        typed = form.cleaned_data["q"]
        fits = Q(name__icontains=typed) | Q(username__icontains=typed) | Q(badge__iexact=typed)
        seen = with_state(members.visible_to(request.user), timezone.now())
        found = list(seen.filter(fits).order_by("name")[: MOST_FOUND + 1])
    context = {
        "find": form,
        "heading": "Members found",
        "rows": [(member, state_of(member), role_names(members.roles_of(member))) for member in found[:MOST_FOUND]],
        "more": len(found) > MOST_FOUND,
        "most": MOST_FOUND,
        "has_errors": bool(form.errors),
    }
    return render(request, "training/members/found_members.html", context, status=422 if form.errors else 200)


def seen(request: MemberRequest, pk: uuid.UUID) -> Member:
    """A member whom this one may see; 404 for others."""
    found: Member = get_object_or_404(members.visible_to(request.user).select_related("supervisor"), pk=pk)
    return found


def person(member: Member) -> list[dict[str, Any]]:
    """Whom an act is about, beside its form."""
    return [
        {"label": "Member", "value": str(member)},
        {"label": "Unit", "value": member.unit},
        {"label": "Category", "value": Category.says(member.category)},
        {"label": "Roles", "value": role_names(members.roles_of(member))},
    ]


@requires("training.view_members")
@require_safe
def view_member(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One member: facts, roles and by whose word, designations, loans, standing, every step."""
    by, now = request.user, timezone.now()
    member = get_object_or_404(with_state(members.visible_to(by), now), pk=pk)
    grants = list(members.grants_of(member).select_related("decision__proposal"))
    decidable = set(accounts.decidable_by(by).filter(member=member).values_list("pk", flat=True))
    designations = Designation.objects.filter(member=member).select_related("end").order_by("-starts_at")
    lent = Loan.objects.filter(Q(designee=member) | Q(by=member)).select_related("by", "designee", "end")
    context = {
        "member": member,
        "heading": member.name,
        "state": state_of(member),
        "category": Category.says(member.category),
        "grants": [(grant, role_name(grant.role)) for grant in grants],
        "waiting": [
            (proposal, what(proposal), proposal.pk in decidable)
            for proposal in accounts.waiting().filter(member=member).order_by("at")
        ],
        "designations": [
            (row, span(row), said_by(row.by_name, row.on_behalf_of_name), authority.state(row, now))
            for row in designations
        ],
        "loans": [
            (row, span(row), authority.loan_state(row, now))
            for row in lent.prefetch_related("by__groups").order_by("-starts_at")
        ],
        "papers": standing(member, now),
        "steps": steps(member),
        "may": acts(by, member),
    }
    return render(request, "training/members/view_member.html", context)


def acts(by: Member, member: Member) -> dict[str, bool]:
    """Which acts this page offers to whom looks; the acts themselves judge again."""
    own = by.pk == member.pk
    theirs = by.has_perm("training.propose_account") and members.is_theirs(by, member) and not own
    ends = by.has_perm("training.end_access") and not own and members.reaches(by, member, "training.end_access")
    return {
        "edit": by.has_perm("training.edit_member") and by.pk != member.pk,
        "invite": by.has_perm("training.edit_member") and not own and member.is_active,
        "propose": theirs and member.is_active,
        "reopen": theirs and not member.is_active,
        "factor": by.has_perm("training.reset_factor") and not own and member.is_active,
        "end": ends,
        "close": ends and member.is_active,
        "designate": by.has_perm("training.designate")
        and not own
        and member.is_active
        and member.category == Category.OTHER,
    }


@requires("training.edit_member")
@require_http_methods(["GET", "POST"])
def edit_member(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Correct the facts of an account."""
    member = seen(request, pk)
    form = EditMember(request.POST if request.method == "POST" else None, member=member)
    page = {"form": form, "heading": f"Correct the facts of {member.name}", "member": member}
    page["template"] = "training/members/edit_member.html"
    if request.method == "POST" and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in members.FACTS}
        reason = form.cleaned_data["reason"]
        try:
            members.edit_member(member, reason=reason, by=request.user, now=timezone.now(), **facts)
        except Refused as refused:
            form.add_error("supervisor", str(refused.refusal))
        except BadInput as error:
            form.add_error(error.field, error.message)
        else:
            messages.success(request, "Corrected. The history keeps what stood there before.")
            return redirect("view_member", pk=member.pk)
    return form_page(request, page, shows_errors=True)


@requires("training.edit_member")
@require_http_methods(["GET", "POST"])
def renew_invitation(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Send a member a new link behind which they set a password; nobody chooses one for them."""
    member = seen(request, pk)

    def act(said: dict[str, Any]) -> Any:
        return members.renew_invitation(member, reason=said["reason"][:200], by=request.user, now=timezone.now())

    return checked(
        request,
        Why(request.POST if request.method == "POST" else None),
        act,
        verb="training.edit_member",
        heading=f"Send {member.name} a new invitation",
        about=[*person(member), {"label": "Goes to", "value": member.email}],
        law={"id": "F.1", "text": "The link goes to the member alone. Nobody chooses a password for another."},
        confirm="Send the invitation",
        back=member,
    )


@requires("training.end_access")
@require_http_methods(["GET", "POST"])
def end_role(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Take one role away from a member."""
    theirs = members.visible_to(request.user)
    grant = get_object_or_404(RoleGrant.objects.filter(member__in=theirs.values("pk")).select_related("member"), pk=pk)

    def act(said: dict[str, Any]) -> Any:
        return members.end_role(grant, reason=said["reason"], by=request.user, now=timezone.now())

    return checked(
        request,
        Why(request.POST if request.method == "POST" else None),
        act,
        verb="training.end_access",
        heading=f"End the role {role_name(grant.role).lower()} of {grant.member.name}",
        about=person(grant.member),
        law={"id": "C.3.b", "text": "One person suffices to take a role away. Giving it back takes two."},
        confirm="End the role",
        back=grant.member,
    )


@requires("training.end_access")
@require_http_methods(["GET", "POST"])
def close_account(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Close an account and end its roles."""
    member = seen(request, pk)

    def act(said: dict[str, Any]) -> Any:
        because = next(each for each in ClosedBecause if each == said["because"])
        return members.close_account(member, because=because, note=said["note"], by=request.user, now=timezone.now())

    return checked(
        request,
        CloseAccount(request.POST if request.method == "POST" else None),
        act,
        verb="training.end_access",
        heading=f"Close the account of {member.name}",
        about=person(member),
        law={
            "id": "C.3.b",
            "text": "Its roles end with it, and the member is out at once. Two people may open it again.",
        },
        confirm="Close the account",
        back=member,
    )
