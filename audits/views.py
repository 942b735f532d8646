"""The pages of records: how long they are kept, what keeps them longer, and what was disposed of."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.vocabulary import RecordClass
from training import loans
from training.access import requires
from training.documents import PUBLISH
from training.lists import listed
from training.views.checked import RECEIPTS, about, checked

from . import disposal, forms, holds, tables
from . import retention_rules as rules
from .classes import CLASSES, FOR_EVER, tables_of
from .models import (
    DisposalDecision,
    DisposalProposed,
    RecordsHold,
    RecordsHoldEndAsked,
    RecordsHoldEndDecision,
    ReportIssued,
)
from .words import batch_facts, batch_steps, hold_facts, hold_steps, receipt_rows, tables_in_words

LAW = {
    "id": "K.report",
    "text": "Query, sharing and hot-list records go into the annual report. Nothing goes that a report still needs, or a "
    "legal hold keeps, and nothing on one person's word.",
}


@requires(disposal.VIEW)
@require_safe
def view_records(request: MemberRequest) -> HttpResponse:
    """By class: how many records, the oldest, their term, what could go, and what keeps them."""
    counted, running = disposal.overview(), list(holds.running())
    rows = [
        {
            "label": kind.label,
            **counted[kind.value],
            "tables": tables_in_words(tables_of(kind)),
            "holds": sum(kind.value in hold.classes for hold in running),
            "empty": not CLASSES[kind],
        }
        for kind in RecordClass
    ]
    context = {
        "heading": "Records",
        "rows": rows,
        "years": disposal.years_kept(),
        "latest": rules.latest_end(timezone.localdate(), disposal.years_kept()),
        "issued": holds.issued_years(),
        "for_ever": [{"label": tables_in_words([table])[0], "value": why} for table, why in FOR_EVER.items()],
        "open": list(disposal.with_state(disposal.approved_unfinished())),
    }
    return render(request, "audits/view_records.html", context)


@requires(PUBLISH)
@require_http_methods(["GET", "POST"])
def issue_report(request: MemberRequest) -> HttpResponse:
    """Say that a published document is the annual report of a year (L.5): its records may go when their term is over."""

    def act(said: dict[str, Any]) -> ReportIssued:
        return holds.issue_report(said["publication"], year=said["year"], by=request.user, now=timezone.now())

    form = forms.IssueReport(request.POST if request.method == "POST" else None)
    behalf = loans.principal_of(request.user, PUBLISH)
    said: dict[str, Any] = {"heading": "Issue an annual report", "confirm": "Issue the report", "on_behalf_of": behalf}
    law = {"id": "K.report", "text": "From then on the records of the year may go when their term is over, not before."}
    return checked(request, form, act, verb=PUBLISH, **said, **BACK, law=law)


BACK: dict[str, Any] = {"back_name": "list_documents", "back_label": "Documents"}
TO_HOLDS: dict[str, Any] = {"back_name": "list_records_holds", "back_label": "Legal holds"}
TO_BATCHES: dict[str, Any] = {"back_name": "list_disposals", "back_label": "Disposals"}


@requires(disposal.VIEW)
@require_safe
def list_records_holds(request: MemberRequest) -> HttpResponse:
    """Legal holds over records, those in force first."""
    found = tables.HoldFilter(request.GET, holds.newest_first(holds.with_state(RecordsHold.objects.all())))
    return listed(request, found, tables.HoldTable, "audits/list_holds.html", "Legal holds over records")


@requires(disposal.VIEW)
@require_safe
def view_records_hold(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One legal hold: what it keeps, why, and every step."""
    hold = get_object_or_404(holds.with_state(RecordsHold.objects.all()), pk=pk)
    kind, words = tables.hold_state(hold)
    context = {
        "heading": f"Legal hold {hold.number}",
        "hold": hold,
        "state": {"kind": kind, "text": words},
        "facts": hold_facts(hold),
        "steps": hold_steps(hold),
        "may_decide": hold.asked_at and not hold.ended_at and hold.asked_by_id != request.user.pk,
        "may_ask": not hold.asked_at and not hold.ended_at,
    }
    return render(request, "audits/view_hold.html", context)


@requires(holds.HOLD)
@require_http_methods(["GET", "POST"])
def hold_records(request: MemberRequest) -> HttpResponse:
    """Keep records for a legal matter, from this moment on."""

    def act(said: dict[str, Any]) -> RecordsHold:
        return holds.place(**said, by=request.user, now=timezone.now())

    form = forms.HoldRecords(request.POST if request.method == "POST" else None)
    said: dict[str, Any] = {"heading": "Place a legal hold over records", "confirm": "Place the hold", "law": LAW}
    return checked(request, form, act, verb=holds.HOLD, **said, **TO_HOLDS)


@requires(holds.HOLD)
@require_http_methods(["GET", "POST"])
def end_records_hold(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask that a hold ends; another person decides."""
    hold = get_object_or_404(RecordsHold, pk=pk)

    def act(said: dict[str, Any]) -> RecordsHoldEndAsked:
        return holds.ask_end(hold, reason=said["reason"], by=request.user, now=timezone.now())

    form = forms.EndHold(request.POST if request.method == "POST" else None)
    said: dict[str, Any] = {
        "heading": f"Ask to end legal hold {hold.number}",
        "confirm": "Ask for its end",
        "facts": hold_facts(hold),
    }
    return checked(request, form, act, verb=holds.HOLD, template="audits/act.html", law=LAW, **said, **TO_HOLDS)


@requires(holds.HOLD)
@require_http_methods(["GET", "POST"])
def decide_records_hold_end(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End a hold that somebody else asked to end, or let it stand."""
    asked = get_object_or_404(
        RecordsHoldEndAsked.objects.select_related("hold", "by").filter(decision__isnull=True), hold_id=pk
    )

    def act(said: dict[str, Any]) -> RecordsHoldEndDecision:
        approved = said["decision"] == "approve"
        return holds.decide_end(asked, approved=approved, reason=said["reason"], by=request.user, now=timezone.now())

    form = forms.DecideHoldEnd(request.POST if request.method == "POST" else None)
    facts = [*hold_facts(asked.hold), {"label": f"{asked.by_name} asks to end it", "value": asked.reason}]
    said: dict[str, Any] = {"heading": f"Decide the end of legal hold {asked.hold.number}", "facts": facts}
    return checked(request, form, act, verb=holds.HOLD, template="audits/act.html", law=LAW, **said, **TO_HOLDS)


@requires(disposal.VIEW)
@require_safe
def list_disposals(request: MemberRequest) -> HttpResponse:
    """Every batch, the newest first."""
    found = tables.DisposalFilter(request.GET, disposal.with_state(DisposalProposed.objects.all()))
    return listed(request, found, tables.DisposalTable, "audits/list_disposals.html", "Disposals of records")


@requires(disposal.VIEW)
@require_safe
def view_disposal(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One batch: what it holds, who decided, how far it is, and its receipt."""
    batch = get_object_or_404(disposal.with_state(DisposalProposed.objects.all()), pk=pk)
    stands = disposal.stands(batch)
    kind, words = tables.STANDS[stands]
    context = {
        "heading": f"Batch {batch.number}",
        "batch": batch,
        "state": {"kind": kind, "text": words},
        "facts": batch_facts(batch),
        "tables": receipt_rows(batch, list(batch.disposed.all())),
        "steps": batch_steps(batch),
        "progress": disposal.progress(batch) if stands == "runs" else None,
        "may_decide": stands == "waits" and batch.by_id != request.user.pk,
    }
    return render(request, "audits/view_disposal.html", context)


@requires(disposal.PROPOSE)
@require_http_methods(["GET", "POST"])
def propose_disposal(request: MemberRequest) -> HttpResponse:
    """Propose that the records of a class go whose term is over; the database finds them."""

    def act(said: dict[str, Any]) -> DisposalProposed:
        return disposal.propose(**said, by=request.user, now=timezone.now())

    form = forms.ProposeDisposal(request.POST if request.method == "POST" else None)
    said: dict[str, Any] = {"heading": "Propose a disposal", "confirm": "Propose it", "law": LAW}
    return checked(request, form, act, verb=disposal.PROPOSE, **said, **TO_BATCHES)


@requires(disposal.DECIDE)
@require_http_methods(["GET", "POST"])
def decide_disposal(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Let the records of a batch go, or not: exactly those that are shown."""
    batch = get_object_or_404(disposal.with_state(DisposalProposed.objects.all()), pk=pk)

    def act(said: dict[str, Any]) -> DisposalDecision:
        values = {"approved": said["decision"] == "approve", "reason": said["reason"], "digest": said["digest"]}
        return disposal.decide(batch, **values, by=request.user, now=timezone.now())

    form = forms.DecideDisposal(request.POST if request.method == "POST" else None, initial={"digest": batch.digest})
    facts = batch_facts(batch)
    said: dict[str, Any] = {
        "heading": f"Decide batch {batch.number}",
        "facts": facts,
        "tables": receipt_rows(batch, []),
    }
    return checked(request, form, act, verb=disposal.DECIDE, template="audits/act.html", law=LAW, **said, **TO_BATCHES)


def of_hold(record: RecordsHold) -> dict[str, Any]:
    return {
        "title": "The legal hold is placed",
        "rows": hold_facts(record),
        "next": "Nothing that it covers goes, approved or not, until two persons end it.",
        "url": reverse("view_records_hold", args=[record.pk]),
    }


def of_end_asked(record: RecordsHoldEndAsked) -> dict[str, Any]:
    return {
        "title": "Its end is asked for",
        "rows": about(None, hold=record.hold.number, matter=record.hold.matter, reason=record.reason),
        "next": "It keeps what it keeps until another person decides.",
        "url": reverse("view_records_hold", args=[record.hold_id]),
    }


def of_end_decision(record: RecordsHoldEndDecision) -> dict[str, Any]:
    return {
        "title": "The legal hold ended" if record.approved else "The legal hold stands",
        "rows": about(None, hold=record.hold.number, matter=record.hold.matter, reason=record.reason),
        "next": "What it kept may go in a batch." if record.approved else "Nothing changed.",
        "url": reverse("view_records_hold", args=[record.hold_id]),
    }


def of_proposal(record: DisposalProposed) -> dict[str, Any]:
    return {
        "title": "The disposal is proposed",
        "rows": batch_facts(record),
        "next": "Another person decides it; nothing goes before.",
        "url": reverse("view_disposal", args=[record.pk]),
    }


def of_decision(record: DisposalDecision) -> dict[str, Any]:
    return {
        "title": "Approved" if record.approved else "Not approved",
        "rows": [*batch_facts(record.proposal), {"label": "Your reason", "value": record.reason}],
        "next": "The records go within the hour; the batch's page shows how far it is, and then its receipt."
        if record.approved
        else "Nothing goes. Whoever proposed it sees your reason.",
        "url": reverse("view_disposal", args=[record.proposal_id]),
    }


def of_report(record: ReportIssued) -> dict[str, Any]:
    return {
        "title": f"The annual report of {record.year} is issued",
        "rows": about(None, document=str(record.publication), year=record.year),
        "next": "The records of that year may go when their term is over.",
        "url": reverse("view_document", args=[record.publication_id]),
    }


RECEIPTS += [
    (RecordsHold, of_hold),
    (RecordsHoldEndAsked, of_end_asked),
    (RecordsHoldEndDecision, of_end_decision),
    (DisposalProposed, of_proposal),
    (DisposalDecision, of_decision),
    (ReportIssued, of_report),
]
