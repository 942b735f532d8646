"""Entries: the list, one entry, a proposal, a change, an early end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import Refused
from alpr_portal.policy.vocabulary import EndedBecause, Watched
from training.access import refuse, requires
from training.lists import listed
from training.views.checked import RECEIPTS

from .. import entries, entry_words
from ..entry_forms import EditEntry, EndEntry, EntryForm, ProposeEntry
from ..entry_rules import Life
from ..entry_tables import EntryFilter, EntryTable, with_everything
from ..models import Entry, EntryDecision, EntryEnd, EntryVersion

NEXT = "It waits for the Administrator or designee, and matches nothing before. You see the decision on its page."
NOT_MATCHED = {
    Watched.PARTIAL.value: "A part of a plate raises candidates only, never alerts.",
    Watched.VEHICLE.value: "Without a plate it is for information only: no read is ever compared with it.",
}


def seen_by(request: MemberRequest, pk: uuid.UUID) -> EntryVersion:
    """The newest version of an entry that exists for this member; 404 otherwise."""
    found = entries.visible_to(request.user, entries.newest(timezone.now())).filter(entry_id=pk)
    return get_object_or_404(with_everything(found).select_related("entry__end", "entry__use", "decision"))


def called(version: EntryVersion) -> list[dict[str, Any]]:
    """Which entry an act is about."""
    return [
        {"label": "Entry", "value": f"{version.entry.number}, version {version.number}"},
        {"label": "List", "value": version.entry.hot_list.title},
    ]


@requires(entries.VIEW)
@require_safe
def list_entries(request: MemberRequest) -> HttpResponse:
    """The entries this member may see, with how each stands."""
    found = with_everything(entries.visible_to(request.user, entries.newest(timezone.now())))

    def table(rows: Any, **options: Any) -> EntryTable:
        return EntryTable(rows, member=request.user, **options)

    filterset = EntryFilter(request.GET, found, request=request)
    return listed(request, filterset, table, "hotlists/entries/list_entries.html", "Entries")


@requires(entries.VIEW)
@require_safe
def view_entry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One entry: what it says, how it stands, every step, how often it was hit, what may be done."""
    now, member = timezone.now(), request.user
    last = seen_by(request, pk)
    versions = entry_words.versions_of(last.entry, now)
    force = next((version for version in versions if version.pk == last.force_id), None)  # type: ignore[attr-defined]
    shown = force or last
    sees_plate = entries.sees_plate(member, shown)
    waits = last.life == Life.PENDING.value  # type: ignore[attr-defined]
    change = last if force is not None and waits else None
    plates = sees_plate and (change is None or entries.sees_plate(member, change))
    context = {
        "heading": f"Entry {last.entry.number}",
        "entry": last.entry,
        "version": shown,
        "state": entry_words.badge_of(last.stands),  # type: ignore[attr-defined]
        "facts": entry_words.facts(shown, sees_plate=sees_plate),
        "sees_plate": sees_plate,
        "change": change,
        "changes": entry_words.changes(force, change, sees_plate=plates) if change else [],
        "not_matched": NOT_MATCHED.get(shown.watched, ""),
        "confirm_by": confirm_due(shown, last),
        "use": getattr(last.entry, "use", None),
        "steps": entry_words.steps(last.entry, versions, member),
        "may_decide": waits and entries.blocks_decision(last, member, approves=True, now=now) is None,
        "may_confirm": bool(confirm_due(shown, last)) and entries.blocks_confirmation(shown, member, now=now) is None,
        "may_edit": entries.blocks_edit(last.entry, member) is None,
        "may_end": entries.blocks_end(last.entry, member, now=now) is None,
        "may_search": bool(shown.plate) and sees_plate and member.has_perm("reads.run_query"),
    }
    return render(request, "hotlists/entries/view_entry.html", context)


def confirm_due(shown: EntryVersion, last: Any) -> Any:
    """Until when the entry has to be confirmed to stay in force; None where nobody has to."""
    if last.stands != Life.ACTIVE.value:
        return None
    return entries.rules.confirm_by(entries.stands_of(shown))


def asked(
    request: MemberRequest, form: EntryForm, act: Callable[[EntryForm], Any], *, template: str, **page: Any
) -> HttpResponse:
    """Show the form, then its answers to be checked, then do the act and lead to its receipt.

    The act is tried before the answers are shown, and undone, so that nobody confirms what would be refused.
    """
    sent = request.method == "POST" and "change_answers" not in request.POST
    if request.method != "POST" or not form.is_valid() or not sent:
        wrong = bool(sent and form.errors)
        context = {"form": form, "has_errors": wrong, **page}
        return render(request, template, context, status=422 if wrong else 200)
    confirmed = request.POST.get("confirmed") == "yes"
    try:
        with transaction.atomic():
            record = act(form)
            shown = [] if confirmed else check_rows(record)
            transaction.set_rollback(not confirmed)
    except Refused as refused:
        return refuse(request, refused.refusal, act=entries.PROPOSE)
    if confirmed:
        return redirect("view_receipt", pk=record.pk)
    but = page["version"].entry if "version" in page else None
    said = {
        **page,
        "typed": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
        "facts": shown,
        "watched": record.watched,
        "not_matched": NOT_MATCHED.get(record.watched, ""),
        "screening": entry_words.screening_of(record),
        "same": list(entries.same_plate(form.said(), by=request.user, now=timezone.now(), but=but)[:5]),
    }
    return render(request, "hotlists/entries/check_entry.html", said)


def check_rows(record: EntryVersion) -> list[dict[str, Any]]:
    """The answers in words, as they would be recorded."""
    found = entry_words.facts(record, sees_plate=True)
    rows = [{"label": "List", "value": record.entry.hot_list.title}, *found["what"], *found["why"]]
    return [*rows, {"label": "What changes, and why", "value": record.change}] if record.change else rows


@requires(entries.PROPOSE)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def propose_entry(request: MemberRequest) -> HttpResponse:
    """Propose an entry: the form, the answers to be checked, the receipt."""
    now = timezone.now()
    lists = {each.name: each for each in entries.lists_of_members()}
    data = request.POST if request.method == "POST" else None
    form = ProposeEntry(data, by=request.user, now=now, lists=lists)

    def act(form: EntryForm) -> EntryVersion:
        assert form.on_list is not None
        return entries.propose_entry(form.on_list, form.said(), by=request.user, now=now)

    template = "hotlists/entries/propose_entry.html"
    return asked(request, form, act, template=template, heading="Propose an entry", lists=list(lists.values()))


@requires(entries.PROPOSE)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def edit_entry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Propose a change or a renewal: a new version that waits, while the one in force stays so."""
    now = timezone.now()
    last = seen_by(request, pk)
    refusal = entries.blocks_edit(last.entry, request.user)
    if refusal:
        return refuse(request, refusal, act=entries.PROPOSE)
    data = request.POST if request.method == "POST" else None
    form = EditEntry(data, by=request.user, now=now, lists={}, version=last)

    def act(form: EntryForm) -> EntryVersion:
        seen = str(form.cleaned_data["seen"])
        return entries.edit_entry(last.entry, form.said(), seen=seen, by=request.user, now=now)

    heading = f"Change or renew entry {last.entry.number}"
    template = "hotlists/entries/propose_entry.html"
    return asked(request, form, act, template=template, heading=heading, version=last)


@requires(entries.VIEW)
@require_http_methods(["GET", "POST"])
def end_entry(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """End an entry before its time."""
    now = timezone.now()
    last = seen_by(request, pk)
    form = EndEntry(request.POST if request.method == "POST" else None)
    refusal = entries.blocks_end(last.entry, request.user, now=now)
    if refusal:
        return refuse(request, refusal, act=entries.VIEW)
    if request.method == "POST" and form.is_valid():
        because, note = form.cleaned_data["because"], form.cleaned_data["note"]
        try:
            end = entries.end_entry(last.entry, because=because, note=note, by=request.user, now=now)
        except Refused as refused:
            return refuse(request, refused.refusal, act=entries.VIEW)
        return redirect("view_receipt", pk=end.pk)
    context = {"form": form, "heading": f"End entry {last.entry.number}", "version": last, "about": called(last)}
    context["has_errors"] = bool(form.errors)
    return render(request, "hotlists/entries/end_entry.html", context, status=422 if form.errors else 200)


# --- receipts ---------------------------------------------------------------------------------------------------------


def page_of(entry: Entry) -> str:
    return reverse("view_entry", args=[entry.pk])


def of_version(record: EntryVersion) -> dict[str, Any]:
    return {
        "title": "Your proposal is recorded",
        "rows": [*called(record), {"label": "Ends", "at": record.expires_at}],
        "next": NEXT,
        "url": page_of(record.entry),
    }


def of_decision(record: EntryDecision) -> dict[str, Any]:
    said = "It is compared with every read that is stored from now on."
    if record.version.watched == Watched.VEHICLE.value:
        said = NOT_MATCHED[Watched.VEHICLE.value]
    return {
        "title": "Approved" if record.approved else "Not approved",
        "rows": [*called(record.version), {"label": "Reason", "value": record.reason}],
        "next": said if record.approved else "It matches nothing. Its proposer reads your reason.",
        "url": page_of(record.version.entry),
    }


def of_confirmation(record: Any) -> dict[str, Any]:
    version = record.decision.version
    return {
        "title": "Confirmed" if record.confirmed else "Not confirmed",
        "rows": [*called(version), {"label": "Reason", "value": record.reason}],
        "next": "It stays in force until it ends." if record.confirmed else "It ended, and matches nothing.",
        "url": page_of(version.entry),
    }


def of_end(record: EntryEnd) -> dict[str, Any]:
    about = [{"label": "Entry", "value": record.entry.number}, {"label": "List", "value": record.entry.hot_list.title}]
    why = [{"label": "Why", "value": EndedBecause.says(record.because)}, {"label": "Note", "value": record.note}]
    return {
        "title": "The entry is ended",
        "rows": [*about, *why],
        "next": "From this moment it matches nothing.",
        "url": page_of(record.entry),
    }


RECEIPTS += [(EntryVersion, of_version), (EntryDecision, of_decision), (EntryEnd, of_end)]
