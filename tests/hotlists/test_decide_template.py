"""C.2.A.1: the Administrator or a designee approves how a list's files are read; nobody their own template."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from alpr_portal.policy.refusal import Refused
from alpr_portal.records import broken_constraint
from hotlists import importer, lists
from hotlists.models import ListTemplate, TemplateDecision
from tests import make
from training.models import Loan

pytestmark = [pytest.mark.clause("C.2.A.1"), pytest.mark.django_db]
YES = {"decision": "yes", "reason": "As the source describes its file"}


@pytest.fixture
def template(coordinator) -> ListTemplate:
    return make.template(make.hot_list(), approved=False)


def page(template):
    return reverse("decide_template", args=[template.pk])


def code_of(template, by, approved=True):
    with pytest.raises(Refused) as refused:
        lists.decide_template(template, by=by, approved=approved, reason="x")
    return refused.value.refusal.code


@pytest.mark.parametrize("decision", ["yes", "no"])
def test_the_administrator_decides(client_of, template, administrator, decision):
    client = client_of(administrator)
    answers = {**YES, "decision": decision}
    assert "Check your answers" in client.post(page(template), answers).content.decode()
    assert not TemplateDecision.objects.exists()
    answer = client.post(page(template), {**answers, "confirmed": "yes"})
    record = TemplateDecision.objects.get()
    assert answer.headers["Location"] == reverse("view_receipt", args=[record.pk])
    assert (record.by, record.approved, record.on_behalf_of) == (administrator, decision == "yes", None)
    assert client.get(answer.headers["Location"]).status_code == 200
    in_use = importer.approved_template(template.hot_list_id)
    assert in_use == (template if decision == "yes" else None)


def test_not_its_author(client_of, template, coordinator):
    make.role(coordinator, "administrator")
    assert code_of(template, coordinator) == "template.own"
    assert client_of(coordinator).post(page(template), {**YES, "confirmed": "yes"}).status_code == 403


def test_nor_who_is_not_entitled(client_of, template, officer):
    assert client_of(officer).post(page(template), {**YES, "confirmed": "yes"}).status_code == 403


def test_the_database_refuses_them_too(template, coordinator, officer, administrator):
    for by, proposed_by, constraint in (
        (coordinator, coordinator, "template_decided_by_entitled"),
        (officer, template.by, "template_decided_by_entitled"),
        (administrator, officer, "template_decision_names_author"),
    ):
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            TemplateDecision.objects.write(by=by, template=template, approved=True, reason="x", proposed_by=proposed_by)
        assert broken_constraint(error.value) == constraint


def test_once_and_only_the_newest(template, administrator):
    newer = make.template(template.hot_list, approved=False)
    assert code_of(template, administrator) == "template.newer"
    lists.decide_template(newer, by=administrator, approved=True, reason="Right")
    assert code_of(newer, administrator, approved=False) == "template.decided"


def test_a_designee_says_on_whose_behalf(client_of, template, supervisor, administrator):
    now = timezone.now()
    Loan.objects.write(
        by=administrator,
        designee=supervisor,
        verb=lists.APPROVE,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
        reason="Leave",
    )
    client = client_of(supervisor)
    assert administrator.name in client.get(page(template)).content.decode()
    client.post(page(template), {**YES, "confirmed": "yes"})
    record = TemplateDecision.objects.get()
    assert (record.by, record.on_behalf_of) == (supervisor, administrator)
    shown = client.get(reverse("view_template", args=[template.pk])).content.decode()
    assert f"on behalf of {administrator.name}" in shown
