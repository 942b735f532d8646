"""How the files of a hot list are read: said on a sample, tried on it, proposed, and approved by somebody else."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from alpr_portal.http import MemberRequest
from alpr_portal.policy.refusal import BadInput, Refused
from training import loans
from training.access import refuse, requires
from training.member_steps import said_by
from training.views import checked

from .. import layouts, list_rules, lists
from ..list_forms import SAMPLE_LIMIT, DecideTemplate, GiveListSample, ProposeTemplate, filled
from ..models import HotList, ListTemplate, TemplateDecision
from .list_files import len_of

SAVE = "save"


@requires(lists.MANAGE)
@csrf_exempt  # the token is checked by the inner view, once uploads can no longer be written to disk
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def propose_template(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what the columns of a list's files mean; the sample stays in memory and in the form."""
    request.upload_handlers = [MemoryFileUploadHandler(request)]
    return _propose(request, pk)


@csrf_protect
def _propose(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    hot_list = get_object_or_404(HotList, pk=pk)
    refusal = list_rules.may_deliver(feed=hot_list.feed, active=True)
    if refusal:
        return refuse(request, refusal, act=lists.MANAGE)
    given, form, last = GiveListSample(), None, hot_list.templates.order_by("-number").first()
    if request.method == "POST" and "sample" in request.POST:
        form = ProposeTemplate(request.POST, kind=hot_list.kind)
        is_last = request.POST.get("step") == SAVE and not form.is_cut_anew
        if form.is_valid() and is_last and form.layout:
            if form.readable():
                return _save(request, hot_list, form)
            form.refuse(
                BadInput(
                    "sample.no_row", "Columns: no row of the sample can be used so. Mend what is said at the rows."
                )
            )
    elif request.method == "POST":
        given = GiveListSample(request.POST, request.FILES, is_long=len_of(request) > 2 * SAMPLE_LIMIT)
        if given.is_valid():
            form = ProposeTemplate(filled(given.cleaned_data["sample"], given.encoding, last), kind=hot_list.kind)
            form.is_valid()
    errors = (form or given).summary()
    context = {
        "hot_list": hot_list,
        "heading": f"How files of {hot_list.title} are read",
        "given": given,
        "form": form,
        "has_columns": bool(form and form.has_columns),
        "tried": form.tried if form else [],
        "errors": errors,
        "has_errors": bool(errors),
    }
    return render(request, "hotlists/lists/propose_template.html", context, status=422 if errors else 200)


def _save(request: MemberRequest, hot_list: HotList, form: ProposeTemplate) -> HttpResponse:
    assert form.layout
    try:
        saved = lists.propose_template(hot_list, by=request.user, layout=form.layout, note=form.cleaned_data["note"])
    except Refused as refused:
        return refuse(request, refused.refusal, act=lists.MANAGE)
    return redirect("view_template", pk=saved.pk)


def found(pk: uuid.UUID) -> ListTemplate:
    return get_object_or_404(ListTemplate.objects.select_related("hot_list", "decision", "by"), pk=pk)


@requires(lists.VIEW)
@require_safe
def view_template(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """One version of how a list's files are read, and who decided it."""
    template = found(pk)
    decision = getattr(template, "decision", None)
    newer = template.hot_list.templates.filter(number__gt=template.number).exists()
    context = {
        "template": template,
        "hot_list": template.hot_list,
        "heading": f"{template.hot_list.title}: template {template.number}",
        "rows": layouts.words(layouts.read_layout(template.layout)),
        "own_words": layouts.IMMIGRATION,
        "decision": decision,
        "is_open": decision is None and not newer,
        "newer": newer,
        "blocked": lists.template_blocked(template, request.user) if decision is None else None,
    }
    return render(request, "hotlists/lists/view_template.html", context)


@requires(lists.APPROVE)
@require_http_methods(["GET", "POST"])
def decide_template(request: MemberRequest, pk: uuid.UUID) -> HttpResponse:
    """The Administrator's or designee's word on a template (C.2.A.1)."""
    template = found(pk)
    refusal = lists.template_blocked(template, request.user)
    if refusal:
        return refuse(request, refusal, act=lists.APPROVE)

    def act(values: dict[str, Any]) -> TemplateDecision:
        return lists.decide_template(
            template, by=request.user, approved=values["decision"] == "yes", reason=values["reason"]
        )

    rows = [
        {"label": "List", "value": template.hot_list.title},
        {"label": "Template", "value": f"{template.number}, proposed by {template.by_name}"},
        *layouts.words(layouts.read_layout(template.layout)),
        {"label": "Note", "value": template.note or "None"},
    ]
    law = {"id": "C.2.A.1", "text": "Only rows of the lists that the order names are used; rows about immigration are refused "
           "and counted, by the words and codes named here. Nobody approves their own template."}  # fmt: skip
    return checked.checked(
        request,
        DecideTemplate(request.POST if request.method == "POST" else None),
        act,
        verb=lists.APPROVE,
        heading=f"Decide on template {template.number} of {template.hot_list.title}",
        about=rows,
        law=law,
        confirm="Record my decision",
        on_behalf_of=loans.principal_of(request.user, lists.APPROVE),
        back_name="list_hot_lists",
        back_label="Hot lists",
    )


def of_decision(record: TemplateDecision) -> checked.Receipt:
    """The receipt of a decision on a template."""
    template = record.template
    done = (
        "From now on the files of this list are read so." if record.approved else "The template before it stays in use."
    )
    who = said_by(record.by_name, record.on_behalf_of_name)
    return {
        "title": "The template is approved" if record.approved else "The template is not approved",
        "rows": checked.about(
            None, list=template.hot_list.title, template=template.number, reason=record.reason, by=who
        ),
        "next": done,
        "url": reverse("view_template", args=[template.pk]),
    }


checked.RECEIPTS.append((TemplateDecision, of_decision))
