"""Two people about an account: what is proposed, and who decides it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.vocabulary import AccountStep, Category
from alpr_portal.roles import ROLES, VERBS, data_roles

from .. import accounts, members
from ..access import requires
from ..account_rules import role_name, role_names
from ..accounts import Proposed
from ..lists import listed
from ..member_forms import Decide, ProposeCategory, ProposeMember, ProposeRoles, Why
from ..member_steps import what
from ..member_tables import ProposalFilter, ProposalTable, proposal_state
from ..models import AccountProposal, Member
from .checked import checked, number
from .members import person, seen

FACTS = ("username", "name", "email", "badge", "unit", "rank", "supervisor")


@requires("training.view_members")
@require_safe
def list_proposals(request: MemberRequest) -> HttpResponse:
    """What waits for a second person, and what was decided."""
    found = accounts.visible_to(request.user).select_related("member", "decision")
    filterset = ProposalFilter(request.GET, found)
    count, _ = accounts.to_decide(request.user)
    return listed(
        request, filterset, ProposalTable, "training/members/list_proposals.html", "Proposals", to_decide=count
    )


def facts(proposal: AccountProposal) -> list[dict[str, Any]]:
    """What was proposed, in words."""
    said = proposal.details
    rows: list[dict[str, Any]] = []
    if proposal.step == AccountStep.JOIN:
        over = Member.objects.filter(pk=said["supervisor"]).first()
        words = (("Name", "name"), ("User name", "username"), ("E-mail", "email"), ("Badge", "badge"), ("Unit", "unit"))
        rows += [{"label": label, "value": said[name]} for label, name in (*words, ("Rank", "rank"))]
        rows.append({"label": "Supervisor", "value": str(over) if over else "None"})
    if proposal.category:
        rows.append({"label": "Category", "value": Category.says(proposal.category), "clause": "C.1"})
    if proposal.roles:
        rows.append({"label": "Roles", "value": role_names(proposal.roles), "clause": "C.3.b"})
    return [*rows, {"label": "Reason", "value": proposal.reason}, {"label": "Proposed by", "value": proposal.by_name}]


def consequences(proposal: AccountProposal) -> dict[str, Any]:
    """What an approval would bring: what the roles let one do, and what is still missing for data to open."""
    member = proposal.member
    held = members.roles_of(member) if member else []
    category = proposal.category or (member.category if member else "")
    using = bool(data_roles({*held, *proposal.roles}))
    return {
        "powers": [
            (role_name(role), [VERBS[verb].says for verb in VERBS if verb in ROLES[role]]) for role in proposal.roles
        ],
        "uses_data": using and proposal.step in {AccountStep.JOIN, AccountStep.ROLE},
        "needs_designation": using and category == Category.OTHER,
    }


@requires("training.view_members")
@require_safe
def view_proposal(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One proposal: what, why, by whom, and the decision."""
    found = accounts.visible_to(request.user).select_related("member", "decision__member")
    proposal = get_object_or_404(found, pk=pk)
    decision = getattr(proposal, "decision", None)
    proposed = {"at": proposal.at, "who": proposal.by_name, "what": f"Proposed: {what(proposal)}"}
    steps: list[dict[str, Any]] = [{**proposed, "detail": proposal.reason, "clause": "C.3.b", "tone": "wait"}]
    if decision:
        word, tone = ("Approved", "run") if decision.approved else ("Not approved", "refuse")
        told = {"at": decision.at, "who": decision.by_name, "what": word, "detail": decision.reason}
        steps.append({**told, "clause": "C.3.b", "tone": tone})
    context = {
        "proposal": proposal,
        "heading": f"{what(proposal)}: {proposal.member.name if proposal.member else proposal.details['name']}",
        "state": proposal_state(proposal),
        "rows": facts(proposal),
        "number": number(proposal),
        "member": proposal.member or (decision.member if decision else None),
        "may_decide": accounts.decidable_by(request.user).filter(pk=proposal.pk).exists(),
        "steps": steps,
        **consequences(proposal),
    }
    return render(request, "training/members/view_proposal.html", context)


@requires("training.propose_account")
@require_http_methods(["GET", "POST"])
def propose_member(request: MemberRequest) -> HttpResponse:
    """Propose a new member."""
    by = request.user
    initial = {"supervisor": by.pk, "unit": by.unit, "roles": ["officer"], "category": Category.SWORN.value}
    form = ProposeMember(request.POST if request.method == "POST" else None, initial=initial)

    def act(said: dict[str, Any]) -> Any:
        proposed = Proposed(
            AccountStep.JOIN,
            said["reason"],
            roles=said["roles"],
            category=said["category"],
            facts={name: said[name] for name in FACTS},
        )
        return accounts.propose(proposed, by=by, now=timezone.now())

    return checked(
        request,
        form,
        act,
        verb="training.propose_account",
        heading="Propose a new member",
        template="training/members/propose_member.html",
        confirm="Propose",
        law={"id": "C.3.b", "text": "You propose, the system administrator decides; the member alone sets a password."},
    )


def proposed_about(
    request: MemberRequest, pk: uuid.UUID, step: AccountStep, form: Any, *, heading: str, law: dict[str, str]
) -> HttpResponse:
    """A proposal about a member whom this one may see."""
    member = seen(request, pk)

    def act(said: dict[str, Any]) -> Any:
        proposed = Proposed(
            step, said["reason"], member, roles=said.get("roles", ()), category=said.get("category", "")
        )
        return accounts.propose(proposed, by=request.user, now=timezone.now())

    return checked(
        request,
        form,
        act,
        verb="training.reset_factor" if step == AccountStep.FACTOR else "training.propose_account",
        heading=heading.format(member.name),
        about=person(member),
        law=law,
        confirm="Propose",
        back=member,
    )


def posted(request: MemberRequest) -> Any:
    return request.POST if request.method == "POST" else None


@requires("training.propose_account")
@require_http_methods(["GET", "POST"])
def propose_role(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Propose more roles for one of one's people."""
    form = ProposeRoles(posted(request), held=members.roles_of(seen(request, pk)))
    law = {"id": "C.3.b", "text": "Roles are granted by two people. Ending one takes only one person."}
    return proposed_about(request, pk, AccountStep.ROLE, form, heading="Propose roles for {}", law=law)


@requires("training.propose_account")
@require_http_methods(["GET", "POST"])
def propose_category(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Propose another category for one of one's people."""
    law = {
        "id": "C.1",
        "text": "Who is neither sworn nor a Police Service Technician needs a designation by the Chief.",
    }
    heading = "Propose another category for {}"
    return proposed_about(request, pk, AccountStep.CATEGORY, ProposeCategory(posted(request)), heading=heading, law=law)


@requires("training.propose_account")
@require_http_methods(["GET", "POST"])
def propose_reopening(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Propose that the closed account of one of one's people opens again."""
    law = {"id": "C.3.a", "text": "Where one of its roles opens data, it opens only with current training."}
    heading = "Propose to open the account of {} again"
    return proposed_about(request, pk, AccountStep.REOPEN, Why(posted(request)), heading=heading, law=law)


@requires("training.reset_factor")
@require_http_methods(["GET", "POST"])
def propose_factor_reset(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask that a lost second factor be removed."""
    text = (
        "The member's supervisor or an administrator decides: they know the member. Speak to them before you approve."
    )
    law = {"id": "F.1", "text": text.replace(" Speak to them before you approve.", "")}
    heading = "Ask to remove the second factor of {}"
    return proposed_about(request, pk, AccountStep.FACTOR, Why(posted(request)), heading=heading, law=law)


def decided(request: MemberRequest, pk: uuid.UUID, *, factor: bool) -> HttpResponse:
    """The form of a decision; a proposal that is not for this member's eyes is 404."""
    found = accounts.visible_to(request.user).select_related("member", "decision")
    steps = found.filter(step=AccountStep.FACTOR.value) if factor else found.exclude(step=AccountStep.FACTOR.value)
    proposal = get_object_or_404(steps, pk=pk)

    def act(said: dict[str, Any]) -> Any:
        approved = said["decision"] == "approve"
        return accounts.decide(proposal, approved=approved, reason=said["reason"], by=request.user, now=timezone.now())

    return checked(
        request,
        Decide(posted(request)),
        act,
        verb="training.decide_factor" if factor else "training.decide_account",
        heading=f"Decide: {what(proposal)}",
        template="training/members/decide.html",
        about=facts(proposal),
        proposal=proposal,
        confirm="Record the decision",
        law={"id": "F.1" if factor else "C.3.b", "text": KNOWS if factor else SECOND},
        **consequences(proposal),
    )


KNOWS = "Speak to the member before you approve: whoever asked may not be the one whose account it is."
SECOND = "You are the second person. You decide once; your name and reason stay on record."


@requires("training.decide_account")
@require_http_methods(["GET", "POST"])
def decide_account(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Decide what a supervisor proposed about an account."""
    return decided(request, pk, factor=False)


@requires("training.decide_factor")
@require_http_methods(["GET", "POST"])
def decide_factor(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Decide that a lost second factor is removed."""
    return decided(request, pk, factor=True)
