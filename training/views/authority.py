"""The Chief's word, and permissions lent to designees."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import Refusal
from alpr_portal.roles import VERBS

from .. import authority, loans, members
from ..access import MEMBERS, open_to, refuse, requires
from ..account_rules import role_names
from ..lists import listed
from ..member_forms import Designate, LendVerb, Why
from ..member_tables import DesignationTable, LoanTable, RunFilter, span
from ..models import Designation, Loan, Member
from .checked import checked
from .members import person
from .proposals import posted

CHIEFS = {"id": "C.1", "text": "Only the Chief of Police, or the Chief's designee, lets others use the technology."}


@open_to(MEMBERS)
@require_safe
def list_designations(request: MemberRequest) -> HttpResponse:
    """Whom the Chief designated, and who waits for it; for those who see members, and for designees."""
    by = request.user
    designates = by.has_perm("training.designate")
    if not (designates or by.has_perm("training.view_members")):
        refusal = Refusal("C.1", "Your role does not include to see designations.", "Ask your supervisor.")
        return refuse(request, refusal, act="training.view_members")
    everybody = designates or members.sees_everybody(by)
    theirs = Member.objects.all() if everybody else Member.objects.filter(members.people_of(by))
    found = Designation.objects.filter(member__in=theirs.values("pk")).select_related("member", "end")
    waiting = authority.undesignated().filter(pk__in=theirs.values("pk")).prefetch_related("groups")
    links = by.has_perm("training.view_members") and members.sees_everybody(by)

    def table(rows: Any, **options: Any) -> DesignationTable:
        return DesignationTable(rows, links=links, designates=designates, **options)

    return listed(
        request,
        RunFilter(request.GET, found),
        table,
        "training/members/list_designations.html",
        "Designations",
        waiting=[(member, role_names(members.roles_of(member))) for member in waiting[:200]],
        designates=designates,
    )


@requires("training.designate")
@require_http_methods(["GET", "POST"])
def designate(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Designate a member who is neither sworn nor a Police Service Technician."""
    member, by = get_object_or_404(Member, pk=pk), request.user
    principal = loans.principal_of(by, "training.designate")

    def act(said: dict[str, Any]) -> Any:
        return authority.designate(
            member,
            scope=said["scope"],
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            by=by,
            now=timezone.now(),
        )

    return checked(
        request,
        Designate(posted(request), today=timezone.localdate()),
        act,
        verb="training.designate",
        heading=f"Designate {member.name}",
        about=person(member),
        on_behalf_of=principal,
        law=CHIEFS,
        confirm="Designate",
        **leading_back("list_designations", "Designations"),
    )


@requires("training.designate")
@require_http_methods(["GET", "POST"])
def end_designation(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End a designation before its date."""
    found = get_object_or_404(Designation.objects.select_related("member", "end"), pk=pk)

    def act(said: dict[str, Any]) -> Any:
        return authority.end_designation(found, reason=said["reason"], by=request.user, now=timezone.now())

    rows = [{"label": "Scope", "value": found.scope}, {"label": "Holds", "value": span(found)}]
    return checked(
        request,
        Why(posted(request)),
        act,
        verb="training.designate",
        heading=f"End the designation of {found.member.name}",
        about=[*person(found.member), *rows],
        on_behalf_of=loans.principal_of(request.user, "training.designate"),
        law=CHIEFS,
        confirm="End the designation",
        **leading_back("list_designations", "Designations"),
    )


def leading_back(name: str, label: str) -> dict[str, str]:
    return {"back_name": name, "back_label": label}


@open_to(MEMBERS)
@require_safe
def list_loans(request: MemberRequest) -> HttpResponse:
    """What is lent: all of it for those who see everybody, otherwise what one lent or borrowed."""
    by = request.user
    found = Loan.objects.select_related("designee", "by", "end").prefetch_related("by__groups")
    if not (by.has_perm("training.view_members") and members.sees_everybody(by)):
        found = found.filter(Q(designee=by) | Q(by=by))

    def table(rows: Any, **options: Any) -> LoanTable:
        return LoanTable(rows, member=by, **options)

    return listed(request, RunFilter(request.GET, found), table, "training/members/list_loans.html", "Permissions lent")


@requires("training.lend_verb")
@require_http_methods(["GET", "POST"])
def lend_verb(request: MemberRequest) -> HttpResponse:
    """Lend a permission of one's own to a designee."""
    by = request.user
    form = LendVerb(posted(request), by=by, verbs=authority.lendable(by), today=timezone.localdate())

    def act(said: dict[str, Any]) -> Any:
        return authority.lend_verb(
            said["verb"],
            said["designee"],
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            reason=said["reason"],
            by=by,
            now=timezone.now(),
        )

    text = "Only what the order gives to you “or designee” is lent, for 90 days at most. It ends when you lose it."
    return checked(
        request,
        form,
        act,
        verb="training.lend_verb",
        heading="Lend a permission",
        law={"id": "L.2", "text": text},
        confirm="Lend it",
        **leading_back("list_loans", "Permissions lent"),
    )


@requires("training.lend_verb")
@require_http_methods(["GET", "POST"])
def end_loan(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End a loan of one's own before its date; another's is 404."""
    loan = get_object_or_404(Loan.objects.filter(by=request.user).select_related("designee", "end"), pk=pk)

    def act(said: dict[str, Any]) -> Any:
        return authority.end_loan(loan, reason=said["reason"], by=request.user, now=timezone.now())

    return checked(
        request,
        Why(posted(request)),
        act,
        verb="training.lend_verb",
        heading=f"End the loan to {loan.designee.name}",
        about=[
            {"label": "Designee", "value": str(loan.designee)},
            {"label": "What is lent", "value": f"To {VERBS[loan.verb].says}", "clause": VERBS[loan.verb].clause},
            {"label": "Holds", "value": span(loan)},
        ],
        law={"id": "L.2", "text": "It works on the designee's next request. What was done under it stands."},
        confirm="End the loan",
        **leading_back("list_loans", "Permissions lent"),
    )
