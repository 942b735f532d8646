"""A new member in a real browser: proposed, let in, second factor, exam, first search; and shut out at once."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from playwright.sync_api import expect

from tests import make
from tests.browser.test_journeys import fill_search, submit
from tests.browser.test_second_factor import by_name, with_passkeys
from tests.cast import PASSWORD
from training.models import Attempt, Completion, CompletionWithdrawn, Designation, DesignationEnd

pytestmark = pytest.mark.clause("C.1", "C.3.a", "C.3.b")


def propose(page, supervisor, **values):
    """The first of two people."""
    page.goto("/members/new/")
    for name, typed in values.items():
        page.locator(f"[name={name}]").fill(typed)
    page.locator("[name=supervisor]").select_option(str(supervisor.pk))
    page.locator("[name=category][value=sworn]").check()
    page.locator("[name=roles][value=officer]").check()
    page.locator("[name=reason]").fill("Joins the watch on Monday and needs to search.")
    submit(page)
    expect(page.get_by_role("heading", name="Check your answers")).to_be_visible()
    page.locator("[name=confirmed]").click()
    page.wait_for_url("**/members/receipts/**")


def approve(page):
    """The second one."""
    page.goto("/members/proposals/")
    page.locator("main table a[href*='/proposals/']").first.click()
    if not page.url.endswith("/decide/"):
        page.locator("main a[href$='/decide/']").first.click()
    page.locator("[name=decision][value=approve]").check()
    submit(page)
    page.locator("[name=confirmed]").click()
    page.wait_for_url("**/members/receipts/**")


def pass_exam(page):
    """Answer every question right; what is right is read from the record, since the page does not tell."""
    page.get_by_role("button", name="Begin the exam").click()
    page.wait_for_url(re.compile(r"/training/exams/[0-9a-f-]{36}/$"))
    right = Attempt.objects.get().right
    groups = page.locator("main form fieldset")
    assert groups.count() == len(right)
    for number, index in enumerate(right):
        groups.nth(number).locator("input[type=radio]").nth(index).check()
    page.get_by_role("button", name="Send my answers").click()
    page.wait_for_url("**/result/")


def test_from_the_invitation_to_the_first_search(visit, server, supervisor, system_administrator, axe):
    make.read("8ABC123")
    make.exam_course()
    boss = visit(supervisor)
    facts = {
        "name": "Wren Halloran",
        "email": "wren@portal.invalid",
        "badge": "W7",
        "unit": "Patrol 3",
        "rank": "Officer",
    }
    propose(boss, supervisor, username="halloran", **facts)
    assert axe(boss) == []
    approve(visit(system_administrator))
    [letter] = [sent for sent in mail.outbox if sent.to == ["wren@portal.invalid"]]
    way = urlsplit(re.search(r"https?://\S+/invitation/\S+/", letter.body)[0]).path

    page = visit(None, base_url=by_name(server))
    with_passkeys(page)
    page.goto(way)
    assert axe(page) == []
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=again]").fill(PASSWORD)
    submit(page)
    page.wait_for_url("**/accounts/login/")
    page.get_by_label("Username").fill("halloran")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/accounts/2fa/")
    page.goto("/searches/new/")
    page.wait_for_url("**/accounts/2fa/")  # nothing else before the second factor
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/recovery-codes/")
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/training/mine/")
    assert axe(page) == []
    assert page.goto("/searches/new/").status == 403
    expect(page.locator("main")).to_contain_text("C.3.a")
    page.goto("/training/mine/")
    page.locator("main a[href$='/exam/']").first.click()
    assert axe(page) == []
    pass_exam(page)
    assert axe(page) == []
    done = Completion.objects.get(member__username="halloran")
    assert (done.entered, done.by.username, len(done.topics)) == ("exam", "halloran", 8)
    fill_search(page)
    submit(page)
    expect(page.locator("main")).to_contain_text("8ABC123")


def lapse(member, trainer):
    CompletionWithdrawn.objects.write(by=trainer, completion=member.completions.get(), reason="Not attended")


def undesignate(member, trainer):
    DesignationEnd.objects.write(by=trainer, designation=Designation.objects.get(member=member), reason="Work done")


@pytest.mark.parametrize(
    ("who", "what", "clause"),
    [
        ("officer", lapse, "C.3.a"),
        ("designated", undesignate, "C.1"),
        ("officer", lambda member, trainer: make.no_role(member), "C.2.B"),
    ],
    ids=["training lapses", "designation ends", "role is taken away"],
)
def test_stopped_between_the_form_and_its_sending(visit, request, training_officer, who, what, clause):
    make.read("8ABC123")
    member = request.getfixturevalue(who)
    page = visit(member)
    fill_search(page)
    what(member, training_officer)
    submit(page)
    expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
    expect(page.locator("main")).to_contain_text(clause)
    assert "8ABC123" not in page.locator("main").inner_text()
