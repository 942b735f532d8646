"""A legal act in three pages: the form, "check your answers", and a receipt with its reference number."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import ClosedBecause
from alpr_portal.roles import VERBS

from ..access import MEMBERS, open_to, refuse
from ..account_rules import role_name
from ..member_steps import said_by, what
from ..member_tables import span
from ..models import (
    AccessReview,
    AccountClosed,
    AccountDecision,
    AccountProposal,
    Designation,
    DesignationEnd,
    IntakeApplied,
    Invitation,
    Loan,
    LoanEnd,
    Member,
    RoleEnd,
)


def checked(
    request: MemberRequest, form: Any, act: Callable[[dict[str, Any]], Any], *, verb: str, heading: str, **context: Any
) -> HttpResponse:
    """Show a form, then its answers to be checked, then do the act and lead to its receipt.

    ``act`` takes the clean values and answers the record. It is tried before the answers are shown, and undone, so
    that nobody confirms what would be refused. ``context``: template?, about? (rows), law? ({id, text}), submit?,
    confirm?, back_url, back_label, warning?.
    """
    page = {"form": form, "heading": heading, "submit": "Continue", "confirm": "Confirm", **context}
    asked = request.method == "POST" and "change" not in request.POST
    if request.method != "POST" or not form.is_valid() or not asked:
        return form_page(request, page, shows_errors=asked)
    confirmed = request.POST.get("confirmed") == "yes"
    try:
        with transaction.atomic():
            record = act(form.cleaned_data)
            transaction.set_rollback(not confirmed)
    except Refused as refused:
        return refuse(request, refused.refusal, act=verb)
    except BadInput as error:
        field = error.field if error.field in form.fields else None
        form.add_error(field, ValidationError(error.message, code=error.code))
        return form_page(request, page, shows_errors=True)
    if confirmed:
        return redirect("view_receipt", pk=record.pk)
    typed = [(name, value) for name in form.fields for value in request.POST.getlist(name)]
    said = {**page, "typed": typed, "words": form.words(), "has_errors": False}
    return render(request, "training/members/check.html", said)


def form_page(request: MemberRequest, page: dict[str, Any], *, shows_errors: bool) -> HttpResponse:
    """The form's page: 422 where it came back with errors."""
    wrong = bool(shows_errors and page["form"].errors)
    template = page.get("template", "training/members/act.html")
    return render(request, template, {**page, "has_errors": wrong}, status=422 if wrong else 200)


def number(record: Any) -> str:
    """The reference number of a record: the first eight characters of its id."""
    return str(record.pk)[:8].upper()


Receipt = dict[str, Any]


def about(member: Member | None, **rows: Any) -> list[dict[str, Any]]:
    shown = [{"label": "Member", "value": str(member)}] if member else []
    return shown + [{"label": label.replace("_", " ").capitalize(), "value": value} for label, value in rows.items()]


def of_proposal(record: AccountProposal) -> Receipt:
    name = record.member.name if record.member else record.details["name"]
    return {
        "title": "Your proposal is recorded",
        "rows": about(None, about=name, proposed=what(record), reason=record.reason),
        "next": "A second person decides it; you see the decision on its page.",
        "url": reverse("view_proposal", args=[record.pk]),
    }


def of_decision(record: AccountDecision) -> Receipt:
    proposal = record.proposal
    done = "It took effect at once." if record.approved else "Nothing changed. Whoever proposed it sees your reason."
    if record.approved and proposal.step == "join":
        done = "The account is made, and the invitation is on its way to the member, and to nobody else."
    return {
        "title": "Approved" if record.approved else "Not approved",
        "rows": about(record.member, proposed=what(proposal), proposed_by=proposal.by_name, reason=record.reason),
        "next": done,
        "url": reverse("view_proposal", args=[proposal.pk]),
    }


def of_role_end(record: RoleEnd) -> Receipt:
    member = record.grant.member
    return {
        "title": "The role is ended",
        "rows": about(member, role=role_name(record.grant.role), reason=record.reason),
        "next": "It works on the member's next request.",
        "url": reverse("view_member", args=[member.pk]),
    }


def of_closing(record: AccountClosed) -> Receipt:
    return {
        "title": "The account is closed",
        "rows": about(record.member, why=ClosedBecause.says(record.because), note=record.note or "None"),
        "next": "The member is out at the next request. Two people may open the account again.",
        "url": reverse("view_member", args=[record.member_id]),
    }


def of_invitation(record: Invitation) -> Receipt:
    return {
        "title": "A new invitation is on its way",
        "rows": about(record.member, reason=record.reason),
        "next": "The link went to the member's own address, and works once, for 72 hours. Earlier ones open nothing now.",
        "url": reverse("view_member", args=[record.member_id]),
    }


def of_designation(record: Designation) -> Receipt:
    who = said_by(record.by_name, record.on_behalf_of_name)
    return {
        "title": "The member is designated",
        "rows": about(record.member, scope=record.scope, holds=span(record), by=who),
        "next": "It holds from the first moment of the first day, beside current training.",
        "url": reverse("list_designations"),
    }


def of_designation_end(record: DesignationEnd) -> Receipt:
    who = said_by(record.by_name, record.on_behalf_of_name)
    return {
        "title": "The designation is ended",
        "rows": about(record.designation.member, reason=record.reason, by=who),
        "next": "It works on the member's next request.",
        "url": reverse("list_designations"),
    }


def of_loan(record: Loan) -> Receipt:
    return {
        "title": "The permission is lent",
        "rows": about(record.designee, lent=f"To {VERBS[record.verb].says}", holds=span(record), reason=record.reason),
        "next": "What the designee does with it says that it is on your behalf.",
        "url": reverse("list_loans"),
    }


def of_loan_end(record: LoanEnd) -> Receipt:
    lent = f"To {VERBS[record.loan.verb].says}"
    return {
        "title": "The loan is ended",
        "rows": about(record.loan.designee, lent=lent, reason=record.reason),
        "next": "It works on the designee's next request.",
        "url": reverse("list_loans"),
    }


def of_review(record: AccessReview) -> Receipt:
    lines = list(record.lines.values_list("kept", flat=True))
    return {
        "title": "Your review is signed",
        "rows": about(None, people=len(lines), lost_their_roles=lines.count(False), note=record.note or "None"),
        "next": "The next one is due within a year.",
        "url": reverse("view_review", args=[record.pk]),
    }


def of_intake(record: IntakeApplied) -> Receipt:
    counts = {name: record.counts.get(name, 0) for name in ("leavers", "transfers", "roles_ended")}
    return {
        "title": "Personnel's file is applied",
        "rows": about(None, file=record.intake.name, rows=record.intake.rows, **counts),
        "next": "Every row was done. Look for members who have no supervisor now.",
        "url": reverse("load_personnel"),
    }


RECEIPTS: list[tuple[Any, Callable[[Any], Receipt]]] = [
    (AccountProposal, of_proposal),
    (AccountDecision, of_decision),
    (RoleEnd, of_role_end),
    (AccountClosed, of_closing),
    (Invitation, of_invitation),
    (Designation, of_designation),
    (DesignationEnd, of_designation_end),
    (Loan, of_loan),
    (LoanEnd, of_loan_end),
    (AccessReview, of_review),
    (IntakeApplied, of_intake),
]


@open_to(MEMBERS)
@require_safe
def view_receipt(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """What one of my own acts came to; another's is 404."""
    for model, words in RECEIPTS:
        record = model.objects.filter(pk=pk, by=request.user).first()
        if record is not None:
            receipt = words(record)
            context = {"heading": receipt["title"], "number": number(record), "record": record, **receipt}
            return render(request, "training/members/receipt.html", context)
    raise Http404
