"""The decisions on entries: one, several at once, and the Administrator's word on urgent ones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from alpr_portal.http import MemberRequest
from alpr_portal.policy.inputs import read_object_id, read_page
from alpr_portal.policy.refusal import Refusal, Refused
from training import loans
from training.access import record_refusal, refuse, requires
from training.views.checked import RECEIPTS

from .. import entries, entry_words
from ..entry_forms import ConfirmEntry, DecideEntries, DecideEntry
from ..entry_rules import Life
from ..models import EntryConfirmation, EntryVersion
from .entries import NOT_MATCHED, called, of_confirmation

PAGE = 20  # entries that are decided together
CHANGED = entries.RACES["entry_decided_as_seen"]


def with_its_words(found: QuerySet[EntryVersion]) -> QuerySet[EntryVersion]:
    return found.select_related("entry__hot_list", "by", "entry__by")


@dataclass
class Shown:
    """A version that waits, as whoever decides it sees it."""

    version: EntryVersion
    facts: dict[str, list[dict[str, Any]]]
    screening: dict[str, Any] | None
    changes: list[dict[str, str]]
    before: EntryVersion | None
    not_matched: str
    fields: tuple[Any, Any] | None = None


def shown(versions: list[EntryVersion]) -> list[Shown]:
    """Each with its justification, what the screens raised, and what changed since the approved version: one query."""
    known: dict[Any, EntryVersion] = {}
    approved = EntryVersion.objects.filter(entry__in=[each.entry_id for each in versions], decision__approved=True)
    for earlier in approved.order_by("number"):
        known[earlier.entry_id] = earlier
    return [
        Shown(
            each,
            entry_words.facts(each, sees_plate=True),
            entry_words.screening_of(each),
            entry_words.changes(known.get(each.entry_id), each, sees_plate=True),
            known.get(each.entry_id),
            NOT_MATCHED.get(each.watched, ""),
        )
        for each in versions
    ]


def version_seen(typed: object, entry: uuid.UUID) -> EntryVersion | None:
    """The version that a form names, of this entry; None where it names none."""
    pk = read_object_id(typed)
    found = EntryVersion.objects.select_related("entry__hot_list", "entry__end", "by")
    return found.filter(pk=pk, entry_id=entry).first() if pk else None


def newest_of(pk: uuid.UUID) -> EntryVersion:
    found = entries.newest(timezone.now()).filter(entry_id=pk)
    return get_object_or_404(with_its_words(found).select_related("entry__end", "decision__confirmation"))


@requires(entries.DECIDE)
@require_http_methods(["GET", "POST"])
def decide_entry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Approve an entry, or not: the entry, its justification, what the screens raised, what changed (C.2.B.2)."""
    now, last = timezone.now(), newest_of(pk)
    form = DecideEntry(request.POST if request.method == "POST" else None, initial={"version": str(last.pk)})
    if request.method == "POST" and form.is_valid():
        approved = form.cleaned_data["decision"] == "approve"
        seen = version_seen(form.cleaned_data["version"], pk)
        try:
            if seen is None:
                raise Refused(CHANGED)
            said = {"approved": approved, "reason": form.cleaned_data["reason"]}
            record = entries.decide_entry(seen, **said, by=request.user, now=now)
        except Refused as refused:
            return refuse(request, refused.refusal, act=entries.DECIDE)
        return redirect("view_receipt", pk=record.pk)
    context = {
        "form": form,
        "has_errors": bool(form.errors),
        "heading": f"Decide entry {last.entry.number}",
        "shown": shown([last])[0],
        "about": called(last),
        "waits": last.life == Life.PENDING.value,  # type: ignore[attr-defined]
        "blocked": entries.blocks_decision(last, request.user, approves=True, now=now),
        "on_behalf_of": loans.principal_of(request.user, entries.DECIDE),
    }
    return render(request, "hotlists/entries/decide_entry.html", context, status=422 if form.errors else 200)


@requires(entries.DECIDE)
@require_http_methods(["GET", "POST"])
def decide_entries(request: MemberRequest) -> HttpResponse:
    """Several waiting entries on one page, each with its justification and a choice of its own (C.2.B.2)."""
    now = timezone.now()
    if request.method == "POST":
        named = [read_object_id(name.removeprefix("choice_")) for name in request.POST if name.startswith("choice_")]
        found = with_its_words(EntryVersion.objects.filter(pk__in=[pk for pk in named if pk])[: PAGE * 2])
        versions = sorted(found, key=lambda each: (not each.urgent, each.at))
        form = DecideEntries(request.POST, versions=versions)
        sent = "change_answers" not in request.POST
        if form.is_valid() and sent:
            chosen = form.chosen()
            if request.POST.get("confirmed") == "yes":
                return decided(request, chosen)
            typed = [(name, form.data.get(name, "")) for name in form.fields]
            context = {"chosen": chosen, "typed": typed, "left": len(versions) - len(chosen)}
            context |= {
                "heading": "Check your decisions",
                "on_behalf_of": loans.principal_of(request.user, entries.DECIDE),
            }
            return render(request, "hotlists/entries/check_decisions.html", context)
        return several(request, form, versions, has_errors=sent and bool(form.errors))
    pages = Paginator(with_its_words(entries.decidable_by(request.user, now)), PAGE)
    page = pages.page(read_page(request.GET.get("page"), pages.num_pages))
    versions = list(page)
    return several(request, DecideEntries(versions=versions), versions, page=page)


def several(
    request: MemberRequest,
    form: DecideEntries,
    versions: list[EntryVersion],
    *,
    has_errors: bool = False,
    page: Any = None,
) -> HttpResponse:
    """The page on which several are decided."""
    rows = shown(versions)
    for row in rows:
        row.fields = (form[f"choice_{row.version.pk}"], form[f"reason_{row.version.pk}"])
    context = {"form": form, "rows": rows, "page": page, "heading": "Entries that wait", "has_errors": has_errors}
    return render(request, "hotlists/entries/decide_entries.html", context, status=422 if has_errors else 200)


def decided(request: MemberRequest, chosen: list[tuple[EntryVersion, bool, str]]) -> HttpResponse:
    """Record each decision in a transaction of its own, and say honestly what became of each."""
    outcomes = []
    for version, approved, reason in chosen:
        refusal: Refusal | None = None
        try:
            entries.decide_entry(version, approved=approved, reason=reason, by=request.user, now=timezone.now())
        except Refused as refused:
            refusal = refused.refusal
            record_refusal(request.user, refusal, act=entries.DECIDE)
        outcomes.append({"version": version, "approved": approved, "refusal": refusal})
    done = sum(1 for outcome in outcomes if outcome["refusal"] is None)
    context = {"outcomes": outcomes, "done": done, "heading": f"{done} of {len(outcomes)} decisions recorded"}
    return render(request, "hotlists/entries/decided_entries.html", context)


@requires(entries.DECIDE)
@require_http_methods(["GET", "POST"])
def confirm_entry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The Administrator's own word on an urgent entry that a designee let in, within 24 hours (C.2.B.2)."""
    now, last = timezone.now(), newest_of(pk)
    version = entries.to_confirm(now).filter(entry_id=pk).select_related("entry__hot_list", "by", "decision").first()
    form = ConfirmEntry(
        request.POST if request.method == "POST" else None, initial={"version": str(version and version.pk)}
    )
    seen = version_seen(form.data.get("version"), pk) if request.method == "POST" else version
    target = seen or version or last
    refusal = entries.blocks_confirmation(target, request.user, now=now)
    if refusal is None and seen is None:
        refusal = CHANGED
    if refusal:
        return refuse(request, refusal, act=entries.DECIDE)
    if request.method == "POST" and form.is_valid():
        confirmed = form.cleaned_data["decision"] == "confirm"
        try:
            said = {"confirmed": confirmed, "reason": form.cleaned_data["reason"]}
            record = entries.confirm_entry(target, **said, by=request.user, now=now)
        except Refused as refused:
            return refuse(request, refused.refusal, act=entries.DECIDE)
        return redirect("view_receipt", pk=record.pk)
    context = {
        "form": form,
        "has_errors": bool(form.errors),
        "heading": f"Confirm entry {target.entry.number}",
        "shown": shown([target])[0],
        "decision": target.decision,
        "decided_by": entry_words.who(target.decision),
        "due_at": entries.rules.confirm_by(entries.stands_of(target)),
    }
    return render(request, "hotlists/entries/confirm_entry.html", context, status=422 if form.errors else 200)


RECEIPTS += [(EntryConfirmation, of_confirmation)]
