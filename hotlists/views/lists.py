"""The hot lists: what each is, how old it is, what came in for it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput, Refused
from alpr_portal.policy.vocabulary import Feed, ListKind, Via
from training.access import refuse, requires
from training.lists import listed

from .. import importer, lists
from ..list_forms import EditList
from ..list_tables import HotListFilter, HotListTable
from ..models import HotList

PAGE = 25  # receipts


@requires(lists.VIEW)
@require_safe
def list_hot_lists(request: MemberRequest) -> HttpResponse:
    """Every hot list with its state."""
    found = HotListFilter(request.GET, lists.overview())
    return listed(request, found, HotListTable, "hotlists/lists/list_hot_lists.html", "Hot lists")


@requires(lists.VIEW)
@require_safe
def view_hot_list(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One list: its version in force, its templates, and every file that came in."""
    hot_list = get_object_or_404(lists.overview(), pk=pk)
    now, state = timezone.now(), getattr(hot_list, "state", None)
    receipts = Paginator(lists.receipts_of(hot_list), PAGE).get_page(request.GET.get("page"))
    templates = list(hot_list.templates.select_related("decision").order_by("-number"))
    read_by = importer.approved_template(hot_list.pk)
    context = {
        "hot_list": hot_list,
        "heading": hot_list.title,
        "kind": ListKind.says(hot_list.kind),
        "feed": Feed.says(hot_list.feed),
        "is_file_fed": hot_list.feed == Feed.FILE,
        "state": lists.state_of(hot_list, now),
        "in_force": state.refresh if state else None,
        "refreshed_at": state.refreshed_at if state else None,
        "page": receipts,
        "receipts": [
            {"receipt": one, "via": Via.says(one.delivery.via), "outcome": lists.outcome_of(one)} for one in receipts
        ],
        "unread": lists.unread_of(hot_list)[:PAGE],
        "templates": [{"template": one, "in_use": bool(read_by and one.pk == read_by.pk)} for one in templates],
        "read_by": read_by,
    }
    return render(request, "hotlists/lists/view_hot_list.html", context)


@requires(lists.MANAGE)
@require_http_methods(["GET", "POST"])
def add_hot_list(request: MemberRequest) -> HttpResponse:
    """Add a hot list of a kind that the order names."""
    return list_page(request, None, "Add a hot list")


@requires(lists.MANAGE)
@require_http_methods(["GET", "POST"])
def edit_hot_list(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Correct a hot list, or switch it off."""
    hot_list = get_object_or_404(HotList, pk=pk)
    return list_page(request, hot_list, f"Edit {hot_list.title}")


def list_page(request: MemberRequest, hot_list: HotList | None, heading: str) -> HttpResponse:
    """The form of a list; None adds one."""
    form = EditList(request.POST if request.method == "POST" else None, hot_list=hot_list)
    if request.method == "POST" and form.is_valid():
        try:
            saved = lists.save_list(hot_list, by=request.user, **form.cleaned_data)
        except Refused as refused:
            return refuse(request, refused.refusal, act=lists.MANAGE)
        except BadInput as error:
            form.add_error(error.field, ValidationError(error.message, code=error.code))
        else:
            messages.success(request, f"{saved.title} is kept.")
            return redirect("view_hot_list", pk=saved.pk)
    context = {"form": form, "hot_list": hot_list, "heading": heading, "has_errors": bool(form.errors)}
    return render(request, "hotlists/lists/edit_hot_list.html", context, status=422 if form.errors else 200)
